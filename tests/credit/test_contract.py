"""The package's score against the deployed contract, outcome by outcome."""

from __future__ import annotations

from itertools import product

from lading.credit import CreditRecord, Outcome
from lading.enums import Fault, Ground, Role, State

from ..customs.embedded import PRICE, Embedded, terms

ENDINGS = [
    *product([State.RELEASED], [Ground.ON_TIME, Ground.LATE], [Fault.NOBODY], [True], [0]),
    *product([State.REFUNDED], [Ground.NOT_SHIPPED, Ground.SELLER_REFUND], Fault, [False], [PRICE]),
    *product([State.RELEASED] * 9, [Ground.ON_TIME], [Fault.NOBODY], [True], [0]),
    *product([State.REFUNDED], [Ground.CONDITION_FAILED, Ground.NOT_DELIVERED], Fault, [False], [PRICE]),
    *product([State.SETTLED], [Ground.RETURNED, Ground.NOT_RULED], [Fault.NOBODY], [True], [400]),
    *product([State.SETTLED], [Ground.AGREED], [Fault.NOBODY], [True, False], [0, 1, 333, PRICE]),
    *product([State.SETTLED], [Ground.RULED], Fault, [True, False], [0, 333]),
]


def test_every_outcome_moves_the_contracts_record_and_score_as_ours() -> None:
    chain = Embedded()
    credit = chain.deploy("SellerCredit", chain.registry.address, chain.escrow)
    seller, key = chain.admit(Role.SELLER, "seller")
    record = CreditRecord()
    for number, (state, ground, fault, delivered, to_buyer) in enumerate(ENDINGS):
        at = 1_800_000_000 + number
        outcome = Outcome(state, ground, fault, delivered, accepted_at=at, at=at, to_buyer=to_buyer, total=PRICE)
        told = (state, ground, fault, delivered, at, at, to_buyer)
        order_id = number.to_bytes(32, "big")
        chain.send(credit.functions.onOutcome(order_id, terms(seller=key.address), told), chain.escrow)

        record = record.after(outcome)
        assert credit.functions.recordOf(seller).call() == (record.good, record.bad, record.orders, record.updated_at)
        assert credit.functions.scoreOf(seller).call() == record.score
    assert (record.good, record.bad, record.orders) == (18_166, 11_834, 30)
