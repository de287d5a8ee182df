"""The relay's configuration: where reads come from, which reader stands where, and what a sighting there means.

    publisher: {scheme: GLN, identifier: "9524000000019"}    # or a participant id, 0x…
    source: reads.ndjson             # the log of `relay run --once`; paths are relative to this file
    sources:                         # what `relay run` listens to, all at once
      - {mqtt: mqtts://broker, topics: [readers/+/tags], client_id: dock-1, share: lading, username: dock,
         password_env: RELAY_MQTT_PASSWORD, ca: ca.pem}      # version: 3.1.1, cert and key if need be
      - {http: http://reader/api/v1/data/stream}             # an Impinj R700
      - {llrp: reader, reader: FX9600-A1}                    # port: 5084
      - {file: reads.ndjson, follow: true}
      - {stdin: true}
      - {capture: 127.0.0.1:8086}                            # POST /capture
    outbox: relay.sqlite3            # or postgresql://user@host/database, its password in PGPASSWORD
    unnamed_reader: FX9600-A1        # the reader whose lines carry no name; left out if every line does
    smoothing: {gap_seconds: 30}     # a tag that is not read for longer has left
    batch: {max_events: 1000}        # max_bytes: 4000000, max_age_seconds: 1
    chain: {endpoints: [http://127.0.0.1:8545], confirmations: 1}
    metrics: 127.0.0.1:9464          # /metrics, /healthz and /readyz
    signing: {keystore: gateway.json, password_env: GATEWAY_PASSWORD}    # each capture; or key_env: NAME
    limits: {inbox_reads: 2000000, waiting_events: 20000000}
    read_points:
      - reader: FX9600-A1
        antenna: any                 # or the number of one antenna
        sgln: urn:epc:id:sgln:9524000.00001.1
        biz_location: urn:epc:id:sgln:9524000.00001.0
        biz_step: shipping           # CBV 2.0, section 7.1, or a full URI
        disposition: in_transit      # CBV 2.0, section 7.2, or a full URI
        gap_seconds: 5               # instead of that of `smoothing`
        left: {biz_step: departing, disposition: in_transit}
        area: hall                   # a tag is at one read point of an area at a time
        moved: {biz_step: transporting, disposition: in_transit}
      - …                            # tunnel: true: what passes with one SSCC is packed in it

A reader has one read point for `any` antenna, or one for each of its antennas.
"""

from __future__ import annotations

from collections.abc import Hashable
from decimal import Decimal
from pathlib import Path
from typing import Annotated, Any, Self
from urllib.parse import urlsplit

import yaml
from pydantic import Discriminator, Field, StringConstraints, Tag, ValidationError, field_validator, model_validator

from lading.enums import IdentifierScheme
from lading.epcis.errors import CheckDigitError
from lading.epcis.gs1 import is_digits, verify_check_digit
from lading.relayer.config.feeds import Feed, HostAndPort, HttpUrl, LlrpFeed, below, place_of
from lading.relayer.config.points import GLN_DIGITS, NS_PER_SECOND, Gap, Name, Part, ReadPoint, overlaps
from lading.relayer.config.signing import Signing
from lading.relayer.errors import RelayConfigError

POSTGRESQL = "postgresql://"


class PublisherIdentifier(Part):
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
    def _gln_is_one(self) -> Self:
        if self.scheme is IdentifierScheme.GLN:
            if not is_digits(self.identifier) or len(self.identifier) != GLN_DIGITS:
                raise ValueError(f"{self.identifier!r} is no GLN: a GLN has {GLN_DIGITS} digits")
            try:
                verify_check_digit("GLN", self.identifier)
            except CheckDigitError as error:
                raise ValueError(error.message) from None
        return self


class Smoothing(Part):
    """How reads become observations.

    `lateness_seconds`: how far the reads of a reader may stand out of order before one counts as late. Within an area a
    tag moves where the mean of its last `move_reads` readings is stronger than at the old place by `move_margin_db`, or
    where the old place was silent for `move_silence_seconds`.
    """

    gap_seconds: Gap
    lateness_seconds: Annotated[Decimal, Field(ge=0, le=Decimal(86_400))] = Decimal("0.5")
    move_reads: Annotated[int, Field(ge=2, le=1000)] = 20
    move_margin_db: Annotated[Decimal, Field(ge=0, le=100)] = Decimal(6)
    move_silence_seconds: Gap = Decimal(2)

    @property
    def gap_ns(self) -> int:
        return int(self.gap_seconds * NS_PER_SECOND)

    @property
    def lateness_ns(self) -> int:
        return int(self.lateness_seconds * NS_PER_SECOND)

    @property
    def move_silence_ns(self) -> int:
        return int(self.move_silence_seconds * NS_PER_SECOND)


class Batching(Part):
    """When a batch is closed: at whichever bound is reached first."""

    max_events: Annotated[int, Field(ge=1, le=100_000)]
    max_bytes: Annotated[int, Field(ge=1000, le=1_000_000_000)] = 4_000_000
    max_age_seconds: Annotated[Decimal, Field(ge=0, le=86_400)] = Decimal(1)


class ChainSettings(Part):
    """The nodes to ask, in this order, and how many blocks deep a transaction counts as done."""

    endpoints: Annotated[tuple[HttpUrl, ...], Field(min_length=1)]
    confirmations: Annotated[int, Field(ge=1, le=1000)] = 1


class Limits(Part):
    """How much may wait on the disk. Beyond `inbox_reads` stored and not yet worked on (some 100 bytes each), nothing
    more is taken from feeds, nor acknowledged; beyond `waiting_events` that are not on the chain (some 1,000 bytes
    each), no more events are made, so that the inbox fills."""

    inbox_reads: Annotated[int, Field(ge=1000)] = 2_000_000
    waiting_events: Annotated[int, Field(ge=1000)] = 20_000_000


def _publisher_form(value: object) -> str:
    return "~text" if isinstance(value, str) else "~mapping"


ParticipantId = Annotated[str, StringConstraints(pattern=r"^0x[0-9a-fA-F]{64}$")]
# The tags stand in the path of a pydantic fault; `_fault` drops what begins with a tilde.
Publisher = Annotated[
    Annotated[ParticipantId, Tag("~text")] | Annotated[PublisherIdentifier, Tag("~mapping")],
    Discriminator(_publisher_form),
]


class RelayConfig(Part):
    """A whole configuration; its paths are absolute once loaded. `outbox` is text if it is a database's URL."""

    publisher: Publisher
    source: Path | None = None
    sources: tuple[Feed, ...] = ()
    outbox: Path | str
    unnamed_reader: Name | None = None
    smoothing: Smoothing
    batch: Batching
    chain: ChainSettings | None = None
    metrics: HostAndPort | None = None
    limits: Limits = Limits()
    signing: Signing | None = None
    read_points: Annotated[tuple[ReadPoint, ...], Field(min_length=1)]

    @field_validator("outbox", mode="before")
    @classmethod
    def _file_or_database(cls, value: object) -> object:
        if not isinstance(value, str) or "://" not in value:
            return Path(value) if isinstance(value, str) else value
        if not value.startswith(POSTGRESQL):
            raise ValueError(f"should be a file or a URL that begins with {POSTGRESQL}")
        try:
            password = urlsplit(value).password
        except ValueError as error:
            raise ValueError(f"is no URL: {error}") from None
        if password is not None:
            raise ValueError("holds a password; it is taken from the environment, PGPASSWORD or PGPASSFILE")
        return value

    @model_validator(mode="after")
    def _consistent(self) -> Self:
        # Pydantic calls this only once every part is valid by itself.
        faults = overlaps(self.read_points)
        names = {point.reader for point in self.read_points}
        if self.unnamed_reader is not None and self.unnamed_reader not in names:
            faults.append(f"unnamed_reader: {self.unnamed_reader!r} is the reader of no read point")
        for number, feed in enumerate(self.sources):
            if isinstance(feed, LlrpFeed) and feed.reader not in names:
                faults.append(f"sources[{number}].reader: {feed.reader!r} is the reader of no read point")
        places = [place_of(feed) for feed in self.sources]
        for number, place in enumerate(places):
            if place in places[:number]:
                faults.append(f"sources[{number}]: {place} is a source above already")
        if self.source is None and not self.sources:
            faults.append("source: is missing, and so is `sources`")
        if faults:
            raise ValueError("; ".join(faults))
        return self


class _Loader(yaml.BaseLoader):
    """YAML whose scalars all stay text, so that a MAC address is no sexagesimal number and an id no hexadecimal one;
    pydantic gives each its type. A key that stands twice is refused."""

    def construct_mapping(self, node: yaml.MappingNode, deep: bool = False) -> dict[Hashable, Any]:
        keys = [key.value for key, _ in node.value]
        for key in keys:
            if keys.count(key) > 1:
                raise yaml.MarkedYAMLError(problem=f"the key {key!r} stands twice", problem_mark=node.start_mark)
        return super().construct_mapping(node, deep)


def _yaml_fault(error: Exception) -> str:
    """In one line: what is wrong and where, without PyYAML's name for a text and its picture of the place."""
    if not isinstance(error, yaml.MarkedYAMLError) or error.problem is None or error.problem_mark is None:
        return " ".join(str(error).split())
    mark = error.problem_mark
    return f"line {mark.line + 1}, column {mark.column + 1}: {error.problem}"


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
        raise RelayConfigError(str(path), [("", f"is no YAML: {_yaml_fault(error)}")]) from error
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
    changed: dict[str, object] = {"sources": tuple(below(feed, folder) for feed in config.sources)}
    if config.source is not None:
        changed["source"] = folder / config.source
    if isinstance(config.outbox, Path):
        changed["outbox"] = folder / config.outbox
    if config.signing is not None:
        changed["signing"] = config.signing.below(folder)
    return config.model_copy(update=changed)


def _fault(entry: dict[str, Any]) -> tuple[str, str]:
    path = ""
    for step in entry["loc"]:
        if str(step).startswith("~"):
            continue
        path += f"[{step}]" if isinstance(step, int) else f".{step}" if path else step
    message = {"extra_forbidden": "unknown key", "missing": "is missing"}.get(entry["type"], entry["msg"])
    return path, message.removeprefix("Value error, ")
