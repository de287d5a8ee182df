"""What a sender is told, and what it tells."""

from __future__ import annotations

from dataclasses import dataclass

from lading.chain.sender_tables import Submission
from lading.chain.transactions import PRIORITY_FEE
from lading.errors import InputError, LadingError

GWEI = 10**9


@dataclass(frozen=True)
class Policy:
    """How a sender behaves.

    `confirmations`: blocks from the one that holds a transaction to the newest, both counted, before it is called
    mined. `max_fee`: the most it offers in all, and `priority_fee` what it offers at first to the block's maker, in wei
    per gas. `max_in_flight`: signed transactions that wait at once (Geth keeps 16 of one account for sure).
    `resend_seconds`: how often bytes that wait are sent again, to every node; `bump_seconds`: how long the first of
    them waits, while blocks are made without it, before its fees are raised. Both by a clock that nobody sets."""

    confirmations: int = 1
    max_fee: int = 500 * GWEI
    priority_fee: int = PRIORITY_FEE
    max_in_flight: int = 16
    resend_seconds: float = 10.0
    bump_seconds: float = 30.0

    def __post_init__(self) -> None:
        for name in ("confirmations", "max_fee", "max_in_flight"):
            if getattr(self, name) < 1:
                raise InputError(f"{name} has to be 1 or more, not {getattr(self, name)}.")
        for name in ("priority_fee", "resend_seconds", "bump_seconds"):
            if getattr(self, name) < 0:
                raise InputError(f"{name} cannot be negative: {getattr(self, name)}.")


@dataclass(frozen=True)
class Step:
    """What one round changed. `mined`: in a block, deep enough, or its effect was found; `failed`: mined and reverted,
    or refused before anything was signed; `replaced`: the nonce was used elsewhere, and nothing says that the effect is
    absent; `planned_again`: the same, but the effect is absent, so that it has a new nonce; `vanished`: a reorg took
    them out of their block, and they wait again. `bumped`: their fees were raised; `capped`: they would need more than
    the policy's `max_fee`. `waiting`: how many are not settled now. `trouble`: what could not be decided or done in
    this round; the next one goes on from there."""

    mined: tuple[Submission, ...] = ()
    failed: tuple[Submission, ...] = ()
    replaced: tuple[Submission, ...] = ()
    planned_again: tuple[Submission, ...] = ()
    vanished: tuple[Submission, ...] = ()
    bumped: tuple[Submission, ...] = ()
    capped: tuple[Submission, ...] = ()
    waiting: int = 0
    trouble: LadingError | None = None


@dataclass(frozen=True)
class Figures:
    """For metrics. `pending`: not settled; `nonce_gap`: signed transactions that no node has in its pool or in a block,
    as of the last round; `fee_bumps`: since this sender was made; `broadcasts`: likewise."""

    pending: int
    nonce_gap: int
    fee_bumps: int
    broadcasts: int
