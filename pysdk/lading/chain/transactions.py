"""The sending seam: plan, broadcast, wait.

`plan` signs and sends nothing, so that a caller can store the signed bytes first (deployment journal, relayer outbox);
`broadcast` may be repeated with the same bytes without harm; `wait` finds out what became of them; all of it is done by
`lading.chain.sender`. Nothing here sends bytes again without a look at the nonce before: Ganache 7 executes the same
signed bytes again after they were mined, where other nodes refuse them.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass

import rlp
from eth_utils.address import to_checksum_address

from lading.chain.http import BACKOFF_SECONDS, LONGEST_WAIT_SECONDS
from lading.chain.node import Chain, Request, TransactionReceipt
from lading.chain.signer import Signer
from lading.errors import (
    BadResponse,
    ContractError,
    InsufficientFunds,
    LadingError,
    NotReachable,
    OutOfGas,
    RequestRefused,
    TransactionReplaced,
    TransactionTimeout,
    UnknownRevert,
)

#: 1 gwei, what most nodes suggest. The cap leaves room for six full blocks in a row (EIP-1559: +12.5 % each).
PRIORITY_FEE = 10**9
BASE_FEE_MARGIN = 2
#: The escrow checks the gas it has left before it tells its observer; an estimate is the least that works, so add to
#: it.
GAS_MARGIN_NUMERATOR, GAS_MARGIN_DENOMINATOR = 5, 4

#: Geth, Anvil, Ganache, Nethermind, Erigon.
ALREADY_KNOWN = ("already known", "already imported", "alreadyknown", "already in the pool", "known transaction")

DEFAULT_TIMEOUT_SECONDS = 120.0
_FIRST_POLL, _LONGEST_POLL = 0.02, 1.0


@dataclass(frozen=True)
class Fees:
    """Of one transaction, in wei per gas (EIP-1559)."""

    priority: int
    maximum: int


@dataclass(frozen=True)
class SignedTransaction:
    """A transaction that is ready to be broadcast, any number of times. `raw` and `hash` are 0x hex; `to` is None for a
    contract creation."""

    raw: str
    hash: str
    nonce: int
    sender: str
    to: str | None


def plan(
    chain: Chain,
    signer: Signer,
    to: str | None,
    data: bytes,
    *,
    value: int = 0,
    nonce: int | None = None,
    gas: int | None = None,
) -> SignedTransaction:
    """Signs an EIP-1559 transaction and sends nothing. Gas is estimated first, so that what a contract would refuse is
    refused here, before anything is spent; give `gas` where the state it meets is not there yet (an earlier transaction
    of the same plan has not been sent).

    Raises:
        ContractError: the contract refuses.
        InsufficientFunds: the sender cannot pay.
    """
    target = None if to is None else to_checksum_address(to)
    if gas is None:
        gas = with_margin(chain.estimate(Request(target, data, signer.address, value)))
    head = chain.block()
    number = chain.nonce(signer.address) if nonce is None else nonce
    limit, max_fee = min(gas, head.gas_limit), head.base_fee * BASE_FEE_MARGIN + PRIORITY_FEE
    check_funds(chain, signer.address, limit * max_fee + value)
    return sign(
        signer,
        chain_id=chain.chain_id,
        nonce=number,
        to=target,
        data=data,
        value=value,
        gas=limit,
        fees=Fees(PRIORITY_FEE, max_fee),
    )


def sign(
    signer: Signer, *, chain_id: int, nonce: int, to: str | None, data: bytes, value: int, gas: int, fees: Fees
) -> SignedTransaction:
    """An EIP-1559 transaction of exactly this content; asks the chain nothing."""
    fields = {
        "type": 2,
        "chainId": chain_id,
        "nonce": nonce,
        "gas": gas,
        "maxPriorityFeePerGas": fees.priority,
        "maxFeePerGas": fees.maximum,
        "value": value,
        "data": data,
        **({} if to is None else {"to": to}),
    }
    raw, tx_hash = signer.sign_transaction(fields)
    return SignedTransaction("0x" + raw.hex(), tx_hash, nonce, signer.address, to)


def with_margin(estimate: int) -> int:
    """A gas limit from an estimate."""
    return estimate * GAS_MARGIN_NUMERATOR // GAS_MARGIN_DENOMINATOR


def broadcast(chain: Chain, signed: SignedTransaction, *, sleep: Callable[[float], None] = time.sleep) -> None:
    """Hands the bytes to the node, and again where that fails in passing, `sleep` being what waits between. Before each
    time the nonce is looked at, so that bytes that were mined, also by an earlier call, are never sent once more.

    Raises:
        TransactionReplaced: the nonce was used by another transaction.
        InsufficientFunds: the sender cannot pay.
        NotReachable: no answer, and the node does not know the hash. Broadcast the same bytes again.
    """
    for pause in (*BACKOFF_SECONDS, None):
        if chain.nonce(signed.sender, "latest") > signed.nonce:
            if chain.knows(signed.hash):
                return
            raise replaced(signed)
        try:
            hand_over(chain, signed)
        except NotReachable as silence:
            wanted = pause if silence.retry_after is None else silence.retry_after
            if pause is None or wanted is None or wanted > LONGEST_WAIT_SECONDS or not silence.retryable:
                raise
            sleep(wanted)
        else:
            return


def hand_over(chain: Chain, signed: SignedTransaction) -> None:
    """Hands the bytes to the node, once, for callers that have looked at the nonce. That the node has them already, in
    its pool or in a block, is success, however it words it: after any refusal or silence it is asked for the hash.

    Raises as `broadcast`.
    """
    try:
        told = chain.send_raw(bytes.fromhex(signed.raw[2:]))
        if told != signed.hash.lower():
            raise BadResponse(f"{chain.network.name} took {signed.hash} for another transaction, {told}.")
    except LadingError as refusal:
        if _is_known(chain, signed, refusal):
            return
        if isinstance(refusal, RequestRefused) and chain.nonce(signed.sender, "latest") > signed.nonce:
            raise replaced(signed) from refusal
        raise


def wait(
    chain: Chain,
    signed: SignedTransaction,
    *,
    timeout: float = DEFAULT_TIMEOUT_SECONDS,
    sleep: Callable[[float], None] = time.sleep,
    clock: Callable[[], float] = time.monotonic,
) -> TransactionReceipt:
    """The receipt, once mined. `timeout` in seconds.

    Raises:
        ContractError: mined, but the contract refused (the state changed after the estimate).
        OutOfGas: mined, and all gas was used up.
        TransactionReplaced: another transaction took the nonce.
        TransactionTimeout: not mined in time; it may still be.
    """
    end = clock() + timeout
    pause = _FIRST_POLL
    while (found := chain.receipt(signed.hash)) is None:
        if chain.nonce(signed.sender, "latest") > signed.nonce and not chain.knows(signed.hash):
            # Asked once more: it may have been mined between the two questions.
            if (found := chain.receipt(signed.hash)) is not None:
                break
            raise replaced(signed)
        if clock() >= end:
            raise TransactionTimeout(
                f"Transaction {signed.hash} was not mined within {timeout:g} s; it may still be.",
                tx_hash=signed.hash,
                hint="Wait for it, or broadcast the same bytes again; new bytes would be a second transaction.",
                retryable=True,
            )
        sleep(pause)
        pause = min(pause * 2, _LONGEST_POLL)
    if not found.succeeded:
        raise failure_of(chain, signed, found)
    return found


def send(chain: Chain, signer: Signer, to: str | None, data: bytes, *, value: int = 0) -> TransactionReceipt:
    """Plan, broadcast and wait in one, for callers that keep no journal."""
    signed = plan(chain, signer, to, data, value=value)
    broadcast(chain, signed)
    return wait(chain, signed)


def failure_of(chain: Chain, signed: SignedTransaction, receipt: TransactionReceipt) -> LadingError:
    """Why a mined transaction failed: it is called again on the state of its own block, since receipts hold no
    reason."""
    limit, data = _gas_and_data(signed)
    if receipt.gas_used >= limit:
        return OutOfGas(
            f"Transaction {signed.hash} used up all its gas ({limit}).",
            tx_hash=signed.hash,
            hint="Send it again: the estimate is made anew.",
            retryable=True,
        )
    try:
        chain.call(signed.to, data, at=receipt.block_number, sender=signed.sender)
    except ContractError as refusal:
        return refusal
    return UnknownRevert(
        f"Transaction {signed.hash} failed, and the same call would not fail any more.",
        what_next="The state changed around it: look at it anew, and send again if it still makes sense.",
        args_by_name={},
        data="0x",
        retryable=True,
    )


def replaced(signed: SignedTransaction) -> TransactionReplaced:
    """The error that says so."""
    return TransactionReplaced(
        f"Nonce {signed.nonce} of {signed.sender} was used by another transaction than {signed.hash}.",
        tx_hash=signed.hash,
        hint="Look whether its effect is there; if not, plan it anew.",
    )


def check_funds(chain: Chain, sender: str, needed: int) -> None:
    """What a node asks for before it takes a transaction (EIP-1559); some estimate gas for a sender who cannot pay
    it."""
    if (balance := chain.balance(sender)) < needed:
        raise InsufficientFunds(
            f"{sender} has {balance} wei on {chain.network.name}; this transaction may take up to {needed} wei.",
            hint="Send it some of the chain's own currency, or use another signer.",
        )


def _is_known(chain: Chain, signed: SignedTransaction, refusal: LadingError) -> bool:
    if isinstance(refusal, RequestRefused) and any(words in refusal.message.lower() for words in ALREADY_KNOWN):
        return True
    try:
        return chain.knows(signed.hash)
    except NotReachable:
        # Nothing was learnt; the refusal itself is what the caller has to hear.
        return False


def _gas_and_data(signed: SignedTransaction) -> tuple[int, bytes]:
    """From the bytes that were signed (EIP-1559: 0x02 || rlp([chain, nonce, priority fee, max fee, gas, to, value,
    data, …]))."""
    fields = rlp.decode(bytes.fromhex(signed.raw[4:]))
    return int.from_bytes(fields[4], "big"), bytes(fields[7])
