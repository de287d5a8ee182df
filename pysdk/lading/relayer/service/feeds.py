"""The feeds of one worker: started as its duties say, watched, and stopped.

A feed that fails for good says so and stays down; the others go on. What a feed is, decides who runs it:

    stdin, capture         every worker its own
    mqtt with `share`      every worker as its own slot, and as the slots of workers that died
    all others             one worker at a time
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable, Iterator
from dataclasses import dataclass

from lading.errors import LadingError
from lading.relayer.config import feeds as config_feeds
from lading.relayer.feeds.errors import SlotTaken
from lading.relayer.feeds.making import Feed, feed_of
from lading.relayer.feeds.mqtt import MqttFeed
from lading.relayer.feeds.state import FeedState
from lading.relayer.intake.intake_queue import Intake
from lading.relayer.outbox.outbox import Outbox
from lading.relayer.service.duties import Held

_LOG = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class FeedView:
    """For health and metrics. `failed`: it will not mend itself, though it may be asked again; `ended`: its input
    has."""

    name: str
    connected: bool
    problem: str | None
    reconnects: int
    failed: bool
    ended: bool


@dataclass(slots=True)
class _Running:
    name: str
    feed: Feed
    task: asyncio.Task[None] | None = None
    failed: bool = False
    ended: bool = False


def leased_name(number: int, settings: config_feeds.Feed) -> str | None:
    """Under which one worker at a time holds a source; None for those that each worker runs."""
    match settings:
        case config_feeds.StdinFeed() | config_feeds.CaptureFeed():
            return None
        case config_feeds.MqttFeed(share=str()):
            return None
    return f"{number} {config_feeds.place_of(settings)}"


class FeedKeeper:
    """Raises on making what `feed_of` raises for the feeds that every worker runs."""

    def __init__(self, sources: tuple[config_feeds.Feed, ...], intake: Intake, outbox: Outbox, worker: str) -> None:
        self._sources, self._intake, self._outbox, self._worker = sources, intake, outbox, worker
        self._running: dict[str, _Running] = {}
        for key, make in self._wanted(Held()):
            self._running[key] = _Running(key, make())

    def apply(self, held: Held) -> None:
        """Starts what this worker has to run now, and stops what it has no more."""
        wanted = dict(self._wanted(held))
        for key in self._running.keys() - wanted.keys():
            gone = self._running.pop(key)
            if gone.task is not None:
                gone.task.cancel()
            _LOG.info("%s: left, since this worker has no lease of it now", key)
        for key, make in wanted.items():
            if key not in self._running:
                self._running[key] = _Running(key, make())
            one = self._running[key]
            if one.task is None:
                one.task = asyncio.create_task(self._run(one))

    def _wanted(self, held: Held) -> Iterator[tuple[str, Callable[[], Feed]]]:
        for number, settings in enumerate(self._sources):
            leased = leased_name(number, settings)
            if leased is not None and leased in held.feeds:
                yield leased.partition(" ")[2], self._maker(settings, 0)
            elif leased is None and isinstance(settings, config_feeds.MqttFeed):
                for slot in held.slots:
                    yield f"{config_feeds.place_of(settings)}-{slot}", self._maker(settings, slot)
            elif leased is None:
                yield config_feeds.place_of(settings), self._maker(settings, self._worker)

    def _maker(self, settings: config_feeds.Feed, slot: int | str) -> Callable[[], Feed]:
        return lambda: feed_of(settings, self._intake, self._outbox, slot)

    async def _run(self, one: _Running) -> None:
        try:
            await one.feed.run()
            one.ended = True
            _LOG.info("%s has ended", one.name)
        except SlotTaken as error:
            _LOG.warning("%s: %s", one.name, error)
            # Whoever took it holds its lease by now, or this worker asks again with its next renewal.
            self._running.pop(one.name, None)
        except (LadingError, ExceptionGroup) as error:
            one.failed = True
            one.feed.state.down(_told(error))
            _LOG.error("%s has failed, and stays down until this is mended: %s", one.name, _told(error))
        except Exception as error:  # noqa: BLE001 - a bug in one feed stops no other
            one.failed = True
            one.feed.state.down(f"a bug of lading's: {_told(error)}")
            _LOG.exception("%s has failed by a bug", one.name)

    def views(self) -> list[FeedView]:
        """May be called by another thread."""
        return [_view(one) for one in list(self._running.values())]

    async def stop(self, seconds: float) -> None:
        """Cancels all, and waits for them so long."""
        tasks = [one.task for one in self._running.values() if one.task is not None]
        for task in tasks:
            task.cancel()
        if tasks:
            _, late = await asyncio.wait(tasks, timeout=seconds)
            if late:
                _LOG.warning("%d feeds did not end in time", len(late))


def _view(one: _Running) -> FeedView:
    state: FeedState = one.feed.state
    lost = one.feed.sessions_lost if isinstance(one.feed, MqttFeed) else 0
    problem = state.problem
    if lost and problem is None:
        problem = f"the broker forgot this session {lost} times: what waited in it is lost"
    return FeedView(
        one.name, state.connected, problem, max(state.connects - 1, 0), one.failed or state.refused, one.ended
    )


def _told(error: BaseException) -> str:
    if isinstance(error, BaseExceptionGroup):
        return "; ".join(_told(one) for one in error.exceptions)
    return str(error) or type(error).__name__
