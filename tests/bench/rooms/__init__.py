"""The benchmarks, by the part of Lading that they measure."""

from importlib import import_module

ROOMS = (
    "epcis",
    "relay",
    "relay_anchored",
    "relay_history",
    "relay_latency",
    "relay_memory",
    "llrp",
    "provenance",
    "itemmap",
    "credit",
    "gas",
)


def load() -> None:
    """Enters every benchmark of every room."""
    for room in ROOMS:
        import_module(f"rooms.{room}")
