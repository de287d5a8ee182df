"""What a transport or process event states of its greenhouse gases, and who verified it.

The statement is `lading:carbon` of our vocabulary. The verifier signs before the publisher puts it into the event: over
the CBV event id of the event without it, the publisher, and every word of the statement (EIP-712).
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final, Literal

from lading.epcis.event_id import event_id
from lading.epcis.namespaces import ContextProblem, Namespaces, from_context
from lading.provenance.bundle import MAX_INTEGER, ChainRef
from lading.provenance.fields import Unreadable
from lading.provenance.leaf import event_id_digest
from lading.provenance.parties import INSPECTOR
from lading.provenance.truth import WriterKey
from lading.provenance.vocabulary import VOC

METHODS: Final = ("ISO 14067:2018", "ISO 14083:2023")
CARBON: Final = VOC + "carbon"
DOMAIN: Final = "Lading Carbon"
MAX_SCOPE: Final = 300
"""Characters."""

_MEMBERS = ("mg", "method", "scope", "verifier", "signature")
_DOMAIN_TYPE = (("name", "string"), ("version", "string"), ("chainId", "uint256"), ("verifyingContract", "address"))
_TYPE = (
    ("eventId", "bytes32"),
    ("publisher", "bytes32"),
    ("verifier", "bytes32"),
    ("mg", "uint64"),
    ("method", "string"),
    ("scope", "string"),
)


@dataclass(frozen=True, slots=True)
class Statement:
    """`mg`: milligrams of CO2 equivalent of the whole event, 0 to 2**53 - 1. `scope`: in words, what they cover.
    `verifier`: participant id (32 bytes), and `signature` (0x hex, 65 bytes) of one of its keys; None where nobody
    verified it."""

    mg: int
    method: str
    scope: str
    verifier: bytes | None = None
    signature: str | None = None

    def extension(self) -> dict[str, Any]:
        """The value of `lading:carbon`, with the prefix `lading` that the event's context has to declare."""
        stated: dict[str, Any] = {"lading:mg": self.mg, "lading:method": self.method, "lading:scope": self.scope}
        if self.verifier is not None:
            stated |= {"lading:verifier": "0x" + self.verifier.hex(), "lading:signature": self.signature}
        return stated


def statement_in(event: Mapping[str, object]) -> Statement | None:
    """What an event states; None if nothing.

    Raises:
        Unreadable: its context cannot be used, or the statement is not of the form that docs/carbon.md gives.
    """
    names = names_of(event)
    given = [value for name, value in event.items() if names.value(name) == CARBON]
    if not given:
        return None
    if len(given) > 1 or not isinstance(given[0], dict):
        raise Unreadable("carbon is not one object")
    return _statement(_members(given[0], names))


def names_of(event: Mapping[str, object]) -> Namespaces:
    """Raises Unreadable if the event's context cannot be used."""
    try:
        return from_context(event.get("@context"))
    except ContextProblem as error:
        raise Unreadable(str(error)) from error


def _members(stated: Mapping[str, object], names: Namespaces) -> dict[str, object]:
    found: dict[str, object] = {}
    for name, value in stated.items():
        word = names.value(name).removeprefix(VOC)
        if word not in _MEMBERS or word == name or word in found:
            raise Unreadable(f"carbon has {name[:60]!r}, which is no member of it, or is given twice")
        found[word] = value
    return found


def _statement(found: Mapping[str, object]) -> Statement:
    mg, method, scope = found.get("mg"), found.get("method"), found.get("scope")
    if type(mg) is not int or not 0 <= mg <= MAX_INTEGER:
        raise Unreadable("carbon's mg is no whole number from 0 to 2^53 - 1")
    if not isinstance(method, str) or method not in METHODS:
        raise Unreadable(f"carbon's method is none of {', '.join(METHODS)}")
    if not isinstance(scope, str) or not 0 < len(scope) <= MAX_SCOPE:
        raise Unreadable(f"carbon's scope is no text of 1 to {MAX_SCOPE} characters")
    if ("verifier" in found) != ("signature" in found):
        raise Unreadable("carbon has a verifier without a signature, or a signature without a verifier")
    if "verifier" not in found:
        return Statement(mg, method, scope)
    verifier = _hex(found["verifier"], 32, "verifier")
    return Statement(mg, method, scope, bytes.fromhex(verifier[2:]), _hex(found["signature"], 65, "signature"))


def _hex(value: object, size: int, name: str) -> str:
    if not isinstance(value, str) or re.fullmatch(rf"0x[0-9a-f]{{{2 * size}}}", value) is None:
        raise Unreadable(f"carbon's {name} is not 0x and {2 * size} lower-case hexadecimal digits")
    return value


def without_statement(event: Mapping[str, object]) -> dict[str, object]:
    """The event that the verifier was shown. Raises Unreadable as `statement_in`."""
    names = names_of(event)
    return {name: value for name, value in event.items() if names.value(name) != CARBON}


def to_sign(
    event: Mapping[str, object], publisher: bytes, stated: Statement, verifier: bytes, chain: ChainRef
) -> dict[str, Any]:
    """The EIP-712 document that the verifier signs (`Signer.sign_typed`), of an event with or without the statement.
    Its domain holds the chain and the participant registry in which verifier and publisher are.

    Raises:
        EventIdError: the event has no id.
        Unreadable: its context cannot be used.
    """
    digest = event_id_digest(event_id(without_statement(event)))
    values = (digest, publisher, verifier, stated.mg, stated.method, stated.scope)
    return {
        "types": {
            "EIP712Domain": [{"name": name, "type": kind} for name, kind in _DOMAIN_TYPE],
            "Carbon": [{"name": name, "type": kind} for name, kind in _TYPE],
        },
        "primaryType": "Carbon",
        "domain": {
            "name": DOMAIN,
            "version": "1",
            "chainId": chain.chain_id,
            "verifyingContract": "0x" + chain.participant_registry.hex(),
        },
        "message": {name: value for (name, _), value in zip(_TYPE, values, strict=True)},
    }


Problem = Literal[
    "unsigned", "not-anchored", "signature-foreign", "key-revoked", "verifier-is-publisher", "verifier-no-inspector"
]
"""Why a statement is not verified."""

PROBLEMS: Mapping[Problem, str] = {
    "unsigned": "Nobody verified it.",
    "not-anchored": "The chain has not the batch of the event.",
    "signature-foreign": "The signature is not one of a key of the verifier over this statement and event.",
    "key-revoked": "The verifier's key was not valid when the event was anchored, or is compromised since before.",
    "verifier-is-publisher": "Its publisher verified it itself.",
    "verifier-no-inspector": "The verifier is no participant with the role INSPECTOR.",
}


def problem_of(
    stated: Statement,
    publisher: bytes,
    key: WriterKey | None,
    roles: frozenset[str] | None,
    anchored_at: int | None,
) -> Problem | None:
    """Whether the verifier's signature counts: None if it does. A fact for each: `key` is what the registry says of
    the address that `to_sign` was signed with (None: of nobody's), `roles` are the verifier's, `anchored_at` the block
    time of the event's batch, in seconds, at which the key is judged."""
    if stated.verifier is None:
        return "unsigned"
    if anchored_at is None:
        return "not-anchored"
    if key is None or key.participant != stated.verifier:
        return "signature-foreign"
    since = [one for one in (key.revoked_at, key.compromised_since) if one]
    if anchored_at < key.added_at or any(anchored_at >= one for one in since):
        return "key-revoked"
    if stated.verifier == publisher:
        return "verifier-is-publisher"
    return None if INSPECTOR in (roles or ()) else "verifier-no-inspector"
