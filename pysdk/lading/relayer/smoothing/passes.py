"""What passes a tunnel together: children and the one SSCC that they are packed in. Pure.

A pass lasts from its first read until the tunnel is silent for longer than the gap. With one SSCC and at least
one other GS1 identity, those are packed in it. Tags without a GS1 identity are told of by themselves, since nobody
knows what they are on; and so is everything in a pass with no SSCC, or with several.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Protocol

from lading.relayer.reads.reads import Read
from lading.relayer.reads.roster import Point
from lading.relayer.smoothing.naming import is_foreign, is_sscc
from lading.relayer.smoothing.track import Key, Kind, Statement, Track


class _Holder(Protocol):
    """What `Tracks` is here."""

    statements: list[Statement]

    def close(self, track: Track) -> None: ...


@dataclass(slots=True)
class _Pass:
    point: Point
    first_ns: int
    last_ns: int
    members: dict[str, Track] = field(default_factory=dict)


class Passes:
    """The passes of one lane's tunnels that are not over."""

    def __init__(self, holder: _Holder) -> None:
        self._holder = holder
        self._open: dict[str, _Pass] = {}

    @property
    def next_ns(self) -> int:
        """The watermark by which the next pass is over."""
        return min((one.last_ns + one.point.gap_ns + 1 for one in self._open.values()), default=1 << 63)

    def join(self, read: Read, point: Point) -> Track:
        """The observation of a read in order of time."""
        found = self._open.get(point.sgln)
        if found is not None and read.time_ns - found.last_ns > point.gap_ns:
            self._finish(found)
            found = None
        if found is None:
            found = self._open[point.sgln] = _Pass(point, read.time_ns, read.time_ns)
        found.last_ns = read.time_ns
        return self._member(found, read)

    def join_late(self, read: Read, point: Point) -> Track | None:
        """The observation of a late read of a tag that is new to a pass; None if it lies in none that is open."""
        found = self._open.get(point.sgln)
        if found is None or not found.first_ns - point.gap_ns <= read.time_ns <= found.last_ns + point.gap_ns:
            return None
        track = self._member(found, read)
        track.first_ns, track.last_ns = min(track.first_ns, read.time_ns), max(track.last_ns, read.time_ns)
        return track

    def add(self, track: Track) -> None:
        """Of a pass that was not over when it was stored."""
        found = self._open.setdefault(track.point.sgln, _Pass(track.point, track.first_ns, track.last_ns))
        found.members[track.epc] = track
        self.widen(track)

    def of(self, key: Key) -> list[Track]:
        """What an open pass knows of a tag."""
        place, epc = key
        found = self._open.get(place)
        return [found.members[epc]] if found is not None and epc in found.members else []

    def widen(self, track: Track) -> None:
        """After a late read joined an observation of a pass."""
        found = self._open.get(track.point.sgln)
        if found is not None and found.members.get(track.epc) is track:
            found.first_ns = min(found.first_ns, track.first_ns)
            found.last_ns = max(found.last_ns, track.last_ns)

    def sweep(self, mark_ns: int) -> None:
        """Ends the passes that were silent for longer than the gap, as of the watermark."""
        for found in list(self._open.values()):
            if found.last_ns + found.point.gap_ns < mark_ns:
                self._finish(found)

    def end(self) -> None:
        """Ends all passes: nothing more is expected."""
        for found in list(self._open.values()):
            self._finish(found)

    def _member(self, found: _Pass, read: Read) -> Track:
        if read.epc not in found.members:
            found.members[read.epc] = Track(read.epc, found.point, read.time_ns, read.offset_minutes)
        return found.members[read.epc]

    def _finish(self, found: _Pass) -> None:
        del self._open[found.point.sgln]
        tracks = sorted(found.members.values(), key=lambda track: (track.first_ns, track.epc))
        for track in tracks:
            self._holder.close(track)
        parents = [track for track in tracks if is_sscc(track.epc)]
        children = [track for track in tracks if not is_sscc(track.epc) and not is_foreign(track.epc)]
        clear = len(parents) == 1 and bool(children)
        if clear:
            self._state(Kind.PACKED, found.point, parents[0], children)
        for track in tracks:
            if not clear or is_foreign(track.epc):
                self._state(Kind.APPEARED if clear else Kind.UNCLEAR, found.point, track, [])

    def _state(self, kind: Kind, point: Point, track: Track, children: list[Track]) -> None:
        tracks = (track, *children)
        first = min(tracks, key=lambda one: (one.first_ns, one.epc))
        names = tuple(sorted(one.epc for one in children))
        said = Statement(kind, first.first_ns, first.offset_minutes, point, track.epc, names, tracks)
        self._holder.statements.append(said)
