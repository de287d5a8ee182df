"""What is told to Prometheus, and that the dashboard and the documentation ask for what is told."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

import pytest
from prometheus_client import generate_latest
from prometheus_client.parser import text_string_to_metric_families

from lading.relayer.config.settings import load
from lading.relayer.service.feeds import FeedView
from lading.relayer.service.metrics import COUNTERS, GAUGES, LABELLED, PREFIX, Gauges, registry_of
from lading.relayer.service.status import LaneStatus, LastBatch, Status

STATUS = Status(
    reads=10,
    events=6,
    events_by_source={"reads": 4, "documents": 2, "captures": 0},
    duplicates=3,
    late=2,
    quarantined=1,
    gaps=5,
    inbox_reads=6,
    waiting_events=7,
    outbox_age_seconds=1.5,
    batches=8,
    open_batches=1,
    last_batch=LastBatch(8, 500, 0.5, None),
    pending_transactions=2,
    lanes=(LaneStatus("dock", "a", 0.25), LaneStatus("yard", None, None)),
    nonce_gap=9,
    fee_bumps=11,
    head_lag_seconds=12.5,
    rpc_errors={"timeout": 2, "http_429": 1},
    captures_signed=14,
)
OWN = Gauges(
    intake_waiting=13,
    feeds=(FeedView("mqtt b:1", True, None, 2, False, False), FeedView("stdin", False, "ended", 0, False, True)),
    anchor_restarts=1,
    capture_failures=15,
)
COUNTING = {"events", "rpc_errors", "feed_reconnects"}
NAMES = {
    *(f"{PREFIX}{name}_total" for name in COUNTERS),
    *(PREFIX + name for name in GAUGES),
    *(PREFIX + name + ("_total" if name in COUNTING else "") for name in LABELLED),
}


def told(status: Status) -> dict[tuple[str, str], float]:
    text = generate_latest(registry_of(lambda: status, lambda: OWN)).decode()
    return {
        (sample.name.removeprefix(PREFIX), ",".join(sample.labels.values())): sample.value
        for family in text_string_to_metric_families(text)
        for sample in family.samples
    }


def test_everything_of_the_status_and_of_the_process_is_told_under_its_name():
    assert told(STATUS) == {
        ("reads_total", ""): 10,
        ("events_total", "reads"): 4,
        ("events_total", "documents"): 2,
        ("events_total", "captures"): 0,
        ("duplicates_total", ""): 3,
        ("late_reads_total", ""): 2,
        ("quarantined_total", ""): 1,
        ("batches_total", ""): 8,
        ("fee_bumps_total", ""): 11,
        ("anchoring_restarts_total", ""): 1,
        ("captures_signed_total", ""): 14,
        ("capture_failures_total", ""): 15,
        ("sequence_gaps", ""): 5,
        ("inbox_reads", ""): 6,
        ("outbox_events", ""): 7,
        ("outbox_age_seconds", ""): 1.5,
        ("batch_events", ""): 500,
        ("pending_transactions", ""): 2,
        ("nonce_gap", ""): 9,
        ("head_lag_seconds", ""): 12.5,
        ("intake_waiting_messages", ""): 13,
        ("rpc_errors_total", "timeout"): 2,
        ("rpc_errors_total", "http_429"): 1,
        ("feed_connected", "mqtt b:1"): 1,
        ("feed_connected", "stdin"): 0,
        ("feed_failed", "mqtt b:1"): 0,
        ("feed_failed", "stdin"): 0,
        ("feed_reconnects_total", "mqtt b:1"): 2,
        ("feed_reconnects_total", "stdin"): 0,
        ("lane_lag_seconds", "dock"): 0.25,
        ("lane_held", "dock"): 1,
        ("lane_held", "yard"): 0,
    }


def test_what_nobody_has_told_yet_is_left_out_and_not_zero():
    from dataclasses import replace

    before = replace(STATUS, nonce_gap=None, fee_bumps=None, head_lag_seconds=None, last_batch=None, rpc_errors={})
    names = {name for name, _ in told(before)}
    assert names.isdisjoint({"nonce_gap", "fee_bumps_total", "head_lag_seconds", "batch_events", "rpc_errors_total"})


@pytest.fixture(scope="module")
def dashboard(root: Path) -> dict[str, Any]:
    return json.loads((root / "examples/relay/grafana.json").read_text())


def test_the_dashboard_asks_for_every_metric_and_for_no_other(dashboard: dict[str, Any]):
    asked = {
        name
        for panel in dashboard["panels"]
        for target in panel["targets"]
        for name in re.findall(r"lading_relay_\w+", target["expr"])
    }
    assert asked == NAMES


def test_the_page_for_the_night_explains_every_metric_and_no_other(root: Path):
    page = (root / "docs/relayer.md").read_text()
    assert set(re.findall(r"`(lading_relay_\w+)", page)) == NAMES


def test_the_shipped_configuration_is_one(root: Path):
    config = load(root / "examples/relay/relay.yaml")
    assert len(config.sources) == 3


def test_the_unit_starts_the_command_that_there_is_and_gives_it_its_secrets_by_file(root: Path):
    unit = (root / "examples/relay/lading-relay.service").read_text()
    assert "lading relay run --config /etc/lading/relay.yaml" in unit
    for line in ("Restart=always", "LoadCredential=keystore:", "NoNewPrivileges=yes", "ProtectSystem=strict"):
        assert line in unit
    assert int(re.search(r"TimeoutStopSec=(\d+)", unit)[1]) > 10  # type: ignore[index]
