"""What a publisher's item map shows of a bundle: that nothing is left out, and who left something out."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable
from typing import Any

import pytest
from provenance_kit import (
    BRAND,
    CARRIER,
    CASE,
    CHAIN,
    HOUR,
    ITEM,
    OTHER,
    PALLET,
    PORT,
    SHOP,
    TRUSTED,
    World,
    born,
    journey,
    map_ref,
    packed,
    reasons,
    seen,
)

from lading.provenance.bundle import Entry, MapEntry, OtherLeaf, build_bundle
from lading.provenance.item import item_of
from lading.provenance.reasons import NOT_PROVEN
from lading.provenance.rules import Finding
from lading.provenance.verdict import Verdict, judge

KEY = item_of(ITEM).key


def verdict_on(
    world: World, entries: list[Entry] | None = None, maps: list[MapEntry] | None = None, facts: bool = True
) -> Verdict:
    shown = world.entries if entries is None else entries
    bundle = build_bundle(ITEM, CHAIN, shown, world.maps() if maps is None else maps)
    return judge(bundle, world.facts() if facts else None, TRUSTED)


@pytest.mark.parametrize("left_out", [0, 1, 2])
def test_an_event_that_is_left_out_is_noticed(left_out: int) -> None:
    world = journey(seen(SHOP, 40 * HOUR))
    shown = [entry for position, entry in enumerate(world.entries[1:]) if position != left_out]

    verdict = verdict_on(world, [world.entries[0], *shown])

    assert reasons(verdict) == ("suspect", ["events-withheld"])
    assert "2 of 3 events" in verdict.findings[0].detail
    assert "omitted-events" in verdict.not_proven


def test_events_of_what_held_the_item_may_not_be_left_out_either() -> None:
    stolen = seen(PORT, 13 * HOUR, item=CASE, disposition="stolen")
    world = journey(packed(CASE, ITEM, 12 * HOUR), stolen, packed(CASE, ITEM, 14 * HOUR, "DELETE"))

    verdict = verdict_on(world, [entry for entry in world.entries if entry.event.get("disposition") != "stolen"])

    assert reasons(verdict) == ("suspect", ["events-withheld"])
    assert item_of(CASE).key in verdict.findings[0].detail


def test_entries_in_another_order_than_the_logs_do_not_fold() -> None:
    world = journey()

    assert reasons(verdict_on(world, [world.entries[0], *reversed(world.entries[1:])])) == (
        "suspect",
        ["events-withheld"],
    )


def test_an_entry_that_stands_twice_does_not_fold() -> None:
    world = journey()

    assert reasons(verdict_on(world, [*world.entries, world.entries[-1]])) == ("suspect", ["events-withheld"])


def test_without_a_publishers_map_nothing_shows_that_all_is_there() -> None:
    world = journey()

    verdict = verdict_on(world, maps=[one for one in world.maps() if one.publisher == BRAND])

    assert reasons(verdict) == ("unknown", ["map-missing"])
    assert CARRIER.hex() in verdict.findings[0].detail
    assert "omitted-events" in verdict.not_proven


def test_each_publisher_proves_each_container_too() -> None:
    """Its brand never saw the pallet: the map proves that."""
    world = journey(packed(CASE, ITEM, 12 * HOUR), packed(PALLET, CASE, 13 * HOUR))
    absent = [one for one in world.maps() if one.publisher == BRAND and one.thing == item_of(PALLET).key]
    assert [(one.count, one.head) for one in absent] == [(0, bytes(32))]

    assert verdict_on(world).reasons == ()
    assert reasons(verdict_on(world, maps=[one for one in world.maps() if one not in absent])) == (
        "unknown",
        ["map-missing"],
    )


def test_absence_cannot_be_claimed_of_what_is_there() -> None:
    """The carrier saw the item and says that it did not."""
    world = journey()
    entries = world.entries[:1]
    other = map_ref(CARRIER, *world.latest[CARRIER], world.items[CARRIER], "https://id.gs1.org/00/0")
    lie = other.model_copy(update={"thing": KEY})

    verdict = verdict_on(world, entries, [*(one for one in world.maps() if one.publisher == BRAND), lie])

    assert "map-differs" in verdict.reasons


def test_a_map_of_an_earlier_batch_is_stale() -> None:
    world = journey()
    old = world.maps()
    world.publish(CARRIER, seen(SHOP, 31 * HOUR, item=OTHER))

    verdict = verdict_on(world, world.entries[:3], old)

    assert reasons(verdict) == ("unknown", ["map-stale"])
    assert "batch 0 of 1" in verdict.findings[0].detail


def test_a_stale_map_does_not_count_what_came_after_it() -> None:
    world = journey()
    old = world.maps()
    world.publish(CARRIER, seen(SHOP, 31 * HOUR))

    assert reasons(verdict_on(world, world.entries, old)) == ("unknown", ["map-stale"])


def test_a_map_of_a_batch_that_is_not_anchored_is_suspect() -> None:
    """A publisher's log ends before it: the map may hold anything."""
    world = journey()
    world.publish(CARRIER, seen(SHOP, 31 * HOUR))
    del world.anchors[CARRIER, 1]
    world.changes["heads"] = {BRAND: 1, CARRIER: 1}

    assert reasons(verdict_on(world)) == ("suspect", ["anchor-missing"])


def test_a_map_that_a_stolen_key_anchored_is_suspect() -> None:
    """Its batch holds no event of the item, so only the map names it."""
    world = journey()
    world.publish(CARRIER, seen(SHOP, 31 * HOUR, item=OTHER))
    world.entries.pop()
    stolen_since = world.anchors[CARRIER, 1].time
    world.anchors[CARRIER, 0] = dataclasses.replace(world.anchors[CARRIER, 0], time=stolen_since - 1)
    world.keys[CARRIER[:20]] = dataclasses.replace(world.keys[CARRIER[:20]], compromised_since=stolen_since)

    assert reasons(verdict_on(world)) == ("suspect", ["writer-compromised"])


def flipped(data: bytes) -> bytes:
    return bytes([data[0] ^ 1]) + data[1:]


@pytest.mark.parametrize(
    "change",
    [
        lambda one: {"head": flipped(one.head)},
        lambda one: {"count": one.count + 1},
        lambda one: {"siblings": (*one.siblings, b"\x01" * 32)},
        lambda one: {"siblings": one.siblings[1:]},
        lambda one: {"siblings": (None, *one.siblings)},
        lambda one: {"other": OtherLeaf(key=bytes(32), count=1, head=bytes(32))},
        lambda one: {"batch": one.batch.model_copy(update={"items_root": flipped(one.batch.items_root)})},
    ],
)
def test_an_altered_map_is_suspect(change: Callable[[MapEntry], dict[str, Any]]) -> None:
    world = journey()
    maps = world.maps()
    maps[0] = maps[0].model_copy(update=change(maps[0]))

    assert "map-differs" in verdict_on(world, maps=maps).reasons


def test_a_contradiction_needs_no_chain() -> None:
    world = journey()

    assert reasons(verdict_on(world, world.entries[:-1], facts=False)) == (
        "suspect",
        ["events-withheld", "anchor-not-checked"],
    )
    assert "omitted-events" in verdict_on(world, facts=False).not_proven


def test_what_the_maps_do_not_show_is_always_said() -> None:
    verdict = verdict_on(journey())

    assert verdict.verdict == "authentic"
    assert {"uncounted-events", "other-publishers"} <= set(verdict.not_proven)
    assert "complete" in verdict.checked
    assert "replaying the log" in NOT_PROVEN["uncounted-events"]


@pytest.mark.parametrize(
    ("believed", "said"),
    [("node-trust", {"node-trust"}), ("block-hash", {"block-hash"}), (None, set[str]())],
)
def test_what_is_believed_of_the_node_is_said(believed: str | None, said: set[str]) -> None:
    world = journey()
    world.changes["believed"] = believed

    assert {"node-trust", "block-hash"} & set(world.judge().not_proven) == said


def test_findings_about_nodes_count() -> None:
    world = journey()
    silent = Finding("node-silent", detail="http://a: it did not answer")

    verdict = judge(world.bundle(), world.facts(), TRUSTED, nodes=[silent])

    assert reasons(verdict) == ("unknown", ["node-silent"])


def test_a_bundle_with_a_hundred_missing_maps_says_so_once_a_publisher() -> None:
    boxes = [f"urn:epc:id:sscc:0614141.{number:010d}" for number in range(100)]
    nest = [
        packed(outer, inner, number)
        for number, (inner, outer) in enumerate(zip([ITEM, *boxes], boxes, strict=False), 1)
    ]
    world = World().publish(BRAND, born(), *nest)

    verdict = verdict_on(world, maps=[])

    assert [one.reason for one in verdict.findings if one.reason == "map-missing"] == ["map-missing"]
    assert "and 100 more" in verdict.findings[-1].detail
