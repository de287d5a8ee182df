"""Bundles out of publishers' outboxes, of one item or of many."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager
from functools import lru_cache
from pathlib import Path
from typing import TYPE_CHECKING

from lading.errors import LadingError
from lading.provenance.bundle import Entry, MapEntry
from lading.relayer.outbox.outbox import Outbox
from lading.relayer.run import identity_of
from lading.relayer.store.database import owner_of

if TYPE_CHECKING:
    from lading.client import Lading
    from lading.relayer.outbox.trees import BatchTree

THINGS_KEPT = 4096
"""What is read of a thing is kept for the next item of the same pallet: some kilobytes a thing."""


class NotAnchoredYet(LadingError):
    """An outbox has closed a batch that is not on the chain: its item map is ahead of every root that is."""

    def __init__(self, path: str) -> None:
        super().__init__(
            f"{path} holds a closed batch that is not anchored yet, and its item map counts it already.",
            hint="Anchor it with 'lading relay run', then repeat this.",
            retryable=True,
        )


class OutboxSource:
    """A publisher's outbox as `gather.Source`. Reads each thing once; an outbox that changes meanwhile is read anew by
    a new source."""

    def __init__(self, outbox: Outbox) -> None:
        self._outbox = outbox
        self._trees: dict[int, BatchTree] = {}
        self.publisher = bytes.fromhex(outbox.identity.publisher[2:])
        self.entries = lru_cache(THINGS_KEPT)(self._entries)
        self.map_of = lru_cache(THINGS_KEPT)(self._map_of)

    def _entries(self, thing: str) -> Sequence[Entry]:
        return self._outbox.entries(thing, self._trees)

    def called(self, names: frozenset[str]) -> Sequence[Entry]:
        """As `gather.Lookup` says; what is found how, `lading.relayer.outbox.event_names` does."""
        return self._outbox.called(names, self._trees)

    def _map_of(self, thing: str) -> MapEntry:
        """
        Raises:
            NotAnchoredYet: the map is ahead of the chain.
        """
        latest = self._outbox.latest()
        if latest is None or latest[1].items_root != self._outbox.items.root():
            raise NotAnchoredYet(self._outbox.store.path)
        entry, proof = self._outbox.items.prove(thing)
        return MapEntry.of(self.publisher, *latest, thing, entry, proof)


@contextmanager
def sources(client: Lading, paths: Sequence[str | Path]) -> Iterator[list[OutboxSource]]:
    """The outboxes in these files or databases (URLs), open until the end of the block.

    Raises:
        OutboxError: one cannot be used, or belongs to another chain or registry.
    """
    with ExitStack() as stack:
        yield [
            OutboxSource(stack.enter_context(Outbox.open(path, identity_of(client, owner_of(path).publisher))))
            for path in paths
        ]
