"""Several nodes, of which one lags or lies: nothing is anchored, and no log begun, on the word of one alone."""

from __future__ import annotations

import json
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from service_kit import Site

sys.path.insert(0, str(Path(__file__).parents[1] / "sdk"))
import fake_node
from fake_node import Handler

from lading.chain.endpoints import Endpoints
from lading.errors import NetworkError
from lading.relayer.anchoring.anchoring import anchor
from lading.relayer.anchoring.chain_log import ChainLog
from lading.relayer.anchoring.loop import AnchorLoop
from lading.relayer.config.settings import Batching
from lading.relayer.errors import LogAhead, LogDiffers, NodesDisagree
from lading.relayer.outbox.outbox import Outbox
from lading.relayer.run import identity_of

NOBODY = "http://127.0.0.1:9"


def seen(number: int) -> dict[str, Any]:
    return {
        "type": "ObjectEvent",
        "eventTime": f"2026-03-02T08:00:{number:02d}.000Z",
        "eventTimeZoneOffset": "+00:00",
        "epcList": [f"urn:epc:id:sgtin:9524321.000500.{number}"],
        "action": "OBSERVE",
    }


def zeros(handler: Handler, request: dict[str, Any]) -> None:
    """An empty log, and no anchor: what a node says that lags."""
    answer = handler.forward(request)
    if "result" in answer:
        answer["result"] = "0x" + "0" * (len(answer["result"]) - 2)
    handler.answer(200, json.dumps(answer).encode())


@pytest.fixture
def lagging(site: Site) -> Iterator[str]:
    with fake_node.in_front_of(site.url) as (url, plan):
        plan.next_for = lambda method: zeros if method == "eth_call" else fake_node.passed  # type: ignore[method-assign]
        yield url


@pytest.fixture
def outbox(site: Site) -> Iterator[Outbox]:
    """With one event, anchored as batch 0."""
    with Outbox.open(site.folder / "outbox.sqlite3", identity_of(site.client, site.publisher)) as opened:
        opened.add(seen(1), None)
        assert len(anchor(opened, site.client, 10)) == 1
        yield opened


def log_at(site: Site, *urls: str) -> ChainLog:
    endpoints = Endpoints(urls, sleep=lambda _: None)
    return ChainLog(endpoints, site.client.deployment, site.publisher)


def loop_at(site: Site, outbox: Outbox, *urls: str) -> AnchorLoop:
    assert site.client.signer is not None
    return AnchorLoop(outbox, log_at(site, *urls), site.client.signer, Batching(max_events=10))


@pytest.mark.usefixtures("outbox")
def test_a_new_outbox_begins_where_all_nodes_say(site: Site, lagging: str):
    with Outbox.open(site.folder / "new.sqlite3", identity_of(site.client, site.publisher)) as new:
        for urls, refusal in (((lagging, site.url), NodesDisagree), ((NOBODY, site.url), NetworkError)):
            loop = loop_at(site, new, *urls)
            with pytest.raises(refusal):
                loop.step()
            loop.stop()
            assert not new.begun()
        loop = loop_at(site, new, site.url)
        loop.step()
        loop.stop()
        assert new.next_index() == 1


def test_what_is_there_one_node_may_say_also_if_others_lag_or_are_away(site: Site, outbox: Outbox, lagging: str):
    for urls in ((lagging, site.url), (NOBODY, site.url)):
        log = log_at(site, *urls)
        assert log.next_index(1, 1) == 1
        assert log.digest(0) == log_at(site, site.url).digest(0) is not None
        loop = loop_at(site, outbox, *urls)
        assert loop.step().leading
        loop.stop()
    assert outbox.unanchored() == ()  # nothing of it was taken back


def test_that_something_is_not_there_all_have_to_say(site: Site, outbox: Outbox, lagging: str):
    assert log_at(site, lagging, site.url).digest(1) is None
    with pytest.raises(NetworkError):
        log_at(site, site.url, NOBODY).digest(1)
    assert log_at(site, site.url, NOBODY).digest(1, sure=False) is None
    with pytest.raises(NetworkError):
        log_at(site, lagging, NOBODY).next_index(1, 1)
    assert log_at(site, lagging).next_index(1, 1) == 0  # the only one there is


def test_that_another_wrote_to_the_log_is_no_one_nodes_word(site: Site, outbox: Outbox, lagging: str):
    with pytest.raises(NodesDisagree, match="says 0") as caught:
        log_at(site, lagging, site.url).next_index(0, 0)
    assert sorted(map(str, caught.value.told.values())) == ["0", "1"]
    (ours,) = outbox.batches(0)
    with pytest.raises(NodesDisagree):
        log_at(site, lagging, site.url).writer(ours, b"\x01" * 27)
    digest = log_at(site, site.url).digest(0)
    assert digest is not None
    assert log_at(site, site.url).writer(ours, digest)


def test_that_another_wrote_to_the_log_is_believed_where_all_say_so(site: Site, outbox: Outbox):
    with Outbox.open(site.folder / "older.sqlite3", identity_of(site.client, site.publisher)) as older:
        older.begin_log(0)
        loop = loop_at(site, older, site.url, site.url.replace("127.0.0.1", "localhost"))
        with pytest.raises(LogAhead):
            loop.step()
        older.add(seen(2), None)
        closed = older.close_batch(10)
        assert closed is not None
        with pytest.raises(LogDiffers):
            loop.step()
        loop.stop()
