"""Solidity as tokens: enough structure to change a program safely, and which files the money's rules stand in.

Comments and strings are no operators: whatever is found here is code.
"""

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

# The vault and its operators. What they import from contracts/ is theirs too: it is their code, moved out.
ROOTS = (
    "contracts/TradeEscrow.sol",
    "contracts/Quotes.sol",
    "contracts/Returns.sol",
    "contracts/Disputes.sol",
    "contracts/Duties.sol",
    "contracts/Deliveries.sol",
)

_LEXER = re.compile(
    r"(?P<comment>//[^\n]*|/\*.*?\*/)"
    r"|(?P<string>(?:hex|unicode)?(?:\"(?:\\.|[^\"\\\n])*\"|'(?:\\.|[^'\\\n])*'))"
    r"|(?P<number>0x[0-9a-fA-F_]+|\d[\d_]*(?:\.\d+)?(?:e\d+)?)"
    r"|(?P<name>[A-Za-z_$][\w$]*)"
    r"|(?P<sign>>>>=|<<=|>>=|>>>|=>|->|:=|\*\*|==|!=|<=|>=|&&|\|\||\+\+|--|\+=|-=|\*=|/=|%=|\|=|&=|\^=|<<|>>|[^\s\w])",
    re.DOTALL,
)
_IMPORT = re.compile(r"^import\s[^;]*?[\"'](\.[^\"']*)[\"']\s*;", re.MULTILINE)
_BEFORE_A_NAME = {"memory", "storage", "calldata", "indexed", "private", "internal", "public", "immutable", "constant"}
_OPENING, _CLOSING = {"(": ")", "[": "]", "{": "}"}, {")", "]", "}"}


@dataclass(frozen=True, slots=True)
class Token:
    """A word of the program at [start, end) of its text. `function` is the enclosing one's name, "" outside of any."""

    text: str
    kind: str
    start: int
    end: int
    function: str = ""
    assembly: bool = False


def tokens(text: str) -> list[Token]:
    """The program without comments, each token with where it stands."""
    return list(_placed(_words(text)))


def _words(text: str) -> list[Token]:
    return [
        Token(found[0], found.lastgroup, found.start(), found.end())
        for found in _LEXER.finditer(text)
        if found.lastgroup and found.lastgroup != "comment"
    ]


def _placed(words: Sequence[Token]) -> Iterator[Token]:
    blocks: list[tuple[str, bool]] = [("", False)]  # function and whether assembly, of each open block
    header = 0
    for at, word in enumerate(words):
        function, assembly = blocks[-1]
        yield Token(word.text, word.kind, word.start, word.end, function, assembly)
        if word.text == "{":
            named = [entry.text for entry in words[header:at]]
            blocks.append((function or _function(named), assembly or "assembly" in named))
        elif word.text == "}":
            blocks.pop()
        if word.text in "{};":
            header = at + 1


def _function(header: Sequence[str]) -> str:
    """The function that a block with this header is the body of, or "" if it is something else's."""
    if not header:
        return ""
    if header[0] in ("function", "modifier"):
        return header[1]
    return header[0] if header[0] in ("constructor", "receive", "fallback") else ""


def closing(words: Sequence[Token], at: int) -> int:
    """The index of the bracket that closes the one at `at`."""
    depth = 0
    for index in range(at, len(words)):
        if words[index].text in _OPENING:
            depth += 1
        elif words[index].text in _CLOSING:
            depth -= 1
        if depth == 0:
            return index
    raise ValueError(f"the bracket at {words[at].start} is never closed")


def statement_end(words: Sequence[Token], at: int) -> int:
    """The index behind the statement that starts at `at`, with its `else` if it is an `if`."""
    word = words[at].text
    if word == "{":
        return closing(words, at) + 1
    if word in ("unchecked", "assembly"):
        return closing(words, next(i for i in range(at, len(words)) if words[i].text == "{")) + 1
    if word in ("if", "for", "while"):
        end = statement_end(words, closing(words, at + 1) + 1)
        if word == "if" and end < len(words) and words[end].text == "else":
            return statement_end(words, end + 1)
        return end
    while words[at].text != ";":
        at = closing(words, at) + 1 if words[at].text in _OPENING else at + 1
    return at + 1


@dataclass(frozen=True, slots=True)
class Vocabulary:
    """What names mean over all sources: the members of each enum, and the type of each name that has only one."""

    enums: Mapping[str, Sequence[str]] = field(default_factory=dict)
    types: Mapping[str, str] = field(default_factory=dict)


def vocabulary(texts: Sequence[str]) -> Vocabulary:
    """Read from declarations; a name declared with two types is left out."""
    enums: dict[str, list[str]] = {}
    types: dict[str, set[str]] = {}
    for text in texts:
        words = tokens(text)
        for at, word in enumerate(words):
            if word.text == "enum":
                body = words[at + 3 : closing(words, at + 2)]
                enums[words[at + 1].text] = [entry.text for entry in body if entry.kind == "name"]
            elif _is_type(word):
                name = _declared(words, at + 1)
                if name:
                    types.setdefault(name, set()).add(word.text)
    return Vocabulary(enums, {name: next(iter(found)) for name, found in types.items() if len(found) == 1})


def _is_type(word: Token) -> bool:
    return word.kind == "name" and word.text.startswith(("uint", "int", "bytes", "address", "bool"))


def _declared(words: Sequence[Token], at: int) -> str:
    """The name that the declaration gives whose type stands before `at`, or ""."""
    while at < len(words) and words[at].text in _BEFORE_A_NAME:
        at += 1
    return words[at].text if at < len(words) and words[at].kind == "name" else ""


def vault_sources(root: Path, roots: Sequence[str] = ROOTS) -> list[str]:
    """The roots and what they import from contracts/, without interfaces, which hold no code. Sorted, with "/".

    Raises FileNotFoundError for a root or an import that is not there.
    """
    found: set[str] = set()
    waiting = [root / name for name in roots]
    while waiting:
        path = waiting.pop()
        name = path.resolve().relative_to(root.resolve()).as_posix()
        if name in found:
            continue
        found.add(name)
        waiting.extend(path.parent / other for other in _IMPORT.findall(path.read_text(encoding="utf-8")))
    return sorted(name for name in found if "/interfaces/" not in name and name.startswith("contracts/"))
