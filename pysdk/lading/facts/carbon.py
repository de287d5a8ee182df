"""Whose the signatures on a bundle's carbon statements are, as the chain has it at one block."""

from __future__ import annotations

from dataclasses import dataclass

from lading.chain.node import Chain
from lading.chain.signer import signer_of
from lading.epcis.errors import EventIdError
from lading.facts.calls import Called
from lading.facts.deployment import TrustedDeployment
from lading.provenance.bundle import Bundle, Entry
from lading.provenance.carbon import Problem, Statement, problem_of, statement_in, to_sign
from lading.provenance.fields import Unreadable
from lading.provenance.rules import deployment as same_deployment


@dataclass(frozen=True, slots=True)
class _Signed:
    entry: Entry
    stated: Statement
    signer: bytes | None


def checks(chain: Chain, deployment: TrustedDeployment, *bundles: Bundle) -> dict[str, Problem | None]:
    """By event id, what is wrong with the signature on its statement, None if nothing: what `footprint_of` takes. The
    node is believed. Empty if the chain, or what a bundle says of its deployment, is another than the trusted one:
    then nothing is checked.

    Raises:
        NetworkError: the node cannot be talked to.
    """
    trusted = deployment.trusted
    genesis = bytes.fromhex(chain.genesis[2:])
    if chain.chain_id != trusted.chain_id or trusted.genesis not in (None, genesis):
        return {}
    if any(True for bundle in bundles for _ in same_deployment(bundle, trusted)):
        return {}
    asked = Called(chain, trusted, chain.block("latest"))
    registries = (trusted.participant_registry, trusted.provenance_registry)
    if not all(asked.stands(address, deployment.code_hashes.get(address)) for address in registries):
        return {}
    signed = [one for bundle in bundles for entry in bundle.entries if (one := _signed(entry, bundle)) is not None]
    keys = asked.keys({one.signer for one in signed if one.signer is not None})
    people = asked.people({one.stated.verifier for one in signed if one.stated.verifier is not None})
    anchors = asked.anchors({(one.entry.publisher, one.entry.index) for one in signed})
    found: dict[str, Problem | None] = {}
    for one in signed:
        entry = one.entry
        anchor = anchors.get((entry.publisher, entry.index))
        problem = problem_of(
            one.stated,
            entry.publisher,
            keys.get(one.signer or b""),
            people.roles.get(one.stated.verifier or b""),
            anchor.time if anchor is not None and anchor.digest == entry.batch.digest else None,
        )
        # Several may have anchored one event, and the verifier signed for one of them.
        if problem is None or entry.event_id not in found:
            found[entry.event_id] = problem
    return found


def _signed(entry: Entry, bundle: Bundle) -> _Signed | None:
    """None for what carries no statement that a verifier signed."""
    try:
        stated = statement_in(entry.event)
        if stated is None or stated.verifier is None or stated.signature is None:
            return None
        typed = to_sign(entry.event, entry.publisher, stated, stated.verifier, bundle.chain)
    except (Unreadable, EventIdError):
        return None
    signer = signer_of(typed, stated.signature)
    return _Signed(entry, stated, None if signer is None else bytes.fromhex(signer[2:]))
