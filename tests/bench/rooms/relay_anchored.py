"""From a read to its event on the chain, as fast as two processes on two cores go, beside a map of a million things."""

from __future__ import annotations

import time
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import bare
import inputs
from kit import Measured, Side, benchmark, digest, rates
from relay_kit import LONGEST_WAIT, PLACE, POINT, anchored, disk, publishing, service, until

if TYPE_CHECKING:
    from lading.client import Lading

THINGS = 1_000_000
FILLED_AT_ONCE = 50_000
EVENTS, PASSES = 200_000, 80_000
ROUNDS = 3
IN_A_BATCH = 50_000
PASS_GAP_SECONDS = 1
LATENESS_SECONDS = 0.2
SETTINGS = {
    "smoothing": {"gap_seconds": inputs.GAP_SECONDS, "lateness_seconds": LATENESS_SECONDS},
    "batch": {"max_events": IN_A_BATCH, "max_bytes": 100_000_000},
}
TUNNEL = {
    "smoothing": {"gap_seconds": PASS_GAP_SECONDS, "lateness_seconds": LATENESS_SECONDS},
    "batch": SETTINGS["batch"],
    "read_points": [
        {"reader": inputs.READER, "antenna": "any", "sgln": POINT, "biz_location": PLACE}
        | {"biz_step": "packing", "disposition": "in_progress", "tunnel": True}
    ],
}


@benchmark("relay.events.anchored", "events/s", rounds=1)
def relay_events_anchored() -> tuple[Side, Side]:
    """Reads in a log that `lading relay run` follows, each of another tag, until their batches are on Anvil and
    confirmed; the publisher's item map has a million things before, half of the tags among them. The node takes its
    part of the same cores. The bare loop only makes the batches' trees, with our hash function; it has no map, no sync
    of two processes and no chain."""
    logs = [inputs.reader_log(part, EVENTS, 1) for part in range(1 + ROUNDS)]
    return lambda: _ours(logs, EVENTS, EVENTS, SETTINGS), lambda: _bare(logs, EVENTS)


@benchmark("relay.events.anchored.three", "events/s", rounds=1)
def relay_events_anchored_three() -> tuple[Side, Side]:
    """The same with three things an event: cases that pass a tunnel, each an AggregationEvent of an SSCC and two items,
    of which one is in the map. The bare loop makes an event of each read, since it packs nothing."""
    logs = [inputs.packing_log(part, PASSES, PASS_GAP_SECONDS) for part in range(1 + ROUNDS)]
    return lambda: _ours(logs, PASSES, 2 * PASSES, TUNNEL), lambda: _bare(logs, PASSES)


def _ours(logs: Sequence[bytes], events: int, tags: int, settings: Mapping[str, object]) -> Measured:
    """`events` of each log, and how many tags it has that are no cases."""
    from lading import __version__

    with disk() as folder, publishing(folder) as (client, who):
        _fill(folder, client, who, [inputs.tags(part, tags)[::2] for part in range(len(logs))])
        with service(folder, client, who, settings) as log:
            samples = _rates(log, logs, events)
        return Measured(f"lading {__version__}", samples, digest([len(logs)]))


def _bare(logs: Sequence[bytes], events: int) -> Measured:
    from lading.provenance.keccak import keccak256

    with disk() as folder, bare.Store(folder / "bare.sqlite3") as store:
        samples = rates(lambda log: bare.roots(store.take_in(log), IN_A_BATCH, keccak256), logs, events)
        return Measured("bare loop into SQLite and trees, no chain", samples, digest([len(logs)]))


def _fill(folder: Path, client: Lading, publisher: str, seen: Sequence[Sequence[str]]) -> None:
    """A map of so many things, among them those of these tags."""
    from lading.relayer.outbox.outbox import Outbox
    from lading.relayer.run import identity_of
    from lading.relayer.smoothing.naming import named

    with Outbox.open(folder / "relay.sqlite3", identity_of(client, publisher)) as outbox:
        known = [(named(epc)[1], b"\x5e" * 32) for tags in seen for epc in tags]
        things = known + inputs.things(THINGS - len(known))
        for first in range(0, THINGS, FILLED_AT_ONCE):
            outbox.items.apply(things[first : first + FILLED_AT_ONCE])


def _rates(log: Path, logs: Sequence[bytes], events: int) -> list[float]:
    """Events per second of each part but the first, from its first byte to the last of its events."""
    from lading.relayer.store.database import Database, owner_of

    outbox = log.with_name("relay.sqlite3")
    database = Database.open(outbox, owner_of(outbox))
    found = []
    with log.open("ab") as lines:
        for number, part in enumerate(logs):
            begun = time.monotonic()
            lines.write(part + b"\n")
            lines.flush()
            end = (number + 1) * events
            until(lambda end=end: anchored(database) == end, f"{end} events were not anchored in {LONGEST_WAIT:g} s")
            found.append(events / (time.monotonic() - begun))
    database.close()
    return found[1:]
