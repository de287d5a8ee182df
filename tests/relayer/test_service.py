"""The service through its front door: the installed command, a real broker, a real node."""

from __future__ import annotations

import json
import signal
import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parent))
from brokers import Broker
from service_kit import (
    Site,
    anchored,
    child_of,
    mqtt,
    publish,
    until,
)

DRAIN_SECONDS = 10.0


def test_reads_go_from_the_broker_to_the_chain_and_metrics_and_status_agree(site: Site, broker: Broker):
    site.write(sources=mqtt(broker))
    with site.service() as running:
        running.ready()
        for pid in (running.process.pid, child_of(running.process.pid)):
            assert site.key[2:].encode() not in Path(f"/proc/{pid}/cmdline").read_bytes()
        publish(broker, 1, 1200)
        anchored(site, running, 1200)
        publish(broker, 5, 3)  # new times: further reads of tags that are there
        until(lambda: running.metric("reads_total") == 1203, "they are counted")
        status = site.status()
        told = {name: running.metric(name) for name in ("batches_total", "quarantined_total", "duplicates_total")}
        names = ("reads", "events", "quarantined", "duplicates", "gaps", "waiting_events", "pending_transactions")
        assert {name: status[name] for name in names} == {
            "reads": 1203,
            "events": 1200,
            "quarantined": 0,
            "duplicates": 0,
            "gaps": 0,
            "waiting_events": 0,
            "pending_transactions": 0,
        }
        assert told == {"batches_total": status["batches"], "quarantined_total": 0, "duplicates_total": 0}
        assert running.metric("feed_connected") == 1
        assert [lane["holder"] for lane in status["lanes"]] == ["0"] * 4
        assert running.end() < DRAIN_SECONDS
        assert site.key[2:] not in running.log.read_text()
    head = site.client.goods.head(site.publisher).next_index
    assert head == status["batches"] >= 3


def test_what_is_stored_when_the_signal_comes_is_anchored_before_it_ends(site: Site, broker: Broker):
    site.write(sources=mqtt(broker), batch={"max_events": 50_000, "max_age_seconds": 3600})
    with site.service() as running:
        running.ready()
        publish(broker, 1, 300)
        until(lambda: running.metric("events_total") == 300, "they are events")
        assert site.client.goods.head(site.publisher).next_index == 0
        assert running.end(signal.SIGINT) < DRAIN_SECONDS
        summary = running.process.stdout.read().decode()  # type: ignore[union-attr]
    assert "batches anchored" in summary
    status = site.status()
    assert (status["waiting_events"], status["batches"]) == (0, 1)
    assert site.client.goods.head(site.publisher).next_index == 1


def test_a_feed_that_fails_for_good_says_so_and_stops_no_other(site: Site, broker: Broker):
    refused = mqtt(broker, username="dock", password_env="LADING_TEST_NOT_SET", client_id="other")
    site.write(sources=[*mqtt(broker), *refused])
    with site.service() as running:
        until(lambda: running.metric("feed_connected") == 1, "the good one is connected")
        (reason,) = until(
            lambda: [one for one in json.loads(running.get("/readyz")[1])["reasons"] if one["part"] != "anchoring"],
            "it says why",
        )
        assert "LADING_TEST_NOT_SET" in reason["problem"]
        publish(broker, 1, 10)
        anchored(site, running, 10)
        assert (running.get("/readyz")[0], running.get("/healthz")[0]) == (503, 200)
        running.end()
        assert "LADING_TEST_NOT_SET" in running.log.read_text()


def test_start_up_errors_are_sentences(site: Site, broker: Broker):
    site.write(sources=mqtt(broker))
    with site.service() as running:
        running.ready()
        second = site.run("run")
        assert (second.returncode, "Traceback" in second.stderr) == (1, False)
        assert "works as '0'" in second.stderr
        other = site.run("run", "--worker", "1")  # its metrics have the same address
        assert (other.returncode, "Traceback" in other.stderr) == (1, False)
        assert "cannot listen" in other.stderr
        running.end()
