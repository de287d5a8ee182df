"""What belongs into an item's bundle: its own events, and those of what held it while it did."""

from __future__ import annotations

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
    STRANGER,
    TRUSTED,
    World,
    born,
    map_ref,
    packed,
    seen,
)

from lading.errors import LadingError
from lading.provenance.bundle import Entry, MapEntry, build_bundle, dump, parse
from lading.provenance.errors import TooMuchHistory
from lading.provenance.gather import bundle_of
from lading.provenance.item import item_of
from lading.provenance.item_map import things_of
from lading.provenance.verdict import judge


class Store:
    """As an outbox: the publisher's events that name a thing, and its map."""

    def __init__(self, world: World, publisher: bytes) -> None:
        self.world = world
        self.publisher = publisher

    def entries(self, thing: str) -> list[Entry]:
        return [one for one in self.world.entries if one.publisher == self.publisher and thing in things_of(one.event)]

    def map_of(self, thing: str) -> MapEntry:
        return map_ref(self.publisher, *self.world.latest[self.publisher], self.world.items[self.publisher], thing)


def stores(world: World, *publishers: bytes) -> list[Store]:
    return [Store(world, who) for who in publishers or (CARRIER, STRANGER, BRAND)]


@pytest.fixture
def world() -> World:
    world = World().publish(BRAND, born(), packed(CASE, ITEM, 2 * HOUR), packed(PALLET, CASE, 3 * HOUR))
    world.publish(
        CARRIER, seen(PORT, HOUR, item=PALLET), seen(PORT, 10 * HOUR, item=PALLET), seen(PORT, 11 * HOUR, item=CASE)
    )
    world.publish(STRANGER, packed(PALLET, CASE, 20 * HOUR, "DELETE"), packed(CASE, ITEM, 21 * HOUR, "DELETE"))
    return world.publish(
        CARRIER, seen(SHOP, 30 * HOUR), seen(SHOP, 31 * HOUR, item=CASE), seen(SHOP, 32 * HOUR, item=OTHER)
    )


def test_every_event_of_what_held_the_item_comes_along(world: World) -> None:
    """Those before and after it did, too: without them the container's chain does not fold."""
    bundle = bundle_of(ITEM, CHAIN, stores(world))

    assert [world.entries.index(entry) for entry in bundle.entries] == [0, 3, 1, 2, 4, 5, 6, 7, 8, 9]


def test_a_pallet_holds_what_is_put_into_a_carton_that_stands_on_it() -> None:
    world = World().publish(BRAND, born(), packed(PALLET, CASE, HOUR), packed(CASE, ITEM, 2 * HOUR))
    world.publish(CARRIER, seen(PORT, 10 * HOUR, item=PALLET))
    bundle = bundle_of(ITEM, CHAIN, stores(world))
    assert len(bundle.entries) == len(world.entries)
    assert judge(bundle, world.facts(), TRUSTED).verdict == "authentic"


def test_there_is_a_map_of_each_thing_from_each_publisher(world: World) -> None:
    bundle = bundle_of(ITEM, CHAIN, stores(world))

    held = [item_of(thing).key for thing in (CASE, PALLET, ITEM)]
    assert [(one.publisher, one.thing) for one in bundle.maps] == [
        (who, thing) for who in (BRAND, CARRIER, STRANGER) for thing in sorted(held)
    ]
    counts = {(one.publisher, one.thing): one.count for one in bundle.maps}
    assert counts[BRAND, item_of(ITEM).key] == 2
    assert counts[STRANGER, item_of(PALLET).key] == 1


def test_what_is_gathered_is_authentic_after_a_round_trip(world: World) -> None:
    bundle = parse(dump(bundle_of(ITEM, CHAIN, stores(world))))

    assert judge(bundle, world.facts(), TRUSTED).reasons == ()


def test_events_of_one_batch_keep_the_order_of_its_log(world: World) -> None:
    """Whatever their times say: the map's chain is that of the log, for each thing."""
    late = (seen(SHOP, 60 * HOUR), seen(SHOP, 50 * HOUR), seen(SHOP, 40 * HOUR, item=CASE), seen(SHOP, 55 * HOUR))
    world.publish(STRANGER, *late, anchored_at=99 * HOUR)

    bundle = bundle_of(ITEM, CHAIN, stores(world))

    found = [world.entries.index(one) for one in bundle.entries if one.publisher == STRANGER]
    assert [number for number in found if number != 13] == [6, 7, 11, 12, 14]
    assert judge(bundle, world.facts(), TRUSTED).reasons == ()


def test_a_publisher_without_an_event_of_the_item_gives_no_map(world: World) -> None:
    bundle = bundle_of(OTHER, CHAIN, stores(world))

    assert {one.publisher for one in bundle.maps} == {BRAND, CARRIER}


def test_a_digital_link_names_the_same_events(world: World) -> None:
    assert bundle_of(ITEM, CHAIN, stores(world, BRAND)).entries == tuple(world.entries[:3])
    assert stores(world, BRAND)[0].entries("https://id.gs1.org/01/80614141123458/21/12345") == world.entries[:2]


def test_an_item_that_nobody_saw_has_neither_entries_nor_maps(world: World) -> None:
    bundle = bundle_of("urn:epc:id:sgtin:0614141.812345.999", CHAIN, stores(world))

    assert (bundle.entries, bundle.maps) == ((), ())


def test_more_than_verifiers_read_is_refused() -> None:
    world = World().publish(BRAND, *(seen(PORT, number) for number in range(1001)))

    with pytest.raises(TooMuchHistory, match="1001 events") as refused:
        bundle_of(ITEM, CHAIN, stores(world, BRAND))
    assert (refused.value.thing, refused.value.events) == (item_of(ITEM).key, 1001)


def test_a_pallet_that_was_used_for_months_is_named() -> None:
    """What the map counts cannot be left out; who makes the bundle is told what to do."""
    reads = [seen(PORT, number, item=PALLET) for number in range(1000)]
    world = World().publish(BRAND, born(), packed(PALLET, ITEM, HOUR)).publish(CARRIER, *reads)

    with pytest.raises(TooMuchHistory, match="a container of the item") as refused:
        bundle_of(ITEM, CHAIN, stores(world))
    assert (refused.value.thing, refused.value.events) == (item_of(PALLET).key, 1001)
    assert "new SSCC for each load" in refused.value.hint


@pytest.mark.parametrize("code", ["urn:epc:id:sgln:0614141.00001.0", "urn:epc:idpat:sgtin:0614141.812345.*", "tea"])
def test_what_names_no_single_item_has_no_bundle(code: str) -> None:
    with pytest.raises(LadingError):
        build_bundle(code, CHAIN, ())
    with pytest.raises(LadingError):
        bundle_of(code, CHAIN, [])


class Index(Store):
    """A store that finds events by name as well."""

    def called(self, names: frozenset[str]) -> list[Entry]:
        mine = [one for one in self.world.entries if one.publisher == self.publisher]
        return [one for one in mine if {one.event_id, one.event.get("eventID")} & names]


def test_what_stands_for_a_wrong_event_comes_along_though_it_is_about_other_goods() -> None:
    right = seen(PORT, 5 * HOUR, item=OTHER)
    world = World().publish(BRAND, born()).publish(CARRIER, wrong := seen(PORT, 5 * HOUR), right)
    stated = {"declarationTime": "2023-11-16T00:00:00.000Z", "correctiveEventIDs": [world.entries[-1].event_id]}
    world.publish(CARRIER, wrong | {"errorDeclaration": stated})

    with_it = bundle_of(ITEM, CHAIN, [Index(world, who) for who in (BRAND, CARRIER)])
    without = bundle_of(ITEM, CHAIN, [Store(world, who) for who in (BRAND, CARRIER)])

    assert [len(one.entries) for one in (with_it, without)] == [4, 3]
    assert judge(with_it, world.facts(), TRUSTED).reasons == ()
    assert judge(without, world.facts(), TRUSTED).reasons == ("correction-missing",)


def test_another_publisher_s_event_of_that_name_stays_out() -> None:
    world = World().publish(BRAND, born()).publish(CARRIER, wrong := seen(PORT, 5 * HOUR))
    world.publish(STRANGER, seen(PORT, 6 * HOUR), seen(PORT, 5 * HOUR, item=OTHER))
    stated = {"declarationTime": "2023-11-16T00:00:00.000Z", "correctiveEventIDs": [world.entries[-1].event_id]}
    world.publish(CARRIER, wrong | {"errorDeclaration": stated})

    bundle = bundle_of(ITEM, CHAIN, [Index(world, who) for who in (BRAND, CARRIER, STRANGER)])

    assert len(bundle.entries) == 4
    assert judge(bundle, world.facts(), TRUSTED).reasons == ("correction-missing",)
