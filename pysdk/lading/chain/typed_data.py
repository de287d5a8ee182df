"""EIP-712 documents: what participants, buyers, sellers, carriers and offices sign.

Each function gives the full message for `Signer.sign_typed`. Every domain holds chain id and contract, so that no
signature counts on another chain or for another deployment. The types are those of the contracts' interfaces.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from lading.values import AbiValue

VERSION = "1"
PARTICIPANTS = "Lading ParticipantRegistry"
ESCROW = "Lading TradeEscrow"
CUSTOMS = "Lading CustomsClearance"
QUOTES = "Lading Quotes"
RETURNS = "Lading Returns"
DUTIES = "Lading Duties"
PROVENANCE = "Lading ProvenanceRegistry"

CAPTURE = (
    ("publisher", "bytes32"),
    ("reader", "string"),
    ("sequence", "uint64"),
    ("previous", "bytes32"),
    ("reads", "bytes32"),
    ("count", "uint32"),
    ("receivedNs", "uint64"),
    ("signer", "address"),
)
"""What a gateway signs of a capture; no contract reads it."""

TypedData = dict[str, Any]
_DOMAIN = (("name", "string"), ("version", "string"), ("chainId", "uint256"), ("verifyingContract", "address"))


@dataclass(frozen=True)
class Domain:
    """An EIP-712 domain."""

    name: str
    version: str
    chain_id: int
    contract: str


def participants_domain(chain_id: int, contract: str) -> Domain:
    return Domain(PARTICIPANTS, VERSION, chain_id, contract)


def escrow_domain(chain_id: int, contract: str) -> Domain:
    return Domain(ESCROW, VERSION, chain_id, contract)


def customs_domain(chain_id: int, contract: str) -> Domain:
    return Domain(CUSTOMS, VERSION, chain_id, contract)


def quotes_domain(chain_id: int, contract: str) -> Domain:
    return Domain(QUOTES, VERSION, chain_id, contract)


def returns_domain(chain_id: int, contract: str) -> Domain:
    return Domain(RETURNS, VERSION, chain_id, contract)


def duties_domain(chain_id: int, contract: str) -> Domain:
    return Domain(DUTIES, VERSION, chain_id, contract)


def provenance_domain(chain_id: int, contract: str) -> Domain:
    """The registry checks no signature; it says of which deployment the participants and events are."""
    return Domain(PROVENANCE, VERSION, chain_id, contract)


def add_key(domain: Domain, participant: str, key: str) -> TypedData:
    """The consent of a key to belong to a participant (IParticipantRegistry.addKey)."""
    return _typed(domain, "AddKey", {"participant": ("bytes32", participant), "key": ("address", key)})


def open_order(domain: Domain, order_id: str) -> TypedData:
    """The buyer's consent (ITradeEscrow.open)."""
    return _typed(domain, "Open", {"orderId": ("bytes32", order_id)})


def accept_order(domain: Domain, order_id: str) -> TypedData:
    """The seller's consent (ITradeEscrow.accept)."""
    return _typed(domain, "Accept", {"orderId": ("bytes32", order_id)})


def receipt(domain: Domain, order_id: str, logistic_unit: str, event_id: str, signer: str) -> TypedData:
    """What the carrier signs at the door (ITradeEscrow.deliver)."""
    return _handed_over(domain, "Receipt", order_id, logistic_unit, event_id, signer)


def return_receipt(domain: Domain, order_id: str, logistic_unit: str, event_id: str, signer: str) -> TypedData:
    """What the place of return signs when the goods are back (IReturns.receiveReturn)."""
    return _handed_over(domain, "ReturnReceipt", order_id, logistic_unit, event_id, signer)


def quote(
    domain: Domain, *, order_id: str, pay: tuple[str, int, int], settle: tuple[str, int], expiry: int, longest_lock: int
) -> TypedData:
    """What a provider locks for one order (IQuotes.take): `pay` is the buyer's token, amount and premium, `settle` the
    settlement token and amount, both in smallest units; times in seconds."""
    return _typed(
        domain,
        "Quote",
        {
            "orderId": ("bytes32", order_id),
            "payToken": ("address", pay[0]),
            "payAmount": ("uint256", pay[1]),
            "premium": ("uint256", pay[2]),
            "token": ("address", settle[0]),
            "amount": ("uint256", settle[1]),
            "expiry": ("uint40", expiry),
            "longestLock": ("uint32", longest_lock),
        },
    )


def assessment(
    domain: Domain, *, order_id: str, token: str, units: int, payee: str, declaration: str, signer: str
) -> TypedData:
    """What the entry authority assesses, in smallest units of the duties' token, and to whom it goes
    (IDuties.assess)."""
    return _typed(
        domain,
        "Assessment",
        {
            "orderId": ("bytes32", order_id),
            "token": ("address", token),
            "amount": ("uint256", units),
            "payee": ("address", payee),
            "declaration": ("bytes32", declaration),
            "signer": ("address", signer),
        },
    )


def _handed_over(
    domain: Domain, primary: str, order_id: str, logistic_unit: str, event_id: str, signer: str
) -> TypedData:
    return _typed(
        domain,
        primary,
        {
            "orderId": ("bytes32", order_id),
            "logisticUnit": ("bytes32", logistic_unit),
            "eventId": ("bytes32", event_id),
            "signer": ("address", signer),
        },
    )


def document(domain: Domain, name: str, words: Mapping[str, bytes], signer: str) -> TypedData:
    """A customs document: its Solidity struct's name, its words in order, and who signs (ICustomsClearance.Signed)."""
    members = {field: ("bytes32", word) for field, word in words.items()}
    return _typed(domain, name, {**members, "signer": ("address", signer)})


def disclosure(
    domain: Domain,
    *,
    publisher: bytes,
    recipient: str,
    event_id: bytes,
    content_hash: bytes,
    fields_hash: bytes,
    signer: str,
) -> TypedData:
    """What a publisher signs when it hands out private fields (`provenance.disclosure`); no contract reads it.
    `recipient` is a participant id or an address, as lower-case 0x hex."""
    return _typed(
        domain,
        "Disclosure",
        {
            "publisher": ("bytes32", publisher),
            "recipient": ("string", recipient),
            "eventId": ("bytes32", event_id),
            "contentHash": ("bytes32", content_hash),
            "fieldsHash": ("bytes32", fields_hash),
            "signer": ("address", signer),
        },
    )


def capture(domain: Domain, words: Mapping[str, AbiValue]) -> TypedData:
    """What a gateway signs of the reads that it accepted from one reader (`lading.relayer.captures`): each member of
    `CAPTURE` by its name."""
    return _typed(domain, "Capture", {name: (kind, words[name]) for name, kind in CAPTURE})


def receive_with_authorization(
    domain: Domain, *, payer: str, payee: str, value: int, valid_after: int, valid_before: int, nonce: str
) -> TypedData:
    """ERC-3009, `receiveWithAuthorization`; times in seconds, exclusive."""
    return _typed(
        domain,
        "ReceiveWithAuthorization",
        {
            "from": ("address", payer),
            "to": ("address", payee),
            "value": ("uint256", value),
            "validAfter": ("uint256", valid_after),
            "validBefore": ("uint256", valid_before),
            "nonce": ("bytes32", nonce),
        },
    )


def permit(domain: Domain, *, owner: str, spender: str, value: int, nonce: int, deadline: int) -> TypedData:
    """EIP-2612; `deadline` in seconds, inclusive."""
    return _typed(
        domain,
        "Permit",
        {
            "owner": ("address", owner),
            "spender": ("address", spender),
            "value": ("uint256", value),
            "nonce": ("uint256", nonce),
            "deadline": ("uint256", deadline),
        },
    )


def _typed(domain: Domain, primary: str, fields: Mapping[str, tuple[str, AbiValue]]) -> TypedData:
    return {
        "types": {
            "EIP712Domain": [{"name": name, "type": kind} for name, kind in _DOMAIN],
            primary: [{"name": name, "type": kind} for name, (kind, _) in fields.items()],
        },
        "primaryType": primary,
        "domain": {
            "name": domain.name,
            "version": domain.version,
            "chainId": domain.chain_id,
            "verifyingContract": domain.contract,
        },
        "message": {name: _word(value) if kind == "bytes32" else value for name, (kind, value) in fields.items()},
    }


def _word(value: str | bytes) -> bytes:
    return value if isinstance(value, bytes) else bytes.fromhex(value.removeprefix("0x"))
