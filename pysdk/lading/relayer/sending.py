"""How a closed batch gets onto the chain: the one place of the relayer that signs and sends."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Protocol

from lading.errors import ContractError, OutOfGas, TransactionReplaced
from lading.relayer.outbox import Batch, Outbox

if TYPE_CHECKING:
    from lading.chain.transactions import SignedTransaction
    from lading.client import Lading

Checkpoint = Callable[[str], None]
"""Called with the name of each step that was just done; tests end the process there."""


def go_on(_step: str) -> None:
    """The checkpoint that does nothing."""


@dataclass(frozen=True, slots=True)
class Sent:
    """The transaction of a batch, mined; `writer` is the address that signed it, 20 bytes."""

    block: int
    tx_hash: str
    gas_used: int
    writer: bytes


class Sending(Protocol):
    """What anchoring needs of whatever sends."""

    def send(self, batch: Batch) -> Sent | None:
        """Has the batch's transaction mined, going on with what an earlier process stored of it. Returns when it is;
        None if that can take no effect any more, so that another is needed if the chain lacks the batch.

        Raises:
            ContractError, OutOfGas: it failed, or is refused; it is signed anew when this is called again.
            TransactionTimeout, NetworkError: it may be mined yet; call again.
        """


class ClientSending:
    """Signs with the client's signer, and keeps the signed bytes in the batch's row before a node sees them."""

    def __init__(self, outbox: Outbox, client: Lading, checkpoint: Checkpoint = go_on) -> None:
        self._outbox = outbox
        self._client = client
        self._checkpoint = checkpoint

    def send(self, batch: Batch) -> Sent | None:
        signed = batch.transaction or self._sign_and_store(batch)
        try:
            self._client.broadcast(signed)
            self._checkpoint("broadcast")
            receipt = self._client.wait(signed)
        except (ContractError, OutOfGas):
            # Mined without effect. These bytes are used up; the next run signs new ones, if that still makes sense.
            self._outbox.drop_transaction(batch.index)
            raise
        except TransactionReplaced:
            self._outbox.drop_transaction(batch.index)
            if batch.transaction is None:
                raise
            # Signed by an earlier run, and its nonce went to something else meanwhile: whatever that was.
            return None
        self._checkpoint("receipt")
        return Sent(receipt.block, receipt.tx_hash, receipt.gas_used, bytes.fromhex(signed.sender[2:]))

    def _sign_and_store(self, batch: Batch) -> SignedTransaction:
        roots = ["0x" + root.hex() for root in (batch.root, batch.items_root)]
        goods = self._client.contracts.goods
        signed = self._client.plan(
            goods.anchor(self._outbox.identity.publisher, batch.index, roots[0], roots[1], batch.count)
        )
        self._checkpoint("sign")
        self._outbox.store_transaction(batch.index, signed)
        self._checkpoint("store")
        return signed
