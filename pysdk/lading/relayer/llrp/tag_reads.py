"""Tag reports of one shape -> reads, column by column."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from enum import Enum
from functools import partial
from itertools import compress, repeat
from operator import gt
from typing import Any, NamedTuple

from lading.relayer.llrp.errors import Fault
from lading.relayer.llrp.frames import TAG_REPORT_START
from lading.relayer.llrp.shapes import WINDOW, Shape, TagReport
from lading.relayer.reads.lines import MAX_EPC_BYTES, MIN_DOUBLE_HEXED_BYTES
from lading.relayer.reads.reads import NONE, Read

MOST_BAD = 100
"""Of one call, that are told one by one."""
_MAX_NS = 2**63 - 1  # until the year 2262, as wide as the database's integers
_HUNDREDTHS = {dbm: 100 * dbm for dbm in range(-128, 128)}
_HEX_DIGITS = frozenset(b"0123456789abcdefABCDEF")
_NOTHING, _NO_NUMBER, _NO_OFFSET, _NEVER = repeat(None), repeat(NONE), repeat(0), repeat(False)
_NEW_READ = partial(tuple.__new__, Read)


class Bad(NamedTuple):
    """Bytes that make no read: for the quarantine."""

    reason: Fault
    detail: str
    data: bytes


def bundled(bad: list[Bad]) -> list[Bad]:
    """The same, but beyond `MOST_BAD` those of one reason in one. Tag reports and whole messages stay apart: either
    kind can stand one behind the other in a capture."""
    if len(bad) <= MOST_BAD:
        return bad
    kinds: dict[tuple[Fault, bool], list[Bad]] = {}
    for one in bad[MOST_BAD:]:
        kinds.setdefault((one.reason, one.data.startswith(TAG_REPORT_START)), []).append(one)
    rest = [
        Bad(reason, f"{len(alike)} more; the first: {alike[0].detail}", b"".join(one.data for one in alike))
        for (reason, _), alike in kinds.items()
    ]
    return bad[:MOST_BAD] + rest


@dataclass(slots=True)
class Decoded:
    """What messages gave. `by_uptime` and `by_arrival` count the reads whose time is not the reader's UTC: the reader
    has no clock, so its uptime was placed by what it said when we connected (right but for its clock's drift and the
    network's delay), or it gave no usable time at all and the message's arrival stands in."""

    reads: list[Read] = field(default_factory=list)
    bad: list[Bad] = field(default_factory=list)
    by_uptime: int = 0
    by_arrival: int = 0


class Context(NamedTuple):
    """What messages do not say themselves: the reader's name; when they came, None for a file; when the reader's uptime
    was 0, None if that is not known. Both in nanoseconds UTC."""

    reader: str
    arrival_ns: int | None
    uptime_zero_ns: int | None


class Run(NamedTuple):
    """`size` reports of one shape, one behind the other; no more than fit in one window."""

    shape: Shape
    data: bytes
    size: int

    def singles(self) -> Iterator[Run]:
        """Each report as a run."""
        size = self.shape.size
        return (Run(self.shape, self.data[at : at + size], 1) for at in range(0, len(self.data), size))


def windows(shape: Shape, data: bytes) -> Iterator[Run]:
    """Reports of one shape as runs."""
    window = WINDOW * shape.size
    for at in range(0, len(data), window):
        piece = data[at : at + window]
        yield Run(shape, piece, len(piece) // shape.size)


def rows_of(run: Run) -> Iterator[tuple[Any, ...]]:
    """All that the reports say, as the values of `TagReport`s."""
    shape = run.shape
    columns: dict[str, Iterable[Any]] = dict(shape.everything.columns(run.data, run.size))
    columns["results"] = zip(*(columns[name] for name in shape.results), strict=True) if shape.results else repeat(())
    columns["epc"] = _epcs(columns["epc"], shape.epc_size)
    columns["epc_bits"] = repeat(shape.epc_bits)
    get = columns.get
    return zip(*[get(name, _NOTHING) for name in TagReport._fields], strict=False)


def _epcs(column: Iterable[bytes], size: int) -> list[str]:
    """In upper-case hex: all are spelled at once, and cut."""
    if size == 0:
        return ["" for _ in column]
    text, length = b"".join(column).hex().upper(), 2 * size
    return [text[at : at + length] for at in range(0, len(text), length)]


def add_reads(found: Decoded, run: Run, context: Context) -> None:
    """The reads of a run: those of the first times, then those of last times that are later."""
    columns = run.shape.for_reads.columns(run.data, run.size)
    placed = _place(columns, run.size, context)
    fault = _epc_fault(run.shape) or placed.fault
    if fault and run.size > 1:  # not all need to be at fault
        for single in run.singles():
            add_reads(found, single, context)
        return
    if fault:
        found.bad.append(Bad(*fault, run.data))
        return
    epcs, doubles = _tags(columns["epc"], run.shape.epc_size)
    rssi = [_HUNDREDTHS[dbm] for dbm in columns["rssi"]] if "rssi" in columns else _NOTHING
    rest = (epcs, columns.get("antenna", _NO_NUMBER), repeat(context.reader), _NO_NUMBER, _NO_OFFSET, doubles, rssi)
    before = len(found.reads)
    found.reads += map(_NEW_READ, zip(placed.first, *rest, strict=False))
    if placed.last:
        later = compress(zip(placed.last, *rest, strict=False), map(gt, placed.last, placed.first))
        found.reads += map(_NEW_READ, later)
    made = len(found.reads) - before
    found.by_uptime += made * (placed.basis is _Basis.UPTIME)
    found.by_arrival += made * (placed.basis is _Basis.ARRIVAL)


def _epc_fault(shape: Shape) -> tuple[Fault, str] | None:
    if shape.epc_bits == 0:
        return Fault.EPC_MISSING, "an EPC of 0 bits"
    if shape.epc_bits % 8 or shape.epc_size > MAX_EPC_BYTES:
        return Fault.EPC_INVALID, f"{shape.epc_bits} bits; an EPC is of whole bytes, {MAX_EPC_BYTES} of them at most"
    return None


def _tags(column: Sequence[bytes], size: int) -> tuple[list[str], Iterable[bool]]:
    """The EPCs, and which of them stood there hexed twice (see `lines.Sighting.tag`)."""
    epcs = _epcs(column, size)
    if size < MIN_DOUBLE_HEXED_BYTES or size % 2:
        return epcs, _NEVER
    doubles = [_HEX_DIGITS.issuperset(memory) for memory in column]
    triples = zip(column, epcs, doubles, strict=True)
    return [memory.decode("ascii").upper() if double else epc for memory, epc, double in triples], doubles


class _Basis(Enum):
    UTC, UPTIME, ARRIVAL = range(3)


class _Placed(NamedTuple):
    """The times of a run in nanoseconds UTC; `last` is empty where there is one time a report."""

    basis: _Basis
    first: Sequence[int] = ()
    last: Sequence[int] = ()
    fault: tuple[Fault, str] | None = None


def _place(columns: Mapping[str, Sequence[Any]], count: int, context: Context) -> _Placed:
    """By the reader's UTC; without it by its uptime, if it is known when that began; else by the arrival."""
    utc = [columns[name] for name in ("first_utc", "last_utc") if name in columns]
    if utc:
        return _within(_Basis.UTC, [[1000 * one for one in column] for column in utc])
    uptime = [columns[name] for name in ("first_uptime", "last_uptime") if name in columns]
    zero = context.uptime_zero_ns
    if uptime and zero is not None:
        return _within(_Basis.UPTIME, [[1000 * one + zero for one in column] for column in uptime])
    if context.arrival_ns is None:
        return _Placed(_Basis.ARRIVAL, fault=(Fault.TIME_MISSING, "no UTC, and it is not known when the report came"))
    return _Placed(_Basis.ARRIVAL, [context.arrival_ns] * count)


def _within(basis: _Basis, times: Sequence[Sequence[int]]) -> _Placed:
    if any(min(column) < 0 or max(column) > _MAX_NS for column in times):
        return _Placed(basis, fault=(Fault.TIME_INVALID, "a time outside 1970 to 2262"))
    return _Placed(basis, times[0], times[1] if times[1:] else ())
