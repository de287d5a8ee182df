"""What a survivor might have to wait for when another worker dies, each by itself: none of it may take long."""

from __future__ import annotations

import os
import socket
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

from databases import IDENTITY
from service_kit import child_of, until

from lading.relayer.anchoring.leader import Leader
from lading.relayer.config.settings import RelayConfig
from lading.relayer.feeds.message import Message
from lading.relayer.intake.inbox import store as put
from lading.relayer.outbox.outbox import Outbox
from lading.relayer.reads.message_decoder import MessageDecoder
from lading.relayer.reads.roster import Roster
from lading.relayer.service.duties import Duties
from lading.relayer.service.leases import LEASE_SECONDS, Leases
from lading.relayer.smoothing.inference import Lane
from lading.relayer.store.database import Database

LANES = ["l1", "l2", "l3", "l4"]
SOON = 4.0
"""Seconds in which what the operating system or a server tells at once is known, also on a machine that is busy."""


def test_a_lane_in_the_works_keeps_nobody_from_what_a_dead_worker_held(schema: str):
    first, second, busy, clock = (Database.open(schema, IDENTITY) for _ in range(4))
    one, other = Duties(first, "a", LANES, ["0 http x"]), Duties(second, "b", LANES, ["0 http x"])
    one.renew()
    other.renew()
    mine = one.renew().lanes
    other.renew()
    clock.execute("UPDATE lanes SET lease_until = 1 WHERE holder = 'b'")  # it died a while ago
    with busy.transaction():  # as the survivor's own inference is, on one lane after another
        busy.execute("UPDATE lanes SET position = position WHERE lane = ?", (mine[0],))
        held = one.renew()
    assert (set(held.lanes), set(held.slots)) == (set(LANES), {"a", "b"})
    for database in (first, second, busy, clock):
        database.close()


def test_a_lane_in_the_works_is_not_taken_even_if_its_lease_has_lapsed(schema: str):
    first, second, busy = (Database.open(schema, IDENTITY) for _ in range(3))
    one, other = Duties(first, "a", LANES, ()), Duties(second, "b", LANES, ())
    one.renew()
    with busy.transaction():
        busy.execute("UPDATE lanes SET lease_until = 1 WHERE lane = 'l1'")
        busy.execute("UPDATE lanes SET lease_until = 1 WHERE lane = 'l2'")
        assert other.renew().lanes == ()
    assert other.renew().lanes == ("l1", "l2")
    for database in (first, second, busy):
        database.close()


def test_work_on_a_lane_renews_its_workers_lease_and_nobody_elses(
    outbox: Outbox, config: RelayConfig, ours: Callable[..., dict[str, Any]]
):
    database, roster = outbox.store, Roster(config)
    name = roster.lanes[0]
    Duties(database, "a", roster.lanes, ()).renew()

    def left(holder: str) -> int:
        database.execute("UPDATE lanes SET lease_until = 7 WHERE lane = ?", (name,))
        with database.transaction():
            line = str(ours(reader="zebra")).replace("'", '"').encode()
            message = Message("test", "test", line)
            put(database, [MessageDecoder(roster)(message)], 1)
        assert Lane(outbox, roster, config, name, holder=holder).advance() is not None
        return int(database.one("SELECT lease_until FROM lanes WHERE lane = ?", (name,))[0])

    database.execute("UPDATE lanes SET holder = 'a' WHERE lane = ?", (name,))
    assert left("another") == 7
    assert left("a") > time.time() * 1000


WAITING = """
import sys
from databases import IDENTITY
from lading.relayer.anchoring.leader import Leader
from lading.relayer.store.database import Database
database = Database.open(sys.argv[1], IDENTITY)
assert Leader(database).take()
print("it leads", flush=True)
with database.transaction():
    database.lock("what another holds")
"""


def test_the_lead_of_a_process_that_died_waiting_for_a_lock_is_free_at_once(server: Any):
    url = server.get_uri()
    one, other = Database.open(url, IDENTITY), Database.open(url, IDENTITY)
    with one.transaction():
        one.lock("what another holds")
        doomed = run(WAITING, url)
        assert doomed.stdout is not None
        assert doomed.stdout.readline() == "it leads\n"
        until(lambda: waits(other), "it waits for the lock")
        doomed.kill()
        doomed.wait()
        doomed.stdout.close()
        until(Leader(other).take, "the lead is free while the lock is not", SOON)
    one.close()
    other.close()


def waits(database: Database) -> bool:
    asked = "SELECT count(*) FROM pg_catalog.pg_locks WHERE locktype = 'advisory' AND NOT granted"
    return bool(database.one(asked)[0])


ANCHORING = """
import sys, time
from pathlib import Path
from databases import IDENTITY
from lading.relayer.anchoring.anchorage import Anchorage
from lading.relayer.anchoring.process import AnchorProcess
from lading.relayer.config.settings import load
if __name__ == "__main__":
    config = load(Path(sys.argv[1]))
    AnchorProcess(Anchorage(config, IDENTITY, (sys.argv[2],), None, b"\\x01" * 32)).start()
    time.sleep(600)
"""


def test_an_anchoring_process_ends_with_its_worker_even_while_a_node_keeps_it_waiting(
    document: Callable[[], dict[str, Any]], tmp_path: Path
):
    config = tmp_path / "relay.yaml"
    config.write_text(str(document()))
    script = tmp_path / "worker.py"
    script.write_text(ANCHORING)
    with socket.create_server(("127.0.0.1", 0)) as node:  # it takes requests, and answers none
        node.settimeout(60)
        worker = run(str(script), str(config), f"http://127.0.0.1:{node.getsockname()[1]}")
        assert worker.stdout is not None
        try:
            asked, _ = node.accept()
            anchoring = child_of(worker.pid)
        finally:
            worker.kill()
            worker.wait()
            worker.stdout.close()
        with asked:
            until(lambda: ended(anchoring), "it has ended with its worker", SOON)


def ended(pid: int) -> bool:
    """Also where nobody has asked what it ended with."""
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] == "Z"
    except OSError:
        return True


def run(program: str, *given: str) -> subprocess.Popen[str]:
    """A file with a program, or the program itself."""
    how = [program] if program.endswith(".py") else ["-c", program]
    paths = os.pathsep.join([str(Path(__file__).parent), os.environ.get("PYTHONPATH", "")])
    return subprocess.Popen(
        [sys.executable, *how, *given], env=os.environ | {"PYTHONPATH": paths}, stdout=subprocess.PIPE, text=True
    )


def test_a_lane_is_held_by_one_and_taken_over_when_its_lease_lapses(connect):
    first, second = Leases(connect(), "first"), Leases(connect(), "second")
    lanes = ["a", "b", "c"]
    assert first.take(lanes, most=2) == ["a", "b"]
    assert second.take(lanes) == ["c"]
    assert first.take(lanes) == ["a", "b"]
    # As if the first had died: nothing but the database's clock is asked.
    lapse = "UPDATE lanes SET lease_until = lease_until - ? WHERE lane = 'a'"
    assert connect().execute(lapse, (LEASE_SECONDS * 1000 + 1,)) == 1
    assert first.held(lanes) == ["b"]
    assert second.take(lanes) == ["a", "c"]
    assert first.take(lanes) == ["b"]
    second.release()
    assert first.take(lanes) == lanes
