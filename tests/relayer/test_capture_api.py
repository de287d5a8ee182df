"""POST /capture on a real server: what was accepted is durable, and each event's fate is told."""

from __future__ import annotations

import asyncio
import copy
import json
import socket
import sqlite3
import sys
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any

import aiohttp
import pytest

sys.path.insert(0, str(Path(__file__).parent))
from databases import IDENTITY
from feeds_kit import decoder, line, until

from lading.epcis.errors import DocumentError
from lading.relayer.config.settings import RelayConfig
from lading.relayer.feeds import capture_api
from lading.relayer.feeds.backoff import Backoff
from lading.relayer.feeds.capture_server import CaptureServer
from lading.relayer.feeds.documents import DocumentFeed, is_document, is_llrp_capture
from lading.relayer.feeds.errors import AddressTaken, CaptureExposed
from lading.relayer.intake.intake import take_document, take_in
from lading.relayer.intake.intake_queue import Intake
from lading.relayer.outbox.captured import Outcome
from lading.relayer.outbox.outbox import Outbox
from lading.relayer.service.status import status_of

EVENT = {
    "type": "ObjectEvent",
    "eventTime": "2026-03-02T09:15:30.278+01:00",
    "eventTimeZoneOffset": "+01:00",
    "epcList": ["urn:epc:id:sgtin:0614141.812345.12345"],
    "action": "OBSERVE",
}
PROCEED = {"GS1-Capture-Error-Behaviour": "proceed"}


def event(number: int, **changes: object) -> dict[str, Any]:
    return {**copy.deepcopy(EVENT), "epcList": [f"urn:epc:id:sgtin:0614141.812345.{number}"], **changes}


def document(*events: object, **changes: object) -> dict[str, Any]:
    return {
        "@context": "https://ref.gs1.org/standards/epcis/2.0.0/epcis-context.jsonld",
        "type": "EPCISDocument",
        "schemaVersion": "2.0",
        "creationDate": "2026-03-02T09:15:31Z",
        "epcisBody": {"eventList": list(events)},
        **changes,
    }


@pytest.fixture
def outbox(tmp_path: Path) -> Outbox:
    return Outbox.open(tmp_path / "outbox.sqlite3", IDENTITY)


class Caller:
    def __init__(self, session: aiohttp.ClientSession, port: int, intake: Intake) -> None:
        self.session, self.intake = session, intake
        self.url = f"http://127.0.0.1:{port}/capture"

    async def post(self, body: object, **headers: str) -> tuple[int, dict[str, Any], Any]:
        data = body if isinstance(body, bytes) else json.dumps(body).encode()
        given = {"Content-Type": "application/ld+json"} | {name.replace("_", "-"): one for name, one in headers.items()}
        async with self.session.post(self.url, data=data, headers=given) as answer:
            return answer.status, await answer.json(content_type=None), answer.headers


def calling(outbox: Outbox, act: Callable[[Caller], Awaitable[None]], token: str | None = None) -> None:
    async def run() -> None:
        async with Intake(outbox.store, decoder(), Backoff(first=0.01, most=0.02)) as intake:
            server = CaptureServer("127.0.0.1", 0, intake, outbox, token)
            serving = asyncio.create_task(server.run())
            async with aiohttp.ClientSession() as session:
                await act(Caller(session, server.port, intake))
            serving.cancel()
            await asyncio.gather(serving, return_exceptions=True)

    asyncio.run(run())


def test_accepted_events_are_in_the_outbox_and_their_job_can_be_looked_up(outbox: Outbox):
    async def act(caller: Caller) -> None:
        status, job, headers = await caller.post(document(event(1), event(2)))
        assert (status, job["success"], job["running"], job["captureErrorBehaviour"]) == (202, True, False, "rollback")
        assert (job["captured"], job["duplicates"], job["refused"]) == (2, 0, 0)
        assert [one["status"] for one in job["results"]] == ["captured", "captured"]
        assert all(one["eventID"].startswith("ni:///sha-256;") for one in job["results"])
        assert outbox.waiting() == 2
        assert headers["Location"] == f"/capture/{job['captureID']}"
        async with caller.session.get(f"{caller.url}/{job['captureID']}") as answer:
            assert await answer.json() == {name: value for name, value in job.items() if name != "results"}
        async with caller.session.get(f"{caller.url}/nothing") as answer:
            assert answer.status == 404

    calling(outbox, act)


def test_what_was_captured_before_is_a_duplicate_and_a_correction_is_none(outbox: Outbox):
    declared = {"declarationTime": "2026-03-03T00:00:00Z", "reason": "incorrect_data"}

    async def act(caller: Caller) -> None:
        await caller.post(document(event(1)))
        _, job, _ = await caller.post(document(event(1), event(2), event(2), event(1, errorDeclaration=declared)))
        assert [one["status"] for one in job["results"]] == ["duplicate", "captured", "duplicate", "captured"]
        assert (job["captured"], job["duplicates"], job["success"]) == (2, 2, True)

    calling(outbox, act)
    assert outbox.waiting() == 3


def test_events_are_counted_by_where_they_came_from_and_once(outbox: Outbox, config: RelayConfig, tmp_path: Path):
    path = tmp_path / "document.json"
    path.write_text(json.dumps(document(event(2), event(3), event(4))))

    async def act(caller: Caller) -> None:
        await caller.post(document(event(1), event(2)))
        await caller.post(document(event(1)))
        await DocumentFeed(path, caller.intake, outbox).run()

    calling(outbox, act)
    take_document(outbox, document(event(4), event(5), event(6)))
    take_in(outbox, [line(1)], config, "log")
    status = status_of(outbox.store)
    assert status.events_by_source == {"reads": 1, "documents": 4, "captures": 2}
    assert status.events == 7 == outbox.waiting()


def test_one_event_with_faults_stops_all_unless_the_caller_wants_to_proceed(outbox: Outbox):
    mixed = document(event(1), event(2, action="LOOK"), event(3))

    async def act(caller: Caller) -> None:
        status, problem, _ = await caller.post(mixed)
        assert (status, problem["type"]) == (400, "epcisException:ValidationException")
        assert {fault["path"] for fault in problem["faults"]} == {"$.epcisBody.eventList[1].action"}
        assert outbox.waiting() == 0
        for name in ("GS1-Capture-Error-Behaviour", "GS1-EPCIS-Capture-Error-Behaviour"):
            status, job, _ = await caller.post(mixed, **{name: "proceed"})
            assert (status, job["success"], job["refused"]) == (202, False, 1)
        assert [one["status"] for one in job["results"]] == ["duplicate", "refused", "duplicate"]
        assert job["results"][1]["faults"][0]["path"] == job["errors"][0]["path"] == "$.epcisBody.eventList[1].action"

    calling(outbox, act)
    assert outbox.waiting() == 2


@pytest.mark.parametrize(
    ("body", "where"),
    [
        (b"{", "$"),
        (b"\xff\xfe\x00", "$"),
        (b"<xml/>", "$"),
        (document(event(1), schemaVersion="9"), "$.schemaVersion"),
        (document(event(1), type="Other"), "$.type"),
        ([], "$"),
        (b'{"a": NaN}', "$"),
        (b"[" * 100_000, "$"),
    ],
    ids=["no json", "no text", "no epcis", "version", "type", "list", "nan", "deep"],
)
def test_what_is_no_document_is_refused_whole_also_with_proceed(outbox: Outbox, body: object, where: str):
    async def act(caller: Caller) -> None:
        status, problem, _ = await caller.post(body, **PROCEED)
        assert (status, problem["type"]) == (400, "epcisException:ValidationException")
        assert where in [fault["path"] for fault in problem["faults"]] or where == "$"

    calling(outbox, act)
    assert outbox.waiting() == 0


def test_xml_is_captured_too(outbox: Outbox, root: Path):
    async def act(caller: Caller) -> None:
        for name in ("tea-2.0.xml", "tea-1.2.xml"):
            body = (root / "tests" / "epcis" / "documents" / name).read_bytes()
            status, job, _ = await caller.post(body, Content_Type="application/xml; charset=utf-8")
            assert status == 202
            assert job["captured"] + job["duplicates"] == len(job["results"]) > 0

    calling(outbox, act)
    assert outbox.waiting() > 0


def test_limits_are_told_and_held(outbox: Outbox, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(capture_api, "MOST_BYTES", 10_000)
    monkeypatch.setattr(capture_api, "MOST_EVENTS", 3)

    async def unannounced() -> Any:
        for _ in range(100):
            yield b" " * 1000

    async def act(caller: Caller) -> None:
        async with caller.session.options(caller.url) as answer:
            assert answer.status == 204
            assert answer.headers["GS1-Capture-Error-Behaviour"] == "all"
            assert answer.headers["GS1-EPCIS-Capture-Limit"] == "2000"
            assert int(answer.headers["GS1-EPCIS-Capture-File-Size-Limit"]) == 4 * 1024 * 1024
        status, problem, _ = await caller.post(document(*map(event, range(1, 5))))
        assert (status, problem["type"]) == (413, "epcisException:CaptureLimitExceededException")
        assert (await caller.post(b" " * 10_001))[0] == 413
        kind = {"Content-Type": "application/json"}
        async with caller.session.post(caller.url, data=unannounced(), headers=kind) as answer:
            assert answer.status == 413
        assert (await caller.post(document(event(1)), Content_Type="text/plain"))[0] == 415
        assert (await caller.post(document(event(1)), **{"GS1-Capture-Error-Behaviour": "hope"}))[0] == 400

    calling(outbox, act)
    assert outbox.waiting() == 0


def test_with_a_token_who_does_not_bring_it_learns_nothing(outbox: Outbox):
    async def act(caller: Caller) -> None:
        for brought in ({}, {"Authorization": "Bearer wrong"}, {"Authorization": "Basic s3cret"}):
            status, problem, headers = await caller.post(document(event(1)), **brought)
            assert (status, problem["type"]) == (401, "epcisException:SecurityException")
            assert headers["WWW-Authenticate"] == "Bearer"
            async with caller.session.get(f"{caller.url}/x", headers=brought) as answer:
                assert answer.status == 401
        assert (await caller.post(document(event(1)), Authorization="Bearer s3cret"))[0] == 202

    calling(outbox, act, token="s3cret")
    assert outbox.waiting() == 1


def test_while_the_outbox_cannot_be_written_the_caller_is_told_to_come_back(
    outbox: Outbox, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setattr(capture_api, "STORE_SECONDS", 0.2)
    outbox.store.patience = 0.01
    other = sqlite3.connect(outbox.store.path, isolation_level=None)

    async def act(caller: Caller) -> None:
        other.execute("BEGIN IMMEDIATE")
        status, problem, headers = await caller.post(document(event(1)))
        assert (status, problem["status"]) == (503, 503)
        assert headers["Retry-After"] == "5"
        other.execute("ROLLBACK")
        await until(lambda: caller.intake.state.problem is None)
        _, job, _ = await caller.post(document(event(1)))
        assert job["captured"] + job["duplicates"] == 1

    calling(outbox, act)
    assert outbox.waiting() == 1
    other.close()


def test_more_callers_than_fit_are_turned_away(outbox: Outbox, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(capture_api, "MOST_WAITING", 2)
    outbox.store.patience = 0.01
    other = sqlite3.connect(outbox.store.path, isolation_level=None)

    async def act(caller: Caller) -> None:
        other.execute("BEGIN IMMEDIATE")
        first = [asyncio.ensure_future(caller.post(document(event(number)))) for number in (1, 2)]
        await until(lambda: caller.intake.state.retries > 1)
        turned_away = [(await caller.post(document(event(number))))[0] for number in (3, 4)]
        assert 503 in turned_away
        other.execute("ROLLBACK")
        assert [status for status, _, _ in await asyncio.gather(*first)] == [202, 202]

    calling(outbox, act)
    other.close()


def test_nobody_from_outside_may_call_without_a_token(outbox: Outbox):
    async def run() -> None:
        async with Intake(outbox.store, decoder()) as intake:
            with pytest.raises(CaptureExposed):
                CaptureServer("0.0.0.0", 0, intake, outbox)  # noqa: S104 - refused
            with socket.create_server(("127.0.0.1", 0)) as taken, pytest.raises(AddressTaken):
                CaptureServer("127.0.0.1", taken.getsockname()[1], intake, outbox)

    asyncio.run(run())


def test_a_document_in_a_file_is_taken_in_whole_or_not_at_all(outbox: Outbox, tmp_path: Path):
    path = tmp_path / "events.jsonld"

    async def take() -> list[Outcome]:
        async with Intake(outbox.store, decoder()) as intake:
            return await DocumentFeed(path, intake, outbox).run()

    path.write_text(json.dumps(document(event(1), event(2))))
    assert asyncio.run(take()) == [Outcome.CAPTURED, Outcome.CAPTURED]
    path.write_text(json.dumps(document(event(2), event(3))))
    assert asyncio.run(take()) == [Outcome.DUPLICATE, Outcome.CAPTURED]
    path.write_text(json.dumps(document(event(4), event(5, action="LOOK"))))
    with pytest.raises(DocumentError):
        asyncio.run(take())
    assert outbox.waiting() == 3
    assert [is_document(Path(name)) for name in ("a.jsonld", "a.XML", "a.json")] == [True, True, False]
    assert [is_llrp_capture(Path(name)) for name in ("a.llrp", "a.ndjson")] == [True, False]
