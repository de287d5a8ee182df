"""What `relay status` reads from an outbox, and what it costs."""

from __future__ import annotations

import time
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from lading.relayer.anchoring.backlog import Figures, figures_of, keep_figures, open_events
from lading.relayer.errors import OutboxUnreadable
from lading.relayer.feeds.message import Form
from lading.relayer.intake import quarantine
from lading.relayer.outbox.outbox import Outbox
from lading.relayer.service.duties import Duties
from lading.relayer.service.leases import Leases
from lading.relayer.service.status import LaneStatus, status_at, status_of
from lading.relayer.store.database import Database

CONTEXT = "https://ref.gs1.org/standards/epcis/2.0.0/epcis-context.jsonld"


def seen(number: int) -> dict[str, Any]:
    return {
        "type": "ObjectEvent",
        "eventTime": f"2026-03-02T08:{number // 60:02d}:{number % 60:02d}.000Z",
        "eventTimeZoneOffset": "+00:00",
        "epcList": [f"urn:epc:id:sgtin:9521141.012345.{number}"],
        "action": "OBSERVE",
    }


def fill(outbox: Outbox, count: int, batch: int, first: int = 0) -> None:
    for number in range(first, first + count):
        outbox.add(seen(number), CONTEXT)
    outbox.begin_log(5)
    while outbox.waiting_size()[0] >= batch:
        closed = outbox.close_batch(batch)
        assert closed is not None
        outbox.mark_anchored(closed.index, 100 + closed.index, b"\x55" * 20)


def test_a_new_outbox_has_nothing_to_tell(outbox: Outbox):
    status = status_of(outbox.store)
    numbers = (status.reads, status.events, status.waiting_events, status.batches, status.pending_transactions)
    assert (numbers, status.last_batch, status.lanes, status.nonce_gap) == ((0,) * 5, None, (), None)
    assert status.outbox_age_seconds == 0


def test_batches_and_what_is_not_on_the_chain_are_counted_by_ranges(outbox: Outbox):
    fill(outbox, 7, batch=3)
    status = status_of(outbox.store)
    assert (status.batches, status.open_batches, status.waiting_events) == (2, 0, 1)
    assert status.last_batch is not None
    assert (status.last_batch.index, status.last_batch.events, status.last_batch.block) == (6, 3, 106)
    outbox.reopen(6)
    status = status_of(outbox.store)
    assert (status.batches, status.open_batches, status.waiting_events) == (1, 1, 4)
    assert status.last_batch is not None
    assert status.last_batch.block is None
    assert 0 < status.outbox_age_seconds < 60


def test_the_age_of_what_waits_is_known_before_anything_was_ever_anchored(outbox: Outbox):
    outbox.add(seen(1), CONTEXT)
    happened = datetime(2026, 3, 2, 8, 0, 1, tzinfo=UTC).timestamp()
    assert abs(status_of(outbox.store).outbox_age_seconds - (time.time() - happened)) < 60


def test_what_the_anchoring_process_told_last_stands_in_place_of_what_it_told_before(outbox: Outbox):
    assert figures_of(outbox.store) is None
    keep_figures(outbox.store, Figures(nonce_gap=9, rpc_errors={"timeout": 3, "lie": 1}))
    told = Figures(1, 2, 3, 4, int(time.time()) - 60, {"timeout": 4})
    keep_figures(outbox.store, told)
    assert figures_of(outbox.store) == told
    status = status_of(outbox.store)
    assert (status.nonce_gap, status.fee_bumps, status.rpc_errors) == (2, 3, {"timeout": 4})
    assert status.head_lag_seconds is not None
    assert 59 < status.head_lag_seconds < 90
    assert (status.reads, status.events) == (0, 0)


def test_quarantine_and_gaps_are_counted(outbox: Outbox):
    store = outbox.store
    rejected = [quarantine.Rejected.of("log", n, "not-json", "no", b"x%d" % n, Form.LINES, "") for n in (1, 2)]
    with store.transaction():
        quarantine.keep(store, rejected, 1)
        store.execute("INSERT INTO sequences (reader, lowest, highest) VALUES ('a', 1, 20)")
        store.execute("INSERT INTO gaps (reader, first, last) VALUES ('a', 3, 5)")
    status = status_of(store)
    assert (status.quarantined, status.gaps) == (2, 3)


def test_lanes_say_who_holds_them_and_duties_are_none_of_them(outbox: Outbox):
    duties = Duties(outbox.store, "a", ["dock", "yard"], ["0 llrp reader:5084"])
    duties.renew()
    outbox.store.execute("UPDATE lanes SET holder = NULL WHERE lane = 'yard'")
    outbox.store.execute("UPDATE lanes SET watermark_ns = ? WHERE lane = 'dock'", (time.time_ns() - 10**9,))
    dock, yard = status_of(outbox.store).lanes
    assert (dock.name, dock.holder, yard) == ("dock", "a", LaneStatus("yard", None, None))
    assert dock.lag_seconds is not None
    assert 0.9 < dock.lag_seconds < 30
    duties.leave()
    assert status_of(outbox.store).lanes[0].holder is None


def test_a_status_costs_the_same_behind_any_history(outbox: Outbox):
    """Statements of SQLite's virtual machine, which count what is looked at."""

    def cost() -> int:
        steps = 0

        def count() -> int:
            nonlocal steps
            steps += 1
            return 0

        outbox.store._driver.set_progress_handler(count, 100)
        status_of(outbox.store)
        outbox.store._driver.set_progress_handler(None, 0)
        return steps

    fill(outbox, 11, batch=2)
    before = cost()
    fill(outbox, 400, batch=2, first=100)
    assert cost() <= before + 2
    assert open_events(outbox.store) == 1


def test_the_status_of_no_outbox_is_refused_and_makes_none(tmp_path: Path):
    with pytest.raises(OutboxUnreadable):
        status_at(tmp_path / "none.sqlite3")
    assert list(tmp_path.iterdir()) == []


@pytest.fixture
def two(connect) -> tuple[Duties, Duties, Database]:
    lanes = ["l1", "l2", "l3", "l4"]
    first, second, third = connect(), connect(), connect()
    return Duties(first, "a", lanes, ["0 http x"]), Duties(second, "b", lanes, ["0 http x"]), third


def test_workers_share_alike_and_a_dead_ones_part_is_taken_over_and_given_back(two):
    one, other, store = two
    alone = one.renew()
    assert (alone.lanes, alone.feeds, alone.slots) == (("l1", "l2", "l3", "l4"), ("0 http x",), ("a",))
    assert other.renew().lanes == ()
    assert len(one.renew().lanes) == 2
    shared = other.renew()
    assert (len(shared.lanes), shared.feeds, shared.slots) == (2, (), ("b",))
    store.execute("UPDATE lanes SET lease_until = 1 WHERE holder = 'a'")  # it died a while ago
    taken = other.renew()
    assert (len(taken.lanes), taken.feeds, set(taken.slots)) == (4, ("0 http x",), {"a", "b"})
    back = one.renew()
    assert back.slots == ()  # not before it is given back
    assert (len(other.renew().lanes), other.renew().slots) == (2, ("b",))
    again = one.renew()
    assert (len(again.lanes), again.slots) == (2, ("a",))


def test_a_worker_that_leaves_gives_all_back_at_once(two):
    one, other, store = two
    one.renew()
    one.leave()
    assert len(other.renew().lanes) == 4
    assert Leases(store, "c").alive("\tworker ") == ["\tworker b"]
