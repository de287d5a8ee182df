"""contracts/, read: which errors and events lie behind a function, through libraries and from contract to contract."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

from operations_pages import OPERATORS, ORIGINS, ROOT, VAULT, spelled

CONTRACTS = ROOT / "contracts"
#: What stands before the dot of a call from contract to contract, and the contract that answers.
RECEIVERS = {
    "escrow": VAULT,
    "registry": "ParticipantRegistry",
    **{f"IClause({name.lower()})": name for name in ("Duties", "Returns", "Disputes")},
    "IQuotes(quotes)": "Quotes",
}
#: Words by which an error of OpenZeppelin's can come, which reverts in files of its own.
BORROWED = {
    r"\bnonReentrant\b": "ReentrancyGuardReentrantCall",
    r"\.safeTransfer(?:From)?\(": "SafeERC20FailedOperation",
}
#: Where a caller is done with what it calls, whatever that reverts with.
CAUGHT = {"perform"}
Key = tuple[str, str]


@dataclass(frozen=True)
class Function:
    """A function of the sources: what stands before its body, and the body, without comments and strings."""

    head: str
    body: str

    @property
    def text(self) -> str:
        return self.head + self.body


def stripped(source: str) -> str:
    return re.sub(r'//[^\n]*|/\*.*?\*/|"[^"\n]*"', "", source, flags=re.DOTALL)


def functions_of(source: str) -> Iterator[tuple[str, Function]]:
    for found in re.finditer(r"\bfunction (\w+)([^{;]*)\{", source):
        depth, end = 1, found.end()
        while depth:
            depth += {"{": 1, "}": -1}.get(source[end], 0)
            end += 1
        yield found[1], Function(found[2], source[found.end() : end])


def receiver_before(text: str, dot: int) -> str:
    """The expression that a dot stands behind, without spaces and underscores: `escrow`, `IQuotes(quotes)`."""
    start, depth = dot, 0
    while start and (depth or re.match(r"[\w.)\]]", text[start - 1])):
        start -= 1
        depth += {")": 1, "]": 1, "(": -1, "[": -1}.get(text[start], 0)
    return re.sub(r"[\s_]", "", text[start:dot])


class Sources:
    """The vault, its operators, the registry that they ask, and the libraries of all these, by name."""

    def __init__(self, folder: Path = CONTRACTS) -> None:
        contracts = [folder / f"{name}.sol" for name in (VAULT, *OPERATORS, "ParticipantRegistry")]
        files = [*contracts, *sorted((folder / "libraries").glob("*.sol"))]
        self.texts = {path.stem: path.read_text(encoding="utf-8") for path in files}
        self.libraries = {path.stem for path in files if path.parent.name == "libraries"}
        self.stripped = {name: stripped(text) for name, text in self.texts.items()}

    @cached_property
    def functions(self) -> dict[Key, list[Function]]:
        """By file and name; more than one are overloads, which are not told apart."""
        found: dict[Key, list[Function]] = {}
        for file, text in self.stripped.items():
            for name, function in functions_of(text):
                found.setdefault((file, name), []).append(function)
        return found

    def reached(self, functions: tuple[str, ...]) -> set[Key]:
        """These, and all that they call."""
        seen: set[Key] = set()
        waiting = {spelled(function) for function in functions}
        assert waiting <= self.functions.keys(), waiting - self.functions.keys()
        while waiting:
            seen |= waiting
            waiting = {key for one in waiting for key in self._called(one)} - seen
        return seen

    def errors(self, functions: tuple[str, ...]) -> set[tuple[str, str]]:
        """(origin, error) of all that can come out of these functions, OpenZeppelin's among them."""
        keys = self.reached(functions)
        own = self._said(keys, "revert")
        text = "".join(function.text for key in keys for function in self.functions[key])
        return own | {("OpenZeppelin", error) for word, error in BORROWED.items() if re.search(word, text)}

    def events(self, functions: tuple[str, ...]) -> set[tuple[str, str]]:
        """(origin, event) of all that these functions can emit."""
        return self._said(self.reached(functions), "emit")

    def _said(self, keys: set[Key], word: str) -> set[tuple[str, str]]:
        return {
            (self._origin(file, interface), name)
            for file, function in keys
            for one in self.functions[file, function]
            for interface, name in re.findall(rf"\b{word} (?:(\w+)\.)?(\w+)\(", one.body)
        }

    def _origin(self, file: str, interface: str) -> str:
        """Whose error or event it is: that of the interface that it is named with, of a library the vault's."""
        contract = interface.removeprefix("I") or (VAULT if file in self.libraries else file)
        return next(origin for origin, name in ORIGINS.items() if name == contract)

    def _called(self, caller: Key) -> set[Key]:
        file, _ = caller
        called: set[Key] = set()
        for function in self.functions[caller]:
            for found in re.finditer(r"(\.?)\b(\w+)\(", function.text):
                dotted, name = found.groups()
                if dotted:
                    called |= self._answering(file, receiver_before(function.text, found.start()), name)
                elif (file, name) in self.functions:
                    called.add((file, name))
        return called

    def _answering(self, file: str, receiver: str, name: str) -> set[Key]:
        """The functions that a call with a dot can go to: another contract's, or those of that name in the libraries
        that the file imports."""
        if name in CAUGHT:
            return {(library, name) for library in self.libraries if (library, name) in self.functions}
        if (contract := RECEIVERS.get(receiver)) is not None:
            return {(contract, name)} & self.functions.keys()
        imported = set(re.findall(r"import \{[^}]*\} from \S*/(\w+)\.sol\b", self.texts[file].replace('"', "")))
        within = (imported & self.libraries) | ({file} & self.libraries)
        return {(library, name) for library in within if (library, name) in self.functions}
