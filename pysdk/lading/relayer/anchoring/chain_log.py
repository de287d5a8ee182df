"""The publisher's log as the chain has it, asked of whichever node answers."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import TYPE_CHECKING, TypeVar

from lading.client import Lading
from lading.relayer.errors import LogDiffers
from lading.relayer.outbox.outbox import Batch

if TYPE_CHECKING:
    from lading.chain.endpoints import Endpoints
    from lading.chain.node import Chain
    from lading.deploy.registry import Deployment

T = TypeVar("T")


class ChainLog:
    """`publisher`: its participant id as 0x hex. `known`: clients whose contracts were looked at already."""

    def __init__(
        self, endpoints: Endpoints, deployment: Deployment, publisher: str, known: Iterable[Lading] = ()
    ) -> None:
        self.endpoints = endpoints
        self._deployment = deployment
        self._publisher = publisher
        self._clients = {client.chain.network.name: client for client in known}

    def next_index(self) -> int:
        """Of the batch that the log takes next."""
        return self._ask(lambda client: client.goods.head(self._publisher).next_index)

    def digest(self, index: int) -> bytes | None:
        """What the chain stores of batch `index`, 27 bytes; None if it has none."""
        anchor = self._ask(lambda client: client.goods.anchor_of(self._publisher, index))
        return None if anchor is None else bytes.fromhex(anchor.digest[2:])

    def writer(self, batch: Batch, digest: bytes) -> bytes:
        """Whose key (20 bytes) anchored our batch. It is the one that was to sign it, whoever writes the log now; but
        where the outbox is an older copy, only the log's own event knows it.

        Raises:
            LogDiffers: what is anchored there is not ours.
        """
        if batch.writer is not None and batch.digest(batch.writer) == digest:
            return batch.writer
        for writer in self._ask(lambda client: self._writers(client, batch.index)):
            if batch.digest(writer) == digest:
                return writer
        raise LogDiffers(batch.index, batch.root, digest)

    def call(self, batch: Batch) -> tuple[str, bytes]:
        """(contract, data) of the call that anchors it."""
        roots = ["0x" + root.hex() for root in (batch.root, batch.items_root)]

        def encoded(client: Lading) -> tuple[str, bytes]:
            made = client.contracts.goods.anchor(self._publisher, batch.index, roots[0], roots[1], batch.count)
            return made.to, made.data

        known = next(iter(self._clients.values()), None)
        return self._ask(encoded) if known is None else encoded(known)

    def _writers(self, client: Lading, index: int) -> list[bytes]:
        return [bytes.fromhex(event.writer[2:]) for event in client.goods.anchors(self._publisher, index=index)]

    def _ask(self, question: Callable[[Lading], T]) -> T:
        return self.endpoints.ask(lambda chain: question(self._client(chain)))

    def _client(self, chain: Chain) -> Lading:
        """A node that was opened anew may stand on other contracts: they are looked at again."""
        name = chain.network.name
        known = self._clients.get(name)
        if known is None or known.chain is not chain:
            known = self._clients[name] = Lading.connect(chain, deployment=self._deployment)
        return known
