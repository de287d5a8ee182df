"""What is stored of lanes, brought to the configuration of now: a change of it may rename, join or part them.

At the start, in one transaction, and only if something differs:

    inbox          reads that wait are packed anew for the lane that their reader belongs to now, in the order in which
                   they came; what was released already is left out, so that nothing is read twice
    observations   go with their read point, and are closed if that is configured no more; what they would have said of
                   the tag's leaving is configured no more either
    read_chunks    go with the observations, and with the readers as copies, so that what is delivered again is known
                   again
    lanes          a lane begins where the furthest of those was from which anything came to it: what is older than
                   that is late there, and late reads ask whether they were delivered before
    quarantine     has the reads that have no read point any more, as lines of our own form: once there is one, they
                   are replayed like any other

A process that goes on with the configuration of before does no harm: its lanes have moved (`lane_store.advance_state`).
What it takes in after this for a lane that is no more waits for the next start of any.
"""

from __future__ import annotations

import json
import struct
from collections.abc import Iterator
from dataclasses import dataclass
from functools import lru_cache
from itertools import starmap
from time import time_ns

from lading.relayer.errors import ReaderLineError
from lading.relayer.feeds.message import Form
from lading.relayer.intake.quarantine import Rejected, keep
from lading.relayer.reads.lines import line_of
from lading.relayer.reads.reads import NONE, Numbered, Read, Row, pack, unpack
from lading.relayer.reads.roster import Roster
from lading.relayer.reads.sequences import Sequences, by_reader
from lading.relayer.smoothing import lane_store
from lading.relayer.smoothing.lane_store import INBOX
from lading.relayer.smoothing.watermark import BEFORE_ALL
from lading.relayer.store.database import Database

_PUT = "INSERT INTO inbox (lane, received_ns, count, reads) VALUES (?, ?, ?, ?)"
_ENTRY = struct.Struct(">qqq")
_IDS_AT_ONCE = 500


@dataclass(frozen=True, slots=True)
class Regrouped:
    """`moved`: reads of the inbox that were packed anew. `quarantined`: those that have no read point any more.
    `closed`: observations at read points that are no more."""

    moved: int = 0
    quarantined: int = 0
    closed: int = 0


def regroup(database: Database, roster: Roster) -> Regrouped:
    """All of it or, on an error, nothing; to be repeated at will. Raises `OutboxError`."""
    if _stands(database, roster):
        return Regrouped()
    with database.transaction():
        database.lock(INBOX)
        _hold_lanes(database, roster)
        return _Regrouping(database, roster).run()


def _stands(database: Database, roster: Roster) -> bool:
    """Whether all is as the configuration has it, as far as its last change and the inbox tell."""
    if database.rows("SELECT grouping FROM lane_grouping") != [(roster.grouping,)]:
        return False
    return _lanes_in(database, "inbox") <= set(roster.lanes)


def _lanes_in(database: Database, table: str) -> set[str]:
    return {lane for (lane,) in database.rows(f"SELECT DISTINCT lane FROM {table}")}  # noqa: S608 - our own names


def _hold_lanes(database: Database, roster: Roster) -> None:
    """From here on no other process moves any of them."""
    names = {*roster.lanes, *_lanes_in(database, "inbox"), *_lanes_in(database, "observations")}
    values = [(lane,) for lane in sorted(names)]
    database.many("INSERT INTO lanes (lane) VALUES (?) ON CONFLICT (lane) DO NOTHING", values)
    database.many("UPDATE lanes SET position = position WHERE lane = ?", values)


class _Regrouping:
    """Inside a transaction that nobody else writes to inbox or lanes in."""

    def __init__(self, database: Database, roster: Roster) -> None:
        self._database, self._roster = database, roster
        self._places: set[tuple[str, str]] = set(database.rows("SELECT DISTINCT lane, read_point FROM observations"))
        stored = database.rows("SELECT grouping FROM lane_grouping")
        self._readers = {(reader, lane) for (text,) in stored for reader, _, _, lane in json.loads(text)}
        """Each with its lane of before, as far as that is known."""
        self._state = {lane: lane_store.state_of(database, lane) for lane in _lanes_in(database, "lanes")}
        self._from: dict[str, set[str]] = {}
        """By lane of now, the others from which anything comes to it."""
        self._leaving: set[str] = set()
        """Lanes that reads leave for quarantine."""
        self._lane_of = lru_cache(None)(self._placed)
        self.moved = self.quarantined = 0

    def run(self) -> Regrouped:
        for lane, sgln in self._places:
            self._note(lane, self._roster.lane_at(sgln))
        for reader, lane in self._readers:
            self._note(lane, self._roster.lane_if_known(reader))
        for _, lane, reads, numbered in self._rows():
            self._look(lane, reads, numbered)
        touched = {*self._from, *self._leaving, *(lane for lanes in self._from.values() for lane in lanes)}
        if touched:
            self._move(touched)
        closed = self._move_observations()
        self._move_chunks()
        self._database.execute(
            "INSERT INTO lane_grouping (id, grouping) VALUES (1, ?)"
            " ON CONFLICT (id) DO UPDATE SET grouping = excluded.grouping",
            (self._roster.grouping,),
        )
        return Regrouped(self.moved, self.quarantined, closed)

    def _note(self, lane: str, now: str | None) -> None:
        if now is not None and now != lane:
            self._from.setdefault(now, set()).add(lane)

    # -- the inbox

    def _rows(self, lanes: set[str] | None = None) -> Iterator[tuple[int, str, list[Row], list[Numbered]]]:
        """One at a time: all of them, or those of some lanes."""
        database = self._database
        for row, lane in database.rows("SELECT id, lane FROM inbox ORDER BY id"):
            if lanes is None or lane in lanes:
                (packed,) = database.one("SELECT reads FROM inbox WHERE id = ?", (row,))
                yield row, lane, *unpack(packed)

    def _placed(self, reader: str, antenna: int) -> str | ReaderLineError:
        try:
            self._roster.reader_of((reader,))
            self._roster.point_of(reader, None if antenna == NONE else antenna)
        except ReaderLineError as error:
            return error
        return self._roster.lane_of(reader)

    def _look(self, lane: str, reads: list[Row], numbered: list[Numbered]) -> None:
        for reader, antenna in {(read[3], read[2]) for read in reads}:
            now = self._lane_of(reader, antenna)
            if isinstance(now, str):
                self._note(lane, now)
            else:
                self._leaving.add(lane)
        for reader, _ in numbered:
            known = self._roster.lane_if_known(reader)
            self._note(lane, known)
            if known is None:
                self._leaving.add(lane)

    def _move(self, lanes: set[str]) -> None:
        """Packs what waits in these lanes anew, behind all there is, and says where they begin."""
        database, received = self._database, time_ns()
        # Its id is where all of these lanes are from now on: whoever knows another place of theirs is out of date.
        begin = database.insert(_PUT, ("", received, 0, pack([])))
        database.execute("DELETE FROM inbox WHERE id = ?", (begin,))
        for row, lane, reads, numbered in self._rows(lanes):
            position, mark = self._state[lane]
            if row > position:
                self._put(lane, reads, numbered, received)
            else:
                held = [read for read in reads if read[0] > mark]
                # They are counted when they are taken, and so once more.
                lane_store.count(database, lane, {"reads": -len(held)})
                self._put(lane, held, [], received)
            database.execute("DELETE FROM inbox WHERE id = ?", (row,))
        for lane in sorted(lanes):
            mark = max(self._state[one][1] for one in {lane, *self._from.get(lane, ())})
            database.execute(
                "UPDATE lanes SET position = ?, watermark_ns = ? WHERE lane = ?",
                (begin, None if mark == BEFORE_ALL else mark, lane),
            )

    def _put(self, lane: str, reads: list[Row], numbered: list[Numbered], received: int) -> None:
        parts: dict[str, tuple[list[Row], list[Numbered]]] = {}
        homeless: list[Rejected] = []
        for read in reads:
            now = self._lane_of(read[3], read[2])
            if isinstance(now, str):
                parts.setdefault(now, ([], []))[0].append(read)
            else:
                line = line_of(Read._make(read))
                place = f"inbox of lane {lane}", 0, now.reason, now.detail, line
                homeless.append(Rejected.of(*place, Form.LINES, ""))
        arrived: list[Numbered] = []
        for number in numbered:
            known = self._roster.lane_if_known(number[0])
            (arrived if known is None else parts.setdefault(known, ([], []))[1]).append(number)
        self._database.many(_PUT, [(to, received, len(part[0]), pack(*part)) for to, part in parts.items()])
        keep(self._database, homeless, received)
        Sequences(self._database).store(by_reader((), arrived))
        self.moved += len(reads) - len(homeless)
        self.quarantined += len(homeless)

    # -- observations, and the reads in them

    def _move_observations(self) -> int:
        closed = 0
        for lane, sgln in sorted(self._places):
            now = self._roster.lane_at(sgln)
            if now is None:
                closed += self._database.execute(
                    "UPDATE observations SET open = 0, signals = NULL WHERE open = 1 AND lane = ? AND read_point = ?",
                    (lane, sgln),
                )
            elif now != lane:
                self._database.execute(
                    "UPDATE observations SET lane = ? WHERE lane = ? AND read_point = ?", (now, lane, sgln)
                )
        return closed

    def _move_chunks(self) -> None:
        for lane in sorted({lane for lane, _ in self._places}):
            homes = {self._roster.lane_at(sgln) or lane for at, sgln in self._places if at == lane}
            readers = {self._roster.lane_if_known(reader) for reader, at in self._readers if at == lane}
            homes |= {now for now in readers if now is not None}
            if homes == {lane}:
                continue
            if len(homes) == 1:
                self._database.execute("UPDATE read_chunks SET lane = ? WHERE lane = ?", (*homes, lane))
            else:
                self._part_chunks(lane, homes)

    def _part_chunks(self, lane: str, homes: set[str]) -> None:
        """Each read to the lane that its observation is of now. That need not be its reader's: within an area, reads at
        other points belong to the observation, too. So each lane gets a copy of the others' reads, which counts
        nothing."""
        database = self._database
        for chunk, count in database.rows("SELECT id, count FROM read_chunks WHERE lane = ? ORDER BY id", (lane,)):
            (packed,) = database.one("SELECT reads FROM read_chunks WHERE id = ?", (chunk,))
            entries = list(_ENTRY.iter_unpack(packed))
            lanes = self._lanes_of({row for _, _, row in entries}) if count else {}
            parts: dict[str, list[tuple[int, ...]]] = {}
            for entry in entries if count else ():
                parts.setdefault(lanes[entry[2]], []).append(entry)
            rows = [(to, part, len(part)) for to, part in parts.items()]
            for home in homes:
                if others := [entry for entry in entries if lanes.get(entry[2]) != home]:
                    rows.append((home, others, 0))
            database.execute("DELETE FROM read_chunks WHERE id = ?", (chunk,))
            database.many(
                "INSERT INTO read_chunks (lane, first_ns, last_ns, count, reads) VALUES (?, ?, ?, ?, ?)",
                [(to, part[0][0], part[-1][0], own, b"".join(starmap(_ENTRY.pack, part))) for to, part, own in rows],
            )

    def _lanes_of(self, observations: set[int]) -> dict[int, str]:
        rows, found = sorted(observations), dict[int, str]()
        for at in range(0, len(rows), _IDS_AT_ONCE):
            some = rows[at : at + _IDS_AT_ONCE]
            marks = ", ".join("?" * len(some))
            found.update(self._database.rows(f"SELECT id, lane FROM observations WHERE id IN ({marks})", some))  # noqa: S608
        return found
