"""The fault document `lading-fault/1`: a proof, for anyone to check, that a publisher's item map lies.

    lacks    an event that the publisher anchored names a thing, and its map of that batch or a later one leaves it out:
             the map's own proof, and the whole chain of leaves that it counts for the thing
    shrank   two maps of one thing at two batches, of which the later does not go on from the earlier: its count fell,
             or its chain begins otherwise

Every honest map counts each event of its batch for each thing of `things_of`, for ever, so neither can be made of one.
Whoever is shown such a document need trust nobody but the chain. Its bytes are canonical as a bundle's are.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Annotated, Final, Literal

from pydantic import ConfigDict, Field, TypeAdapter, ValidationError

from lading.epcis.canonical import content_hash
from lading.provenance.bundle import (
    BatchRef,
    ChainRef,
    Entry,
    Hash,
    MapEntry,
    Model,
    canonical,
    canonical_document,
    first_fault,
)
from lading.provenance.errors import BundleError, FaultError
from lading.provenance.item_map import entry_of, things_of
from lading.provenance.leaf import EventLeaf

FORMAT: Final = "lading-fault/1"

MAX_LEAVES = 50_000
"""More do not fit into the bytes that are read."""

Anchors = Mapping[tuple[bytes, int], bytes]
"""(participant id, index) -> the 27-byte digest that the chain has there."""


class Lacks(Model):
    """`entry` names `map.thing`, and is none of `leaves`, which are all that the map counts for it."""

    model_config = ConfigDict(title="lacks")

    format: Literal["lading-fault/1"]
    kind: Literal["lacks"]
    chain: ChainRef
    entry: Entry
    map: MapEntry
    leaves: tuple[Hash, ...] = Field(max_length=MAX_LEAVES, description="What the map's head folds, oldest first.")


class Shrank(Model):
    """`after` does not go on from `before`. `leaves` are what the head of `after` folds, oldest first, where its count
    is the greater one; else there are none."""

    model_config = ConfigDict(title="shrank")

    format: Literal["lading-fault/1"]
    kind: Literal["shrank"]
    chain: ChainRef
    before: MapEntry
    after: MapEntry
    leaves: tuple[Hash, ...] = Field(max_length=MAX_LEAVES)


Fault = Annotated[Lacks | Shrank, Field(discriminator="kind")]
ADAPTER: Final[TypeAdapter[Lacks | Shrank]] = TypeAdapter(Fault)


class Standing(StrEnum):
    """What a fault document is worth."""

    PROVEN = "proven"
    """The publisher is at fault."""
    UNANCHORED = "unanchored"
    """It would be, but the chain does not have these batches, or was not asked."""
    UNFOUNDED = "unfounded"
    """The document shows no fault, whatever the chain has."""


@dataclass(frozen=True, slots=True)
class Judged:
    """A fault document's worth, the accused participant's id (32 bytes), and a clause that says why."""

    standing: Standing
    publisher: bytes
    because: str


def dump(fault: Lacks | Shrank) -> bytes:
    """The canonical bytes. Raises `BundleError` if the event holds what RFC 8785 cannot carry."""
    return canonical(fault.model_dump(mode="json"))


def parse(data: bytes) -> Lacks | Shrank:
    """Reads a fault document; says nothing about its truth.

    Raises:
        FaultError: too large or deep, no JSON, not canonical, a field too many or too few, or one of the wrong form.
    """
    try:
        return ADAPTER.validate_python(canonical_document(data))
    except BundleError as error:
        raise FaultError(error.path, error.problem) from error
    except ValidationError as error:
        path, problem = first_fault(error)
        raise FaultError(re.sub(r"^\$\.(lacks|shrank)", "$", path), problem) from None


def judge(fault: Lacks | Shrank, anchors: Anchors) -> Judged:
    """What it is worth against what the chain has of the two batches that it shows. That it speaks of the verifier's
    own chain and registry (`fault.chain`) is for the caller to compare."""
    if isinstance(fault, Lacks):
        publisher, flaw = fault.map.publisher, _flaw_of_lacks(fault)
        shown = [(fault.entry.index, fault.entry.batch), (fault.map.index, fault.map.batch)]
        found = f"batch {fault.entry.index} has an event of {fault.map.thing} that the map of {fault.map.index} lacks"
    else:
        publisher, flaw = fault.after.publisher, _flaw_of_shrank(fault)
        shown = [(one.index, one.batch) for one in (fault.before, fault.after)]
        found = f"the map of batch {fault.after.index} does not go on from {fault.before.index} for {fault.after.thing}"
    if flaw is not None:
        return Judged(Standing.UNFOUNDED, publisher, flaw)
    missing = _not_anchored(publisher, shown, anchors)
    if missing is not None:
        return Judged(Standing.UNANCHORED, publisher, f"the chain does not have batch {missing} as it is shown")
    return Judged(Standing.PROVEN, publisher, found)


def _not_anchored(publisher: bytes, shown: Sequence[tuple[int, BatchRef]], anchors: Anchors) -> int | None:
    return next((index for index, batch in shown if anchors.get((publisher, index)) != batch.digest), None)


def _flaw_of_lacks(fault: Lacks) -> str | None:
    entry, shown = fault.entry, fault.map
    if entry.publisher != shown.publisher:
        return "event and map are of two publishers"
    if entry.index > shown.index:
        return "the map is older than the event's batch"
    leaf = EventLeaf.of(entry.event_id, content_hash(entry.event), entry.salt)
    if not leaf.is_in(entry.batch.root, entry.batch.count, entry.proof):
        return "the event is not in its batch"
    if shown.thing not in things_of(entry.event):
        return "the event does not name the thing"
    if not shown.holds:
        return "the map's proof does not lead to its root"
    if entry_of(fault.leaves) != shown.entry:
        return "the leaves are not what the map counts"
    return "the map counts the event" if leaf.hash() in fault.leaves else None


def _flaw_of_shrank(fault: Shrank) -> str | None:
    before, after, leaves = fault.before, fault.after, fault.leaves
    if (before.publisher, before.thing) != (after.publisher, after.thing):
        return "the maps are of two publishers, or of two things"
    if before.index >= after.index:
        return "the second map is not later than the first"
    if not before.holds or not after.holds:
        return "a map's proof does not lead to its root"
    if after.count <= before.count:
        if leaves:
            return "leaves are given where none are needed"
        return "nothing changed between the maps" if after.entry == before.entry else None
    if entry_of(leaves) != after.entry:
        return "the leaves are not what the later map counts"
    return "the later map goes on from the earlier" if entry_of(leaves[: before.count]) == before.entry else None


def shrinking(chain: ChainRef, one: MapEntry, other: MapEntry, leaves: Sequence[bytes] = ()) -> Shrank | None:
    """The fault that two maps of one publisher and thing show, if they do. `leaves`: what the later one counts, oldest
    first, as far as they are known; without them only a count that fell, or another head of the same count, shows."""
    before, after = sorted((one, other), key=lambda shown: shown.index)
    fault = Shrank(
        format=FORMAT,
        kind="shrank",
        chain=chain,
        before=before,
        after=after,
        leaves=tuple(leaves) if after.count > before.count else (),
    )
    return fault if _flaw_of_shrank(fault) is None else None
