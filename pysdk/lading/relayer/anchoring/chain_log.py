"""The publisher's log as the chain has it. As the sender does with receipts (`lading.chain.sender_settle`), it believes
one node that something is there, and all of them, of which none may be missing, that it is not."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Generic, TypeVar

from lading.client import Lading
from lading.errors import NetworkError
from lading.relayer.errors import LogDiffers, NodesDisagree
from lading.relayer.outbox.outbox import Batch

if TYPE_CHECKING:
    from lading.chain.endpoints import Endpoints
    from lading.chain.node import Chain
    from lading.deploy.registry import Deployment

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class _Told(Generic[T]):
    """What each node said that answered, by its name; `failure`: of one that did not."""

    said: dict[str, T]
    failure: NetworkError | None


class ChainLog:
    """`publisher`: its participant id as 0x hex. `known`: clients whose contracts were looked at already."""

    def __init__(
        self, endpoints: Endpoints, deployment: Deployment, publisher: str, known: Iterable[Lading] = ()
    ) -> None:
        self.endpoints = endpoints
        self._deployment = deployment
        self._publisher = publisher
        self._clients = {client.chain.network.name: client for client in known}

    def next_index(self, anchored: int | None, closed: int | None = None) -> int:
        """Of the batch that the log takes next. The outbox believes that it is `anchored` at least, and nobody but
        itself can have made it more than `closed`; None where it knows nothing.

        Raises:
            NodesDisagree: one node alone says what nothing else does.
            NetworkError: no node answers; or one does not, and what the others say is less than the outbox believes.
        """
        told = self._each(lambda client: client.goods.head(self._publisher).next_index)
        found = max(told.said.values())
        if (anchored is None or found < anchored) and told.failure is not None:
            raise told.failure
        doubtful = anchored is None or (closed is not None and found > closed)
        if doubtful and min(told.said.values()) < found:
            raise NodesDisagree("where the log continues", told.said)
        return found

    def digest(self, index: int, *, sure: bool = True) -> bytes | None:
        """What the chain stores of batch `index`, 27 bytes; None if it has none, which matters if it is to be `sure`.

        Raises:
            NodesDisagree: two nodes have different batches there.
            NetworkError: as `next_index`; that it has none for sure, all have to say.
        """
        told = self._digests(index)
        found = {digest for digest in told.said.values() if digest is not None}
        if len(found) > 1:
            raise NodesDisagree(f"what batch {index} is", _shown(told.said))
        if sure and not found and told.failure is not None:
            raise told.failure
        return next(iter(found), None)

    def writer(self, batch: Batch, digest: bytes) -> bytes:
        """Whose key (20 bytes) anchored our batch. It is the one that was to sign it, whoever writes the log now; but
        where the outbox is an older copy, only the log's own event knows it.

        Raises:
            LogDiffers: what is anchored there is not ours, as all nodes say that answer.
            NodesDisagree: one says so, another does not.
        """
        if batch.writer is not None and batch.digest(batch.writer) == digest:
            return batch.writer
        for writer in self._ask(lambda client: self._writers(client, batch.index)):
            if batch.digest(writer) == digest:
                return writer
        told = self._digests(batch.index).said
        if set(told.values()) != {digest}:
            raise NodesDisagree(f"what batch {batch.index} is", _shown(told))
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

    def _digests(self, index: int) -> _Told[bytes | None]:
        def digest(client: Lading) -> bytes | None:
            anchor = client.goods.anchor_of(self._publisher, index)
            return None if anchor is None else bytes.fromhex(anchor.digest[2:])

        return self._each(digest)

    def _each(self, question: Callable[[Lading], T]) -> _Told[T]:
        """
        Raises:
            NetworkError: none answers.
        """
        answers = self.endpoints.each(lambda chain: (chain.network.name, question(self._client(chain))))
        said = dict(one for one in answers if not isinstance(one, NetworkError))
        failure = next((one for one in answers if isinstance(one, NetworkError)), None)
        if not said and failure is not None:
            raise failure
        return _Told(said, failure)

    def _ask(self, question: Callable[[Lading], T]) -> T:
        return self.endpoints.ask(lambda chain: question(self._client(chain)))

    def _client(self, chain: Chain) -> Lading:
        """A node that was opened anew may stand on other contracts: they are looked at again."""
        name = chain.network.name
        known = self._clients.get(name)
        if known is None or known.chain is not chain:
            known = self._clients[name] = Lading.connect(chain, deployment=self._deployment)
        return known


def _shown(told: dict[str, bytes | None]) -> dict[str, object]:
    return {name: "none" if digest is None else "0x" + digest.hex() for name, digest in told.items()}
