"""Fault documents beside a bundle: a proven one makes its publisher's goods suspect, any other is said and does
nothing; and first claims, which no verdict depends on."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Sequence

import pytest
from provenance_kit import (
    BRAND,
    CARRIER,
    HOUR,
    ITEM,
    OTHER,
    PORT,
    SHOP,
    START,
    STRANGER,
    TRUSTED,
    World,
    journey,
    map_ref,
    seen,
    writer_of,
)
from reference_map import ReferenceMap

from lading.provenance.bundle import Entry
from lading.provenance.charges import Charge, Weight
from lading.provenance.faults import FORMAT, Lacks, Shrank
from lading.provenance.item import item_of
from lading.provenance.item_map import ItemEntry, item_key
from lading.provenance.truth import FirstClaim, WriterKey
from lading.provenance.verdict import Verdict, judge

THING, ELSE = item_of(OTHER).key, item_of(ITEM).key


def forgetful() -> tuple[World, Entry, ItemEntry]:
    """A genuine item whose carrier wrote of another one as well, and anchored a map without it afterwards; the entry
    that it left out, and what the map counted before."""
    world = journey()
    world.publish(CARRIER, seen(SHOP, 40 * HOUR, item=OTHER))
    left_out = world.entries.pop()
    counted = world.items[CARRIER].pop(item_key(THING))
    world.publish(CARRIER, seen(SHOP, 41 * HOUR, item="urn:epc:id:sgtin:0614141.812345.9"))
    world.entries.pop()
    return world, left_out, counted


def lacks(world: World, entry: Entry, name: str = "fault.json") -> Charge:
    index, batch = world.latest[entry.publisher]
    shown = map_ref(entry.publisher, index, batch, world.items[entry.publisher], THING)
    fault = Lacks(format=FORMAT, kind="lacks", chain=world.bundle().chain, entry=entry, map=shown, leaves=())
    return Charge(name, fault)


def judged(world: World, *charges: Charge) -> Verdict:
    return judge(world.bundle(), world.facts(), TRUSTED, charges=charges)


def weights(verdict: Verdict) -> Sequence[Weight]:
    return [one.weight for one in verdict.heard]


def test_a_proven_fault_makes_all_goods_of_the_publisher_suspect() -> None:
    world, left_out, _ = forgetful()
    assert judged(world).verdict == "authentic"

    found = judged(world, lacks(world, left_out))

    assert (found.verdict, found.reasons) == ("suspect", ("publisher-faulty",))
    assert CARRIER.hex() in found.findings[0].detail
    assert THING in found.findings[0].detail
    assert weights(found) == [Weight.PROVEN]
    assert "omitted-events" in found.not_proven
    assert any("fault.json holds" in line for line in found.explain())


def test_a_map_that_shrank_counts_as_well() -> None:
    world, left_out, counted = forgetful()
    index, batch = world.latest[CARRIER]
    earlier = dict(world.items[CARRIER]) | {item_key(THING): counted}
    del earlier[item_key("https://id.gs1.org/01/80614141123458/21/9")]
    assert ReferenceMap(earlier).root == left_out.batch.items_root
    fault = Shrank(
        format=FORMAT,
        kind="shrank",
        chain=world.bundle().chain,
        before=map_ref(CARRIER, left_out.index, left_out.batch, earlier, THING),
        after=map_ref(CARRIER, index, batch, world.items[CARRIER], THING),
        leaves=(),
    )

    assert judged(world, Charge("shrank.json", fault)).reasons == ("publisher-faulty",)


def test_without_a_document_the_rule_holds_and_nothing_is_said() -> None:
    found = journey().judge()
    assert "no-fault-proven" in found.checked
    assert found.heard == ()


def test_a_recall_still_comes_first() -> None:
    world, left_out, _ = forgetful()
    world.changes["serial_recalled_at"] = START
    found = judged(world, lacks(world, left_out))
    assert (found.verdict, found.reasons) == ("recalled", ("recalled-serial", "publisher-faulty"))


def elsewhere(charge: Charge, **named: object) -> Charge:
    chain = charge.fault.chain.model_copy(update=named)
    return dataclasses.replace(charge, fault=charge.fault.model_copy(update={"chain": chain}))


def about_a_stranger(world: World, left_out: Entry) -> Charge:
    charge = lacks(world, left_out)
    fault = charge.fault
    assert isinstance(fault, Lacks)
    entry, shown = (one.model_copy(update={"publisher": STRANGER}) for one in (fault.entry, fault.map))
    return Charge("other.json", fault.model_copy(update={"entry": entry, "map": shown}))


@pytest.mark.parametrize(
    ("make", "said"),
    [
        (lambda world, one: elsewhere(lacks(world, one), chain_id=5), "another chain"),
        (lambda world, one: elsewhere(lacks(world, one), genesis=b"\x08" * 32), "another chain"),
        (lambda world, one: elsewhere(lacks(world, one), provenance_registry=b"\x08" * 20), "another chain"),
        (lambda world, one: elsewhere(lacks(world, one), participant_registry=b"\x08" * 20), "another chain"),
        (about_a_stranger, "of which the bundle has nothing"),
    ],
)
def test_a_document_about_something_else_is_ignored_and_said(make: Callable[[World, Entry], Charge], said: str) -> None:
    world, left_out, _ = forgetful()
    found = judged(world, make(world, left_out))
    assert (found.verdict, weights(found)) == ("authentic", [Weight.IGNORED])
    assert any("was ignored" in line and said in line for line in found.explain())


def test_a_bundle_cannot_shake_off_a_fault_by_naming_another_genesis() -> None:
    """Who typed addresses knows no genesis; then the chain that was asked says which it is."""
    world, left_out, _ = forgetful()
    bundle = world.bundle()
    moved = bundle.model_copy(update={"chain": bundle.chain.model_copy(update={"genesis": b"\x08" * 32})})
    typed = dataclasses.replace(TRUSTED, genesis=None)
    found = judge(moved, world.facts(), typed, charges=[lacks(world, left_out)])
    assert found.reasons == ("publisher-faulty",)


def test_a_document_that_does_not_hold_is_refused_and_convicts_nobody() -> None:
    world, left_out, _ = forgetful()
    charge = lacks(world, left_out)
    unfounded = Charge("bad.json", charge.fault.model_copy(update={"leaves": (b"\x01" * 32,)}))
    invented = Charge(
        "never.json", charge.fault.model_copy(update={"map": charge.shown[1].model_copy(update={"index": 9})})
    )
    found = judged(world, unfounded, charge, invented)
    assert weights(found) == [Weight.REFUSED, Weight.PROVEN, Weight.REFUSED]
    assert "the leaves are not what the map counts" in found.heard[0].because
    assert "batch 9" in found.heard[2].because
    assert judged(world, unfounded, invented).verdict == "authentic"


def test_without_a_chain_a_fault_is_open_and_a_false_one_refused() -> None:
    world, left_out, _ = forgetful()
    charge = lacks(world, left_out)
    unfounded = Charge("bad.json", charge.fault.model_copy(update={"leaves": (b"\x01" * 32,)}))
    for trusted in (TRUSTED, None):
        found = judge(world.bundle(), None, trusted, charges=[charge, unfounded])
        assert (found.verdict, weights(found)) == ("unknown", [Weight.OPEN, Weight.REFUSED])
        assert "publisher-faulty" not in found.reasons
        assert "no-fault-proven" not in found.checked


@pytest.mark.parametrize("index", [1, 2])
def test_what_a_thief_of_the_key_anchored_convicts_nobody(index: int) -> None:
    """The batch of the event, or that of the map, came from a key that others may have had by then."""
    world, left_out, _ = forgetful()
    stolen, since = b"\x44" * 20, START + 47 * HOUR
    world.keys[stolen] = WriterKey(CARRIER, START, 0, since)
    charge = lacks(world, left_out)
    fault = charge.fault
    assert isinstance(fault, Lacks)
    part = {1: "entry", 2: "map"}[index]
    shown = getattr(fault, part)
    batch = shown.batch.model_copy(update={"writer": stolen})
    world.anchors[CARRIER, shown.index] = dataclasses.replace(world.anchors[CARRIER, shown.index], digest=batch.digest)
    framed = Charge("framed.json", fault.model_copy(update={part: shown.model_copy(update={"batch": batch})}))

    found = judged(world, framed)

    assert weights(found) == [Weight.IGNORED]
    assert stolen.hex() in found.heard[0].because
    assert "publisher-faulty" not in found.reasons


def test_what_a_document_says_cannot_move_a_terminals_cursor() -> None:
    world, left_out, _ = forgetful()
    found = judged(world, lacks(world, left_out, name="a\x1b[2Jb.json"))
    assert all(line.isprintable() for line in found.explain())


# First claims


CLAIMS = {
    "nobody": (FirstClaim(), "Nobody has claimed it."),
    "somebody": (
        FirstClaim(writer_of(BRAND), START),
        "Claimed on 2023-11-14T22:13:20Z by 0x0101010101010101010101010101010101010101. "
        "If that was not you, the seal was broken before.",
    ),
}


@pytest.mark.parametrize("case", CLAIMS)
def test_a_claim_is_said_and_changes_no_verdict(case: str) -> None:
    claim, line = CLAIMS[case]
    for world in (journey(), journey(seen(PORT, 30 * HOUR + 1))):
        without = world.judge()
        world.changes["claim"] = claim
        found = world.judge()
        assert found.document() == without.document()
        assert set(found.document()) == {"verdict", "reasons", "checked", "not_proven", "as_of"}
        assert [one for one in found.explain() if one not in without.explain()] == [line]


def test_where_nobody_can_say_nothing_is_said() -> None:
    assert not any("laimed" in line for line in journey().judge().explain())
    offline = judge(journey().bundle(), None, TRUSTED)
    assert offline.claim is None
