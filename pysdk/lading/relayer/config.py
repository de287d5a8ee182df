"""The relay's configuration: which reader stands where, and what a sighting there means.

    publisher: {scheme: GLN, identifier: "9524000000019"}    # or a participant id, 0x…
    source: reads.ndjson             # paths are relative to this file
    outbox: relay.sqlite3
    unnamed_reader: FX9600-A1        # the reader whose lines carry no name; left out if every line does
    smoothing: {gap_seconds: 30}     # a tag that is not read for longer has left
    batch: {max_events: 1000}
    read_points:
      - reader: FX9600-A1
        antenna: any                 # or the number of one antenna
        sgln: urn:epc:id:sgln:9524000.00001.1
        biz_location: urn:epc:id:sgln:9524000.00001.0
        biz_step: shipping           # CBV 2.0, section 7.1, or a full URI
        disposition: in_transit      # CBV 2.0, section 7.2, or a full URI

A reader has one read point for `any` antenna, or one for each of its antennas.
"""

from __future__ import annotations

import re
from collections.abc import Hashable
from decimal import Decimal
from pathlib import Path
from typing import Annotated, Any

import yaml
from pydantic import (
    BaseModel,
    ConfigDict,
    Discriminator,
    Field,
    StringConstraints,
    Tag,
    ValidationError,
    field_validator,
    model_validator,
)

from lading.enums import IdentifierScheme
from lading.epcis.errors import CheckDigitError
from lading.epcis.gs1 import is_digits, verify_check_digit
from lading.epcis.vocabulary import BIZ_STEP, DISPOSITION, Vocabulary
from lading.relayer.errors import RelayConfigError

ANY = "any"
GLN_DIGITS = 13
NS_PER_SECOND = 1_000_000_000

_SGLN = re.compile(r"urn:epc:id:sgln:([0-9]{6,12})\.([0-9]{0,6})\.(.+)")
_URI = re.compile(r"(https?://|urn:)\S+")

Name = Annotated[str, StringConstraints(min_length=1, max_length=200)]


def _word_of(vocabulary: Vocabulary, value: str) -> str:
    """`value` itself, if it is a word of the vocabulary, or a full URI: of the CBV's own, only those that it has."""
    word = value.removeprefix(vocabulary.web).removeprefix(vocabulary.urn)
    if word in vocabulary.words or (word == value and _URI.fullmatch(value)):
        return value
    raise ValueError(
        f"{value!r} is no {vocabulary.name} of the CBV 2.0, such as {min(vocabulary.words)}, nor a full URI"
    )


class _Part(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class PublisherIdentifier(_Part):
    """A publisher named as it was admitted by the governance, for a file that is to serve on more than one chain."""

    scheme: IdentifierScheme
    identifier: Name

    @field_validator("scheme", mode="before")
    @classmethod
    def _scheme_by_name(cls, value: object) -> object:
        if isinstance(value, str):
            if value not in IdentifierScheme.__members__:
                raise ValueError(f"unknown scheme; known are {', '.join(IdentifierScheme.__members__)}")
            return IdentifierScheme[value]
        return value

    @model_validator(mode="after")
    def _gln_is_one(self) -> PublisherIdentifier:
        if self.scheme is IdentifierScheme.GLN:
            if not is_digits(self.identifier) or len(self.identifier) != GLN_DIGITS:
                raise ValueError(f"{self.identifier!r} is no GLN: a GLN has {GLN_DIGITS} digits")
            try:
                verify_check_digit("GLN", self.identifier)
            except CheckDigitError as error:
                raise ValueError(error.message) from None
        return self


class ReadPoint(_Part):
    """One antenna, or all antennas of a reader, and the meaning of a sighting there."""

    reader: Name
    antenna: Annotated[int, Field(ge=0, le=65535)] | None
    """None stands for any antenna."""
    sgln: str
    biz_location: str
    biz_step: str
    disposition: str

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

    @field_validator("biz_step")
    @classmethod
    def _is_step(cls, value: str) -> str:
        return _word_of(BIZ_STEP, value)

    @field_validator("disposition")
    @classmethod
    def _is_disposition(cls, value: str) -> str:
        return _word_of(DISPOSITION, value)

    @property
    def meaning(self) -> tuple[str, str, str]:
        return self.biz_location, self.biz_step, self.disposition


class Smoothing(_Part):
    # Above a millisecond, so that two observations of one tag never round to the same event time.
    gap_seconds: Annotated[Decimal, Field(ge=Decimal("0.001"), le=Decimal(31_536_000))]

    @property
    def gap_ns(self) -> int:
        return int(self.gap_seconds * NS_PER_SECOND)


class Batching(_Part):
    max_events: Annotated[int, Field(ge=1, le=100_000)]


def _publisher_form(value: object) -> str:
    return "~text" if isinstance(value, str) else "~mapping"


ParticipantId = Annotated[str, StringConstraints(pattern=r"^0x[0-9a-fA-F]{64}$")]
# The tags stand in the path of a pydantic fault; `_fault` drops what begins with a tilde.
Publisher = Annotated[
    Annotated[ParticipantId, Tag("~text")] | Annotated[PublisherIdentifier, Tag("~mapping")],
    Discriminator(_publisher_form),
]


class RelayConfig(_Part):
    """A whole configuration; `source` and `outbox` are absolute once loaded."""

    publisher: Publisher
    source: Path
    outbox: Path
    unnamed_reader: Name | None = None
    smoothing: Smoothing
    batch: Batching
    read_points: Annotated[tuple[ReadPoint, ...], Field(min_length=1)]

    @model_validator(mode="after")
    def _consistent(self) -> RelayConfig:
        # Pydantic calls this only once every part is valid by itself.
        faults = _overlaps(self.read_points)
        names = {point.reader for point in self.read_points}
        if self.unnamed_reader is not None and self.unnamed_reader not in names:
            faults.append(f"unnamed_reader: {self.unnamed_reader!r} is the reader of no read point")
        if faults:
            raise ValueError("; ".join(faults))
        return self

    def meaning_of(self, sgln: str) -> tuple[str, str, str]:
        """(biz_location, biz_step, disposition) of a read point of this configuration."""
        return next(point.meaning for point in self.read_points if point.sgln == sgln)


def _overlaps(points: tuple[ReadPoint, ...]) -> list[str]:
    """What would make a sighting's place or meaning depend on the order of the list."""
    faults: list[str] = []
    antennas: dict[str, set[int | None]] = {}
    meanings: dict[str, tuple[str, str, str]] = {}
    for number, point in enumerate(points):
        taken = antennas.setdefault(point.reader, set())
        if point.antenna in taken or (taken and None in {point.antenna, *taken}):
            faults.append(
                f"read_points[{number}].antenna: an antenna of {point.reader!r} has a read point above already; "
                "a reader has either one read point for any antenna, or one for each"
            )
        taken.add(point.antenna)
        if meanings.setdefault(point.sgln, point.meaning) != point.meaning:
            faults.append(f"read_points[{number}]: {point.sgln} has another location, step or disposition above")
    return faults


class _Loader(yaml.BaseLoader):
    """YAML whose scalars all stay text, so that a MAC address is no sexagesimal number and an id no hexadecimal one;
    pydantic gives each its type. A key that stands twice is refused."""

    def construct_mapping(self, node: yaml.MappingNode, deep: bool = False) -> dict[Hashable, Any]:
        keys = [key.value for key, _ in node.value]
        for key in keys:
            if keys.count(key) > 1:
                raise yaml.MarkedYAMLError(problem=f"the key {key!r} stands twice", problem_mark=node.start_mark)
        return super().construct_mapping(node, deep)


def load(path: Path) -> RelayConfig:
    """The configuration in the YAML file `path`.

    Raises:
        RelayConfigError: it cannot be read, is no YAML, or breaks a rule; every fault is named by its path.
    """
    try:
        document = yaml.load(path.read_text(encoding="utf-8"), _Loader)  # noqa: S506 - BaseLoader makes text only
    except OSError as error:
        raise RelayConfigError(str(path), [("", f"cannot be read: {error.strerror}")]) from error
    except (UnicodeDecodeError, yaml.YAMLError, RecursionError) as error:
        raise RelayConfigError(str(path), [("", f"is no YAML: {' '.join(str(error).split())}")]) from error
    return parse(document, path)


def parse(document: object, path: Path) -> RelayConfig:
    """A configuration from plain data, its paths taken relative to the folder of `path`.

    Raises:
        RelayConfigError: see `load`.
    """
    if not isinstance(document, dict):
        raise RelayConfigError(str(path), [("", "should be a mapping that begins with `publisher:`")])
    try:
        config = RelayConfig.model_validate(document)
    except ValidationError as error:
        raise RelayConfigError(str(path), [_fault(dict(entry)) for entry in error.errors()]) from None
    folder = path.resolve().parent
    return config.model_copy(update={"source": folder / config.source, "outbox": folder / config.outbox})


def _fault(entry: dict[str, Any]) -> tuple[str, str]:
    path = ""
    for step in entry["loc"]:
        if str(step).startswith("~"):
            continue
        path += f"[{step}]" if isinstance(step, int) else f".{step}" if path else step
    message = {"extra_forbidden": "unknown key", "missing": "is missing"}.get(entry["type"], entry["msg"])
    return path, message.removeprefix("Value error, ")
