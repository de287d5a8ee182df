"""Signing for a sender: fees, gas, and transfers of nothing that use up a nonce.

Never two contents for one nonce of which both could be wanted: what replaces an attempt does the same with higher fees,
or only uses up the nonce of one that the chain refuses.
"""

from __future__ import annotations

from typing import Final

from lading.chain import outbid, transactions
from lading.chain.node import Chain, Request
from lading.chain.outbid import Fees
from lading.chain.sender_errors import NonceGap, to_text
from lading.chain.sender_state import LOG, Sending, View
from lading.chain.sender_tables import Attempt, Submission
from lading.chain.transactions import SignedTransaction
from lading.errors import ContractError, NetworkError

#: Fillers sent without asking. More missing nonces are no accident of ours.
WIDEST_GAP: Final = 64
_NOOP_GAS: Final = 21_000


def mend(sending: Sending, view: View) -> None:
    """Queued rows follow directly on what is used or signed, and no nonce below a signed one is without bytes.

    Raises:
        NonceGap: more are missing than are filled without asking.
    """
    slots = sending.store.nonces.slots()
    known, told = slots.top_signed + 1, max(view.pending, view.latest)
    expected = slots.next if slots.first_queued is None else slots.first_queued
    if told > known and told != expected:
        # Somebody else sends with this key, or a node lies: the lowest number that any of them tells.
        told = min(sending.endpoints.unanimous(lambda chain: chain.nonce(sending.sender)))
    sending.store.renumber(max(known, told), slots)
    missing = _missing(sending, max(view.pending, view.latest), slots.top_signed)
    for nonce in missing:
        LOG.warning("nonce %s of %s was burned: a transfer of nothing to itself uses it up", nonce, sending.sender)
        fees = wanted(sending, view)
        signed = noop(sending, nonce, fees)
        sending.checkpoint("sign")
        sending.store.add_filler(signed, fees)
        sending.checkpoint("store")


def _missing(sending: Sending, first: int, last: int) -> list[int]:
    """Nonces that are neither used, nor in a pool, nor of any row of ours; what the first node says is not enough."""
    if first > last or not sending.store.nonces.missing(first, last):
        return []
    told = sending.endpoints.unanimous(
        lambda chain: max(chain.nonce(sending.sender, "latest"), chain.nonce(sending.sender))
    )
    missing = sending.store.nonces.missing(max(told), last)
    if len(missing) > WIDEST_GAP:
        raise NonceGap(
            f"{len(missing)} nonces of {sending.sender} from {missing[0]} on are missing below signed transactions.",
            hint="Look at the account and at the store; restore the store's newest copy.",
        )
    return missing


def wanted(sending: Sending, view: View) -> Fees:
    """What a new transaction offers now."""
    return outbid.fees_under(sending.policy.max_fee, view.head.base_fee, sending.policy.priority_fee)


def noop(sending: Sending, nonce: int, fees: Fees) -> SignedTransaction:
    """A transfer of nothing to itself."""
    chain_id, _ = sending.endpoints.identity
    return transactions.sign(
        sending.signer, chain_id=chain_id, nonce=nonce, to=sending.sender, data=b"", value=0, gas=_NOOP_GAS, fees=fees
    )


def signed_anew(sending: Sending, view: View, one: Submission, gas: int, fees: Fees) -> SignedTransaction:
    """The submission's content at its nonce."""
    chain_id, _ = sending.endpoints.identity
    assert one.nonce is not None  # noqa: S101 - only what has failed has none
    return transactions.sign(
        sending.signer,
        chain_id=chain_id,
        nonce=one.nonce,
        to=one.to,
        data=one.data,
        value=one.value,
        gas=min(gas, view.head.gas_limit),
        fees=fees,
    )


def store_raised(sending: Sending, one: Submission, attempt: Attempt, fees: Fees) -> Attempt:
    """The same content with these fees, signed and stored."""
    signed = outbid.with_fees(sending.signer, attempt.signed, fees)
    sending.checkpoint("sign")
    error = None if one.error is None else to_text(one.error)
    made = sending.store.add_attempt(one, signed, fees, noop=attempt.noop, error=error)
    sending.checkpoint("store")
    return made


def store_refitted(sending: Sending, view: View, one: Submission, fees: Fees) -> Attempt:
    """The submission with gas of now; or, if the contract would refuse it by now, a transfer of nothing in its place.

    Raises:
        InsufficientFunds: the sender cannot pay.
    """
    assert one.nonce is not None  # noqa: S101 - it was sent
    error: str | None = None
    try:
        signed = signed_anew(sending, view, one, gas_for(sending, one), fees)
    except ContractError as refusal:
        signed, error = noop(sending, one.nonce, fees), to_text(refusal)
    sending.checkpoint("sign")
    made = sending.store.add_attempt(one, signed, fees, noop=error is not None, error=error)
    sending.checkpoint("store")
    return made


def gas_for(sending: Sending, one: Submission) -> int:
    """The limit that the caller gave, or an estimate with a margin.

    Raises:
        ContractError: every node says that it would be refused.
        InsufficientFunds: the sender cannot pay.
    """
    if one.gas is not None:
        return one.gas
    request = Request(one.to, one.data, sending.sender, one.value)
    try:
        return transactions.with_margin(sending.endpoints.ask(lambda chain: chain.estimate(request)))
    except ContractError as refusal:
        return _estimate_of_any(sending, request, refusal)


def _estimate_of_any(sending: Sending, request: Request, refusal: ContractError) -> int:
    def estimated(chain: Chain) -> int | None:
        try:
            return chain.estimate(request)
        except ContractError:
            return None

    answers = sending.endpoints.each(estimated)
    for answer in answers:
        if isinstance(answer, int):
            return transactions.with_margin(answer)
    for answer in answers:
        if isinstance(answer, NetworkError):
            raise answer
    raise refusal
