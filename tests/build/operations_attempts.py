"""What everybody may try with an order: one call for each verb and what is brought with it."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from decimal import Decimal

from operations_stage import ASSIGNEE, EVENT, PROVIDER, UNIT, Stage
from sdk_kit import BUYER, CARRIER, ENTRY, SELLER, STRANGER

from lading.chain.contract import Call
from lading.chain.signer import Signer
from lading.enums import Fault, State
from lading.groups.orders import unit_hash
from lading.models import Batch, OrderTerms, Quote
from lading.values import ZERO_WORD

HASH = "0x" + "cd" * 32
OFFER = 30_000_000
NOTHING, AUTHORIZED, CONSENTED, ACCEPTING = (
    "",
    "the buyer's authorization",
    "the buyer's consent",
    "the seller's consent",
)
BOTH_AUTHORIZED, BOTH_CONSENTED = f"{AUTHORIZED} and {ACCEPTING}", f"{CONSENTED} and {ACCEPTING}"
RECEIPT, LEAF = "the carrier's receipt", "the carrier's leaf"
RETURNED, ASSESSED = "the receipt of the place of return", "the entry authority's assessment"
OFFERED = "the other side's offer"


def authorization(on: Stage, terms: OrderTerms) -> str:
    return on.world.by(BUYER).orders.authorize(terms)


def consent(on: Stage, terms: OrderTerms) -> str:
    return on.world.by(BUYER).orders.sign_open(terms)


def acceptance(on: Stage, terms: OrderTerms) -> str:
    return on.world.by(SELLER).orders.sign_accept(terms)


def delivery(on: Stage, terms: OrderTerms) -> Call:
    receipt = on.world.client.orders.receipt(terms, UNIT, EVENT)
    return on.vault.deliver(terms, receipt, CARRIER.address, on.world.by(CARRIER).orders.sign_receipt(receipt))


def anchored(on: Stage, terms: OrderTerms) -> Call:
    leaf = on.leaf(terms)
    batch = Batch(root=leaf.hash(), items_root=ZERO_WORD, writer=CARRIER.address, count=1)
    return on.contracts.deliveries.deliver_anchored(terms, leaf, 0, batch, ())


def returned(on: Stage, terms: OrderTerms) -> Call:
    orders = on.world.by(on.warehouse).orders
    receipt = orders.return_receipt(terms, UNIT, EVENT)
    signature = orders.sign_return_receipt(receipt)
    return on.contracts.returns.receive_return(terms, receipt, on.warehouse.address, signature)


def assessed(on: Stage, terms: OrderTerms) -> Call:
    orders = on.world.by(ENTRY).orders
    assessment = orders.assessment(terms, Decimal("21.5"), HASH)
    signature = orders.sign_assessment(terms, assessment)
    return on.contracts.duties.assess(terms, assessment, ENTRY.address, signature)


def quote_of(on: Stage, terms: OrderTerms) -> Quote | None:
    """The provider's, for an hour and a month; None for an order that needs none."""
    if terms.quote is None:
        return None
    expiry = on.world.now() + timedelta(hours=1)
    return on.world.by(PROVIDER).orders.quote(terms, expiry=expiry, longest_lock=timedelta(days=30))


ATTEMPTS: dict[tuple[str, str], Callable[[Stage, OrderTerms], Call]] = {
    ("open", NOTHING): lambda on, terms: on.vault.open(terms, "0x", "0x", quote_of(on, terms)),
    ("open", ACCEPTING): lambda on, terms: on.vault.open(terms, "0x", acceptance(on, terms), None),
    ("open", CONSENTED): lambda on, terms: on.vault.open(terms, consent(on, terms), "0x", None),
    ("open", BOTH_CONSENTED): lambda on, terms: on.vault.open(terms, consent(on, terms), acceptance(on, terms), None),
    ("openWithAuthorization", AUTHORIZED): lambda on, terms: on.vault.open_with_authorization(
        terms, authorization(on, terms), "0x", None
    ),
    ("openWithAuthorization", BOTH_AUTHORIZED): lambda on, terms: on.vault.open_with_authorization(
        terms, authorization(on, terms), acceptance(on, terms), None
    ),
    ("accept", NOTHING): lambda on, terms: on.vault.accept(terms, "0x"),
    ("accept", ACCEPTING): lambda on, terms: on.vault.accept(terms, acceptance(on, terms)),
    ("cancel", NOTHING): lambda on, terms: on.vault.cancel(terms),
    ("ship", NOTHING): lambda on, terms: on.vault.ship(terms, unit_hash(UNIT)),
    ("poke", NOTHING): lambda on, terms: on.vault.poke(terms),
    ("deliver", RECEIPT): delivery,
    ("deliverAnchored", LEAF): anchored,
    ("requestReturn", NOTHING): lambda on, terms: on.contracts.returns.request_return(terms, HASH),
    ("receiveReturn", RETURNED): returned,
    ("settleReturn", NOTHING): lambda on, terms: on.contracts.returns.settle_return(terms, 110_000_000),
    ("settleByPolicy", NOTHING): lambda on, terms: on.contracts.returns.settle_by_policy(terms),
    ("dispute", NOTHING): lambda on, terms: on.contracts.disputes.dispute(terms, HASH),
    ("submitEvidence", NOTHING): lambda on, terms: on.contracts.disputes.submit_evidence(terms, HASH),
    ("acceptSplit", OFFERED): lambda on, terms: on.contracts.disputes.accept_split(terms, OFFER),
    ("rule", NOTHING): lambda on, terms: on.contracts.disputes.rule(terms, 60_000_000, Fault.SELLER, False, HASH),
    ("settleUnruled", NOTHING): lambda on, terms: on.contracts.disputes.settle_unruled(terms),
    ("assign", NOTHING): lambda on, terms: on.vault.assign(terms, ASSIGNEE.address, 80_000_000),
    ("release", NOTHING): lambda on, terms: on.vault.release(terms),
    ("refund", NOTHING): lambda on, terms: on.vault.refund(terms),
    ("assess", ASSESSED): assessed,
    ("returnDuties", NOTHING): lambda on, terms: on.contracts.duties.return_duties(terms),
    ("report", NOTHING): lambda on, terms: on.vault.report(terms),
}
#: Those that need more than an order's state: an assignment, an assessment.
LATER: dict[tuple[str, str], Callable[[Stage, OrderTerms], Call]] = {
    ("consentToRefund", NOTHING): lambda on, terms: on.vault.consent_to_refund(terms),
    ("proposeSplit", NOTHING): lambda on, terms: on.contracts.disputes.propose_split(
        terms, OFFER, int((terms.deliver_by + timedelta(days=100)).timestamp())
    ),
    ("refundDuties", NOTHING): lambda on, terms: on.contracts.duties.refund_duties(terms, 21_500_000),
}
#: The shortest way into each state.
WAYS: dict[State, tuple[str, ...]] = {
    State.NONE: (),
    State.FUNDED: ("open",),
    State.ACCEPTED: ("open", "accept"),
    State.SHIPPED: ("open", "accept", "ship"),
    State.DELIVERED: ("open", "accept", "ship", "deliver"),
    State.RETURN_REQUESTED: ("open", "accept", "ship", "deliver", "requestReturn"),
    State.RETURN_RECEIVED: ("open", "accept", "ship", "deliver", "requestReturn", "receiveReturn"),
    State.DISPUTED: ("open", "accept", "ship", "dispute"),
    State.RELEASED: ("open", "accept", "release"),
    State.REFUNDED: ("open", "accept", "refund"),
    State.SETTLED: ("open", "accept", "proposeSplit", "acceptSplit"),
    State.CANCELLED: ("open", "cancel"),
}
BRINGING = {"deliver": RECEIPT, "deliverAnchored": LEAF, "receiveReturn": RETURNED, "acceptSplit": OFFERED}
BRINGING |= {"assess": ASSESSED}
BY: dict[str, Signer] = dict.fromkeys(("open", "cancel", "release", "requestReturn", "dispute", "acceptSplit"), BUYER)
BY |= dict.fromkeys(("deliver", "receiveReturn", "assess"), STRANGER)


def call(on: Stage, terms: OrderTerms, verb: str) -> Call:
    """The verb with what it cannot do without; an opening from the allowance, an acceptance by the seller itself."""
    return {**ATTEMPTS, **LATER}[verb, BRINGING.get(verb, NOTHING)](on, terms)


def bring(on: Stage, terms: OrderTerms, state: State, besides: tuple[str, ...] = ()) -> None:
    """The order to that state, by the shortest way; once accepted, the seller or a stranger does what is `besides`."""
    for verb in WAYS[state]:
        on.send(BY.get(verb, SELLER), call(on, terms, verb))
        for other in besides if verb == "accept" else ():
            on.send(BY.get(other, SELLER), call(on, terms, other))


def make_offers(on: Stage, terms: OrderTerms) -> None:
    """Buyer and seller offer each other the same split."""
    for party in (BUYER, SELLER):
        on.send(party, call(on, terms, "proposeSplit"))
