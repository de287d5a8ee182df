"""From a lane's inbox to observations and events, one transaction at a time.

    smoothed       what some rows of the inbox mean is worked out, in memory
    events         the transaction is open, and the new events are written
    observations   …and the observations
    reads          …and the reads in them, and the sequence numbers
    inferred       all is committed: the lane has moved on, and rows that hold nothing more are gone

A lane in memory is never ahead of what is stored: after an error, or when another process has moved the lane on, it is
made anew from the database (open observations, and the inbox rows that hold reads not yet released). What it decides
depends on the order in which the rows were stored, not on how many it takes at once nor on when it was made. So a
process that dies anywhere leaves a lane from which another makes the same events.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, fields

from lading.relayer.config.points import NS_PER_SECOND
from lading.relayer.config.settings import RelayConfig
from lading.relayer.outbox.outbox import Outbox
from lading.relayer.reads.reads import Read, Row, unpack
from lading.relayer.reads.roster import Roster
from lading.relayer.reads.sequences import Sequences, by_reader
from lading.relayer.smoothing import lane_store, read_chunks
from lading.relayer.smoothing.observe import Observer
from lading.relayer.smoothing.signals import MoveRule
from lading.relayer.smoothing.track import Kind
from lading.relayer.smoothing.tracks import Tracks
from lading.relayer.smoothing.watermark import Step, Watermark
from lading.relayer.smoothing.whole_log import MOST_READS, Taken, parts

MOST_ROWS = 64

Checkpoint = Callable[[str], None]
"""Called with the name of each step that was just done; tests end the process there."""


def _go_on(_step: str) -> None:
    """The checkpoint that does nothing."""


@dataclass(frozen=True, slots=True)
class Advanced:
    """What one transaction brought. `reads` were taken from the inbox; `redelivered` were found to be there already,
    which for reads that are held back is known only when they are released; `events` are new ones."""

    reads: int = 0
    redelivered: int = 0
    late: int = 0
    unclear: int = 0
    events: int = 0

    def __add__(self, other: Advanced) -> Advanced:
        return Advanced(*(getattr(self, one.name) + getattr(other, one.name) for one in fields(self)))


class Lane:
    """One lane, as whoever holds its lease works on it: the `holder`, whose lease each transaction renews."""

    def __init__(
        self,
        outbox: Outbox,
        roster: Roster,
        config: RelayConfig,
        name: str,
        checkpoint: Checkpoint = _go_on,
        holder: str | None = None,
    ) -> None:
        self.name, self._holder = name, holder
        self._outbox, self._database = outbox, outbox.store
        self._roster, self._config, self._checkpoint = roster, config, checkpoint
        self._observer = Observer()
        self._made = False

    def _make(self) -> None:
        """The lane as it is stored."""
        database, lateness = self._database, self._config.smoothing.lateness_ns
        with database.snapshot():
            self._at = lane_store.state_of(database, self.name)
            position, mark = self._at
            known = lane_store.open_tracks(database, self.name, self._roster)
            rows = database.rows(
                "SELECT id, reads FROM inbox WHERE lane = ? AND id <= ? ORDER BY id", (self.name, position)
            )
        held: list[Row] = []
        self._ends: dict[int, int] = {}
        for row, packed in rows:
            reads, _ = unpack(packed)
            self._ends[row] = _end(reads)
            held += (read for read in reads if read[0] > mark)
        rule = MoveRule.of(self._config.smoothing)
        self._watermark = Watermark(lateness, mark, held)
        self._tracks = Tracks(self._roster, rule, lateness, mark, known)
        self._sequences = Sequences(database)
        self._made = True

    # -- what moves a lane

    def advance(self, most_rows: int = MOST_ROWS) -> Advanced | None:
        """Takes rows of the inbox in, in the order in which they were stored. None if there are none, or if another
        process moved the lane meanwhile.

        Raises `OutboxError`; nothing was written.
        """
        taken = self._take(most_rows)
        return self._move(taken, self._watermark.take(taken.reads)) if taken.ends else None

    def drain(self) -> Advanced | None:
        """Takes in all that is there, in order of time, as a whole log is: nothing more is expected, and nothing is
        held back. All of it or, on an error, nothing; in memory is a part of it at a time."""
        self._ready()
        brought = Advanced()
        with self._database.transaction():
            for part, last in parts(self._database, self.name, self._at[0], self._newest()):
                steps = self._watermark.take(part.reads)
                if last:
                    steps.append(self._watermark.pass_to(self._watermark.newest_ns))
                moved = self._move(part, steps, ended=last)
                if moved is None:
                    return None
                brought += moved
        return brought

    def idle(self, seconds: float) -> Advanced | None:
        """Nothing came for so long, by a monotonic clock: the reader's clock has gone on as far. Releases what is held
        back, and says what has left. None if that is nothing."""
        self._ready()
        watermark, tracks, silent_ns = self._watermark, self._tracks, int(seconds * NS_PER_SECOND)
        newest = watermark.newest_ns
        mark = newest + silent_ns - self._config.smoothing.lateness_ns
        ended = tracks.replaying and silent_ns > max(point.gap_ns for point in self._roster.points.values())
        first = min((read[0] for read in watermark.pending), default=tracks.next_ns)
        if mark <= watermark.mark_ns or (mark < min(first, tracks.next_ns) and not ended):
            return None
        moved = self._move(Taken(self._at[0]), [watermark.pass_to(mark)], ended=ended)
        # How long nothing came is counted from the newest read, each time.
        watermark.newest_ns = newest
        return moved

    # -- one transaction

    def _ready(self) -> None:
        if not self._made:
            self._make()

    def _newest(self) -> int:
        """The newest row of the inbox: up to there all are there, once nobody is inside of storing rows."""
        self._database.lock(lane_store.INBOX)
        return int(self._database.one("SELECT coalesce(max(id), 0) FROM inbox")[0])

    def _take(self, most_rows: int) -> Taken:
        self._ready()
        with self._database.transaction():
            newest = self._newest()
        found = self._database.rows(
            "SELECT id, reads FROM (SELECT id, reads, sum(count) OVER (ORDER BY id) - count AS before FROM inbox"
            " WHERE lane = ? AND id > ? AND id <= ? ORDER BY id LIMIT ?) AS found WHERE before < ? ORDER BY id",
            (self.name, self._at[0], newest, most_rows, MOST_READS),
        )
        taken = Taken(int(found[-1][0]) if found else self._at[0])
        for row, packed in found:
            taken.add(int(row), packed)
        return taken

    def _move(self, taken: Taken, steps: list[Step], *, ended: bool = False) -> Advanced | None:
        self._made = False  # until all is committed
        self._ends |= taken.ends
        late, redelivered = self._smooth(steps)
        if ended:
            self._tracks.end()
        self._checkpoint("smoothed")
        after = taken.position, self._watermark.mark_ns
        with self._database.transaction():
            if not lane_store.advance_state(self._database, self.name, self._at, after, self._holder):
                return None
            new, unclear = self._store()
            self._sequences.store(by_reader(taken.reads, taken.numbered))
            counted = Advanced(taken.count, redelivered + self._tracks.redelivered, late, unclear, new)
            lane_store.count(
                self._database, self.name, {one.name: getattr(counted, one.name) for one in fields(counted)}
            )
            done = [row for row, end in self._ends.items() if end <= self._watermark.mark_ns]
            self._database.many("DELETE FROM inbox WHERE id = ?", [(row,) for row in done])
            self._checkpoint("reads")
        self._checkpoint("inferred")
        for row in done:
            del self._ends[row]
        self._tracks.forget()
        self._at, self._made = after, True
        return counted

    def _smooth(self, steps: list[Step]) -> tuple[int, int]:
        """How many reads were late, and how many of those were delivered before."""
        late = [read[0] for step in steps for read in step.late]
        redelivered = 0
        if late:
            gap_ns = max(point.gap_ns for point in self._roster.points.values())
            spans = list(_spans(sorted(late), gap_ns))
            stored = lane_store.closed_tracks(self._database, self.name, self._roster, spans)
            delivered = read_chunks.Delivered(self._database, self.name, spans)
        seen: set[tuple[object, ...]] = set()
        for step in steps:
            self._tracks.release(step.released, step.mark_ns)
            if step.released and late:
                seen.update(read[:5] for read in step.released)
            for read in map(Read._make, step.late):
                if read.identity in seen or delivered.holds(read):
                    redelivered += 1
                    continue
                seen.add(read.identity)
                self._tracks.join_late(read, stored)
        return len(late), redelivered

    def _store(self) -> tuple[int, int]:
        """How many events are new, and how many say what is unclear."""
        tracks, database = self._tracks, self._database
        placed = self._outbox.put_many(self._observer.events(tracks.statements))
        for said, (row, _) in zip(tracks.statements, placed, strict=True):
            for track in said.tracks:
                tracks.changed[track] = True
                if said.kind is Kind.LEFT:
                    track.left_event = row
                else:
                    track.event = row
        self._checkpoint("events")
        lane_store.store_tracks(database, self.name, tracks.changed)
        self._checkpoint("observations")
        read_chunks.keep(database, self.name, tracks.taken, [track.row for track in tracks.owners])
        late = sorted(tracks.late_owners, key=lambda one: one[0].time_ns)
        read_chunks.keep(database, self.name, [read for read, _ in late], [track.row for _, track in late])
        unclear = sum(said.kind is Kind.UNCLEAR for said in tracks.statements)
        return sum(new for _, new in placed), unclear


def _end(reads: Sequence[Row]) -> int:
    """The time of a row's newest read; a row is done once that is released."""
    return max((read[0] for read in reads), default=-1)


def _spans(times: Sequence[int], gap_ns: int) -> Iterable[lane_store.Span]:
    """What lies within the gap of these times, which ascend, in as few spans as are worth it."""
    first = last = times[0]
    for time_ns in times:
        if time_ns - last > 2 * gap_ns + lane_store.LONG_NS:
            yield first - gap_ns, last + gap_ns
            first = time_ns
        last = time_ns
    yield first - gap_ns, last + gap_ns
