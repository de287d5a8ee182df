"""Each configured source has its feed."""

from __future__ import annotations

import asyncio
import sys
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).parent))
from databases import IDENTITY
from feeds_kit import decoder, roster

from lading.relayer.config.settings import parse
from lading.relayer.errors import RelayConfigError
from lading.relayer.feeds.errors import CaptureExposed
from lading.relayer.feeds.making import feed_of
from lading.relayer.intake.intake_queue import Intake
from lading.relayer.outbox.outbox import Outbox

SOURCES = {
    "MqttFeed": {"mqtt": "mqtt://broker", "topics": ["tags"], "client_id": "dock"},
    "HttpFeed": {"http": "http://reader/api/v1/data/stream"},
    "LlrpFeed": {"llrp": "reader", "reader": "ours"},
    "FileFeed": {"file": "reads.ndjson", "follow": "true"},
    "DocumentFeed": {"file": "events.jsonld"},
    "LlrpCaptureFeed": {"file": "reports.llrp"},
    "StdinFeed": {"stdin": "true"},
    "CaptureServer": {"capture": "127.0.0.1:0"},
}


def made(outbox: Outbox, source: dict[str, object], slot: int = 0) -> object:
    document = {
        "publisher": "0x" + "ab" * 32,
        "sources": [source],
        "outbox": "relay.sqlite3",
        "smoothing": {"gap_seconds": "10"},
        "batch": {"max_events": "3"},
        "read_points": [point.meaning.model_dump(mode="json") for point in roster("ours").points.values()],
    }
    document["read_points"][0]["antenna"] = "any"

    async def run() -> object:
        async with Intake(outbox.store, decoder()) as intake:
            return feed_of(parse(document, Path("relay.yaml")).sources[0], intake, outbox, slot)

    return asyncio.run(run())


@pytest.fixture
def outbox(tmp_path: Path) -> Outbox:
    return Outbox.open(tmp_path / "outbox.sqlite3", IDENTITY)


@pytest.mark.parametrize("name", SOURCES)
def test_each_source_has_its_feed(outbox: Outbox, name: str):
    feed = made(outbox, SOURCES[name], slot=4)
    assert type(feed).__name__ == name
    assert feed.state.connects == 0
    if name == "MqttFeed":
        assert feed.client_id == "dock-4"


def test_a_capture_interface_for_others_needs_a_token(outbox: Outbox, monkeypatch: pytest.MonkeyPatch):
    open_to_all = {"capture": "0.0.0.0:0"}
    with pytest.raises(CaptureExposed):
        made(outbox, open_to_all)
    with pytest.raises(RelayConfigError, match="CAPTURE_TOKEN is not set"):
        made(outbox, open_to_all | {"token_env": "CAPTURE_TOKEN"})
    monkeypatch.setenv("CAPTURE_TOKEN", "s3cret")
    assert made(outbox, open_to_all | {"token_env": "CAPTURE_TOKEN"})
