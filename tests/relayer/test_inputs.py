"""Whole files of every kind: `relay check` counts them, and what it counts is what the file feed takes in."""

from __future__ import annotations

import asyncio
import json
from pathlib import Path

import pytest
from llrp_kit import CAPTURES, antenna, epc_96, first_utc, report
from test_spelling import CONTEXT, RIGHT, document, event

from lading.epcis.errors import DocumentError
from lading.relayer.config.settings import RelayConfig
from lading.relayer.errors import ReaderLogError
from lading.relayer.feeds import documents
from lading.relayer.feeds.documents import LlrpCaptureFeed, frames_in
from lading.relayer.intake.intake_queue import Intake
from lading.relayer.llrp.frames import HEADER, RO_ACCESS_REPORT
from lading.relayer.outbox.outbox import Outbox
from lading.relayer.reads.message_decoder import MessageDecoder
from lading.relayer.reads.roster import Roster
from lading.relayer.run import check, preview

US = 1_772_439_330_000_000


def frame(number: int) -> bytes:
    body = report(epc_96(), antenna(1), first_utc(US + number * 1_000_000))
    return HEADER.pack(1 << 10 | RO_ACCESS_REPORT, HEADER.size + len(body), number) + body


@pytest.mark.parametrize("suffix", [".bin", ".llrp", ".BYTES"])
def test_a_capture_of_llrp_is_counted(config: RelayConfig, tmp_path: Path, suffix: str):
    path = tmp_path / f"reads{suffix}"
    path.write_bytes(b"".join(map(frame, range(30))))
    assert check(config, path).as_json() == {
        "reads": 30, "events": 1, "duplicates": 0, "quarantined": 0, "gaps": 0, "batches": 0
    }  # fmt: skip


def test_a_long_capture_is_read_in_blocks_of_whole_frames(
    config: RelayConfig, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    path = tmp_path / "reads.bin"
    path.write_bytes(b"".join(map(frame, range(200))))
    whole = check(config, path)
    monkeypatch.setattr(documents, "_BLOCK_BYTES", 1000)
    parts = [one.payload for one in frames_in("test", path)]
    assert b"".join(parts) == path.read_bytes()
    assert max(map(len, parts)) < 1000 + len(frame(0))
    assert check(config, path) == whole


def test_what_is_no_frame_is_kept_whole(config: RelayConfig, tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    path, rest = tmp_path / "reads.bin", b"\xff" * 5000
    path.write_bytes(b"".join(map(frame, range(40))) + rest)
    monkeypatch.setattr(documents, "_BLOCK_BYTES", 1000)
    assert [one.payload for one in frames_in("test", path)][-1] == rest
    assert (check(config, path).intake.reads, check(config, path).intake.quarantined) == (40, 1)
    path.write_bytes(frame(0) + frame(1)[:-3])
    assert (check(config, path).intake.reads, check(config, path).intake.quarantined) == (1, 1)
    monkeypatch.setattr(documents, "MOST_BYTES", 100)
    path.write_bytes(frame(0) + rest)
    with pytest.raises(ReaderLogError, match="no LLRP messages"):
        check(config, path)


@pytest.mark.parametrize("name", CAPTURES)
def test_published_captures_bring_what_the_feed_brings(
    config: RelayConfig, shared_data: Path, outbox: Outbox, name: str
):
    path = shared_data / "llrp" / name
    intake = check(config, path).intake

    async def take() -> None:
        async with Intake(outbox.store, MessageDecoder(Roster(config))) as queue:
            await LlrpCaptureFeed(path, queue).run()

    asyncio.run(take())
    assert intake.reads == (outbox.store.one("SELECT coalesce(sum(count), 0) FROM inbox")[0])
    assert intake.quarantined == outbox.store.one("SELECT count(*) FROM quarantine")[0]


@pytest.mark.parametrize("suffix", [".json", ".jsonld"])
def test_an_epcis_document_is_counted(config: RelayConfig, tmp_path: Path, suffix: str):
    path = tmp_path / f"events{suffix}"
    path.write_text(json.dumps(document(event([RIGHT]), event([RIGHT]))))
    found = preview(config, path, 5)
    summary, told = found.summary, found.events
    assert (summary.intake.events, summary.intake.duplicates, summary.intake.reads) == (1, 1, 0)
    assert told == [event([RIGHT]) | {"@context": [CONTEXT]}]


def test_why_lines_are_refused_is_told_the_commonest_reason_first(config: RelayConfig, tmp_path: Path):
    path = tmp_path / "reads.ndjson"
    strange = '{"reader": "gate", "epc": "3036451FD40C0E40000003E9", "time": "2026-03-02T08:15:3%dZ"}\n'
    path.write_text("no line\n" + strange % 0 + strange % 1)
    refused = preview(config, path, 0).refused
    assert [(one.reason, one.lines) for one in refused] == [("reader-unknown", 2), ("not-json", 1)]
    assert "gate" in refused[0].detail


def test_a_document_with_faults_is_refused(config: RelayConfig, tmp_path: Path):
    path = tmp_path / "events.json"
    path.write_text(json.dumps(document(event([RIGHT], action="LOOK"))))
    with pytest.raises(DocumentError, match="action"):
        check(config, path)


def test_a_log_that_ends_in_json_is_a_log(config: RelayConfig, tmp_path: Path):
    path = tmp_path / "reads.json"
    path.write_text('{"reader": "ours", "epc": "3036451FD40C0E40000003E9", "time": "2026-03-02T08:15:30Z"}\n')
    assert check(config, path).intake.reads == 1


def test_a_file_that_is_not_there_is_named(config: RelayConfig, tmp_path: Path):
    for name in ("none.json", "none.bin", "none.ndjson"):
        with pytest.raises(ReaderLogError, match=name):
            check(config, tmp_path / name)
