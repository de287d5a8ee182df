"""A sender before a real Anvil behind the proxy, with a clock that the test moves."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

import fake_node
import requests

from lading.chain import transactions
from lading.chain.endpoints import Endpoints
from lading.chain.node import Chain
from lading.chain.sender import Policy, Sender, Step, Submission
from lading.chain.sender_sqlite import SqliteDatabase
from lading.chain.signer import Signer

#: Always reverts; burns all gas: as code at an address.
GWEI = 10**9
ALWAYS_REVERTS, BURNS_ALL = "0x60006000fd", "0x5b600056"


def rpc(url: str, method: str, *params: Any) -> Any:
    answer = requests.post(url, json={"jsonrpc": "2.0", "id": 1, "method": method, "params": list(params)}, timeout=10)
    body = answer.json()
    assert "error" not in body, body
    return body["result"]


@dataclass
class Clock:
    now: float = 1000.0

    def __call__(self) -> float:
        return self.now


class Killed(BaseException):
    """The process ends here."""


@dataclass
class Bench:
    """`direct` is the node without the proxies, `signer` a funded account of the test's own, `recipient` an address
    that has nothing. `plans` are the proxies, in the order of the endpoints."""

    node: str
    plans: list[fake_node.Plan]
    urls: list[str]
    direct: Chain
    signer: Signer
    recipient: str
    database: SqliteDatabase
    clock: Clock = field(default_factory=Clock)
    waits: list[float] = field(default_factory=list)

    @property
    def plan(self) -> fake_node.Plan:
        return self.plans[0]

    def endpoints(self) -> Endpoints:
        return Endpoints(self.urls, sleep=self.waits.append, clock=self.clock)

    def sender(self, policy: Policy | None = None, **options: Any) -> Sender:
        return Sender(
            self.endpoints(),
            self.signer,
            options.pop("database", self.database),
            policy or Policy(),
            clock=options.pop("clock", self.clock),
            sleep=options.pop("sleep", self.waits.append),
            **options,
        )

    def submit(self, sender: Sender, key: str, value: int = 1) -> Submission:
        return sender.submit(key, self.recipient, b"", value=value)

    def rpc(self, method: str, *params: Any) -> Any:
        return rpc(self.node, method, *params)

    def mine(self, blocks: int = 1) -> None:
        self.rpc("anvil_mine", hex(blocks))

    def received(self) -> int:
        """What the recipient has, in wei."""
        return self.direct.balance(self.recipient)

    def used(self) -> int:
        """Nonces of the signer that are used in blocks."""
        return self.direct.nonce(self.signer.address, "latest")

    def attempts(self, key: str) -> list[tuple[str, int, int]]:
        """(hash, nonce, the most that it offers) of each signed attempt."""
        sql = (
            "SELECT a.hash, a.nonce, a.max_fee FROM attempts a JOIN transactions t ON t.id = a.transaction_id "
            "WHERE t.key = ? ORDER BY a.id"
        )
        return self.database.rows(sql, (key,))

    def next_base_fee(self, wei: int) -> None:
        """And a block with it, so that a node says it."""
        self.rpc("anvil_setNextBlockBaseFeePerGas", hex(wei))
        self.mine()


def rounds(sender: Sender, until: Callable[[Step], bool], most: int = 12) -> Step:
    """Rounds until one is as wanted."""
    for _ in range(most):
        step = sender.step()
        if until(step):
            return step
    raise AssertionError(f"not within {most} rounds: {step}")


def keys(ones: tuple[Submission, ...]) -> list[str]:
    return [one.key for one in ones]


def foreign(bench: Bench, nonce: int, value: int = 0, fee: int = 0) -> transactions.SignedTransaction:
    """Another program's transaction with the sender's key."""
    fees = transactions.Fees(fee or 2 * GWEI, fee or 4 * GWEI)
    return transactions.sign(
        bench.signer,
        chain_id=bench.direct.chain_id,
        nonce=nonce,
        to=bench.signer.address,
        data=b"",
        value=value,
        gas=21_000,
        fees=fees,
    )
