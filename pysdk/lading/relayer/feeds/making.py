"""Configured sources -> the feeds that listen to them."""

from __future__ import annotations

import sys
from typing import Protocol

from lading.relayer.config import feeds as config_feeds
from lading.relayer.feeds.capture_server import CaptureServer
from lading.relayer.feeds.documents import DocumentFeed, LlrpCaptureFeed, is_document, is_llrp_capture
from lading.relayer.feeds.files import FileFeed
from lading.relayer.feeds.http_stream import HttpFeed
from lading.relayer.feeds.mqtt import MqttFeed
from lading.relayer.feeds.state import FeedState
from lading.relayer.feeds.stdin import StdinFeed
from lading.relayer.intake.intake_queue import Intake
from lading.relayer.llrp.client import LlrpFeed
from lading.relayer.outbox.outbox import Outbox


class Feed(Protocol):
    """Runs until it is cancelled, or until a source that ends has ended. What it raises will not mend itself."""

    name: str
    state: FeedState

    async def run(self) -> object: ...


def feed_of(settings: config_feeds.Feed, intake: Intake, outbox: Outbox, slot: int | str = 0) -> Feed:
    """The feed of one configured source. `slot` is the worker's, and matters to brokers alone. Nothing is connected
    before it runs, but that the address of a capture interface is bound.

    Raises:
        RelayConfigError, CaptureExposed, AddressTaken: the capture interface cannot be offered.
    """
    match settings:
        case config_feeds.MqttFeed():
            return MqttFeed(settings, intake, slot)
        case config_feeds.HttpFeed():
            return HttpFeed(settings, intake)
        case config_feeds.LlrpFeed():
            return LlrpFeed(settings, intake)
        case config_feeds.FileFeed():
            return _file(settings, intake, outbox)
        case config_feeds.StdinFeed():
            return StdinFeed(intake, sys.stdin.buffer)
        case config_feeds.CaptureFeed():
            host, port = config_feeds.split_address(settings.capture)
            return CaptureServer(host, port, intake, outbox, settings.token())
        case _:
            raise AssertionError(settings)


def _file(settings: config_feeds.FileFeed, intake: Intake, outbox: Outbox) -> Feed:
    """What a file holds is known by its name's ending."""
    if is_document(settings.file):
        return DocumentFeed(settings.file, intake, outbox)
    if is_llrp_capture(settings.file):
        return LlrpCaptureFeed(settings.file, intake)
    return FileFeed(settings.file, intake, outbox.store, follow=settings.follow)
