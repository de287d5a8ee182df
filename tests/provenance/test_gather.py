"""What belongs into an item's bundle: its own events, and those of what held it while it did."""

from __future__ import annotations

from collections.abc import Callable

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
    packed,
    seen,
)

from lading.errors import LadingError
from lading.provenance.bundle import Entry, dump, parse
from lading.provenance.gather import build_bundle, gather
from lading.provenance.item import same_thing
from lading.provenance.story import Unreadable, read
from lading.provenance.verdict import judge


def store_of(world: World, who: bytes) -> Callable[[str], list[Entry]]:
    """As an outbox: the publisher's events that name a thing."""

    def entries(thing: str) -> list[Entry]:
        return [one for one in world.entries if one.publisher == who and same_thing(thing) in _subjects(one)]

    return entries


def _subjects(entry: Entry) -> frozenset[str]:
    try:
        return read(0, entry, b"").subjects
    except Unreadable:
        return frozenset()


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


def test_events_of_the_containers_come_along_for_as_long_as_they_held_the_item(world: World) -> None:
    stores = [store_of(world, who) for who in (CARRIER, STRANGER, BRAND)]

    entries = gather(ITEM, stores)

    assert [world.entries.index(entry) for entry in entries] == [0, 1, 2, 4, 5, 6, 7, 8]


def test_what_is_gathered_is_authentic_after_a_round_trip(world: World) -> None:
    entries = gather(ITEM, [store_of(world, who) for who in (BRAND, CARRIER, STRANGER)])

    bundle = parse(dump(build_bundle(ITEM, CHAIN, entries)))

    assert judge(bundle, world.facts(), TRUSTED).verdict == "authentic"


def test_a_digital_link_gathers_the_same(world: World) -> None:
    stores = [store_of(world, BRAND)]

    assert gather("https://id.gs1.org/01/80614141123458/21/12345", stores) == gather(ITEM, stores)


def test_an_item_that_nobody_saw_has_no_entries(world: World) -> None:
    assert gather("urn:epc:id:sgtin:0614141.812345.999", [store_of(world, BRAND)]) == ()


@pytest.mark.parametrize("code", ["urn:epc:id:sgln:0614141.00001.0", "urn:epc:idpat:sgtin:0614141.812345.*", "tea"])
def test_what_names_no_single_item_has_no_bundle(code: str) -> None:
    with pytest.raises(LadingError):
        build_bundle(code, CHAIN, ())
    with pytest.raises(LadingError):
        gather(code, [])
