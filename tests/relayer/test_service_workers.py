"""Two workers on one PostgreSQL: they share the lanes and the broker's messages, and one of them is killed."""

from __future__ import annotations

import json
import sys
import time
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parent))
from brokers import Broker
from service_kit import (
    Running,
    Site,
    free_port,
    mqtt,
    publish,
    until,
)

from lading.relayer.config.settings import load
from lading.relayer.service.status import status_at

TAKEOVER_SECONDS = 10.0


def holders(site: Site) -> set[str | None]:
    return {lane.holder for lane in status_at(load(site.config).outbox).lanes}


def all_anchored(running: Running, events: int) -> bool:
    running.alive()
    return running.metric("events_total") == events and running.metric("outbox_events") == 0


def test_a_killed_worker_is_taken_over_with_its_lanes_its_messages_and_its_lead(
    site: Site,
    broker: Broker,
    schema: str,
):
    site.write(sources=mqtt(broker, share="lading"), outbox=schema.replace(":@", "@"))
    second = free_port()
    other = site.folder / "other.yaml"
    other.write_text(site.config.read_text().replace(f"127.0.0.1:{site.port}", f"127.0.0.1:{second}"))
    with site.service("--worker", "a") as first:
        first.ready()
        site.config = other
        with site.service("--worker", "b", port=second) as survivor:
            survivor.ready()
            until(lambda: holders(site) == {"a", "b"}, "they share the lanes")
            publish(broker, 1, 200, "dock")
            publish(broker, 1001, 200, "yard")
            until(lambda: all_anchored(survivor, 400), "both work")
            first.process.kill()
            first.process.wait()
            killed = time.monotonic()
            until(lambda: holders(site) == {"b"} and survivor.metric("feed_connected") == 2, "it has taken over")
            taken = time.monotonic() - killed
            publish(broker, 201, 200, "dock")
            publish(broker, 1201, 200, "yard")
            until(lambda: all_anchored(survivor, 800), "what the dead worker held back is there")
            status = site.status()
            assert status["reads"] - status["duplicates"] == 800
            assert site.client.goods.head(site.publisher).next_index == status["batches"]
            # The first lives again: it has its place at the broker back, and its part of the lanes.
            site.config = site.folder / "relay.yaml"
            with site.service("--worker", "a") as again:
                again.ready()
                until(lambda: holders(site) == {"a", "b"}, "they share again")
                until(lambda: survivor.metric("feed_connected") == 1, "each has its own place")
                publish(broker, 401, 100, "dock")
                until(lambda: all_anchored(again, 900), "both work again")
                again.end()
            survivor.end()
    assert taken < TAKEOVER_SECONDS, json.dumps(status)
