"""Errors of IQuotes."""

from __future__ import annotations

from datetime import datetime

from lading.reverts.base import SolidityError


class CapExceeded(SolidityError):
    solidity = "CapExceeded(address provider,address token,uint256 attempted,uint256 cap)"
    says = "{provider} would have {attempted} smallest units of {token} locked, and its cap is {cap}."
    next_step = "Have the provider raise it with `orders.set_quote_cap`, or wait until other orders end."
    provider: str
    token: str
    attempted: int
    cap: int


class LockTooLong(SolidityError):
    solidity = "LockTooLong(uint256 last,uint256 latest)"
    says = "The order can stay open until {last} (Unix seconds), and the quote holds until {latest}."
    next_step = "Have the provider quote a longer lock, or shorten the deadlines and windows of the terms."
    last: int
    latest: int


class PayAmountZero(SolidityError):
    solidity = "PayAmountZero()"
    says = "The quote asks nothing of the buyer."
    next_step = "Set the amount of the quote in the terms."


class ProviderInvalid(SolidityError):
    solidity = "ProviderInvalid(address provider)"
    says = "{provider} cannot be the provider of this quote: it is the escrow, or a party that it pays for."
    next_step = "Name another provider in the terms."
    provider: str


class QuoteExpired(SolidityError):
    solidity = "QuoteExpired(uint40 blockTime,uint40 expiry)"
    says = "The quote was good until {expiry}; the block's time is {block_time}."
    next_step = "Ask the provider for a new one (`orders.quote`)."
    block_time: datetime
    expiry: datetime | None


class QuoteInvalid(SolidityError):
    solidity = "QuoteInvalid(bytes32 id,address provider)"
    says = "{provider} did not sign this quote for order {id}."
    next_step = "Have it sign one over these very terms on this chain, with `orders.quote`."
    id: str
    provider: str


class QuoteIsCancelled(SolidityError):
    solidity = "QuoteIsCancelled(bytes32 id,address provider)"
    says = "{provider} cancelled its quote for order {id}."
    next_step = "Make an order with a new salt and ask for a new quote."
    id: str
    provider: str


class QuoteMissing(SolidityError):
    solidity = "QuoteMissing(bytes32 id,address provider)"
    says = "The terms of order {id} name the provider {provider}, and no quote came with them."
    next_step = "Ask the provider for its quote (`orders.quote`) and open with it."
    id: str
    provider: str


class TokensEqual(SolidityError):
    solidity = "TokensEqual(address token)"
    says = "The buyer's token is the settlement token {token}: there is nothing to swap."
    next_step = "Leave the quote out of the terms."
    token: str
