"""What a sender can refuse, and how the failure of a transaction is kept in a database."""

from __future__ import annotations

import json

from lading.chain import reverts
from lading.errors import (
    ContractError,
    InputError,
    LadingError,
    NetworkError,
    OutOfGas,
    TransactionReplaced,
    UnknownRevert,
)


class KeyReused(InputError):
    """A submission of that key is stored already, and it says something else."""


class SenderTaken(LadingError):
    """Another process sends with this signer and this store: two would take the same nonces."""


class StoreError(LadingError):
    """The sender's own database cannot be opened, read or written."""


class StoreForeign(StoreError):
    """The store holds this signer's transactions for another chain."""


class NonceGap(LadingError):
    """More nonces are missing below what is signed than are filled without asking."""


class ChainWentBack(NetworkError):
    """A transaction that was final is gone: the node lags far behind, or shows another history."""


def to_text(error: LadingError) -> str:
    """For the column `error`: JSON that `from_text` reads."""
    if isinstance(error, ContractError):
        return json.dumps({"kind": "contract", "message": error.message, "next": error.what_next, "data": error.data})
    if isinstance(error, TransactionReplaced):
        return json.dumps({"kind": "replaced", "message": error.message, "next": error.hint})
    kind = "gas" if isinstance(error, OutOfGas) else "other"
    return json.dumps({"kind": kind, "message": error.message, "next": error.hint})


def from_text(text: str, tx_hash: str) -> LadingError:
    """The error as it was: of the class of its revert data where it has some."""
    kept = json.loads(text)
    message, hint = kept["message"], kept["next"]
    if kept["kind"] == "contract":
        decoded = reverts.decode(bytes.fromhex(kept["data"][2:]))
        if not isinstance(decoded, UnknownRevert):
            return decoded
        return UnknownRevert(message, what_next=hint, args_by_name={}, data=kept["data"])
    if kept["kind"] == "replaced":
        return TransactionReplaced(message, tx_hash=tx_hash, hint=hint)
    return OutOfGas(message, tx_hash=tx_hash, hint=hint) if kept["kind"] == "gas" else LadingError(message, hint=hint)
