"""Things in others' events that are spelled so that no item map counts them as what they name. Pure.

Such an event would be in no bundle of its goods, and verifiers judge none that holds one
(`lading.provenance.item.misspelt`). So it is refused where it is taken in, while its author can still mend it.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

from lading.epcis.errors import EpcError, Fault
from lading.epcis.identity import parse
from lading.errors import InputError
from lading.provenance.item import misspelt, same_thing

RULE: Final = "thing-spelling"
_LISTS: Final = ("epcList", "childEPCs", "inputEPCList", "outputEPCList")
_SCHEME = re.compile(r"urn:epc:[a-z]+:[a-z0-9-]+:", re.IGNORECASE)
_KEYS: Final = ("01", "gtin", "00", "sscc")
_MOST_PARTS: Final = 32
_SHOWN: Final = 120


@dataclass(frozen=True, slots=True)
class Misspelt:
    """A thing at a JSON path, such as `$.epcList[0]`; `instead` is what to write, None if that does not follow from the
    text."""

    path: str
    text: str
    instead: str | None

    @property
    def problem(self) -> str:
        """What is wrong, and what to do."""
        other = self.instead or "its pure identity (urn:epc:id:…) or its Digital Link (https://…/01/…/21/…)"
        return f"{self.text[:_SHOWN]!r} is counted by no item map as what it names; write {other}"


class MisspeltThings(InputError):
    """Events name things under spellings that no item map counts as what they name. `found` has all of them."""

    def __init__(self, found: Sequence[Misspelt]) -> None:
        self.found = tuple(found)
        more = f"; and {len(found) - 5} more" if len(found) > 5 else ""  # noqa: PLR2004 - what fits on a screen
        super().__init__(
            "; ".join(f"{one.path}: {one.problem}" for one in found[:5]) + more + ".",
            hint="Nothing was taken in. Name things as the message says, and give the events again.",
        )

    def faults(self, place: str) -> list[Fault]:
        """Of one event that is at `place` in its document."""
        return [Fault(place + one.path.removeprefix("$"), RULE, one.problem) for one in self.found]


def check_spelling(*events: Mapping[str, Any], places: Sequence[str] = ("$",)) -> None:
    """Raises `MisspeltThings`. `places` are the paths of the events, one each."""
    found = [
        Misspelt(f"{place}.{path}", text, _instead(text))
        for place, event in zip(places, events, strict=True)
        for path, text in _named(event)
        if misspelt(text)
    ]
    if found:
        raise MisspeltThings(found)


def _named(event: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
    parent = event.get("parentID")
    if isinstance(parent, str):
        yield "parentID", parent
    for name in _LISTS:
        listed = event.get(name)
        for number, text in enumerate(listed if isinstance(listed, list) else ()):
            if isinstance(text, str):
                yield f"{name}[{number}]", text


def _instead(text: str) -> str | None:
    plain = _SCHEME.sub(lambda found: found[0].lower(), text.strip())
    try:
        found = parse(plain)
    except EpcError:
        return _without_place(plain)
    return next((name for name in (found.uri, found.digital_link) if name and not misspelt(name)), None)


def _without_place(link: str) -> str | None:
    """The canonical form of a link that has something before its key."""
    parts = link.split("/", 3 + _MOST_PARTS)[3:]
    for place, part in enumerate(parts):
        shorter = "/".join(("https://id.gs1.org", part.lower(), *parts[place + 1 :]))
        if part.lower() in _KEYS and not misspelt(shorter) and same_thing(shorter).startswith("https://id.gs1.org/"):
            return same_thing(shorter)
    return None
