"""Several nodes of one chain, asked as if they were one.

    endpoints = Endpoints(["https://a.example/key", "https://b.example/key"])
    endpoints.ask(lambda chain: chain.block())          # the preferred node, else the next
    endpoints.unanimous(lambda chain: chain.receipt(h)) # what all of them say

The first in the list is preferred. A node that fails is left alone for a while, longer each time, or for as long as its
`Retry-After` says; afterwards the preferred one is taken again. A node of another chain is never used.
"""

from __future__ import annotations

import time
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import TypeVar

from lading.chain import transactions
from lading.chain.http import BACKOFF_SECONDS, LONGEST_WAIT_SECONDS, Retries, Sleep
from lading.chain.networks import Network, resolve
from lading.chain.node import Block, Chain
from lading.chain.transactions import SignedTransaction
from lading.errors import (
    BadResponse,
    LadingError,
    NetworkError,
    NotReachable,
    RequestRefused,
    TransactionReplaced,
    UsageError,
    WrongChain,
)

T = TypeVar("T")

#: With another node at hand there is no point in waiting long for this one.
_IMPATIENT, _IMPATIENT_WAIT = (0.2,), 1.0
#: How long a node that failed is left alone, in seconds; doubled with each further failure.
_FIRST_REST, _LONGEST_REST = 1.0, 60.0


@dataclass(frozen=True)
class Health:
    """One node as it was last seen. `faults`: failed attempts by class (`timeout`, `connection`, `http_429`, …,
    `rate_limit`, `lie`, `refused`, `other_chain`); `head`: its newest block, None before the first look; `resting`:
    left alone at the moment."""

    name: str
    resting: bool
    failures_in_a_row: int
    head: int | None
    faults: dict[str, int]


@dataclass
class _Node:
    target: Network | Chain
    faults: Counter[str] = field(default_factory=Counter)
    chain: Chain | None = None
    failures: int = 0
    rested_until: float = 0.0
    head: int | None = None

    @property
    def name(self) -> str:
        return self.target.name if isinstance(self.target, Network) else self.target.network.name


class Endpoints:
    """Made of URLs, network names or chains that are open already. Nothing is asked before the first question. One
    thread at a time."""

    def __init__(
        self,
        targets: Sequence[Chain | Network | str],
        *,
        sleep: Sleep = time.sleep,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        if not targets:
            raise UsageError("A chain needs at least one node.", hint="Give the http(s) URL of an Ethereum node.")
        self._nodes = [_Node(resolve(one) if isinstance(one, str) else one) for one in targets]
        self._sleep = sleep
        self._clock = clock
        self._identity: tuple[int, str] | None = None

    def __len__(self) -> int:
        return len(self._nodes)

    @property
    def identity(self) -> tuple[int, str]:
        """Chain id, and the hash of block 0 as 0x hex: of the first node that answers, and of all that are used.

        Raises:
            NotReachable: none answers.
        """
        return self._identity or self.ask(lambda chain: (chain.chain_id, chain.genesis))

    @property
    def finality_depth(self) -> int:
        """In blocks, as the preferred node's network says."""
        target = self._nodes[0].target
        return target.finality_depth

    def ask(self, question: Callable[[Chain], T]) -> T:
        """The answer of the preferred node, else of the next; where there is one alone, a lie of it is not taken for
        its last word, and it is asked again.

        Raises:
            NetworkError: none gave an answer that can be used; that of the last.
            LadingError: what the answer itself says, such as a revert.
        """
        return self._ask(question)[1]

    def _ask(self, question: Callable[[Chain], T]) -> tuple[_Node, T]:
        order = self._order()
        failure: NetworkError | None = None
        for node in order if len(order) > 1 else order * 2:
            try:
                answer = question(self._chain_of(node))
            except NetworkError as error:
                self._note(node, error)
                failure = error
                if len(order) == 1 and not isinstance(error, BadResponse):
                    break
            else:
                node.failures, node.rested_until = 0, 0.0
                return node, answer
        assert failure is not None  # noqa: S101 - the order is never empty
        raise failure

    def each(self, question: Callable[[Chain], T]) -> list[T | NetworkError]:
        """What every node says, resting or not; a failure stands in its place."""
        answers: list[T | NetworkError] = []
        for node in self._nodes:
            try:
                answers.append(question(self._chain_of(node)))
            except NetworkError as error:
                self._note(node, error)
                answers.append(error)
        return answers

    def unanimous(self, question: Callable[[Chain], T]) -> list[T]:
        """What every node says, for decisions that cannot be taken back: none may be missing.

        Raises:
            NetworkError: one of them gave no answer. Ask again later, and decide nothing.
        """
        answers: list[T] = []
        for answer in self.each(question):
            if isinstance(answer, NetworkError):
                raise answer
            answers.append(answer)
        return answers

    def head(self) -> Block:
        """The newest block. A node without one lies: every chain has block 0."""

        def newest(chain: Chain) -> Block:
            try:
                return chain.block()
            except RequestRefused as error:
                raise BadResponse(f"{chain.network.name} says that it has no newest block.") from error

        node, found = self._ask(newest)
        node.head = found.number
        return found

    def broadcast(self, signed: SignedTransaction, *, everywhere: bool = False) -> None:
        """Hands the bytes to the preferred node, else to the next; with `everywhere` to each of them, since a node may
        have taken them and told nobody. A node that has used the nonce already gets nothing: Ganache would execute the
        same bytes again.

        Raises:
            TransactionReplaced: the nonce is used, by another transaction or by this one: look for the receipt.
            NetworkError, InsufficientFunds: no node took them; the refusal of the first that answered.
        """
        refusals: list[LadingError] = []
        taken = False
        for node in self._order():
            try:
                _hand_over(self._chain_of(node), signed)
                taken = True
            except LadingError as error:
                if isinstance(error, NetworkError):
                    self._note(node, error)
                # What a node said is worth more than that another said nothing.
                refusals.insert(len(refusals) if isinstance(error, NotReachable) else 0, error)
            if isinstance(next(iter(refusals), None), TransactionReplaced) or (taken and not everywhere):
                break
        if not taken:
            raise refusals[0]

    def health(self) -> tuple[Health, ...]:
        """In the order in which they were given."""
        now = self._clock()
        return tuple(
            Health(node.name, node.rested_until > now, node.failures, node.head, dict(node.faults))
            for node in self._nodes
        )

    def _order(self) -> list[_Node]:
        """Those that are awake, then those that rest, soonest awake first."""
        now = self._clock()
        awake = [node for node in self._nodes if node.rested_until <= now]
        resting = sorted((node for node in self._nodes if node.rested_until > now), key=lambda node: node.rested_until)
        return [*awake, *resting]

    def _chain_of(self, node: _Node) -> Chain:
        """Opened when it is first needed, and again after a failure: behind a URL may stand another chain by then."""
        if node.chain is None:
            opened = node.target if isinstance(node.target, Chain) else self._open(node)
            found = (opened.chain_id, opened.genesis)
            if self._identity is not None and found != self._identity:
                raise WrongChain(
                    f"{node.name} is chain {found[0]} (genesis {found[1][:10]}…), but the others are chain "
                    f"{self._identity[0]} (genesis {self._identity[1][:10]}…).",
                    hint="Take it out of the list of endpoints, or correct its URL.",
                )
            self._identity, node.chain = found, opened
        return node.chain

    def _open(self, node: _Node) -> Chain:
        assert isinstance(node.target, Network)  # noqa: S101 - the caller asked
        alone = len(self._nodes) == 1
        retries = Retries(
            BACKOFF_SECONDS if alone else _IMPATIENT,
            LONGEST_WAIT_SECONDS if alone else _IMPATIENT_WAIT,
            on_fault=lambda kind: node.faults.update([kind]),
        )
        return Chain.open(node.target, sleep=self._sleep, retries=retries)

    def _note(self, node: _Node, error: NetworkError) -> None:
        if isinstance(error, RequestRefused):
            # An answer, if an unwelcome one: the node is up.
            node.faults["refused"] += 1
            return
        if isinstance(error, (BadResponse, WrongChain)):
            node.faults["lie" if isinstance(error, BadResponse) else "other_chain"] += 1
        if isinstance(node.target, Network):
            node.chain = None
        rest = min(_FIRST_REST * 2**node.failures, _LONGEST_REST)
        asked = error.retry_after if isinstance(error, NotReachable) else None
        node.failures += 1
        node.rested_until = self._clock() + max(rest, asked or 0.0)


def _hand_over(chain: Chain, signed: SignedTransaction) -> None:
    if chain.nonce(signed.sender, "latest") > signed.nonce:
        raise transactions.replaced(signed)
    transactions.hand_over(chain, signed)
