"""Packed and unpacked lawfully: one container at a time, taken only out of that, and nowhere without it."""

from __future__ import annotations

from typing import Any

import pytest
from provenance_kit import (
    BRAND,
    CARRIER,
    CASE,
    FACTORY,
    HOUR,
    ITEM,
    OTHER,
    PALLET,
    PORT,
    SHOP,
    World,
    at,
    born,
    event,
    packed,
    seen,
)
from story_kit import CROSSDOCK, Event, act, judged

from lading.provenance.item import item_of

AUTHENTIC: tuple[str, list[str]] = ("authentic", [])
CRATE = "urn:epc:id:sscc:0614141.0000000003"


def after_birth(*events: Event) -> tuple[str, list[str]]:
    return judged((BRAND, born()), *((CARRIER, one) for one in events))


def suspect(reason: str) -> tuple[str, list[str]]:
    return "suspect", [reason]


def test_packed_nested_and_unpacked_again_is_lawful() -> None:
    assert (
        after_birth(
            packed(CASE, ITEM, HOUR),
            packed(PALLET, CASE, 2 * HOUR),
            packed(PALLET, CASE, 5 * HOUR, "DELETE"),
            packed(CASE, ITEM, 6 * HOUR, "DELETE"),
            packed(CRATE, ITEM, 7 * HOUR),
        )
        == AUTHENTIC
    )


def test_in_two_containers_at_once_is_suspect() -> None:
    assert after_birth(packed(CASE, ITEM, HOUR), packed(PALLET, ITEM, 2 * HOUR)) == suspect("packed-twice")


def test_a_container_in_two_containers_at_once_is_suspect() -> None:
    story = (packed(CASE, ITEM, HOUR), packed(PALLET, CASE, 2 * HOUR), packed(CRATE, CASE, 3 * HOUR))

    assert after_birth(*story) == suspect("packed-twice")


def test_seen_in_another_container_than_its_own_is_suspect() -> None:
    assert after_birth(packed(CASE, ITEM, HOUR), packed(CRATE, ITEM, 2 * HOUR, "OBSERVE")) == suspect("packed-twice")


@pytest.mark.parametrize("action", ["ADD", "OBSERVE"])
def test_packing_said_again_is_lawful(action: str) -> None:
    assert after_birth(packed(CASE, ITEM, HOUR), packed(CASE, ITEM, 2 * HOUR, action)) == AUTHENTIC


def test_listed_among_what_an_outer_container_holds_is_lawful() -> None:
    whole = event("AggregationEvent", 2 * HOUR, "ADD", None, parentID=PALLET, childEPCs=[CASE, ITEM], bizStep="packing")
    inside = packed(PALLET, ITEM, 3 * HOUR, "OBSERVE")

    assert after_birth(packed(CASE, ITEM, HOUR), whole, inside) == AUTHENTIC


@pytest.mark.parametrize(
    ("seconds", "expected"), [(300, AUTHENTIC), (301, ("suspect", ["packed-twice", "unpacked-elsewhere"]))]
)
def test_repacking_by_two_clocks_is_lawful_within_their_tolerance(
    seconds: int, expected: tuple[str, list[str]]
) -> None:
    repacked = packed(CRATE, ITEM, 2 * HOUR), packed(CASE, ITEM, 2 * HOUR + seconds, "DELETE")

    assert after_birth(packed(CASE, ITEM, HOUR), *repacked) == expected


def test_a_sensor_is_attached_beside_the_packing() -> None:
    attached = event("AssociationEvent", 2 * HOUR, "ADD", None, parentID=CRATE, childEPCs=[ITEM])

    assert after_birth(packed(CASE, ITEM, HOUR), attached) == AUTHENTIC


def attached_to(parent: str, when: float, action: str = "ADD") -> Event:
    return event("AssociationEvent", when, action, None, parentID=parent, childEPCs=[ITEM])


def test_what_is_attached_stays_in_its_container() -> None:
    """What befalls the container, or what that is put into, befalls the item; it is unpacked out of it as ever."""
    begun = packed(CASE, ITEM, HOUR), attached_to(CRATE, 2 * HOUR)
    stolen, further = seen(PORT, 4 * HOUR, item=CASE, disposition="stolen"), packed(PALLET, CASE, 3 * HOUR)
    stolen_pallet = seen(PORT, 4 * HOUR, item=PALLET, disposition="stolen")

    assert after_birth(*begun, stolen) == suspect("disposition-alarming")
    assert after_birth(*begun, further, stolen_pallet) == suspect("disposition-alarming")
    assert (
        after_birth(*begun, packed(CASE, ITEM, 5 * HOUR, "DELETE"), stolen | {"eventTime": at(6 * HOUR)}) == AUTHENTIC
    )
    assert after_birth(*begun, packed(PALLET, ITEM, 5 * HOUR)) == suspect("packed-twice")
    assert after_birth(*begun, attached_to(PALLET, 5 * HOUR)) == suspect("packed-twice")
    assert after_birth(*begun, attached_to(CRATE, 5 * HOUR, "DELETE"), attached_to(PALLET, 6 * HOUR)) == AUTHENTIC


def test_what_was_attached_may_be_unpacked() -> None:
    assert after_birth(attached_to(CRATE, HOUR), packed(CRATE, ITEM, 2 * HOUR, "DELETE")) == AUTHENTIC


@pytest.mark.parametrize("parent", [CASE, ITEM])
def test_a_container_packed_into_what_it_holds_is_suspect(parent: str) -> None:
    assert after_birth(packed(CASE, ITEM, HOUR), packed(parent, CASE, 2 * HOUR)) == suspect("packed-in-itself")


def test_unpacked_from_another_container_is_suspect() -> None:
    story = packed(CASE, ITEM, HOUR), packed(CRATE, ITEM, 2 * HOUR, "DELETE")

    assert after_birth(*story) == suspect("unpacked-elsewhere")


def test_unpacked_without_ever_being_packed_is_unknown() -> None:
    assert after_birth(packed(CASE, ITEM, HOUR, "DELETE")) == ("unknown", ["packing-missing"])


def test_what_happens_to_others_in_the_container_is_no_matter() -> None:
    story = packed(CASE, ITEM, HOUR), packed(CASE, OTHER, 2 * HOUR), packed(CASE, OTHER, 3 * HOUR, "DELETE")

    assert after_birth(*story) == AUTHENTIC


def enclosed(alone: Event, **last: Any) -> tuple[str, list[str]]:
    """The case is read at the port, then the item alone, then the case again."""
    again = seen(PORT, 9 * HOUR, item=CASE) | last
    return after_birth(packed(CASE, ITEM, HOUR), seen(PORT, 5 * HOUR, item=CASE), alone, again)


def test_read_far_from_the_container_that_stays_is_suspect() -> None:
    assert enclosed(seen(SHOP, 7 * HOUR)) == suspect("packed-elsewhere")


def test_read_alone_where_its_container_is_is_lawful() -> None:
    """A reader sees tags through cardboard."""
    assert enclosed(seen(PORT, 7 * HOUR)) == AUTHENTIC


def test_read_alone_while_the_container_travels_is_lawful() -> None:
    assert enclosed(seen(SHOP, 7 * HOUR), readPoint={"id": CROSSDOCK}) == AUTHENTIC


def test_read_alone_after_unpacking_is_lawful() -> None:
    story = (
        packed(CASE, ITEM, HOUR, readPoint={"id": FACTORY}),
        packed(CASE, ITEM, 2 * HOUR, "DELETE", readPoint={"id": FACTORY}),
        seen(SHOP, 7 * HOUR),
        packed(CASE, ITEM, 12 * HOUR, readPoint={"id": FACTORY}),
    )

    assert after_birth(*story) == AUTHENTIC


def test_the_place_of_packing_and_of_unpacking_counts_for_the_container() -> None:
    story = (
        packed(CASE, ITEM, HOUR, readPoint={"id": FACTORY}),
        act("inspecting", 5 * HOUR, SHOP),
        packed(CASE, ITEM, 10 * HOUR, "DELETE", readPoint={"id": FACTORY}),
    )

    assert after_birth(*story) == suspect("packed-elsewhere")


# OBSERVE: packing that was seen.


@pytest.mark.parametrize("kind", ["AggregationEvent", "AssociationEvent"])
def test_what_was_seen_in_a_container_is_in_it(kind: str) -> None:
    begun = {**packed(CASE, ITEM, HOUR, "OBSERVE"), "type": kind}
    stolen = seen(PORT, 4 * HOUR, item=CASE, disposition="stolen")

    assert after_birth(begun) == AUTHENTIC
    assert after_birth(begun, stolen) == suspect("disposition-alarming")


def test_what_was_seen_in_a_container_is_packed_nowhere_else() -> None:
    assert after_birth(packed(CASE, ITEM, HOUR, "OBSERVE"), packed(CRATE, ITEM, 2 * HOUR)) == suspect("packed-twice")
    assert after_birth(packed(CASE, ITEM, HOUR, "OBSERVE"), packed(CRATE, ITEM, 2 * HOUR, "OBSERVE")) == suspect(
        "packed-twice"
    )


def test_what_was_seen_in_a_container_can_be_taken_out_of_it() -> None:
    seen_inside, out = packed(CASE, ITEM, HOUR, "OBSERVE"), packed(CASE, ITEM, 2 * HOUR, "DELETE")

    assert after_birth(seen_inside, out, packed(CRATE, ITEM, 3 * HOUR)) == AUTHENTIC


def test_seen_through_the_walls_of_two_containers_the_nest_grows() -> None:
    story = (packed(PALLET, CASE, HOUR, "OBSERVE"), packed(CASE, ITEM, 2 * HOUR, "OBSERVE"))
    stolen = seen(PORT, 4 * HOUR, item=PALLET, disposition="stolen")

    assert after_birth(*story, stolen) == suspect("disposition-alarming")


def test_seen_without_a_parent_or_children_nothing_is_in_anything() -> None:
    loose = event("AggregationEvent", HOUR, "OBSERVE", None, childEPCs=[ITEM], bizStep="packing")
    empty = event("AggregationEvent", 2 * HOUR, "OBSERVE", None, parentID=CASE, childEPCs=[], bizStep="packing")

    assert after_birth(loose, packed(CASE, ITEM, HOUR), empty, packed(CASE, ITEM, 3 * HOUR, "DELETE")) == AUTHENTIC


def test_the_maps_of_what_the_item_was_seen_in_are_asked_for() -> None:
    world = World().publish(BRAND, born(), packed(CASE, ITEM, HOUR, "OBSERVE"))

    assert {one.thing for one in world.bundle().maps} == {item_of(ITEM).key, item_of(CASE).key}
