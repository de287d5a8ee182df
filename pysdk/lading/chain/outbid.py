"""Taking the place of one's own transaction that waits with too low a fee: same sender, same nonce, higher fees."""

from __future__ import annotations

import rlp

from lading.chain.signer import Signer
from lading.chain.transactions import BASE_FEE_MARGIN, Fees, SignedTransaction, sign

__all__ = ["Fees", "fees_of", "fees_under", "outbid", "raised", "with_fees"]


def fees_of(signed: SignedTransaction) -> Fees:
    """Read from the signed bytes."""
    fields = _fields(signed)
    return Fees(fields[2], fields[3])


def fees_under(cap: int, base_fee: int, priority: int) -> Fees:
    """What a new transaction offers: room for six full blocks in a row (EIP-1559: +12.5 % each), but at most `cap` in
    all. All in wei per gas."""
    maximum = min(base_fee * BASE_FEE_MARGIN + priority, cap)
    return Fees(min(priority, maximum), maximum)


def raised(over: Fees, wanted: Fees, cap: int) -> Fees | None:
    """The fees of a replacement: `wanted`, but each at least an eighth above that of `over`, which is what every node
    takes for a replacement (Geth's `txpool.pricebump` is 10 %). None if that is more than `cap`: within an eighth of
    it there is nothing left to raise."""
    maximum = max(min(wanted.maximum, cap), _raised(over.maximum))
    if maximum > cap:
        return None
    return Fees(min(max(wanted.priority, _raised(over.priority)), maximum), maximum)


def outbid(signer: Signer, fresh: SignedTransaction, over: SignedTransaction) -> SignedTransaction:
    """Signs `fresh` again with fees at least an eighth above those of `over`. Sends nothing."""
    fields, floor = _fields(fresh), fees_of(over)
    return with_fees(
        signer, fresh, Fees(max(fields[2], _raised(floor.priority)), max(fields[3], _raised(floor.maximum)))
    )


def with_fees(signer: Signer, signed: SignedTransaction, fees: Fees) -> SignedTransaction:
    """The same content at the same nonce with other fees. Sends nothing."""
    chain_id, nonce, _, _, gas, value, data = _fields(signed)
    return sign(signer, chain_id=chain_id, nonce=nonce, to=signed.to, data=data, value=value, gas=gas, fees=fees)


def _raised(fee: int) -> int:
    return -(-fee * 9 // 8)


def _fields(signed: SignedTransaction) -> tuple[int, int, int, int, int, int, bytes]:
    """Chain id, nonce, priority fee, maximum fee, gas, value, data: 0x02 || rlp([…, to, value, data, …]) (EIP-1559)."""
    raw = rlp.decode(bytes.fromhex(signed.raw.removeprefix("0x"))[1:])
    chain_id, nonce, priority, maximum, gas = (int.from_bytes(item, "big") for item in raw[:5])
    return chain_id, nonce, priority, maximum, gas, int.from_bytes(raw[6], "big"), bytes(raw[7])
