"""Errors of DevDollar's ERC-3009 part, one of which IDuties shares; a token of somebody else may word them
otherwise."""

from __future__ import annotations

from lading.reverts.base import SolidityError


class AuthorizationExpired(SolidityError):
    solidity = "AuthorizationExpired(uint256 blockTime,uint256 validBefore)"
    says = "The buyer's authorization was valid before {valid_before} (Unix seconds); the block's time is {block_time}."
    next_step = "Have the buyer authorize the order again, with `orders.authorize`."
    block_time: int
    valid_before: int


class AuthorizationNotSigned(SolidityError):
    solidity = "AuthorizationNotSigned(address signer,address authorizer)"
    says = "The authorization is not {authorizer}'s over this order (signature by {signer})."
    next_step = "Have {authorizer} authorize these very terms on this chain, with `orders.authorize`."
    signer: str
    authorizer: str


class AuthorizationSpent(SolidityError):
    solidity = "AuthorizationSpent(address authorizer,bytes32 nonce)"
    says = "{authorizer}'s authorization with nonce {nonce} was used or cancelled already."
    next_step = "If the order is not open, make one with a new salt and have it authorized."
    authorizer: str
    nonce: str


class AuthorizationTooEarly(SolidityError):
    solidity = "AuthorizationTooEarly(uint256 blockTime,uint256 validAfter)"
    says = "The authorization is valid after {valid_after} (Unix seconds); the block's time is {block_time}."
    next_step = "Wait until then."
    may_retry = True
    block_time: int
    valid_after: int


class NotPayee(SolidityError):
    solidity = "NotPayee(address caller,address payee)"
    says = "{caller} is not the payee {payee}."
    next_step = "Only {payee} may take what is authorized for it, or pass back duty that it was paid."
    caller: str
    payee: str
