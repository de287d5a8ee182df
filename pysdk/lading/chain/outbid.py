"""Taking the place of one's own transaction that waits with too low a fee: same sender, same nonce, higher fees."""

from __future__ import annotations

from dataclasses import dataclass

import rlp

from lading.chain.node import Chain
from lading.chain.signer import Signer
from lading.chain.transactions import SignedTransaction


@dataclass(frozen=True)
class Fees:
    """Of one transaction, in wei per gas (EIP-1559)."""

    priority: int
    maximum: int


def fees_of(signed: SignedTransaction) -> Fees:
    """Read from the signed bytes."""
    fields = _fields(signed)
    return Fees(fields[2], fields[3])


def outbid(chain: Chain, signer: Signer, fresh: SignedTransaction, over: SignedTransaction) -> SignedTransaction:
    """Signs `fresh` again with fees at least an eighth above those of `over`, which is what every node takes for a
    replacement (Geth's `txpool.pricebump` is 10 %). Sends nothing."""
    _, nonce, priority, maximum, gas, value, data = _fields(fresh)
    floor = fees_of(over)
    fields = {
        "type": 2,
        "chainId": chain.chain_id,
        "nonce": nonce,
        "gas": gas,
        "maxPriorityFeePerGas": max(priority, _raised(floor.priority)),
        "maxFeePerGas": max(maximum, _raised(floor.maximum)),
        "value": value,
        "data": data,
        **({} if fresh.to is None else {"to": fresh.to}),
    }
    raw, tx_hash = signer.sign_transaction(fields)
    return SignedTransaction("0x" + raw.hex(), tx_hash, nonce, signer.address, fresh.to)


def _raised(fee: int) -> int:
    return -(-fee * 9 // 8)


def _fields(signed: SignedTransaction) -> tuple[int, int, int, int, int, int, bytes]:
    """Chain id, nonce, priority fee, maximum fee, gas, value, data: 0x02 || rlp([…, to, value, data, …]) (EIP-1559)."""
    raw = rlp.decode(bytes.fromhex(signed.raw.removeprefix("0x"))[1:])
    chain_id, nonce, priority, maximum, gas = (int.from_bytes(item, "big") for item in raw[:5])
    return chain_id, nonce, priority, maximum, gas, int.from_bytes(raw[6], "big"), bytes(raw[7])
