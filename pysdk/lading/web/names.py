"""What things, people and times are called on a page."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime

from lading.epcis.errors import EpcError
from lading.epcis.identity import parse
from lading.models import Participant
from lading.web.words import Language, Words

_MONTHS = ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"]
_SCHEMES = {"GLN": "GLN", "LEI": "LEI", "EORI": "EORI", "NATIONAL_REGISTER": ""}
_SHORT = 10


@dataclass(frozen=True, slots=True)
class Signer:
    """Who published a step. `country` is an ISO 3166-1 code, empty if the registry does not know the participant."""

    name: str
    country: str
    identifier: str


def named(who: Signer) -> str:
    return " ".join(part for part in (who.name, who.identifier) if part)


def thing(code: str) -> str:
    """An identifier as it is printed: (00) 395211410000000770; the text itself where it is no GS1 key."""
    try:
        found = parse(code) if code else None
    except EpcError:
        return code
    if found is None:
        return ""
    ai = found.digital_link.split("/")[3]
    return f"({ai}) {found.key}" + (f" (21) {found.serial}" if ai == "01" and found.serial else "")


def signer(participant: bytes, known: Participant | None, say: Words) -> Signer:
    if known is None:
        return Signer(say("signer_unknown", id=f"0x{participant.hex()[:_SHORT]}…"), "", "")
    roles = " · ".join(say.roles[role.name] for role in sorted(known.roles)) or say.roles[""]
    scheme = _SCHEMES[known.scheme.name]
    return Signer(roles, known.country, f"{scheme} {known.identifier}".strip())


def moment(time: datetime, language: Language) -> str:
    """To the minute, in the zone that it has."""
    clock = f"{time.hour:02d}:{time.minute:02d}"
    if language == "zh":
        return f"{time.year}年{time.month}月{time.day}日 {clock}"
    return f"{time.day} {_MONTHS[time.month - 1]} {time.year}, {clock}"


def utc(seconds: int) -> datetime:
    return datetime.fromtimestamp(seconds, UTC)
