"""Fault documents: what they prove, what they do not, and that no honest publisher can be accused."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

import pytest
from jsonschema import Draft202012Validator
from reference_map import ReferenceMap

from lading.epcis.canonical import content_hash
from lading.epcis.event_id import event_id
from lading.provenance.bundle import BatchRef, ChainRef, Entry, MapEntry, canonical
from lading.provenance.errors import FaultError
from lading.provenance.fault_search import Evidence, faults_in
from lading.provenance.faults import FORMAT, Judged, Lacks, Shrank, Standing, dump, judge, parse, shrinking
from lading.provenance.item_map import NOTHING, ItemEntry, entry_of, item_key, things_of
from lading.provenance.leaf import EventLeaf
from lading.provenance.merkle import MerkleTree
from lading.provenance.schemas import fault_schema

PUBLISHER, WRITER = b"\x11" * 32, b"\x22" * 20
CHAIN = ChainRef(chain_id=1, genesis=b"\x01" * 32, participant_registry=b"\x02" * 20, provenance_registry=b"\x03" * 20)
THING, NEIGHBOUR = (f"https://id.gs1.org/01/80614141123458/21/{serial}" for serial in (1, 2))
EPC = {THING: "urn:epc:id:sgtin:0614141.812345.1", NEIGHBOUR: "urn:epc:id:sgtin:0614141.812345.2"}


def happened(number: int, *things: str) -> dict[str, Any]:
    return {
        "type": "ObjectEvent",
        "eventTime": f"2026-03-02T08:15:30.{number:03d}Z",
        "eventTimeZoneOffset": "+00:00",
        "epcList": [EPC[thing] for thing in things],
        "action": "OBSERVE",
    }


@dataclass
class Log:
    """A publisher's log: each batch of events, with the map that it says to be right, or another."""

    publisher: bytes = PUBLISHER
    leaves: dict[str, list[bytes]] = field(default_factory=dict)
    maps: list[ReferenceMap] = field(default_factory=list)
    batches: list[BatchRef] = field(default_factory=list)
    entries: list[Entry] = field(default_factory=list)

    def anchor(self, *events: dict[str, Any], lie: Mapping[str, ItemEntry] | None = None) -> None:
        parts = [(event_id(event), content_hash(event), bytes([len(self.entries)]) * 32) for event in events]
        tree = MerkleTree([EventLeaf.of(*part).hash() for part in parts])
        for event, part in zip(events, parts, strict=True):
            for thing in things_of(event):
                self.leaves.setdefault(thing, []).append(EventLeaf.of(*part).hash())
        content = {item_key(thing): entry_of(found) for thing, found in self.leaves.items()}
        for thing, entry in (lie or {}).items():
            content.pop(item_key(thing), None)
            if entry != NOTHING:
                content[item_key(thing)] = entry
        self.maps.append(ReferenceMap(content))
        self.batches.append(BatchRef(root=tree.root, items_root=self.maps[-1].root, writer=WRITER, count=len(tree)))
        for position, (event, (identifier, _, salt)) in enumerate(zip(events, parts, strict=True)):
            self.entries.append(
                Entry(
                    event=event,
                    event_id=identifier,
                    publisher=self.publisher,
                    index=len(self.batches) - 1,
                    batch=self.batches[-1],
                    salt=salt,
                    proof=tree.proof(position),
                )
            )

    def shown(self, index: int, thing: str = THING) -> MapEntry:
        entry, proof = self.maps[index].prove(item_key(thing))
        return MapEntry.of(self.publisher, index, self.batches[index], thing, entry, proof)

    @property
    def anchors(self) -> dict[tuple[bytes, int], bytes]:
        return {(self.publisher, index): batch.digest for index, batch in enumerate(self.batches)}

    def lacks(self, entry: int, index: int, leaves: list[bytes], thing: str = THING) -> Lacks:
        return Lacks(
            format=FORMAT,
            kind="lacks",
            chain=CHAIN,
            entry=self.entries[entry],
            map=self.shown(index, thing),
            leaves=tuple(leaves),
        )

    def judged(self, fault: Lacks | Shrank) -> Judged:
        """After a journey through its bytes, which the schema has to accept."""
        document = json.loads(dump(fault))
        Draft202012Validator(fault_schema()).validate(document)
        assert parse(dump(fault)) == fault
        return judge(fault, self.anchors)


def honest() -> Log:
    log = Log()
    log.anchor(happened(1, THING), happened(2, NEIGHBOUR))
    log.anchor(happened(3, THING, NEIGHBOUR))
    log.anchor(happened(4, NEIGHBOUR))
    return log


def test_a_map_without_the_thing_of_an_anchored_event_is_a_fault() -> None:
    log = honest()
    log.anchor(happened(5, NEIGHBOUR), lie={THING: NOTHING})
    judged = log.judged(log.lacks(0, 3, []))
    assert (judged.standing, judged.publisher) == (Standing.PROVEN, PUBLISHER)
    assert THING in judged.because


def test_a_map_that_counts_all_but_one_event_is_a_fault() -> None:
    log = Log()
    log.anchor(happened(1, THING), happened(2, THING), happened(3, NEIGHBOUR))
    kept = log.leaves[THING][1:]
    log.anchor(happened(4, THING), lie={THING: entry_of([*kept, b"\x77" * 32])})
    assert log.judged(log.lacks(0, 1, [*kept, b"\x77" * 32])).standing is Standing.PROVEN


def test_the_map_of_the_events_own_batch_must_count_it() -> None:
    log = Log()
    log.anchor(happened(1, THING), happened(2, NEIGHBOUR), lie={THING: NOTHING})
    assert log.judged(log.lacks(0, 0, [])).standing is Standing.PROVEN


def shrank(log: Log, before: int, after: int, leaves: list[bytes] = []) -> Shrank:  # noqa: B006 - never changed
    return Shrank(
        format=FORMAT,
        kind="shrank",
        chain=CHAIN,
        before=log.shown(before),
        after=log.shown(after),
        leaves=tuple(leaves),
    )


def test_a_count_that_fell_is_a_fault() -> None:
    log = honest()
    log.anchor(happened(5, NEIGHBOUR), lie={THING: entry_of(log.leaves[THING][:1])})
    assert log.judged(shrank(log, 1, 3)).standing is Standing.PROVEN
    assert shrinking(CHAIN, log.shown(3), log.shown(1)) == shrank(log, 1, 3)


def test_another_head_of_the_same_count_is_a_fault() -> None:
    log = honest()
    log.anchor(happened(5, NEIGHBOUR), lie={THING: entry_of(log.leaves[THING][::-1])})
    assert log.judged(shrank(log, 1, 3)).standing is Standing.PROVEN


def test_a_longer_chain_that_begins_otherwise_is_a_fault() -> None:
    log = honest()
    other = [*log.leaves[THING][::-1], b"\x55" * 32]
    log.anchor(happened(5, NEIGHBOUR), lie={THING: entry_of(other)})
    assert log.judged(shrank(log, 1, 3, other)).standing is Standing.PROVEN
    assert shrinking(CHAIN, log.shown(1), log.shown(3), other) is not None
    assert shrinking(CHAIN, log.shown(1), log.shown(3)) is None


def test_an_honest_log_gives_no_fault() -> None:
    log = honest()
    for index in range(3):
        counted = log.leaves[THING][: log.shown(index).count]
        for entry in range(len(log.entries)):
            assert log.judged(log.lacks(entry, index, counted)).standing is Standing.UNFOUNDED
        for later in range(index, 3):
            assert shrinking(CHAIN, log.shown(index), log.shown(later), log.leaves[THING]) is None


def test_what_the_chain_does_not_have_proves_nothing() -> None:
    log = honest()
    log.anchor(happened(5, NEIGHBOUR), lie={THING: NOTHING})
    fault = log.lacks(0, 3, [])
    assert judge(fault, {}).standing is Standing.UNANCHORED
    for place in ((PUBLISHER, 0), (PUBLISHER, 3)):
        assert judge(fault, log.anchors | {place: b"\x00" * 27}).standing is Standing.UNANCHORED
    assert judge(shrank(log, 1, 3), {}).standing is Standing.UNANCHORED


def lying() -> Log:
    log = honest()
    log.anchor(happened(5, NEIGHBOUR), lie={THING: NOTHING})
    return log


def changed(**parts: Any) -> Callable[[Log], Lacks]:
    return lambda log: log.lacks(0, 3, []).model_copy(update={name: make(log) for name, make in parts.items()})


@pytest.mark.parametrize(
    ("make", "because"),
    [
        pytest.param(lambda log: log.lacks(1, 3, []), "does not name", id="event of another thing"),
        pytest.param(lambda log: log.lacks(3, 1, log.leaves[THING]), "older", id="map before the event"),
        pytest.param(lambda log: log.lacks(0, 3, [b"\x01" * 32]), "leaves are not", id="other leaves"),
        pytest.param(lambda log: log.lacks(0, 1, log.leaves[THING]), "counts the event", id="counted"),
        pytest.param(
            changed(entry=lambda log: log.entries[0].model_copy(update={"publisher": b"\x12" * 32})),
            "two publishers",
            id="another publisher's event",
        ),
        pytest.param(
            changed(entry=lambda log: log.entries[0].model_copy(update={"salt": b"\x12" * 32})),
            "not in its batch",
            id="another salt",
        ),
        pytest.param(
            changed(entry=lambda log: log.entries[0].model_copy(update={"event": happened(9, THING)})),
            "not in its batch",
            id="another event",
        ),
        pytest.param(
            changed(map=lambda log: log.shown(3).model_copy(update={"count": 1})), "does not lead", id="another count"
        ),
        pytest.param(lambda log: shrank(log, 0, 1, log.leaves[THING]), "goes on", id="it grew"),
        pytest.param(lambda log: shrank(log, 1, 2), "nothing changed", id="same"),
        pytest.param(lambda log: shrank(log, 3, 1, log.leaves[THING]), "not later", id="wrong way round"),
        pytest.param(lambda log: shrank(log, 1, 1), "not later", id="one batch"),
        pytest.param(lambda log: shrank(log, 0, 1), "leaves are not", id="leaves missing"),
        pytest.param(lambda log: shrank(log, 1, 3, log.leaves[THING]), "none are needed", id="leaves too many"),
        pytest.param(
            lambda log: Shrank(
                format=FORMAT, kind="shrank", chain=CHAIN, before=log.shown(1), after=log.shown(3, NEIGHBOUR), leaves=()
            ),
            "two things",
            id="two things",
        ),
        pytest.param(
            lambda log: shrank(log, 1, 3).model_copy(update={"before": log.shown(1).model_copy(update={"count": 9})}),
            "does not lead",
            id="another count before",
        ),
    ],
)
def test_a_document_that_shows_no_fault_accuses_nobody(make: Callable[[Log], Lacks | Shrank], because: str) -> None:
    log = lying()
    judged = judge(make(log), log.anchors)
    assert judged.standing is Standing.UNFOUNDED
    assert because in judged.because


@pytest.mark.parametrize(
    ("path", "value", "at"),
    [
        (("kind",), "other", "$"),
        (("format",), "lading-fault/2", "$.format"),
        (("leaves",), ["0x00"], "$.leaves[0]"),
        (("map", "siblings"), [None] * 257, "$.map.siblings"),
        (("map", "count"), -1, "$.map.count"),
        (("more",), 1, "$.more"),
    ],
)
def test_a_document_of_another_form_is_refused_by_its_path(path: tuple[str, ...], value: Any, at: str) -> None:
    document = json.loads(dump(lying().lacks(0, 3, [])))
    part = document
    for name in path[:-1]:
        part = part[name]
    part[path[-1]] = value
    with pytest.raises(FaultError) as caught:
        parse(canonical(document))
    assert caught.value.path == at


@pytest.mark.parametrize("name", ["format", "chain", "entry", "map", "leaves"])
def test_a_document_without_one_of_its_parts_is_refused(name: str) -> None:
    document = json.loads(dump(lying().lacks(0, 3, [])))
    del document[name]
    with pytest.raises(FaultError) as caught:
        parse(canonical(document))
    assert caught.value.path == f"$.{name}"


def test_bytes_that_are_not_canonical_are_refused() -> None:
    with pytest.raises(FaultError, match="canonical"):
        parse(dump(lying().lacks(0, 3, [])) + b"\n")
    with pytest.raises(FaultError, match="no JSON"):
        parse(b"{")


def test_two_bundles_show_together_what_neither_shows_alone() -> None:
    log = lying()
    earlier = Evidence([log.entries[0], log.entries[2]], [log.shown(1)])
    later = Evidence([], [log.shown(3)])
    assert not list(faults_in(CHAIN, [earlier])) + list(faults_in(CHAIN, [later]))
    found = list(faults_in(CHAIN, [earlier, later]))
    assert [(fault.kind, log.judged(fault).standing) for fault in found] == [
        ("shrank", Standing.PROVEN),
        ("lacks", Standing.PROVEN),
        ("lacks", Standing.PROVEN),
    ]


def test_bundles_of_an_honest_log_show_no_fault_whatever_they_leave_out() -> None:
    log = honest()
    whole = [entry for entry in log.entries if THING in things_of(entry.event)]
    shown = [Evidence(whole[:kept], [log.shown(index)]) for index in range(3) for kept in range(3)]
    assert list(faults_in(CHAIN, shown)) == []


def test_a_longer_chain_that_begins_otherwise_shows_where_its_events_are_given() -> None:
    honestly, log = Log(), Log()
    for one in (honestly, log):
        one.anchor(happened(1, THING), happened(2, NEIGHBOUR))
    honestly.anchor(happened(3, THING), happened(4, THING))
    log.anchor(happened(3, THING), happened(4, THING), lie={THING: entry_of(honestly.leaves[THING][1:])})
    first, second = Evidence([], [log.shown(0)]), Evidence(log.entries[2:], [log.shown(1)])
    found = list(faults_in(CHAIN, [second, first]))
    assert [(fault.kind, log.judged(fault).standing) for fault in found] == [("shrank", Standing.PROVEN)]
