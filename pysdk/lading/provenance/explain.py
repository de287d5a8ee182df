"""A verdict in sentences for a consumer."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime
from typing import TYPE_CHECKING

from eth_utils.address import to_checksum_address

from lading.provenance.charges import Heard, Weight
from lading.provenance.reasons import NOT_PROVEN, REASON_BY_ID, Level
from lading.provenance.rules import Finding
from lading.provenance.truth import FirstClaim

if TYPE_CHECKING:
    from lading.provenance.verdict import Verdict

_HEADLINES: Mapping[Level, str] = {
    "authentic": "AUTHENTIC: the record of this identifier is consistent and unrevoked.",
    "suspect": "SUSPECT: the record of this identifier contradicts itself or the chain.",
    "recalled": "RECALLED: do not use this item.",
    "unknown": "UNKNOWN: nothing is proven about this item.",
}

_WEIGHED: Mapping[Weight, str] = {
    Weight.PROVEN: "holds",
    Weight.IGNORED: "was ignored",
    Weight.OPEN: "was not judged",
    Weight.REFUSED: "is refused",
}


def explain(verdict: Verdict) -> list[str]:
    """One sentence a line: the level, its reasons, what else is known of the item, and what is not proven."""
    lines = [_HEADLINES[verdict.verdict]]
    lines += [f"- {REASON_BY_ID[one.reason].sentence} [{one.reason}]{_where(one)}" for one in verdict.findings]
    lines += map(weighed, verdict.heard)
    if verdict.claim is not None:
        lines.append(claimed(verdict.claim))
    if verdict.as_of:
        as_of = verdict.as_of
        lines.append(f"As of block {as_of.block} of chain {as_of.chain_id}, {utc(as_of.time)}.")
    return [*lines, "Not proven:", *(f"- {NOT_PROVEN[one]} [{one}]" for one in verdict.not_proven)]


def weighed(heard: Heard) -> str:
    """What became of a fault document."""
    return _printable(f"Fault document {heard.charge.name} {_WEIGHED[heard.weight]}: {heard.because}.")


def claimed(claim: FirstClaim) -> str:
    """In a sentence for a consumer."""
    if claim.claimant is None:
        return "Nobody has claimed it."
    who = to_checksum_address(claim.claimant)
    return f"Claimed on {utc(claim.time)} by {who}. If that was not you, the seal was broken before."


def utc(seconds: int) -> str:
    """RFC 3339 in UTC, whole seconds."""
    return datetime.fromtimestamp(seconds, UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def _where(finding: Finding) -> str:
    """Details quote the bundle, which may hold control characters to mislead a terminal."""
    place = "" if finding.entry is None else f" (event {finding.entry + 1})"
    return place + (f": {_printable(finding.detail)}" if finding.detail else "")


def _printable(text: str) -> str:
    return "".join(sign if sign.isprintable() else "?" for sign in text)
