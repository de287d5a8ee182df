"""When a reader without a clock was started."""

from __future__ import annotations

from lading.relayer.llrp.messages import Message, Parameter


def uptime_zero(event: Message, arrival_ns: int | None) -> int | None:
    """When the reader's uptime was 0, in nanoseconds UTC, by a READER_EVENT_NOTIFICATION: from its own UTC where it
    gives both, else from the event's arrival (right but for the network's delay). None if it gives no uptime, as a
    reader with a clock has no need to (LLRP 1.1, "ReaderEventNotificationData Parameter")."""
    data = event.find("ReaderEventNotificationData")
    uptime, utc = (data.find("Uptime"), data.find("UTCTimestamp")) if data else (None, None)
    now_ns = _nanoseconds(utc) if utc else arrival_ns
    return now_ns - _nanoseconds(uptime) if uptime and now_ns is not None else None


def _nanoseconds(timestamp: Parameter) -> int:
    return 1000 * timestamp.integer("Microseconds")
