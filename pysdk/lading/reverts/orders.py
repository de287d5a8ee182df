"""Errors of ITradeEscrow and ISellerCredit."""

from __future__ import annotations

from datetime import datetime

from lading.enums import Default, State
from lading.reverts.base import SolidityError


class AlreadyOpened(SolidityError):
    solidity = "AlreadyOpened(bytes32 id)"
    says = "Order {id} is open already."
    next_step = "Go on with it; `orders.get` shows where it stands."
    id: str


class AlreadyReported(SolidityError):
    solidity = "AlreadyReported(bytes32 id)"
    says = "The outcome of order {id} is reported already."
    next_step = "Nothing is left to do."
    id: str


class AmountReceived(SolidityError):
    solidity = "AmountReceived(uint256 received,uint256 expected)"
    says = "The vault received {received} smallest units where the order asks for {expected}."
    next_step = "Use a token that moves what it says; one that takes a fee is refused."
    received: int
    expected: int


class AmountZero(SolidityError):
    solidity = "AmountZero()"
    says = "An order has a price above zero."
    next_step = "Set the price."


class CarrierForeign(SolidityError):
    solidity = "CarrierForeign(bytes32 attempted,bytes32 expected)"
    says = "The receipt is signed for participant {attempted}; the order's carrier is {expected}."
    next_step = "Have a valid key of {expected} sign it."
    attempted: str
    expected: str


class ConditionNotMet(SolidityError):
    solidity = "ConditionNotMet(bytes32 id)"
    says = "The release condition of order {id} is not met yet."
    next_step = "Try again once the papers are cleared; `customs.status` shows what is missing."
    may_retry = True
    id: str


class ConditionRejected(SolidityError):
    solidity = "ConditionRejected(bytes32 id)"
    says = "The release condition of order {id} is rejected."
    next_step = "The order goes back: call `orders.refund`."
    id: str


class ConsentInvalid(SolidityError):
    solidity = "ConsentInvalid(bytes32 id,address party)"
    says = "{party} did not consent to order {id}."
    next_step = "Have {party} sign this very order on this chain, or send the transaction itself."
    id: str
    party: str


class DeadlinesOutOfOrder(SolidityError):
    solidity = "DeadlinesOutOfOrder(string earlier,string later)"
    says = "In the terms, {later} comes before {earlier}."
    next_step = "Order the deadlines: accept, ship, condition, deliver."
    earlier: str
    later: str

    def sentence(self) -> str:
        return "In the terms, {later} is over already." if self.earlier == "now" else self.says


class DeadlineTooFar(SolidityError):
    solidity = "DeadlineTooFar(uint256 attempted,uint256 max)"
    says = "The last deadline of the terms ends at {attempted} (Unix seconds); {max} is the furthest."
    next_step = "Shorten the deadlines or windows of the terms."
    attempted: int
    max: int


class DefaultDiffers(SolidityError):
    solidity = "DefaultDiffers(Default attempted,Default standing)"
    says = "The default that stands is {standing}, not {attempted}."
    next_step = "Look at `orders.default_of`, and call the other verb when it opens."
    attempted: Default
    standing: Default


class FeeTooHigh(SolidityError):
    solidity = "FeeTooHigh(uint16 attempted,uint16 max)"
    says = "A fee of {attempted} hundredths of a percent is above {max}."
    next_step = "Lower the platform's fee in the terms."
    attempted: int
    max: int


class GasTooLow(SolidityError):
    solidity = "GasTooLow(uint256 available,uint256 needed)"
    says = "The transaction left {available} gas where {needed} are needed to pay and report."
    next_step = "Send it again with more gas."
    may_retry = True
    available: int
    needed: int


class NoOutcome(SolidityError):
    solidity = "NoOutcome(bytes32 id)"
    says = "Order {id} has no outcome to report."
    next_step = "Only an accepted order that was released or refunded has one."
    id: str


class NotBuyer(SolidityError):
    solidity = "NotBuyer(address caller,address buyer)"
    says = "{caller} is not this order's buyer."
    next_step = "Send it from {buyer}, or bring the buyer's signature (`orders.open_with_consent`)."
    caller: str
    buyer: str


class NotEscrow(SolidityError):
    solidity = "NotEscrow(address caller,address escrow)"
    says = "Outcomes come from the escrow {escrow} alone, not from {caller}."
    next_step = "Use `orders.report` for an outcome that was missed."
    caller: str
    escrow: str


class NothingToWithdraw(SolidityError):
    solidity = "NothingToWithdraw(address payee,address token)"
    says = "Nothing of token {token} waits for {payee}."
    next_step = "Most payments are pushed; look at the payee's own balance."
    payee: str
    token: str


class NotParty(SolidityError):
    solidity = "NotParty(address caller)"
    says = "{caller} is neither the buyer nor the seller of this order."
    next_step = "Send it from one of the two."
    caller: str


class NotSeller(SolidityError):
    solidity = "NotSeller(address caller,address seller)"
    says = "{caller} is not this order's seller."
    next_step = "Send it from {seller}."
    caller: str
    seller: str


class PartyInvalid(SolidityError):
    solidity = "PartyInvalid(string role,address party)"
    says = "{party} cannot be the {role} of an order: it is zero, or the escrow itself."
    next_step = "Name the {role}'s own address."
    role: str
    party: str


class ReceiptForeign(SolidityError):
    solidity = "ReceiptForeign(bytes32 receiptOrder,bytes32 id)"
    says = "The receipt is about order {receipt_order}, not {id}."
    next_step = "Have the carrier sign a receipt for this order."
    receipt_order: str
    id: str


class ReceiptInvalid(SolidityError):
    solidity = "ReceiptInvalid(address signer)"
    says = "The receipt's signature is not {signer}'s, on this chain and for this escrow."
    next_step = "Have {signer} sign it with `orders.sign_receipt`."
    signer: str


class StateWrong(SolidityError):
    solidity = "StateWrong(bytes32 id,State standing,State expected)"
    says = "Order {id} is in the state '{standing}'; this needs '{expected}'."
    next_step = "Look at `orders.get`; if it has moved on, nothing is left to do."
    id: str
    standing: State
    expected: State


class TooEarly(SolidityError):
    solidity = "TooEarly(uint40 blockTime,uint40 opensAt)"
    says = "No default is open at {block_time}."
    next_step = "Call again at or after {opens_at} (block time)."
    may_retry = True
    block_time: datetime
    opens_at: datetime | None


class TooLate(SolidityError):
    solidity = "TooLate(uint40 blockTime,uint40 deadline)"
    says = "The deadline {deadline} has passed: the block's time is {block_time}."
    next_step = "What is left is the default; see `orders.default_of`."
    block_time: datetime
    deadline: datetime | None
