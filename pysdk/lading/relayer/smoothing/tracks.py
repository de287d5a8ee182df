"""Reads in order of time -> observations: a tag at a read point, from its first read until it is not read for longer
than the gap. Pure.

A tag appears where it was not; in an area, where it is at one read point at a time, it moves; it has left once the gap
has passed without a read. Reads at other read points of its area say that it is there, and belong to its observation.
As in EdgeX's inventory service, a tag moves where the mean of its last signals is stronger than at the old read point,
by a margin, or once the old one is silent.

What was stated stands. A late read that lies within the gap of a known observation joins it, also in front of its first
read or between two that it would have made one, and nothing new is stated; any other begins one at its own time.
"""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Iterable, Mapping
from heapq import heappop, heappush, heapreplace
from itertools import count

from lading.relayer.reads.reads import Read, Row
from lading.relayer.reads.roster import Point, Roster
from lading.relayer.smoothing.passes import Passes
from lading.relayer.smoothing.signals import MoveRule
from lading.relayer.smoothing.track import Key, Kind, Statement, Track

REPLAY_NS = 600_000_000_000
"""A late read says that a tag which late reads told of has left, if it is not newer than this: then it belongs to the
same replay, and the tag's own reads would have come before it."""
_NEVER = 1 << 63
_Spot = tuple[dict[str, Track], bool, int, Point]
"""Of an antenna: the open observations of its place, whether it is a read point by itself, its gap, itself."""


class Tracks:
    """What is known of the tags of one lane. Callers take `owners`, `changed` and `statements` after each step, and
    empty them with `forget`."""

    def __init__(self, roster: Roster, rule: MoveRule, lateness_ns: int, mark_ns: int, known: Iterable[Track]) -> None:
        self.taken: list[Row] = []
        """The reads that were taken in, in order of time; `owners` are their observations."""
        self.owners: list[Track] = []
        self.late_owners: list[tuple[Read, Track]] = []
        """Of late reads, in order of arrival."""
        self.changed: dict[Track, bool] = {}
        """Whether more of it than that it is open."""
        self.statements: list[Statement] = []
        self.redelivered = 0
        self._roster, self._rule, self._lateness = roster, rule, lateness_ns
        self._mark = mark_ns
        self._spots: dict[tuple[str, int], _Spot] = {}
        self._current: dict[str, dict[str, Track]] = {}
        self._due: list[tuple[int, int, Track]] = []
        self._leaving: list[tuple[int, int, Track]] = []  # heaps; what they say of a track may be too early
        self._tie = count()
        self._closed: dict[Key, list[Track]] = {}
        self._late: dict[Track, None] = {}
        self._late_due, self._late_seen = _NEVER, _NEVER
        self.passes = Passes(self)
        for track in sorted(known, key=lambda one: one.first_ns):
            self._settle(track)

    def forget(self) -> None:
        """Once all of it is stored."""
        self.taken, self.owners, self.late_owners, self.changed, self.statements = [], [], [], {}, []
        self._closed = {}
        self.redelivered = 0

    @property
    def next_ns(self) -> int:
        """The watermark by which the next thing is to be stated if nothing comes."""
        leaving = self._leaving
        while leaving:
            told, _, track = leaving[0]
            if not track.open or track in self._late:
                heappop(leaving)
            elif (leaves := track.last_ns + track.point.gap_ns + 1) > told:
                heapreplace(leaving, (leaves, next(self._tie), track))
            else:
                break
        return min(leaving[0][0] if leaving else _NEVER, self.passes.next_ns)

    @property
    def replaying(self) -> bool:
        """Whether late reads told of tags that have not left."""
        return bool(self._late)

    # -- reads in order of time

    def release(self, reads: list[Row], mark_ns: int) -> None:
        """Takes in what a watermark released, and closes what it has left behind."""
        spots, take, own, changed = self._spots, self.taken.append, self.owners.append, self.changed
        before_ns: int = -1
        before: Row | None = None
        for read in reads:
            time_ns, epc, antenna, reader, _, offset, _, _ = read
            if time_ns == before_ns and before is not None and read[:5] == before[:5]:
                self.redelivered += 1
                continue
            before_ns, before = time_ns, read
            tracks, plain, gap_ns, point = spots.get((reader, antenna)) or self._spot(reader, antenna)
            track = tracks.get(epc)
            if not plain:
                track = self._elsewhere(Read._make(read), point, track)
            elif track is None:
                track = self._begin(epc, time_ns, offset, point, Kind.APPEARED)
            elif time_ns - track.last_ns > gap_ns:
                self._leave(track)
                track = self._begin(epc, time_ns, offset, point, Kind.APPEARED)
            track.last_ns = time_ns
            track.reads += 1
            changed[track] = True
            take(read)
            own(track)
        self._mark = mark_ns
        self._sweep()

    def _spot(self, reader: str, antenna: int) -> _Spot:
        point = self._roster.point_of(reader, None if antenna < 0 else antenna)
        plain = point.place == point.sgln and not point.tunnel
        spot = self._spots[reader, antenna] = self._current.setdefault(point.place, {}), plain, point.gap_ns, point
        return spot

    def _elsewhere(self, read: Read, point: Point, track: Track | None) -> Track:
        """The observation of a read in a tunnel or an area."""
        if point.tunnel:
            return self.passes.join(read, point)
        if track is not None and read.time_ns - track.last_ns > track.point.gap_ns:
            self._leave(track)
            track = None
        if track is None:
            track = self._begin(read.epc, read.time_ns, read.offset_minutes, point, Kind.APPEARED)
        elif self._rule.moves(track, point, read):
            self._close(track)
            signals = track.signals
            track = self._begin(read.epc, read.time_ns, read.offset_minutes, point, Kind.MOVED)
            track.signals = signals
        self._rule.hear(track, point, read)
        return track

    def _begin(self, epc: str, time_ns: int, offset_minutes: int, point: Point, kind: Kind) -> Track:
        track = Track(epc, point, time_ns, offset_minutes, time_ns)
        self._current[point.place][epc] = track
        self._fall_due(track)
        self.statements.append(Statement(kind, time_ns, offset_minutes, point, epc, (), (track,)))
        return track

    def _fall_due(self, track: Track) -> None:
        deadline = track.last_ns + track.point.gap_ns
        heappush(self._due, (deadline, next(self._tie), track))
        if track.point.states_left:
            heappush(self._leaving, (deadline + 1, next(self._tie), track))

    def _sweep(self) -> None:
        """Closes what was silent for longer than the gap, as of the watermark."""
        due, mark = self._due, self._mark
        while due and due[0][0] < mark:
            track = heappop(due)[2]
            if not track.open or track in self._late:
                continue
            deadline = track.last_ns + track.point.gap_ns
            if deadline < mark:
                self._leave(track)
            else:
                heappush(due, (deadline, next(self._tie), track))
        self.passes.sweep(mark)

    def _leave(self, track: Track) -> None:
        if track.point.states_left and not track.gone:
            track.gone = True
            said = Statement(Kind.LEFT, track.last_ns, track.offset_minutes, track.point, track.epc, (), (track,))
            self.statements.append(said)
        self._close(track)

    def _close(self, track: Track) -> None:
        tracks = self._current.get(track.point.place, {})
        if tracks.get(track.epc) is track:
            del tracks[track.epc]
        self.close(track)

    def close(self, track: Track) -> None:
        """Nothing more of it is stated; late reads may still join it."""
        track.open = False
        self.changed.setdefault(track, False)
        self._closed.setdefault((track.point.place, track.epc), []).append(track)

    # -- late reads

    def join_late(self, read: Read, stored: Mapping[Key, list[Track]]) -> None:
        """Takes in a late read that was not delivered before. `stored`: the closed observations about its time."""
        point = self._roster.point_of(read.reader, None if read.antenna < 0 else read.antenna)
        time_ns, key = read.time_ns, (point.place, read.epc)
        self._close_late(time_ns)
        found = [*stored.get(key, ()), *self._closed.get(key, ()), *(one for one in self._late if one.key == key)]
        if (current := self._current.get(point.place, {}).get(read.epc)) is not None and current not in self._late:
            found.append(current)
        if point.tunnel:
            found += self.passes.of(key)
        track = joined(found, time_ns) or (self.passes.join_late(read, point) if point.tunnel else None)
        if track is None:
            track = self._begin_late(read, point)
        track.reads += 1
        self.changed[track] = True
        self.late_owners.append((read, track))
        self.passes.widen(track)
        if track in self._late or (not track.open and self._reaches(track)):
            track.open = True
            self._settle(track)

    def _reaches(self, track: Track) -> bool:
        """Whether a closed observation was widened so far that reads in order may join it again."""
        return not track.point.tunnel and track.last_ns + track.point.gap_ns >= self._mark

    def _begin_late(self, read: Read, point: Point) -> Track:
        track = Track(read.epc, point, read.time_ns, read.offset_minutes)
        kind = Kind.UNCLEAR if point.tunnel else Kind.APPEARED
        self.statements.append(Statement(kind, read.time_ns, read.offset_minutes, point, read.epc, (), (track,)))
        if point.tunnel:
            self.close(track)
        else:
            if point.place != point.sgln:
                self._rule.hear(track, point, read)
            self._settle(track)
        return track

    def _settle(self, track: Track) -> None:
        """Puts an open observation where reads find it: reads in order, if they may still join it, else late ones."""
        point = track.point
        self._late.pop(track, None)
        if point.tunnel:
            self.passes.add(track)
            return
        tracks = self._current.setdefault(point.place, {})
        other = tracks.get(track.epc)
        deadline = track.last_ns + point.gap_ns
        if deadline >= self._mark and (other is None or other is track or other.first_ns < track.first_ns):
            tracks[track.epc] = track
            self._fall_due(track)
            if other is not None and other is not track:
                self._set_aside(other)
        else:
            self._set_aside(track)

    def _set_aside(self, track: Track) -> None:
        if track.gone or not track.point.states_left:
            self.close(track)
            return
        self._late[track] = None
        self._late_due = min(self._late_due, track.last_ns + track.point.gap_ns + self._lateness)

    def _close_late(self, time_ns: int) -> None:
        """What late reads told of has left, once they go on without it. What this decides does not depend on when it
        was asked before: that only saves looking."""
        if self._late_seen <= time_ns <= self._late_due:
            return
        self._late_seen, self._late_due = time_ns, _NEVER
        for track in list(self._late):
            due = track.last_ns + track.point.gap_ns + self._lateness
            if due < time_ns <= due + REPLAY_NS:
                del self._late[track]
                self._leave(track)
            elif due >= time_ns:
                self._late_due = min(self._late_due, due)

    def end(self) -> None:
        """Nothing more is expected for now: neither late reads nor what would pass a tunnel with what did."""
        self.passes.end()
        for track in list(self._late):
            del self._late[track]
            self._leave(track)


def joined(found: list[Track], time_ns: int) -> Track | None:
    """The observation that a late read joins, widened to its time; None if there is none within the gap."""
    found.sort(key=lambda track: track.first_ns)
    at = bisect_right(found, time_ns, key=lambda track: track.first_ns)
    if at and time_ns - found[at - 1].last_ns <= found[at - 1].point.gap_ns:
        track = found[at - 1]
        track.last_ns = max(track.last_ns, time_ns)
        return track
    if at < len(found) and found[at].first_ns - time_ns <= found[at].point.gap_ns:
        track = found[at]
        track.first_ns = time_ns
        return track
    return None
