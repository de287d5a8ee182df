"""The package's ledger against the deployed contract, outcome by outcome: slots, what was logged, and scores."""

from __future__ import annotations

import random
import sys
from dataclasses import asdict
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).parent))

from credit_kit import DAY, TIGHT
from web3 import Web3

from lading.artifacts import load
from lading.credit import CreditRecord, Ending, Ledger, Outcome, Parameters, Sums
from lading.enums import Fault, Ground, Role, State

from ..customs.embedded import Embedded

CONDITION_MET, DELIVERED = 1 << 24, 1 << 25
CLEARANCE, OTHER = "0x" + "c1" * 20, "0x" + "07" * 20
BUYERS = ["0x" + f"{number:02x}" * 20 for number in (0xB1, 0xB2, 0xB3, 0xB4)]
TOKENS = {"0x" + "70" * 20: 10**18, "0x" + "71" * 20: 7 * 10**17 + 1, "0x" + "72" * 20: 0, "0x" + "73" * 20: 2**128 - 1}
ENDS = [
    *[(State.RELEASED, Ground.ON_TIME, Fault.NOBODY)] * 8,
    *[(State.RELEASED, Ground.LATE, Fault.NOBODY)] * 2,
    *[(State.REFUNDED, Ground.NOT_SHIPPED, Fault.SELLER)] * 2,
    (State.REFUNDED, Ground.CONDITION_FAILED, Fault.CARRIER),
    (State.SETTLED, Ground.RETURNED, Fault.NOBODY),
    *[(State.SETTLED, Ground.AGREED, Fault.NOBODY)] * 3,
    (State.SETTLED, Ground.RULED, Fault.NOBODY),
    (State.SETTLED, Ground.COUNTERFEIT, Fault.SELLER),
]


class Twin:
    """A contract and a ledger that are told the same."""

    def __init__(self, rules: Parameters) -> None:
        self.chain = Embedded()
        self.time = self.chain.web3.eth.get_block("latest")["timestamp"]
        manager = self.chain.registry.functions.authority().call()
        packed = tuple(asdict(rules).values())
        self.credit = self.chain.deploy(
            "SellerCredit",
            manager,
            self.chain.registry.address,
            self.chain.escrow,
            Web3.to_checksum_address(CLEARANCE),
            packed,
        )
        for token, rate in TOKENS.items():
            self.chain.send(self.credit.functions.setRate(Web3.to_checksum_address(token), rate))
        self.ledger = Ledger(rules)
        self.seller, self.key = self.chain.admit(Role.SELLER, "seller")
        self.platforms = {key.address: who for who, key in (self.chain.admit(Role.PLATFORM, name) for name in "pqr")}
        self.platforms[BUYERS[0]] = bytes(32)

    def tell(self, draw: random.Random) -> tuple[Outcome, list[int]]:
        """One outcome to both; what each took is compared by the caller. Gives it with what the contract logged."""
        tester = self.chain.web3.provider.ethereum_tester
        now = self.chain.web3.eth.get_block("latest")["timestamp"]
        tester.time_travel(now + draw.choice([1, 1, 60, 3_600, DAY, 9 * DAY, 31 * DAY, 200 * DAY]))
        (state, ground, fault), token = draw.choice(ENDS), draw.choice(list(TOKENS))
        price, freight = draw.choice([0, 1, 10**5, 10**8, 9 * 10**8, draw.randrange(10**9), 2**120 - 1]), 5
        flags = draw.choice([0, CONDITION_MET, DELIVERED, CONDITION_MET | DELIVERED])
        to_buyer = draw.choice([0, (price + freight) // 3, price + freight]) if state is State.SETTLED else 0
        platform, buyer, condition = (
            draw.choice(list(self.platforms)),
            draw.choice(BUYERS),
            draw.choice([CLEARANCE, OTHER]),
        )
        word = state | ground << 8 | fault << 16 | flags | now << 32 | now << 72 | to_buyer << 112
        address = Web3.to_checksum_address
        parties = [address(one) for one in (buyer, self.key.address, platform, OTHER, token)]
        told = (bytes(32), *parties, price | freight << 120, 0, address(condition), word)
        receipt = self.chain.send(self.credit.functions.onOutcome(told), self.chain.escrow)
        at = self.chain.web3.eth.get_block(receipt["blockNumber"])["timestamp"]
        ending = Ending(state, ground, fault, bool(flags & DELIVERED), to_buyer, price + freight)
        outcome = Outcome(
            order="",
            seller="s",
            buyer=buyer,
            platform=int.from_bytes(self.platforms[platform][-2:]),
            platform_key=int(platform, 16) % 2**16,
            price=price,
            rate=TOKENS[token],
            witnessed=condition == CLEARANCE and flags == CONDITION_MET | DELIVERED,
            ending=ending,
            at=at,
        )
        logged = [event["args"]["counted"] for event in self.credit.events.OutcomeCounted().process_receipt(receipt)]
        return outcome, logged


@pytest.mark.parametrize("seed", range(3))
def test_every_outcome_moves_the_contracts_slot_and_scores_as_ours(seed: int) -> None:
    twin, draw, counts = Twin(TIGHT), random.Random(seed), 0  # noqa: S311 - a story, no secret
    for _ in range(60):
        outcome, logged = twin.tell(draw)
        counted = twin.ledger.take(outcome)
        expected = counted.good | counted.bad << 20 | outcome.witnessed << 40
        assert logged == ([expected] if counted.good or counted.bad else []), outcome
        counts += len(logged)

        functions, sums = twin.credit.functions, twin.ledger.sums("s", outcome.at)
        assert functions.recordOf(twin.seller).call() == tuple(asdict(twin.ledger.record("s")).values())
        assert functions.scoreOf(twin.seller).call() == sums.score
        assert functions.witnessedScoreOf(twin.seller).call() == sums.witnessed_score
    assert counts > 15


def test_the_members_of_a_slot_are_named_and_ordered_as_in_the_contract() -> None:
    (record,) = next(item for item in load("SellerCredit").abi if item.get("name") == "recordOf")["outputs"]
    (rules,) = next(item for item in load("SellerCredit").abi if item.get("name") == "rules")["outputs"]

    def snake(name: str) -> str:
        return "".join(f"_{sign.lower()}" if sign.isupper() else sign for sign in name)

    assert [snake(part["name"]) for part in record["components"]] == list(asdict(CreditRecord()))
    assert [snake(part["name"]) for part in rules["components"]] == list(asdict(TIGHT))
    assert Sums().score == 25
