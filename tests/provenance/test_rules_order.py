"""What several publishers say of one time is judged in each order: whoever makes the bundle chooses none."""

from __future__ import annotations

from itertools import permutations

import pytest
from provenance_kit import BRAND, CARRIER, CASE, FACTORY, HOUR, ITEM, PORT, SHOP, STRANGER, TRUSTED, born, packed, seen
from story_kit import CUSTOMS_OFFICE, INSPECTOR, SHOPKEEPER, VOC, Told, act, judged, world_of

from lading.provenance.bundle import build_bundle
from lading.provenance.verdict import judge

BIRTH: Told = (BRAND, born())
DAMAGED = (INSPECTOR, act("inspecting", HOUR, None, disposition="damaged"))
FINE = (CARRIER, act("inspecting", HOUR, None, disposition="conformant"))


@pytest.mark.parametrize("story", list(permutations([DAMAGED, FINE])))
def test_an_alarm_of_the_same_time_is_not_lifted(story: tuple[Told, ...]) -> None:
    assert judged(BIRTH, *story) == ("suspect", ["disposition-alarming"])


def test_of_one_publisher_its_log_says_what_came_first() -> None:
    fine = (INSPECTOR, FINE[1])

    assert judged(BIRTH, DAMAGED, fine) == ("authentic", [])
    assert judged(BIRTH, fine, DAMAGED) == ("suspect", ["disposition-alarming"])


def test_a_hold_of_the_time_of_the_packing_counts() -> None:
    inside = (CARRIER, packed(CASE, ITEM, HOUR))
    hold = (CUSTOMS_OFFICE, act(VOC + "BizStep-customs_held", HOUR, None, CASE))

    for story in permutations([inside, hold]):
        assert judged(BIRTH, *story) == ("suspect", ["customs-stopped"])


def test_packed_and_unpacked_at_one_time_by_two_is_not_authentic_in_any_order() -> None:
    inside, out = (CARRIER, packed(CASE, ITEM, HOUR)), (STRANGER, packed(CASE, ITEM, HOUR, "DELETE"))

    for story in permutations([inside, out]):
        assert judged(BIRTH, *story) == ("unknown", ["packing-missing"])


def test_the_verdict_is_that_of_every_order_of_entries() -> None:
    told = [(SHOPKEEPER, act("stocking", HOUR, SHOP)), (CARRIER, seen(PORT, 9 * HOUR, CASE)), DAMAGED, FINE]
    told += [(CARRIER, packed(CASE, ITEM, 9 * HOUR)), (STRANGER, seen(FACTORY, 9 * HOUR))]
    world = world_of([BIRTH, *told])
    bundle = world.bundle()
    found = set()
    for order in permutations(range(1, 5)):
        rest = [bundle.entries[place] for place in (0, *order, *range(5, len(bundle.entries)))]
        again = build_bundle(bundle.item, bundle.chain, rest, bundle.maps)
        found.add(judge(again, world.facts(), TRUSTED).reasons)

    logs = {reasons for reasons in found if "events-withheld" not in reasons}
    assert len(logs) == 1


def test_reads_of_one_time_at_one_site_are_lawful() -> None:
    assert judged(BIRTH, (CARRIER, seen(PORT, HOUR)), (SHOPKEEPER, seen(PORT, HOUR))) == ("authentic", [])
