"""The part of the relay's configuration that says where readers stand and what a sighting there means."""

from __future__ import annotations

import re
from decimal import Decimal
from typing import Annotated, Self

from pydantic import BaseModel, ConfigDict, Field, StringConstraints, field_validator, model_validator

from lading.epcis.check import check_document
from lading.epcis.gs1 import is_digits
from lading.epcis.vocabulary import BIZ_STEP, DISPOSITION, Vocabulary, bare

ANY = "any"
GLN_DIGITS = 13
NS_PER_SECOND = 1_000_000_000
_ANY_TIME = "2026-01-01T00:00:00.000Z"

_SGLN = re.compile(r"urn:epc:id:sgln:([0-9]{6,12})\.([0-9]{0,6})\.(.+)")
_URI = re.compile(r"(https?://|urn:)\S+")

Name = Annotated[str, StringConstraints(min_length=1, max_length=200)]
# Above a millisecond, so that two observations of one tag never round to the same event time.
Gap = Annotated[Decimal, Field(ge=Decimal("0.001"), le=Decimal(31_536_000))]


def _word_of(vocabulary: Vocabulary, value: str) -> str:
    """The word that `value` is, in whichever form, since the event id tells none apart; or a full URI: of the CBV's
    own, only those that it has."""
    word = bare(vocabulary, value)
    if word in vocabulary.words:
        return word
    own = value.startswith((vocabulary.web, vocabulary.urn))
    if not own and _URI.fullmatch(value):
        return value
    raise ValueError(
        f"{value!r} is no {vocabulary.name} of the CBV 2.0, such as {min(vocabulary.words)}, nor a full URI"
    )


class Part(BaseModel):
    """A part of the configuration: no key but its own, and nothing changes once it is read."""

    model_config = ConfigDict(extra="forbid", frozen=True)


class Meaning(Part):
    """What a sighting says: a business step and a disposition (CBV 2.0, sections 7.1 and 7.2)."""

    biz_step: str
    disposition: str

    @field_validator("biz_step")
    @classmethod
    def _is_step(cls, value: str) -> str:
        return _word_of(BIZ_STEP, value)

    @field_validator("disposition")
    @classmethod
    def _is_disposition(cls, value: str) -> str:
        return _word_of(DISPOSITION, value)


class ReadPoint(Meaning):
    """One antenna, or all antennas of a reader, and the meaning of a sighting there.

    `area`: a tag is at one read point of an area at a time. `moved` is the meaning of a sighting by which it came from
    another one of them (else that of any sighting), `left` that of its last (else nothing is stated). `tunnel`: what
    passes together with one SSCC is packed in it.
    """

    reader: Name
    antenna: Annotated[int, Field(ge=0, le=65535)] | None
    """None stands for any antenna."""
    sgln: str
    biz_location: str
    area: Name | None = None
    gap_seconds: Gap | None = None
    left: Meaning | None = None
    moved: Meaning | None = None
    tunnel: bool = False

    @field_validator("antenna", mode="before")
    @classmethod
    def _any_antenna(cls, value: object) -> object:
        if value == ANY:
            return None
        # The number's own bounds are told apart from a word that is none, such as "all".
        if value is None or (isinstance(value, str) and not is_digits(value.removeprefix("-"))):
            raise ValueError(f"should be a number or {ANY}: the number of an antenna, or the word for all of them")
        return value

    @field_validator("sgln", "biz_location")
    @classmethod
    def _is_sgln(cls, value: str) -> str:
        match = _SGLN.fullmatch(value)
        if match is None or len(match[1]) + len(match[2]) != GLN_DIGITS - 1:
            raise ValueError(
                "should be an SGLN such as urn:epc:id:sgln:9524000.00001.0, with 12 digits of company prefix and "
                "location (TDS 1.13, section 6.3.3)"
            )
        return value

    @model_validator(mode="after")
    def _consistent(self) -> Self:
        if self.tunnel and (self.area or self.left or self.moved):
            raise ValueError("a tunnel has no `area`, `left` or `moved`: what passes it is packed, and is gone")
        if self.moved is not None and self.area is None:
            raise ValueError("`moved` needs an `area`, within which a tag can move")
        stated = (self.biz_step, self.disposition)
        if self.left is not None and stated == (self.left.biz_step, self.left.disposition):
            raise ValueError("`left` says what any sighting here says; a tag that is read once would state it twice")
        if self.left is not None and self.left == self.moved:
            raise ValueError("`left` says what `moved` says; a tag that is read once would state it twice")
        for meaning in (self, self.left, self.moved):
            if meaning is not None and (faults := check_document(_sample(self, meaning))):
                raise ValueError(f"no event can say this: {faults[0].message}")
        return self

    @property
    def statement(self) -> tuple[object, ...]:
        """All that entries of one SGLN must have in common."""
        return tuple(value for name, value in self if name not in ("reader", "antenna"))


def _sample(point: ReadPoint, meaning: Meaning) -> dict[str, object]:
    """A document with one event of this read point: what is refused in it would stop the relay at the first read."""
    event = {
        "type": "ObjectEvent",
        "eventTime": _ANY_TIME,
        "eventTimeZoneOffset": "+00:00",
        "epcList": ["urn:epc:id:sscc:0614141.1234567890"],
        "action": "OBSERVE",
        "bizStep": meaning.biz_step,
        "disposition": meaning.disposition,
        "readPoint": {"id": point.sgln},
        "bizLocation": {"id": point.biz_location},
    }
    return {
        "@context": ["https://ref.gs1.org/standards/epcis/2.0.0/epcis-context.jsonld"],
        "type": "EPCISDocument",
        "schemaVersion": "2.0",
        "creationDate": _ANY_TIME,
        "epcisBody": {"eventList": [event]},
    }


def overlaps(points: tuple[ReadPoint, ...]) -> list[str]:
    """What would make a sighting's place or meaning depend on the order of the list."""
    faults: list[str] = []
    antennas: dict[str, set[int | None]] = {}
    stated: dict[str, tuple[object, ...]] = {}
    for number, point in enumerate(points):
        taken = antennas.setdefault(point.reader, set())
        if point.antenna in taken or (taken and None in {point.antenna, *taken}):
            faults.append(
                f"read_points[{number}].antenna: an antenna of {point.reader!r} has a read point above already; "
                "a reader has either one read point for any antenna, or one for each"
            )
        taken.add(point.antenna)
        if stated.setdefault(point.sgln, point.statement) != point.statement:
            faults.append(f"read_points[{number}]: {point.sgln} has another location, step, disposition or area above")
    return faults
