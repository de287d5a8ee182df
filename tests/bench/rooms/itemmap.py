"""The item map: what a publisher counts for each thing."""

from __future__ import annotations

import tempfile
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from statistics import mean
from time import perf_counter, process_time
from typing import TYPE_CHECKING

import inputs
from kit import REPEATS, ROOT, BenchError, Measured, Side, benchmark, rates
from plain_map import PlainMap

if TYPE_CHECKING:
    from lading.relayer.items.store import ItemStore

THINGS = 1_000_000
FILLED_AT_ONCE = 50_000
UPDATES = 10_000
PROOFS = 2_000


@benchmark("itemmap.update", "updates/s", rounds=1)
def itemmap_update() -> tuple[Side, Side]:
    """10,000 events of known and new things in one batch, into a map of a million things on disk, `synchronous=FULL`:
    the same root. Beside it the same map without pages: a dictionary of nodes, and a row for each."""
    batches = [inputs.counted(part, UPDATES, THINGS) for part in range(1 + REPEATS)]

    def ours() -> Measured:
        from lading import __version__
        from lading.relayer.items.store import ItemStore
        from lading.relayer.run import NO_LOG
        from lading.relayer.store.database import Database

        with _folder() as folder:
            store = Database.open(str(folder / "items.sqlite3"), NO_LOG)
            items = ItemStore(store)
            whole = inputs.things(THINGS)
            for first in range(0, THINGS, FILLED_AT_ONCE):
                items.apply(whole[first : first + FILLED_AT_ONCE])
            processor = process_time()
            samples = rates(items.apply, batches, UPDATES)
            processor = (process_time() - processor) / len(batches)
            store.rows("PRAGMA wal_checkpoint(TRUNCATE)")
            told = _told(items, whole, (folder / "items.sqlite3").stat().st_size)
            again = process_time()
            restarted = ItemStore(Database.open(str(folder / "items.sqlite3"), NO_LOG))
            if restarted.prove(whole[0][0]) != items.prove(whole[0][0]):
                raise BenchError("the map that was read from disk gives another proof")
            told += f"; {processor:.2f} s of processor a batch, {process_time() - again:.1f} s of it to start anew"
            return Measured(f"lading {__version__} ({told})", samples, items.root().hex())

    def theirs() -> Measured:
        with _folder() as folder, PlainMap(folder / "plain.sqlite3") as plain:
            plain.fill(inputs.things(THINGS))
            samples = rates(plain.apply, batches, UPDATES)
            return Measured("a dictionary of nodes, a row each in SQLite", samples, plain.root.hex())

    return ours, theirs


def _told(items: ItemStore, whole: Sequence[tuple[str, bytes]], size: int) -> str:
    """What the table has no column for."""
    from lading.provenance.item_map import item_key, root_of

    asked = [thing for thing, _ in whole[:: len(whole) // PROOFS]]
    begin = perf_counter()
    proofs = [items.prove(thing) for thing in asked]
    made = perf_counter()
    roots = {root_of(item_key(thing), *proof) for thing, proof in zip(asked, proofs, strict=True)}
    checked = perf_counter()
    if roots != {items.root()}:
        raise RuntimeError("a proof does not lead to the root")
    hashes = mean(sum(one is not None for one in proof.siblings) for _, proof in proofs)
    made_in, checked_in = ((end - start) / len(asked) * 1e6 for start, end in ((begin, made), (made, checked)))
    return (
        f"{size / items.things():.0f} B a thing on disk; proof of {32 * hashes:.0f} B of siblings, "
        f"made in {made_in:.0f} µs, checked in {checked_in:.0f} µs"
    )


@contextmanager
def _folder() -> Iterator[Path]:
    """On the checkout's disk, as the relayer's benchmarks have it."""
    (ROOT / "build").mkdir(exist_ok=True)
    with tempfile.TemporaryDirectory(dir=ROOT / "build", prefix="bench-") as folder:
        yield Path(folder)
