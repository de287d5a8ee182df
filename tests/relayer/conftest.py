"""One small configuration and log lines in all three forms, for the tests of this folder."""

from __future__ import annotations

import json
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

sys.path.insert(0, str(Path(__file__).parent))
from brokers import broker  # noqa: F401 - fixtures, as are those below
from databases import connect, postgres, schema, server, where  # noqa: F401
from service_kit import governor, node, site  # noqa: F401

from lading.relayer.config.settings import RelayConfig, parse
from lading.relayer.items.store import ItemStore
from lading.relayer.outbox.outbox import Outbox
from lading.relayer.store.database import MEMORY, Database, LogIdentity

DOCK = "urn:epc:id:sgln:9524321.00001.1"
GATE = "urn:epc:id:sgln:9524321.00002.1"
EPC = "3036451FD40C0E40000003E9"


def _point(reader: str, antenna: str, sgln: str) -> dict[str, str]:
    place = sgln.rsplit(".", 1)[0] + ".0"
    return {
        "reader": reader,
        "antenna": antenna,
        "sgln": sgln,
        "biz_location": place,
        "biz_step": "receiving",
        "disposition": "in_progress",
    }


@pytest.fixture(scope="session")
def document() -> Callable[[], dict[str, Any]]:
    """Makes a valid configuration as plain data, ready to be spoilt."""

    def make() -> dict[str, Any]:
        return {
            "publisher": "0x" + "ab" * 32,
            "source": "reads.ndjson",
            "outbox": "relay.sqlite3",
            "unnamed_reader": "zebra",
            "smoothing": {"gap_seconds": "10"},
            "batch": {"max_events": "3"},
            "read_points": [
                _point("zebra", "any", DOCK),
                _point("impinj", "1", DOCK),
                _point("impinj", "2", GATE),
                _point("ours", "any", GATE),
            ],
        }

    return make


@pytest.fixture(scope="session")
def config(document: Callable[[], dict[str, Any]]) -> RelayConfig:
    return parse(document(), Path("relay.yaml"))


@pytest.fixture(scope="session")
def read_log() -> Callable[..., list[bytes]]:
    """One log of these lines (bytes, or objects to be written as JSON)."""

    def run(*lines: bytes | dict[str, Any]) -> list[bytes]:
        return [b"\n".join(line if isinstance(line, bytes) else json.dumps(line).encode() for line in lines)]

    return run


@pytest.fixture(scope="session")
def zebra() -> Callable[..., dict[str, Any]]:
    def make(
        number: int = 1, time: str = "2026-03-02T08:15:30.420+0000", epc: str = EPC, **data: Any
    ) -> dict[str, Any]:
        return {
            "data": {"eventNum": number, "format": "epc", "idHex": epc.lower(), **data},
            "timestamp": time,
            "type": "SIMPLE",
        }

    return make


@pytest.fixture(scope="session")
def impinj() -> Callable[..., dict[str, Any]]:
    def make(time: str = "2026-03-02T08:15:30.278427551Z", epc: str = EPC, port: int = 1) -> dict[str, Any]:
        return {
            "timestamp": time,
            "hostname": "impinj",
            "eventType": "tagInventory",
            "tagInventoryEvent": {"epcHex": epc, "antennaPort": port, "peakRssiCdbm": -4150},
        }

    return make


@pytest.fixture(scope="session")
def ours() -> Callable[..., dict[str, Any]]:
    def make(**fields: Any) -> dict[str, Any]:
        return {"reader": "ours", "epc": EPC, "time": "2026-03-02T08:15:30Z"} | fields

    return make


@pytest.fixture(scope="session")
def identity() -> LogIdentity:
    return LogIdentity(31337, "0x" + "11" * 32, "0x" + "22" * 20, "0x" + "ab" * 32)


@pytest.fixture
def outbox(tmp_path: Path, identity: LogIdentity) -> Any:
    with Outbox.open(tmp_path / "outbox.sqlite3", identity) as opened:
        yield opened


@pytest.fixture
def store(identity: LogIdentity) -> Iterator[Database]:
    opened = Database.open(MEMORY, identity)
    yield opened
    opened.close()


@pytest.fixture
def items(store: Database) -> ItemStore:
    return ItemStore(store)
