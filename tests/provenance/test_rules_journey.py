"""Clones: too fast for one thing, or a tag's counter that falls or repeats."""

from __future__ import annotations

from typing import Any

import pytest
from provenance_kit import BRAND, CARRIER, HOUR, ITEM, OTHER, PORT, PORT_DOCK, SHOP, TRUSTED, born, seen
from story_kit import VOC, Event, Told, judged, world_of

from lading.provenance.coordinates import EARTH_RADIUS_KM, Position
from lading.provenance.verdict import judge

AUTHENTIC: tuple[str, list[str]] = ("authentic", [])
BIRTH: Told = (BRAND, born())
SHENZHEN, ROTTERDAM, HONG_KONG = "geo:22.54,114.06", "geo:51.92,4.48", "geo:22.32,114.17"
KILOMETRES = 9300
"""From Shenzhen to Rotterdam, by the spherical law of cosines."""


def story(*events: Event) -> tuple[str, list[str]]:
    return judged(BIRTH, *((CARRIER, one) for one in events))


def suspect(reason: str) -> tuple[str, list[str]]:
    return "suspect", [reason]


def sensed(latitude: object, longitude: object, **metadata: Any) -> dict[str, Any]:
    reports = [
        {"type": "Angle", "component": "latitude", "value": latitude, "uom": "DD"},
        {"type": "Angle", "component": "cbv:Comp-longitude", "value": longitude},
    ]
    return {"sensorElementList": [{"sensorMetadata": metadata, "sensorReport": reports}]}


def counted(place: str | None, when: float, count: object, **more: Any) -> dict[str, Any]:
    return seen(place, when, **{"@context": {"lading": VOC}, "lading:tagCounter": count, **more})


# Speed


def test_the_great_circle_is_as_long_as_it_should_be() -> None:
    quarter = EARTH_RADIUS_KM * 3.141592653589793 / 2

    assert Position(0, 0).kilometres_to(Position(0, 90)) == pytest.approx(quarter)
    assert Position(90, 0).kilometres_to(Position(-90, 77)) == pytest.approx(2 * quarter)
    assert Position(22.54, 114.06).kilometres_to(Position(51.92, 4.48)) == pytest.approx(KILOMETRES, abs=1)
    assert Position(10, 179.9).kilometres_to(Position(10, -179.9)) < 23


@pytest.mark.parametrize(("minutes", "expected"), [(545, suspect("too-fast")), (560, AUTHENTIC)])
def test_faster_than_an_aeroplane_is_suspect(minutes: int, expected: tuple[str, list[str]]) -> None:
    """9,300 km take 558 minutes at 1,000 km/h, less five that clocks explain."""
    assert story(seen(SHENZHEN, HOUR), seen(ROTTERDAM, HOUR + minutes * 60)) == expected


def test_two_points_near_each_other_are_no_two_sites() -> None:
    assert story(seen(SHENZHEN, HOUR), seen(HONG_KONG, HOUR + 60)) == AUTHENTIC


def test_a_point_and_a_site_cannot_be_compared() -> None:
    assert story(seen(SHENZHEN, 5 * HOUR), seen(SHOP, 5 * HOUR + 60)) == AUTHENTIC


def test_two_sites_with_coordinates_are_compared_by_both_rules() -> None:
    shenzhen, rotterdam = sensed(22.54, 114.06), sensed(51.92, 4.48)

    assert story(seen(PORT, 5 * HOUR, **shenzhen), seen(SHOP, 9 * HOUR, **rotterdam)) == suspect("too-fast")
    assert story(seen(PORT, 5 * HOUR, **shenzhen), seen(SHOP, 5 * HOUR + 60, **rotterdam)) == (
        "suspect",
        ["two-places", "too-fast"],
    )


def test_a_stop_on_the_way_does_not_grant_the_tolerance_twice() -> None:
    """Each leg is just possible with five minutes' tolerance; the whole way is not."""
    first, second, third = (f"geo:0,{longitude}" for longitude in (0, 0.7, 1.4))

    assert story(seen(first, HOUR), seen(second, HOUR + 1)) == AUTHENTIC
    assert story(seen(second, HOUR + 1), seen(third, HOUR + 2)) == AUTHENTIC
    assert story(seen(first, HOUR), seen(second, HOUR + 1), seen(third, HOUR + 2)) == suspect("too-fast")


def test_a_long_stay_between_is_no_matter() -> None:
    assert story(seen(SHENZHEN, HOUR), seen(SHENZHEN, 23 * HOUR), seen(ROTTERDAM, 34 * HOUR)) == AUTHENTIC


@pytest.mark.parametrize(
    "position",
    [
        sensed(51.92, 4.48, time="2023-11-14T00:00:00.000Z"),
        sensed(51.92, 4.48, startTime="2023-11-14T00:00:00.000Z"),
        sensed("51.92", 4.48),
        sensed(91, 4.48),
        sensed(True, 4.48),
        {"sensorElementList": [{"sensorReport": [{"component": "latitude", "value": 51.92}]}]},
    ],
)
def test_what_a_sensor_does_not_say_of_this_moment_is_no_position(position: dict[str, Any]) -> None:
    assert story(seen(SHENZHEN, HOUR), seen(PORT, 2 * HOUR, **position)) == AUTHENTIC


@pytest.mark.parametrize("place", ["geo:north", "geo:91,0", "geo:0,181", "geo:1,2;crs=nad27", "geo:1"])
def test_a_point_that_is_none_is_never_authentic(place: str) -> None:
    world = world_of([BIRTH, (CARRIER, seen(PORT, HOUR))])
    changed = world.entries[1].event | {"readPoint": {"id": place}}
    world.entries[1] = world.entries[1].model_copy(update={"event": changed})

    assert "event-unreadable" in judge(world.bundle(), world.facts(), TRUSTED).reasons


@pytest.mark.parametrize("place", ["geo:51.92,4.48,12", "GEO:51.92,4.48;u=35", "geo:51.92,4.48;crs=wgs84;u=1"])
def test_a_point_in_its_other_spellings(place: str) -> None:
    assert story(seen(SHENZHEN, HOUR), seen(place, 2 * HOUR)) == suspect("too-fast")


# Counters


def test_a_counter_that_grows_is_lawful() -> None:
    reads = [counted(PORT, 5 * HOUR, 0), counted(PORT_DOCK, 6 * HOUR, 7), counted(SHOP, 9 * HOUR, 8)]

    assert story(*reads) == AUTHENTIC


@pytest.mark.parametrize(("seconds", "expected"), [(300, AUTHENTIC), (301, suspect("counter-fell"))])
def test_a_counter_that_falls_is_suspect_beyond_what_clocks_explain(
    seconds: int, expected: tuple[str, list[str]]
) -> None:
    assert story(counted(PORT, 5 * HOUR, 8), counted(PORT, 5 * HOUR + seconds, 7)) == expected


def test_a_counter_is_compared_with_the_highest_before() -> None:
    reads = [counted(PORT, 5 * HOUR, 9), counted(PORT, 6 * HOUR, 3), counted(PORT, 7 * HOUR, 8)]

    assert story(*reads) == suspect("counter-fell")


def test_one_count_at_two_sites_is_suspect_and_at_one_site_is_not() -> None:
    assert story(counted(PORT, 5 * HOUR, 8), counted(SHOP, 9 * HOUR, 8)) == suspect("counter-repeats")
    assert story(counted(SHENZHEN, 5 * HOUR, 8), counted(ROTTERDAM, 25 * HOUR, 8)) == suspect("counter-repeats")
    assert story(counted(PORT, 5 * HOUR, 8), counted(PORT_DOCK, 9 * HOUR, 8)) == AUTHENTIC
    assert story(counted(PORT, 5 * HOUR, 8), counted(None, 9 * HOUR, 8)) == AUTHENTIC


def test_a_counter_is_found_under_every_prefix() -> None:
    renamed = seen(SHOP, 9 * HOUR, **{"@context": {"x": VOC}, "x:tagCounter": 1})

    assert story(counted(PORT, 5 * HOUR, 8), renamed) == suspect("counter-fell")


def test_the_counter_of_several_things_is_nobody_s() -> None:
    several = counted(SHOP, 9 * HOUR, 1) | {"epcList": [ITEM, OTHER]}

    assert story(counted(PORT, 5 * HOUR, 8), several) == AUTHENTIC


@pytest.mark.parametrize("count", [-1, 1.5, "8", None, True])
def test_a_counter_that_is_no_whole_number_is_never_authentic(count: object) -> None:
    world = world_of([BIRTH, (CARRIER, counted(PORT, 5 * HOUR, 8))])
    changed = world.entries[1].event | {"lading:tagCounter": count}
    world.entries[1] = world.entries[1].model_copy(update={"event": changed})

    assert "event-unreadable" in judge(world.bundle(), world.facts(), TRUSTED).reasons
