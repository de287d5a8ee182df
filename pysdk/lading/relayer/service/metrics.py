"""The relay's metrics in the form of Prometheus. The counts are those of the outbox, whichever worker is asked; what
concerns feeds is this worker's own."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass

from prometheus_client import CollectorRegistry
from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily, Metric

from lading.relayer.service.feeds import FeedView
from lading.relayer.service.status import Status

PREFIX = "lading_relay_"

COUNTERS: dict[str, str] = {
    "reads": "Reads that were accepted, redelivered ones among them",
    "duplicates": "Reads that were delivered before",
    "late_reads": "Reads that came later than the lateness allows",
    "quarantined": "Deliveries that are no reads, kept in quarantine",
    "batches": "Batches on the chain",
    "fee_bumps": "Transactions whose fees were raised, since the anchoring process started",
    "anchoring_restarts": "How often the anchoring process was started again",
    "captures_signed": "Captures that were signed",
    "capture_failures": "How often captures could not be signed and stored, since this process started",
}
GAUGES: dict[str, str] = {
    "sequence_gaps": "Sequence numbers of readers that are missing now",
    "inbox_reads": "Reads that are stored and not worked on",
    "outbox_events": "Events that are not on the chain",
    "outbox_age_seconds": "For how long the oldest of them has waited",
    "batch_events": "Events in the newest batch",
    "pending_transactions": "Transactions that are not confirmed",
    "nonce_gap": "Signed transactions that no node has",
    "head_lag_seconds": "Age of the newest block that a node told",
    "intake_waiting_messages": "Messages that are received and not yet on the disk",
}
LABELLED: dict[str, tuple[str, str]] = {
    "events": ("source", "New events, by what they were made of: reads, documents, captures"),
    "rpc_errors": ("class", "Failed requests to nodes by class, since the anchoring process started"),
    "feed_connected": ("feed", "Whether a feed is connected (1) or not (0)"),
    "feed_failed": ("feed", "Whether a feed is refused, or ended by a fault, and will not mend itself (1), or not (0)"),
    "feed_reconnects": ("feed", "How often a feed connected again"),
    "lane_lag_seconds": ("lane", "How far a lane's watermark is behind the clock"),
    "lane_held": ("lane", "Whether a worker holds a lane (1) or nobody does (0)"),
}


@dataclass(frozen=True, slots=True)
class Gauges:
    """What the process itself knows."""

    intake_waiting: int
    feeds: tuple[FeedView, ...]
    anchor_restarts: int
    capture_failures: int = 0


def metrics_of(status: Status, own: Gauges) -> Iterator[Metric]:
    """All of them, but those that nobody has told yet."""
    counted: dict[str, float | None] = {
        "reads": status.reads,
        "duplicates": status.duplicates,
        "late_reads": status.late,
        "quarantined": status.quarantined,
        "batches": status.batches,
        "fee_bumps": status.fee_bumps,
        "anchoring_restarts": own.anchor_restarts,
        "captures_signed": status.captures_signed,
        "capture_failures": own.capture_failures,
    }
    for name, value in counted.items():
        if value is not None:
            yield CounterMetricFamily(PREFIX + name, COUNTERS[name], value=value)
    measured: dict[str, float | None] = {
        "sequence_gaps": status.gaps,
        "inbox_reads": status.inbox_reads,
        "outbox_events": status.waiting_events,
        "outbox_age_seconds": status.outbox_age_seconds,
        "batch_events": None if status.last_batch is None else status.last_batch.events,
        "pending_transactions": status.pending_transactions,
        "nonce_gap": status.nonce_gap,
        "head_lag_seconds": status.head_lag_seconds,
        "intake_waiting_messages": own.intake_waiting,
    }
    for name, value in measured.items():
        if value is not None:
            yield GaugeMetricFamily(PREFIX + name, GAUGES[name], value=value)
    yield _counter("events", status.events_by_source)
    yield _counter("rpc_errors", status.rpc_errors)
    yield _gauge("feed_connected", {feed.name: int(feed.connected) for feed in own.feeds})
    yield _gauge("feed_failed", {feed.name: int(feed.failed) for feed in own.feeds})
    yield _counter("feed_reconnects", {feed.name: feed.reconnects for feed in own.feeds})
    lags = {lane.name: lane.lag_seconds for lane in status.lanes if lane.lag_seconds is not None}
    yield _gauge("lane_lag_seconds", lags)
    yield _gauge("lane_held", {lane.name: int(lane.holder is not None) for lane in status.lanes})


def _counter(name: str, values: dict[str, int]) -> Metric:
    label, said = LABELLED[name]
    family = CounterMetricFamily(PREFIX + name, said, labels=[label])
    for key, value in values.items():
        family.add_metric([key], value)
    return family


def _gauge(name: str, values: dict[str, float] | dict[str, int]) -> Metric:
    label, said = LABELLED[name]
    family = GaugeMetricFamily(PREFIX + name, said, labels=[label])
    for key, value in values.items():
        family.add_metric([key], value)
    return family


class _Collector:
    def __init__(self, status: Callable[[], Status], own: Callable[[], Gauges]) -> None:
        self._status, self._own = status, own

    def collect(self) -> Iterator[Metric]:
        return metrics_of(self._status(), self._own())

    def describe(self) -> list[Metric]:
        """Nothing is read before it is asked for."""
        return []


def registry_of(status: Callable[[], Status], own: Callable[[], Gauges]) -> CollectorRegistry:
    """What `prometheus_client.generate_latest` takes; both are called for each answer."""
    registry = CollectorRegistry(auto_describe=False)
    registry.register(_Collector(status, own))
    return registry
