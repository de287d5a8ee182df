"""Errors of ITradeEscrow, and those that its operators and ISellerCredit share with it."""

from __future__ import annotations

from datetime import datetime

from lading.enums import Default, Moment, Party, State
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
    solidity = "AmountReceived(address token,uint256 received,uint256 expected)"
    says = "The vault received {received} smallest units of {token} where the order asks for {expected}."
    next_step = "Use a token that moves what it says; one that takes a fee is refused."
    token: str
    received: int
    expected: int


class AmountZero(SolidityError):
    solidity = "AmountZero()"
    says = "An amount above zero is needed: the price of an order, what is assigned, duty that is passed on."
    next_step = "Set the amount."


class CarrierForeign(SolidityError):
    solidity = "CarrierForeign(bytes32 attempted,bytes32 expected)"
    says = "The receipt is signed for participant {attempted}; the order's carrier is {expected}."
    next_step = "Have a valid key of {expected} sign it."
    attempted: str
    expected: str


class ConditionByWithoutCondition(SolidityError):
    solidity = "ConditionByWithoutCondition(uint40 conditionBy)"
    says = "The terms have a deadline for a condition ({condition_by}), and no condition."
    next_step = "Name the condition (`client.customs.address`), or leave condition_by out."
    condition_by: datetime | None


class ConditionNotMet(SolidityError):
    solidity = "ConditionNotMet(bytes32 id)"
    says = "The release condition of order {id} is not met yet."
    next_step = "Try again once the papers are cleared; `customs.status` shows what is missing."
    may_retry = True
    id: str


class ConsentInvalid(SolidityError):
    solidity = "ConsentInvalid(bytes32 id,address party)"
    says = "{party} did not consent to order {id}."
    next_step = "Have {party} sign this very order on this chain, or send the transaction itself."
    id: str
    party: str


class DeadlinesOutOfOrder(SolidityError):
    solidity = "DeadlinesOutOfOrder(Moment earlier,Moment later)"
    says = "In the terms, '{later}' comes before '{earlier}'."
    next_step = "Order the deadlines: accept, ship, condition, deliver."
    earlier: Moment
    later: Moment

    def sentence(self) -> str:
        return "In the terms, '{later}' is over already." if self.earlier is Moment.NOW else self.says


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


class DefaultOpen(SolidityError):
    solidity = "DefaultOpen(Default standing,uint40 opensAt)"
    says = "The default '{standing}' has been open since {opens_at}: it is too late for anything else."
    next_step = "Call the default; `orders.next_actions` names its verb."
    standing: Default
    opens_at: datetime | None


class DutiesNotHeld(SolidityError):
    solidity = "DutiesNotHeld(bytes32 id)"
    says = "The escrow holds no duties of order {id}: they were paid or returned, or there never were any."
    next_step = "`orders.history` shows what became of them."
    id: str


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
    next_step = "Only an accepted order that was released, refunded or settled has one."
    id: str


class NotBuyer(SolidityError):
    solidity = "NotBuyer(address caller,address buyer)"
    says = "{caller} is not this order's buyer."
    next_step = "Send it from {buyer}."
    caller: str
    buyer: str


class NotEscrow(SolidityError):
    solidity = "NotEscrow(address caller,address escrow)"
    says = "Only the escrow {escrow} may call this, not {caller}."
    next_step = "Use the verbs of `orders`; the escrow makes this call by itself."
    caller: str
    escrow: str


class NothingToWithdraw(SolidityError):
    solidity = "NothingToWithdraw(address payee,address token)"
    says = "Nothing of token {token} waits for {payee}."
    next_step = "Most payments are pushed; look at the payee's own balance."
    payee: str
    token: str


class NotOperator(SolidityError):
    solidity = "NotOperator(address caller)"
    says = "{caller} is not the contract whose call this is."
    next_step = (
        "Use the verbs of `orders`: returns, disputes, duties and anchored deliveries go through their contracts."
    )
    caller: str


class NotParty(SolidityError):
    solidity = "NotParty(address caller)"
    says = "{caller} is none of the order's parties that may do this."
    next_step = "Send it from the buyer or the seller; `orders.next_actions` says who else may."
    caller: str


class NotSeller(SolidityError):
    solidity = "NotSeller(address caller,address seller)"
    says = "{caller} is not this order's seller."
    next_step = "Send it from {seller}."
    caller: str
    seller: str


class PartyInvalid(SolidityError):
    solidity = "PartyInvalid(Party role,address party)"
    says = "{party} cannot be the {role}: it is zero, or the escrow itself."
    next_step = "Name the {role}'s own address."
    role: Party
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


class RuleOutOfRange(SolidityError):
    solidity = "RuleOutOfRange(uint256 attempted,uint256 least,uint256 most)"
    says = "A rule of credit is {attempted}; it has to be between {least} and {most}."
    next_step = "Change it in the deployment's parameters, under contracts.SellerCredit.rules."
    attempted: int
    least: int
    most: int


class SplitTooHigh(SolidityError):
    solidity = "SplitTooHigh(uint256 attempted,uint256 held)"
    says = "The parts of the split come to {attempted} smallest units; the order holds {held}."
    next_step = "Lower them."
    attempted: int
    held: int


class StateWrong(SolidityError):
    solidity = "StateWrong(bytes32 id,State standing,State expected)"
    says = "Order {id} is in the state '{standing}'; this needs '{expected}'."
    next_step = "Look at `orders.get`; if it has moved on, nothing is left to do."
    id: str
    standing: State
    expected: State


class TermsMalformed(SolidityError):
    solidity = "TermsMalformed()"
    says = "The terms have more than one set of clauses, or bits beyond the fields of their schedule."
    next_step = "Make them with `orders.terms`."


class TooEarly(SolidityError):
    solidity = "TooEarly(uint40 blockTime,uint40 opensAt)"
    says = "It is too early for this at {block_time}."
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
