"""The proof bundle `lading-bundle/1`: what a consumer is handed about one item.

It is JSON in its RFC 8785 form (keys sorted, no white space, one spelling of each number and text) with lower-case 0x
hex. Other bytes are refused, so that two bundles that say the same are the same file. Nothing in it is trusted: each
field is bound by a proof to the chain, or only compared with the verifier's own settings.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterable
from itertools import pairwise
from typing import Annotated, Final, Literal, NoReturn

from pydantic import (
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    JsonValue,
    PlainSerializer,
    ValidationError,
    WithJsonSchema,
    field_validator,
)

from lading.epcis.canonical import canonical_json
from lading.epcis.errors import CanonicalError, EpcError
from lading.provenance.errors import BundleError, ItemError
from lading.provenance.item import item_of
from lading.provenance.item_map import KEY_BITS, ItemEntry, MapLeaf, MapProof, item_key, root_of
from lading.provenance.leaf import EVENT_ID
from lading.provenance.merkle import batch_digest

FORMAT: Final = "lading-bundle/1"

MAX_BYTES = 4 << 20
"""An item with 1,000 events of 2 KB and proofs of 32 levels stays below it; a phone still reads it in a second."""

MAX_DEPTH = 32
"""An EPCIS event with sensor data reaches 9 levels; deeper JSON only attacks the parser."""

MAX_INTEGER = 2**53 - 1
"""RFC 8785, section 3.1 (I-JSON): beyond it a JSON number is a double."""

MAX_ENTRIES = 1000
MAX_MAPS = 1000
MAX_THING = 2000
"""Characters of a thing's canonical text; the longest GS1 key as a Digital Link has a tenth."""

MAX_PROOF = 33
"""A batch has fewer than 2**32 leaves, so no proof is longer."""


def _hex(size: int) -> tuple[BeforeValidator, PlainSerializer, WithJsonSchema]:
    pattern = rf"0x[0-9a-f]{{{2 * size}}}"

    def read(value: object) -> bytes:
        if isinstance(value, bytes) and len(value) == size:
            return value
        if not isinstance(value, str) or re.fullmatch(pattern, value) is None:
            raise ValueError(f"it should be 0x and {2 * size} lower-case hexadecimal digits")
        return bytes.fromhex(value[2:])

    schema = {"type": "string", "pattern": f"^{pattern}$"}
    return BeforeValidator(read), PlainSerializer(lambda data: "0x" + data.hex()), WithJsonSchema(schema)


Hash = Annotated[bytes, *_hex(32)]
Address = Annotated[bytes, *_hex(20)]


class Model(BaseModel):
    """What bundles and fault documents are made of: nothing that is not named, and nothing that changes."""

    model_config = ConfigDict(frozen=True, extra="forbid")


class ChainRef(Model):
    """Where the bundle says that it is anchored. Compared with the verifier's settings, never trusted."""

    chain_id: int = Field(strict=True, gt=0, le=MAX_INTEGER)
    genesis: Hash = Field(description="Hash of block 0.")
    participant_registry: Address
    provenance_registry: Address


class BatchRef(Model):
    """A batch as anchored (IProvenanceRegistry.Batch): root of its leaves, root of its publisher's item map after it,
    whose key anchored it, and its number of leaves. The chain's digest binds all four."""

    root: Hash
    items_root: Hash
    writer: Address
    count: int = Field(strict=True, gt=0, lt=2**32)

    @property
    def digest(self) -> bytes:
        """What the chain stores of it, beside the time."""
        return batch_digest(self.root, self.items_root, self.writer, self.count)


class Entry(Model):
    """One event with the proof that its publisher anchored it as a leaf of batch `index` of its log."""

    event: dict[str, JsonValue] = Field(description="The EPCIS 2.0 JSON-LD event, whole, with its own @context.")
    event_id: str = Field(pattern=f"^{EVENT_ID.pattern}$", description="CBV 2.0, section 8.9.")
    publisher: Hash = Field(description="Participant id.")
    index: int = Field(strict=True, ge=0, lt=2**48)
    batch: BatchRef
    salt: Hash
    proof: tuple[Hash, ...] = Field(max_length=MAX_PROOF)


class OtherLeaf(Model):
    """The leaf of another thing, which stands where an absent one would."""

    key: Hash = Field(description="SHA-256 of that thing's canonical text.")
    count: int = Field(strict=True, gt=0, le=MAX_INTEGER)
    head: Hash

    @property
    def leaf(self) -> MapLeaf:
        return MapLeaf(self.key, ItemEntry(self.count, self.head))


class MapEntry(Model):
    """What the item map anchored with batch `index` of a publisher's log says of a thing, with the proof: that `count`
    events name it, and the head of their leaves' chain. Of a thing that it lacks, 0 and 32 zero bytes."""

    publisher: Hash = Field(description="Participant id.")
    index: int = Field(strict=True, ge=0, lt=2**48)
    batch: BatchRef
    thing: str = Field(min_length=1, max_length=MAX_THING, description="Canonical: a GS1 key as its Digital Link.")
    count: int = Field(strict=True, ge=0, le=MAX_INTEGER)
    head: Hash
    siblings: tuple[Hash | None, ...] = Field(max_length=KEY_BITS, description="From the thing's place to the root.")
    other: OtherLeaf | None

    @property
    def entry(self) -> ItemEntry:
        return ItemEntry(self.count, self.head)

    @property
    def holds(self) -> bool:
        """Whether the proof leads to the batch's item root. That the batch is anchored is another question."""
        other = None if self.other is None else self.other.leaf
        return root_of(item_key(self.thing), self.entry, MapProof(self.siblings, other)) == self.batch.items_root

    @classmethod
    def of(
        cls, publisher: bytes, index: int, batch: BatchRef, thing: str, entry: ItemEntry, proof: MapProof
    ) -> MapEntry:
        """From what a map says of a thing (`ItemStore.prove`)."""
        stands = proof.other
        other = None
        if stands is not None:
            other = OtherLeaf(key=stands.key, count=stands.entry.count, head=stands.entry.head)
        return cls(
            publisher=publisher,
            index=index,
            batch=batch,
            thing=thing,
            count=entry.count,
            head=entry.head,
            siblings=proof.siblings,
            other=other,
        )


class Bundle(Model):
    """Events of one item with their proofs. `item` is an EPC pure identity URI. The entries of one publisher stand in
    the order of its log; `maps` ascend by publisher and thing, each pair once."""

    model_config = ConfigDict(title=FORMAT)

    format: Literal["lading-bundle/1"]
    item: str = Field(min_length=12, max_length=200, pattern="^urn:epc:id:[a-z]+:")
    chain: ChainRef
    entries: tuple[Entry, ...] = Field(max_length=MAX_ENTRIES)
    maps: tuple[MapEntry, ...] = Field(max_length=MAX_MAPS)

    @field_validator("maps")
    @classmethod
    def _ascend(cls, maps: tuple[MapEntry, ...]) -> tuple[MapEntry, ...]:
        places = [(one.publisher, one.thing) for one in maps]
        if any(left >= right for left, right in pairwise(places)):
            raise ValueError("it should ascend by publisher and thing, each pair once")
        return maps


def build_bundle(item: str, chain: ChainRef, entries: Iterable[Entry], maps: Iterable[MapEntry] = ()) -> Bundle:
    """A bundle of these entries, in the order given, and of these maps, in any. `item` is an EPC pure identity URI.

    Raises:
        EpcError, ItemError: `item` names no single item.
        BundleError: there are too many entries or maps, or two maps of one thing.
    """
    item_of(item)
    ordered = sorted(maps, key=lambda one: (one.publisher, one.thing))
    try:
        return Bundle(format=FORMAT, item=item, chain=chain, entries=tuple(entries), maps=tuple(ordered))
    except ValidationError as error:
        _raise_first(error)


def dump(bundle: Bundle) -> bytes:
    """The canonical bytes.

    Raises BundleError if an event holds a number or text that RFC 8785 cannot carry.
    """
    return canonical(bundle.model_dump(mode="json"))


def canonical(value: object) -> bytes:
    """RFC 8785 bytes of a JSON value. Raises BundleError for what JSON cannot carry exactly."""
    try:
        return canonical_json(value)
    except CanonicalError as error:
        raise BundleError("$", error.message[:200].removesuffix(".")) from error


def parse(data: bytes) -> Bundle:
    """Reads a bundle.

    Raises:
        BundleError: too large or deep, no JSON, not canonical, a field too many or too few, or one of the wrong form.
    """
    document = canonical_document(data)
    try:
        bundle = Bundle.model_validate(document)
        item_of(bundle.item)
    except ValidationError as error:
        _raise_first(error)
    except (EpcError, ItemError) as error:
        raise BundleError("$.item", error.message.removesuffix(".")) from error
    return bundle


def canonical_document(data: bytes) -> object:
    """The JSON value of RFC 8785 bytes. Raises BundleError: too large or deep, no JSON, not canonical."""
    _refuse_oversize(data)
    document = _decode(data)
    # Also refuses duplicate keys, which the parser would drop in silence: the bytes then differ.
    if canonical(document) != data:
        byte = _first_difference(document, data)
        raise BundleError("$", f"it is not in canonical form (RFC 8785), from byte {byte} on")
    return document


def _refuse_oversize(data: bytes) -> None:
    if len(data) > MAX_BYTES:
        raise BundleError("$", f"it has {len(data)} bytes; at most {MAX_BYTES} are read")
    depth = 0
    for bracket in re.findall(rb"[\[\]{}]", re.sub(rb'"(?:[^"\\]|\\.)*"', b"", data, flags=re.DOTALL)):
        depth += 1 if bracket in b"[{" else -1
        if depth > MAX_DEPTH:
            raise BundleError("$", f"it is nested deeper than {MAX_DEPTH} levels")


def _decode(data: bytes) -> object:
    try:
        return json.loads(data.decode("utf-8"), parse_int=_integer)
    except (ValueError, RecursionError) as error:
        raise BundleError("$", f"it is no JSON text ({str(error)[:120]})") from error


def _integer(text: str) -> int | float:
    """A JSON number has no kinds: what RFC 8785 writes without a point may be a double beyond 2**53."""
    return int(text) if len(text) < len(str(MAX_INTEGER)) or abs(int(text[:20])) <= MAX_INTEGER else float(text)


def _first_difference(document: object, data: bytes) -> int:
    pairs = enumerate(zip(canonical(document), data, strict=False))
    return next((position for position, (ours, theirs) in pairs if ours != theirs), len(data))


def _raise_first(error: ValidationError) -> NoReturn:
    raise BundleError(*first_fault(error)) from None


def first_fault(error: ValidationError) -> tuple[str, str]:
    """The JSON path of the first fault that pydantic names, and what is wrong there."""
    first = error.errors(include_url=False, include_input=False)[0]
    path = "$" + "".join(f"[{part}]" if isinstance(part, int) else f".{part}"[:80] for part in first["loc"])
    return path, first["msg"].removeprefix("Value error, ")
