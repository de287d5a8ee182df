"""The service with its broker gone, its chain away, and its processes killed: nothing is lost, nothing is doubled."""

from __future__ import annotations

import json
import os
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


def test_a_broker_that_goes_and_comes_back_loses_nothing(site: Site, broker: Broker):
    site.write(sources=mqtt(broker))
    with site.service() as running:
        running.ready()
        publish(broker, 1, 100)
        anchored(site, running, 100)
        broker.stop()
        code, text = until(
            lambda: (found := running.get("/readyz"))[0] == 503 and found, "it says that the broker is away"
        )
        assert [reason["part"].split()[0] for reason in json.loads(text)["reasons"]] == ["mqtt"]
        assert (code, running.get("/healthz")[0]) == (503, 200)
        broker.start()
        running.ready()
        publish(broker, 101, 100)
        anchored(site, running, 200)
        assert running.metric("feed_reconnects_total") >= 1
        running.end()


def test_a_service_that_is_killed_and_one_whose_anchoring_is_killed_lose_and_double_nothing(
    site: Site,
    broker: Broker,
):
    site.write(sources=mqtt(broker))
    with site.service() as running:
        running.ready()
        publish(broker, 1, 200)
        os.kill(child_of(running.process.pid), signal.SIGKILL)
        anchored(site, running, 200)
        assert running.metric("anchoring_restarts_total") == 1
        publish(broker, 201, 200)
        running.process.kill()
        running.process.wait()
    with site.service() as running:
        running.ready()
        anchored(site, running, 400)
        running.end()
    status = site.status()
    assert (status["reads"] - status["duplicates"], status["events"], status["waiting_events"]) == (400, 400, 0)
    assert site.client.goods.head(site.publisher).next_index == status["batches"]


def test_a_chain_that_is_away_stops_no_reads_and_a_start_without_it_waits(site: Site, broker: Broker):
    site.write(sources=mqtt(broker))
    with site.service() as running:
        running.ready()
        running.end()
    url = site.url
    site.write(chain={"endpoints": ["http://127.0.0.1:9"]})
    with site.service() as running:
        publish(broker, 1, 50)
        until(lambda: running.metric("events_total") == 50, "events are made")
        until(lambda: "127.0.0.1:9 " in running.get("/readyz")[1], "it says that the chain is away")
        assert site.status()["waiting_events"] == 50
        assert running.end() < DRAIN_SECONDS
    with site.service() as running:
        until(lambda: running.metric("feed_connected") == 1, "it runs")
        running.process.send_signal(signal.SIGTERM)
        until(lambda: "stopping" in running.log.read_text(), "it has begun to stop, and waits for the chain")
        running.process.send_signal(signal.SIGTERM)
        assert running.process.wait(10) == 130  # at once, and nothing is lost
    site.write(chain={"endpoints": [url]})
    with site.service() as running:
        anchored(site, running, 50)
        running.end()
