"""What a relay must make of raw lines, worked out the slow way from the lines alone: a list of events as plain data.

dock     two observations of a tag are one where no more than the gap lies between; late reads join what is there
gate     the same, and a tag that is not read for longer has left
hall     two readers of one area: a tag is at one of them, and moves
belt     a tunnel: what passes with one SSCC is packed in it
"""

from __future__ import annotations

import json
from collections import defaultdict
from collections.abc import Iterable, Sequence
from datetime import UTC, datetime
from fractions import Fraction
from itertools import groupby
from typing import Any, NamedTuple

SECOND = 1_000_000_000
GAP, LATENESS, SILENCE = 10 * SECOND, SECOND // 2, 2 * SECOND
MARGIN, MEAN_OF = 6, 20
LONGEST_LINE = 65536
READERS = ("dock", "gate", "aisle", "shelf", "belt")
PLACE = {reader: f"urn:epc:id:sgln:9524321.0000{number}" for number, reader in enumerate(READERS, 1)}
APPEARED, MOVED, LEFT = ("receiving", "in_progress"), ("storing", "in_progress"), ("departing", "in_transit")
SSCCS = {
    "3174257BF4499602D2000000": "urn:epc:id:sscc:0614141.1234567890",
    "3174257BF4499602D3000000": "urn:epc:id:sscc:0614141.1234567891",
}
FOREIGN = {"E28068940000501790A4C3D1": "urn:epc:raw:96.xE28068940000501790A4C3D1"}
GOODS = {f"3036451FD40C0E4000000{number:03X}": f"urn:epc:id:sgtin:9521141.012345.{number}" for number in range(1, 4000)}
NAMES = GOODS | SSCCS | FOREIGN


class Seen(NamedTuple):
    """A read, in the order in which reads are sorted: ties of time are decided by the rest."""

    time: int
    epc: str
    antenna: int
    reader: str
    sequence: int
    offset: int
    rssi: Fraction | None


def configuration(publisher: str, source: str, outbox: str, max_events: int = 5) -> dict[str, Any]:
    """The relay's, as plain data."""
    points: list[dict[str, Any]] = []
    for reader, place in PLACE.items():
        said = {"reader": reader, "antenna": "any", "sgln": f"{place}.1", "biz_location": f"{place}.0"}
        points.append(said | {"biz_step": APPEARED[0], "disposition": APPEARED[1]})
    meanings = {"left": dict(zip(("biz_step", "disposition"), LEFT, strict=True))}
    points[1] |= meanings
    in_hall = meanings | {"area": "hall", "moved": dict(zip(("biz_step", "disposition"), MOVED, strict=True))}
    points[2] |= in_hall
    points[3] |= in_hall
    points[4] |= {"tunnel": "true"}
    return {
        "publisher": publisher,
        "source": source,
        "outbox": outbox,
        "smoothing": {"gap_seconds": "10"},
        "batch": {"max_events": str(max_events)},
        "read_points": points,
    }


def seen(line: bytes) -> Seen | None:
    """A line of our own form; None if it is no read."""
    if len(line) > LONGEST_LINE:
        return None
    try:
        said = json.loads(line.decode())
        instant = datetime.fromisoformat(said["time"][:19] + said["time"][29:])
        time = int(instant.timestamp()) * SECOND + int(said["time"][20:29])
        offset = int((instant.utcoffset() or (instant - instant)).total_seconds()) // 60
        strength = Fraction(str(said["rssi"])) if "rssi" in said else None
        number = said["sequence"]
        if (
            said["reader"] not in PLACE
            or said["epc"] not in NAMES
            or type(number) is not int
            or not 0 <= number < 2**63
        ):
            return None
        return Seen(time, said["epc"], -1, said["reader"], number, offset, strength)
    except (ValueError, KeyError, TypeError, RecursionError):
        return None


def expected(lines: Sequence[bytes], lateness: int | None = LATENESS, *, left_at_end: bool = False) -> list[str]:
    """The events, each as sorted JSON, sorted. `lateness` None: a whole log, in order of time. `left_at_end`: nothing
    came for long after the last line, so that every tag has left."""
    reads = [read for line in lines if (read := seen(line)) is not None]
    found: list[dict[str, Any]] = []
    found += _dock([read for read in reads if read.reader == "dock"], lateness)
    for readers, tell in ((("gate",), _gate), (("aisle", "shelf"), _hall)):
        own = _once(read for read in reads if read.reader in readers)
        newest = max((read.time for read in own), default=0) + (10**6 * SECOND if left_at_end else 0)
        for epc in sorted({read.epc for read in own}):
            found += tell([read for read in own if read.epc == epc], newest)
    found += _belt(_once(read for read in reads if read.reader == "belt"))
    return sorted(json.dumps(event, sort_keys=True) for event in found)


def _once(reads: Iterable[Seen]) -> list[Seen]:
    return sorted({read[:5]: read for read in reads}.values(), key=lambda one: one[:5])


def _dock(arrived: Iterable[Seen], lateness: int | None) -> list[dict[str, Any]]:
    known: set[Any] = set()
    intervals: defaultdict[str, list[list[int]]] = defaultdict(list)
    events = []
    held: list[Seen] = []
    newest = mark = -1

    def take(read: Seen) -> None:
        if read[:5] in known:
            return
        known.add(read[:5])
        own = sorted(intervals[read.epc])
        before = [one for one in own if one[0] <= read.time]
        after = [one for one in own if one[0] > read.time]
        if before and read.time - before[-1][1] <= GAP:
            before[-1][1] = max(before[-1][1], read.time)
        elif after and after[0][0] - read.time <= GAP:
            after[0][0] = read.time
        else:
            intervals[read.epc].append([read.time, read.time])
            events.append(_observed(read.epc, read.reader, read.time, read.offset, APPEARED))

    arrived = list(arrived)
    if lateness is None:
        arrived, lateness = sorted(arrived, key=lambda one: one[:5]), 0
    for read in arrived:
        if read.time <= mark:
            take(read)
            continue
        held = sorted([*held, read], key=lambda one: one[:5])
        newest = max(newest, read.time)
        mark = max(mark, newest - lateness)
        while held and held[0].time <= mark:
            take(held.pop(0))
    for read in held:
        take(read)
    return events


def _gate(reads: list[Seen], newest: int) -> list[dict[str, Any]]:
    runs = [[reads[0]]]
    for read in reads[1:]:
        if read.time - runs[-1][-1].time > GAP:
            runs.append([])
        runs[-1].append(read)
    events = []
    for run in runs:
        events.append(_observed(run[0].epc, "gate", run[0].time, run[0].offset, APPEARED))
        if run is not runs[-1] or run[-1].time + GAP < newest:
            events.append(_observed(run[0].epc, "gate", run[-1].time, run[0].offset, LEFT))
    return events


def _hall(reads: list[Seen], newest: int) -> list[dict[str, Any]]:
    events = []
    at, last, offset = "", 0, 0  # where the tag is, when it was last read anywhere in the hall, as of which zone
    heard: dict[str, list[Seen]] = {}
    for read in reads:
        if at and read.time - last > GAP:
            events.append(_observed(read.epc, at, last, offset, LEFT))
            at = ""
        if not at:
            at, offset, heard = read.reader, read.offset, {}
            events.append(_observed(read.epc, at, read.time, offset, APPEARED))
        elif read.reader != at and _stronger(heard, at, read):
            at, offset = read.reader, read.offset
            events.append(_observed(read.epc, at, read.time, offset, MOVED))
        heard.setdefault(read.reader, []).append(read)
        last = read.time
    if last + GAP < newest:
        events.append(_observed(reads[0].epc, at, last, offset, LEFT))
    return events


def _stronger(heard: dict[str, list[Seen]], at: str, read: Seen) -> bool:
    if read.time - heard[at][-1].time > SILENCE:
        return True
    there = [one.rssi for one in [*heard.get(read.reader, []), read] if one.rssi is not None][-MEAN_OF:]
    here = [one.rssi for one in heard[at] if one.rssi is not None][-MEAN_OF:]
    return len(there) > 1 and bool(here) and sum(there) / len(there) > sum(here) / len(here) + MARGIN


def _belt(reads: list[Seen]) -> list[dict[str, Any]]:
    passes: list[list[Seen]] = []
    for read in reads:
        if not passes or read.time - passes[-1][-1].time > GAP:
            passes.append([])
        passes[-1].append(read)
    events = []
    for one in passes:
        by_tag = {
            epc: min(tag, key=lambda read: read.time)
            for epc, tag in groupby(sorted(one, key=lambda read: read.epc), key=lambda read: read.epc)
        }
        parents = by_tag.keys() & SSCCS.keys()
        children = sorted(by_tag.keys() & GOODS.keys())
        alone = set(by_tag)
        if len(parents) == 1 and children:
            (parent,) = parents
            first = min((by_tag[epc] for epc in (parent, *children)), key=lambda read: (read.time, read.epc))
            common = _common("belt", first.time, first.offset, APPEARED)
            events.append(
                {"type": "AggregationEvent", "action": "ADD", "parentID": SSCCS[parent]}
                | {"childEPCs": [GOODS[epc] for epc in children]}
                | common
            )
            alone = by_tag.keys() & FOREIGN.keys()
        events += [_observed(epc, "belt", by_tag[epc].time, by_tag[epc].offset, APPEARED) for epc in sorted(alone)]
    return events


def _observed(epc: str, reader: str, time: int, offset: int, meaning: tuple[str, str]) -> dict[str, Any]:
    common = _common(reader, time, offset, meaning)
    return {"type": "ObjectEvent", "action": "OBSERVE", "epcList": [NAMES[epc]]} | common


def _common(reader: str, time: int, offset: int, meaning: tuple[str, str]) -> dict[str, Any]:
    ms = (time + 500_000) // 1_000_000
    moment = datetime.fromtimestamp(ms // 1000, UTC).strftime("%Y-%m-%dT%H:%M:%S")
    return {
        "eventTime": f"{moment}.{ms % 1000:03d}Z",
        "eventTimeZoneOffset": f"{'-' if offset < 0 else '+'}{abs(offset) // 60:02d}:{abs(offset) % 60:02d}",
        "bizStep": meaning[0],
        "disposition": meaning[1],
        "readPoint": {"id": f"{PLACE[reader]}.1"},
        "bizLocation": {"id": f"{PLACE[reader]}.0"},
    }
