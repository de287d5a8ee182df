"""Where on the earth an event was, as far as the event itself says it: nothing beside the event would be bound."""

from __future__ import annotations

import math
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from lading.provenance.fields import Unreadable, seconds

EARTH_RADIUS_KM = 6371.0088
"""Mean radius (IUGG). A great circle on this sphere is within 0.6 % of the way on the ellipsoid."""

_GEO = re.compile(
    r"geo:(-?\d{1,3}(?:\.\d{1,15})?),(-?\d{1,3}(?:\.\d{1,15})?)(?:,-?\d+(?:\.\d+)?)?((?:;[\w-]+(?:=[^;]*)?)*)",
    re.IGNORECASE | re.ASCII,
)
_COMPONENT = re.compile(r"(?:https://ref\.gs1\.org/cbv/Comp-|cbv:Comp-)?(latitude|longitude)")
_POLE, _DATE_LINE = 90, 180
_DEGREES = (None, "DD")
"""Degrees of an angle in UN/ECE Recommendation 20."""


@dataclass(frozen=True, slots=True)
class Position:
    """Degrees north and east (WGS 84)."""

    latitude: float
    longitude: float

    def kilometres_to(self, other: Position) -> float:
        """Along the great circle (haversine)."""
        north, east = math.radians(self.latitude), math.radians(self.longitude)
        north_2, east_2 = math.radians(other.latitude), math.radians(other.longitude)
        chord = (
            math.sin((north_2 - north) / 2) ** 2
            + math.cos(north) * math.cos(north_2) * math.sin((east_2 - east) / 2) ** 2
        )
        return 2 * EARTH_RADIUS_KM * math.asin(math.sqrt(min(1.0, chord)))


def is_geo(place: str) -> bool:
    return place[:4].lower() == "geo:"


def position_of(event: Mapping[str, object], place: str | None) -> Position | None:
    """From the place, if it is a `geo:` URI (CBV 2.0, section 8.3; RFC 5870), else from the position that a sensor gave
    at the time of the event (CBV 2.0, section 7.7: components latitude and longitude, in degrees).

    Raises:
        Unreadable: the place is a `geo:` URI that names no point of WGS 84.
    """
    if place is not None and is_geo(place):
        return _of_uri(place)
    found = dict(_measured(event))
    return _point(found.get("latitude"), found.get("longitude"))


def _of_uri(place: str) -> Position:
    found = _GEO.fullmatch(place)
    system = re.search(r";crs=([^;]*)", place, re.IGNORECASE)
    if found is None or (system is not None and system[1].lower() != "wgs84"):
        raise Unreadable(f"the place {place[:60]!r} is no geo: URI in WGS 84")
    point = _point(float(found[1]), float(found[2]))
    if point is None:
        raise Unreadable(f"the place {place[:60]!r} is not on the earth")
    return point


def _point(latitude: object, longitude: object) -> Position | None:
    if isinstance(latitude, bool) or isinstance(longitude, bool):
        return None
    if not isinstance(latitude, int | float) or not isinstance(longitude, int | float):
        return None
    on_earth = abs(latitude) <= _POLE and abs(longitude) <= _DATE_LINE
    return Position(latitude, longitude) if on_earth else None


def _measured(event: Mapping[str, object]) -> Iterator[tuple[str, object]]:
    """Later reports first, so that in a dictionary the first one stands."""
    for element in reversed(_objects(event.get("sensorElementList"))):
        if not _at_event(event, element.get("sensorMetadata")):
            continue
        for report in reversed(_objects(element.get("sensorReport"))):
            found = _COMPONENT.fullmatch(str(report.get("component", "")))
            if found is not None and report.get("uom") in _DEGREES and _at_event(event, report):
                yield found[1], report.get("value")


def _objects(value: object) -> list[Mapping[str, object]]:
    """Whatever else a sensor reports is no rule's affair, so it makes no event unreadable."""
    return [one for one in value if isinstance(one, dict)] if isinstance(value, list) else []


def _at_event(event: Mapping[str, object], told: object) -> bool:
    """A data logger also hands in where it was before."""
    if not isinstance(told, dict):
        return True
    if "startTime" in told or "endTime" in told:
        return False
    time = told.get("time")
    if time is None:
        return True
    try:
        return isinstance(time, str) and seconds(time) == seconds(str(event.get("eventTime")))
    except Unreadable:
        return False
