"""The package's score against the deployed contract, outcome by outcome."""

from __future__ import annotations

from itertools import product

from lading.credit import CreditRecord, Outcome
from lading.enums import Fault, Ground, Role, State

from ..customs.embedded import Embedded, terms

ENDINGS = [
    *product([State.RELEASED], [Ground.ON_TIME, Ground.LATE], [Fault.NOBODY]),
    *product([State.REFUNDED], [Ground.NOT_SHIPPED, Ground.SELLER_REFUND], Fault),
    *product([State.RELEASED] * 9, [Ground.ON_TIME], [Fault.NOBODY]),
    *product([State.REFUNDED], [Ground.CONDITION_FAILED, Ground.NOT_DELIVERED], Fault),
    *product([State.SETTLED], [Ground.RETURNED, Ground.AGREED, Ground.NOT_RULED], [Fault.NOBODY]),
    *product([State.SETTLED], [Ground.RULED], Fault),
]


def test_every_outcome_moves_the_contracts_record_and_score_as_ours() -> None:
    chain = Embedded()
    credit = chain.deploy("SellerCredit", chain.registry.address, chain.escrow)
    seller, key = chain.admit(Role.SELLER, "seller")
    record = CreditRecord()
    for number, (state, ground, fault) in enumerate(ENDINGS):
        at = 1_800_000_000 + number
        outcome = Outcome(
            state, ground, fault, delivered=state is State.RELEASED, accepted_at=at, at=at, to_buyer=number
        )
        told = (state, ground, fault, outcome.delivered, at, at, outcome.to_buyer)
        order_id = number.to_bytes(32, "big")
        chain.send(credit.functions.onOutcome(order_id, terms(seller=key.address), told), chain.escrow)

        record = record.after(outcome)
        assert credit.functions.recordOf(seller).call() == (record.good, record.bad, record.orders, record.updated_at)
        assert credit.functions.scoreOf(seller).call() == record.score
    assert (record.good, record.bad, record.orders) == (11_000, 6_000, 17)
