"""Where verdicts are made: a few threads, a short memory, and nobody waits in a queue without end."""

from __future__ import annotations

import asyncio
import logging
import threading
import time
from collections import OrderedDict
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import TypeVar
from urllib.parse import urlsplit

from lading import facts
from lading.chain.http import HttpProvider
from lading.chain.node import Chain
from lading.errors import ContractError, NetworkError
from lading.provenance.bundle import Bundle, parse
from lading.provenance.charges import Charge, Weight, accused_in
from lading.provenance.explain import weighed
from lading.provenance.footprint import Footprint
from lading.provenance.item import Item
from lading.provenance.truth import FirstClaim
from lading.provenance.verdict import Verdict
from lading.web.carbon import added_up
from lading.web.errors import Busy
from lading.web.faults import Charges, FaultShelf
from lading.web.shelf import Shelf, Stamp
from lading.web.told import Told, tell

THREADS = 4
MAX_WAITING = 64
"""Beyond it a visitor is told to come back: on a slow node everyone else would wait for minutes."""

MAX_ANSWERS = 256
"""Answers kept in memory; each has at most a bundle's 4 MiB, and mostly some 20 KB."""

HEAD_SECONDS = 2.0
"""How long one look at the chain's newest block counts."""

SILENT_SECONDS = 15.0
"""How long a node that did not answer is left alone, so that nobody waits for it meanwhile."""

NODE_TIMEOUT_SECONDS = 5.0
"""Of one request to a node: a visitor waits for some of them."""

_WORST_FIRST = ("recalled", "suspect", "unknown", "authentic")
_LOG = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Opinion:
    """What the answer of one node makes of the bundle; `verdict` is None where it could not be had. `node` is the
    host alone: the rest of a node's URL may be a key."""

    node: str
    verdict: Verdict | None


@dataclass(frozen=True, slots=True)
class Answer:
    """All that a page says of one item. `verdict` is the worst of `opinions`; `told` is the first node's; `claim` is
    somebody's if one node says so, None if none can say."""

    bundle: Bundle
    data: bytes
    verdict: Verdict
    opinions: tuple[Opinion, ...]
    told: Told
    claim: FirstClaim | None
    footprint: Footprint


_Place = tuple[Stamp, tuple[int | None, ...], int]
_Made = TypeVar("_Made")


class Desk:
    """Answers for items on the shelf, as of the newest block of the nodes; an answer is kept while neither file nor
    block nor fault document changes. `deployment` is what the operator trusts."""

    def __init__(
        self,
        shelf: Shelf,
        nodes: Sequence[str],
        deployment: facts.TrustedDeployment | None,
        faults: FaultShelf | None = None,
    ) -> None:
        self.shelf = shelf
        self.faults = faults
        self.nodes = tuple(nodes)
        self.deployment = deployment
        self._threads = ThreadPoolExecutor(THREADS, thread_name_prefix="lading-desk")
        self._own = threading.local()
        self._answers: OrderedDict[_Place, asyncio.Task[Answer]] = OrderedDict()
        self._waiting = 0
        self._heads: tuple[float, tuple[int | None, ...]] | None = None
        self._looking = asyncio.Lock()
        self._told: set[tuple[str, str]] = set()

    async def answer(self, item: Item) -> Answer | None:
        """None if there is no bundle of the item.

        Raises:
            Busy: too many wait already.
            BundleError: the bundle on the shelf is none.
        """
        stamp, charges = await self.in_thread(lambda: (self.shelf.find(item.key), self._charges()))
        if stamp is None:
            return None
        heads = await self.heads()
        place = (stamp, heads, charges.version)
        task = self._answers.get(place)
        if task is None or (task.done() and (task.cancelled() or task.exception() is not None)):
            task = asyncio.create_task(self.in_thread(lambda: self._judge(stamp, item, heads, charges.all)))
            self._answers[place] = task
        self._answers.move_to_end(place)
        while len(self._answers) > MAX_ANSWERS:
            self._answers.popitem(last=False)
        # A visitor who leaves does not take the answer from those who wait for the same.
        return await asyncio.shield(task)

    async def heads(self) -> tuple[int | None, ...]:
        """The newest block of each node; None for one that does not answer."""
        async with self._looking:
            now = time.monotonic()
            if self._heads is None or now > self._heads[0]:
                found = await self.in_thread(lambda: tuple(self._head(url) for url in self.nodes))
                self._heads = (time.monotonic() + (SILENT_SECONDS if None in found else HEAD_SECONDS), found)
            return self._heads[1]

    def close(self) -> None:
        self._threads.shutdown(wait=False, cancel_futures=True)

    async def in_thread(self, work: Callable[[], _Made]) -> _Made:
        """Raises Busy: too many wait already."""
        if self._waiting >= MAX_WAITING:
            raise Busy
        self._waiting += 1
        try:
            return await asyncio.get_running_loop().run_in_executor(self._threads, work)
        finally:
            self._waiting -= 1

    def _chain(self, url: str) -> Chain:
        """One connection for each thread and node: a session is not made to be shared."""
        chains: dict[str, Chain] = self._own.__dict__.setdefault("chains", {})
        if url not in chains:
            # Under its host alone: errors are logged, and the rest of the address may be a key.
            chains[url] = Chain.open(HttpProvider(url, name=host_of(url), timeout=NODE_TIMEOUT_SECONDS))
        return chains[url]

    def _head(self, url: str) -> int | None:
        try:
            return self._chain(url).block().number
        except NetworkError as problem:
            _LOG.warning("%s: %s", host_of(url), type(problem).__name__)
            return None

    def _charges(self) -> Charges:
        return Charges(0, ()) if self.faults is None else self.faults.look()

    def _judge(self, stamp: Stamp, item: Item, heads: Sequence[int | None], charges: Sequence[Charge]) -> Answer:
        data = self.shelf.read(stamp)
        bundle = parse(data)
        charges = accused_in(bundle, charges)
        opinions = tuple(
            Opinion(host_of(url), None) if head is None else self._opinion(url, bundle, item, charges)
            for url, head in zip(self.nodes, heads, strict=True)
        )
        verdicts = [one.verdict for one in opinions if one.verdict is not None]
        if not verdicts:
            verdicts = [facts.verify(bundle, deployment=self.deployment, item=item, charges=charges)]
        self._tell(verdicts)
        worst = min(verdicts, key=lambda verdict: _WORST_FIRST.index(verdict.verdict))
        footprint = self._footprint(bundle, opinions)
        told = self._told_of(bundle, opinions, footprint)
        return Answer(bundle, data, worst, opinions, told, _claim(verdicts), footprint)

    def _tell(self, verdicts: Sequence[Verdict]) -> None:
        """Once for each fault document that convicts nobody, to whoever runs the server."""
        for one in (heard for verdict in verdicts for heard in verdict.heard):
            said = (one.charge.name, one.because)
            if one.weight in (Weight.REFUSED, Weight.IGNORED) and said not in self._told:
                self._told.add(said)
                _LOG.warning("%s", weighed(one))

    def _opinion(self, url: str, bundle: Bundle, item: Item, charges: Sequence[Charge]) -> Opinion:
        try:
            verdict = facts.verify(
                bundle, chain=self._chain(url), deployment=self.deployment, item=item, charges=charges
            )
        except (NetworkError, ContractError) as problem:
            _LOG.warning("%s gave no verdict: %s", host_of(url), type(problem).__name__)
            return Opinion(host_of(url), None)
        return Opinion(host_of(url), verdict)

    def _footprint(self, bundle: Bundle, opinions: Sequence[Opinion]) -> Footprint:
        usable = [url for url, one in zip(self.nodes, opinions, strict=True) if one.verdict is not None]
        return added_up(bundle, [self._chain(url) for url in usable], self.deployment)

    def _told_of(self, bundle: Bundle, opinions: Sequence[Opinion], footprint: Footprint) -> Told:
        """From the first node that judged by the chain, as of the same block; nothing where there is none."""
        judged = [(url, one.verdict.as_of) for url, one in zip(self.nodes, opinions, strict=True) if one.verdict]
        url, as_of = next(((url, as_of) for url, as_of in judged if as_of is not None), (None, None))
        if url is None or as_of is None or self.deployment is None:
            return Told()
        verifiers = {part.verifier for part in footprint.parts if part.verifier is not None}
        try:
            return tell(self._chain(url), self.deployment, bundle, as_of.block, verifiers)
        except (NetworkError, ContractError) as problem:
            _LOG.warning("%s names no publishers: %s", host_of(url), type(problem).__name__)
            return Told()


def _claim(verdicts: Sequence[Verdict]) -> FirstClaim | None:
    known = [one.claim for one in verdicts if one.claim is not None]
    return next((one for one in known if one.claimant is not None), next(iter(known), None))


def host_of(url: str) -> str:
    """The node's host, and its port if it names one; never the path, which may be an access key."""
    parts = urlsplit(url)
    return f"{parts.hostname}:{parts.port}" if parts.port else str(parts.hostname or url[:40])
