"""An item's footprint, as its page shows it: what is verified, and nothing else."""

from __future__ import annotations

import logging
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Literal

from lading.chain.node import Chain
from lading.errors import ContractError, NetworkError
from lading.facts import TrustedDeployment
from lading.facts.carbon import checks
from lading.provenance.bundle import Bundle
from lading.provenance.footprint import Checks, Footprint, Part, footprint_of, kilograms
from lading.provenance.reasons import REASON_BY_ID
from lading.provenance.verdict import Verdict
from lading.web.words import Words

State = Literal["shown", "none", "unverified", "withheld"]
_LOG = logging.getLogger(__name__)


def added_up(bundle: Bundle, chains: Sequence[Chain], deployment: TrustedDeployment | None) -> Footprint:
    """The footprint of `lading proof footprint`. Of several nodes, each has to confirm what counts as verified; one
    that does not answer confirms nothing."""
    bare = footprint_of(bundle)
    if deployment is None or not chains or all(part.verifier is None for part in bare.parts):
        return bare
    return footprint_of(bundle, checks=agreed([_asked(chain, deployment, bundle) for chain in chains]))


def _asked(chain: Chain, deployment: TrustedDeployment, bundle: Bundle) -> Checks:
    try:
        return checks(chain, deployment, bundle)
    except (NetworkError, ContractError) as problem:
        _LOG.warning("%s verifies no footprint: %s", chain.network.name, type(problem).__name__)
        return {}


def agreed(told: Sequence[Checks]) -> Checks:
    """Of each event that every node was asked of, the first problem that one of them has."""
    known = set(told[0]).intersection(*told[1:])
    return {event: next((one[event] for one in told if one[event] is not None), None) for event in known}


@dataclass(frozen=True, slots=True)
class ShownPart:
    """A verified amount of one event. `step` is the number of the step in the journey, None if it has none there; the
    page's script compares `part` with what the event states."""

    step: int | None
    part: Part
    amount: str
    method: str
    scope: str
    verifier: str


@dataclass(frozen=True, slots=True)
class ShownFootprint:
    """`said` is the one sentence about it, `amount` the sum (empty unless `shown`), `limits` what is not in it."""

    state: State
    amount: str
    said: str
    total_mg: int
    parts: tuple[ShownPart, ...]
    limits: tuple[str, ...]


def shown(
    found: Footprint,
    verdict: Verdict,
    steps: Mapping[str, int],
    people: Mapping[bytes, str],
    say: Words,
) -> ShownFootprint:
    """`steps`: the number of each step by its event id; `people`: what verifiers are called."""
    if any(REASON_BY_ID[reason].level != "recalled" for reason in verdict.reasons):
        # What is recalled may be well recorded; what is not well recorded proves no amount.
        return ShownFootprint("withheld", "", say("carbon_withheld"), 0, (), ())
    verified = [part for part in found.parts if part.problem is None]
    limits = tuple(_limits(found, verified, say))
    if not found.parts and not found.stating:
        return ShownFootprint("none", "", say("carbon_none", events=found.events), 0, (), limits)
    if not verified:
        return ShownFootprint("unverified", "", say("carbon_unverified", count=found.stating), 0, (), limits)
    kilos = kilograms(found.verified_mg)
    least = len(verified) < len(found.parts) or not found.complete
    amount = say("carbon_least" if least else "carbon_amount", kg=kilos)
    parts = tuple(_part(part, steps, people, say) for part in verified)
    return ShownFootprint("shown", amount, say("carbon_verified"), found.verified_mg, parts, limits)


def _part(part: Part, steps: Mapping[str, int], people: Mapping[bytes, str], say: Words) -> ShownPart:
    whole = part.mg == part.of_mg
    amount = say("carbon_whole" if whole else "carbon_share", kg=kilograms(part.mg), of=kilograms(part.of_mg))
    scope = "".join(sign if sign.isprintable() else "?" for sign in part.scope)
    return ShownPart(steps.get(part.event_id), part, amount, part.method, scope, people[part.verifier or b""])


def _limits(found: Footprint, verified: Sequence[Part], say: Words) -> list[str]:
    """What the sum leaves out, the plainest last: that amounts are somebody's word, and that use comes after."""
    said = []
    silent = found.events - found.stating
    if silent and found.stating:
        said.append(say("carbon_silent", count=silent, events=found.events))
    unverified = [part for part in found.parts if part.problem is not None]
    if unverified:
        reasons = dict.fromkeys(say.unverified(part.problem or "") for part in unverified)
        said.append(" ".join([say("carbon_left_out", count=len(unverified), all=len(found.parts)), *reasons]))
    said += [say.gap(reason) for reason in dict.fromkeys(one.reason for one in found.missing)]
    said += [say("carbon_passed_on")] if found.passed_on else []
    return [*said, say("carbon_word"), say("carbon_after")] if verified else said
