"""Every branch of an `if` in a Solidity source, made countable, and what forge counted.

forge's own map of branches is not used: it has no entry for the way past an `if` without `else`, and of some conditions
(a plain boolean, `||`, a call) it counts each evaluation as the way in. So each way gets a marker, a call on a line of
its own, in a copy of the source, whose lines forge counts. `?:`, `&&`, `||`, loops and assembly are no branches here.
"""

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from mutate_tokens import Token, closing, statement_end, tokens

from lading.errors import ToolchainError

_MARKER = "__branch"
_MARKED = re.compile(rf"{_MARKER}\(\); // (\d+)$")


@dataclass(frozen=True, slots=True)
class Branch:
    """One way of an `if`: into it (`taken`) or past it. `condition` is its text with single spaces."""

    file: str
    line: int
    function: str
    condition: str
    taken: bool


@dataclass(frozen=True, slots=True)
class Marked:
    """A source with markers, and at which of its lines (from 1) each branch is counted."""

    text: str
    branches: Mapping[int, Branch]


def mark(file: str, text: str) -> Marked:
    """Put a marker into both ways of each `if` outside assembly."""
    words = tokens(text)
    branches: list[Branch] = []
    inserted: dict[int, list[str]] = {}

    def enclose(start: int, end: int, opening: str, after: str) -> None:
        inserted.setdefault(words[start].start, []).append(opening)
        inserted.setdefault(words[end - 1].end, []).insert(0, after)  # what was opened last is closed first

    def marker(branch: Branch) -> str:
        branches.append(branch)
        return f"{{\n{_MARKER}(); // {len(branches) - 1}\n"

    for at, word in enumerate(words):
        if word.text != "if" or word.assembly:
            continue
        way_in, way_past = _ways(file, text, words, at)
        start = closing(words, at + 1) + 1
        end = statement_end(words, start)
        if end < len(words) and words[end].text == "else":
            enclose(start, end, marker(way_in), "\n}")
            enclose(end + 1, statement_end(words, end + 1), marker(way_past), "\n}")
        else:
            opening = marker(way_in)
            enclose(start, end, opening, f"\n}} else {marker(way_past)}}}")

    marked = _insert(text, inserted) + f"\nfunction {_MARKER}() pure {{}}\n"
    found = ((number, _MARKED.search(line)) for number, line in enumerate(marked.splitlines(), 1))
    return Marked(marked, {number: branches[int(match[1])] for number, match in found if match})


def _ways(file: str, text: str, words: list[Token], at: int) -> tuple[Branch, Branch]:
    end = closing(words, at + 1)
    condition = " ".join(text[words[at + 2].start : words[end - 1].end].split())
    line = text.count("\n", 0, words[at].start) + 1
    function = words[at].function
    return Branch(file, line, function, condition, True), Branch(file, line, function, condition, False)


def _insert(text: str, inserted: Mapping[int, Iterable[str]]) -> str:
    parts, last = [], 0
    for position in sorted(inserted):
        parts += [text[last:position], *inserted[position]]
        last = position
    return "".join([*parts, text[last:]])


def line_hits(lcov: str) -> dict[str, dict[int, int]]:
    """lcov's SF and DA records: file -> line -> how often it ran."""
    hits: dict[str, dict[int, int]] = {}
    file = ""
    for record in lcov.splitlines():
        kind, _, rest = record.partition(":")
        if kind == "SF":
            file = rest
        elif kind == "DA":
            line, count = rest.split(",")[:2]
            hits.setdefault(file, {})[int(line)] = int(count)
    return hits


def count(marked: Mapping[str, Marked], lcov: str) -> dict[Branch, int]:
    """How often each branch was gone. Raises ToolchainError for a marker of which the report says nothing."""
    hits = line_hits(lcov)
    counted = {}
    for file, source in marked.items():
        for line, branch in source.branches.items():
            if line not in hits.get(file, {}):
                raise ToolchainError(f"forge's report leaves out {file}:{branch.line}, if ({branch.condition}).")
            counted[branch] = hits[file][line]
    return counted
