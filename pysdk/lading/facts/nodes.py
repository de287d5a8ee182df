"""The verdict from one node or from several, which are asked the same of the same block and compared."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, fields, is_dataclass
from time import time
from typing import TypeVar

from lading.chain.node import Chain
from lading.errors import NetworkError
from lading.facts.deployment import TrustedDeployment
from lading.facts.read import StateProof, facts_for
from lading.provenance import rules
from lading.provenance.bundle import Bundle
from lading.provenance.charges import Charge
from lading.provenance.item import Item
from lading.provenance.rules import Finding
from lading.provenance.truth import ChainFacts
from lading.provenance.verdict import Verdict, judge

T = TypeVar("T")

MAX_LAG = 8
"""Blocks that an honest node may be behind another: what passes between two questions, and on the way."""


@dataclass(frozen=True, slots=True)
class Silent:
    """A node without a usable answer: its name (scheme, host and port; no key that its URL may hold), and the error."""

    name: str
    error: NetworkError


def verify(
    bundle: Bundle,
    *,
    chain: Chain | None = None,
    deployment: TrustedDeployment | None = None,
    item: Item | None = None,
    proof: StateProof | None = None,
    charges: Sequence[Charge] = (),
    clock: Callable[[], float] | None = time,
) -> Verdict:
    """The verdict on `bundle`: with `chain` and `deployment` against the chain, else never better than `unknown`.

    `item` is what the user scanned, if that is to be compared with the bundle's own item. With `proof` the chain's
    facts are proven from a block's state root; else the node is believed. `charges` are fault documents, which count
    where the chain has what they rest on; what became of each says `Verdict.heard`. `clock` is the verifier's own, in
    seconds since 1970, which tells an old block; None: no age is compared.

    Raises:
        NetworkError: the node cannot be talked to, contradicts itself, or cannot prove what it says.
    """
    chains = [] if chain is None else [chain]
    return verify_among(bundle, chains, deployment=deployment, item=item, proof=proof, charges=charges, clock=clock)


def verify_among(
    bundle: Bundle,
    chains: Sequence[Chain],
    *,
    silent: Sequence[Silent] = (),
    deployment: TrustedDeployment | None = None,
    item: Item | None = None,
    proof: StateProof | None = None,
    charges: Sequence[Charge] = (),
    clock: Callable[[], float] | None = time,
) -> Verdict:
    """As `verify`, by several nodes. All are asked at the lowest of their newest blocks, or at that of `proof`. Where
    two of them differ in anything, or a newest block lies more than MAX_LAG behind another's, none is believed.
    `silent` are nodes that could not even be opened.

    Raises:
        NetworkError: no node gave an answer; this is the first one's reason.
    """
    trusted = None if deployment is None else deployment.trusted
    # A bundle of another deployment is judged without the chain, so there is nothing to ask it.
    if deployment is None or list(rules.deployment(bundle, trusted)) or not (chains or silent):
        return judge(bundle, None, trusted, item, charges=charges)
    quiet, asked, heads = list(silent), list(chains), dict[Chain, int]()
    if len(asked) > 1 and not (proof and proof.block_hash):
        heads = _each(asked, lambda chain: chain.block().number, quiet)
        asked = list(heads)
    at = min(heads.values(), default=None)
    told = _each(
        asked,
        lambda chain: facts_for(chain, deployment, bundle, proof=proof, at=at, charges=charges, item=item),
        quiet,
    )
    if not told:
        raise quiet[0].error
    found = [Finding("node-silent", detail=f"{one.name}: {one.error.message}") for one in quiet]
    differences = [Finding("nodes-differ", detail=one) for one in (*_behind(heads), *_differences(told))]
    facts = None if differences else next(iter(told.values()))
    return judge(bundle, facts, trusted, item, nodes=[*differences, *found], charges=charges, now=clock and clock())


def _each(chains: Sequence[Chain], ask: Callable[[Chain], T], quiet: list[Silent]) -> dict[Chain, T]:
    """The answers; who gives none joins the quiet ones."""
    found = {}
    for chain in chains:
        try:
            found[chain] = ask(chain)
        except NetworkError as error:
            quiet.append(Silent(chain.network.name, error))
    return found


def _behind(heads: Mapping[Chain, int]) -> Iterator[str]:
    """Who names an old block for its newest could undo a recall: every honest node agrees on what was then."""
    if heads and max(heads.values()) - min(heads.values()) > MAX_LAG:
        yield from _difference("newest block", _names(heads), list(heads.values()))


def _differences(told: Mapping[Chain, ChainFacts]) -> Iterator[str]:
    """Each fact that not all nodes tell alike, with who says what."""
    names = _names(told)
    for fact in (field.name for field in fields(ChainFacts)):
        values = [getattr(facts, fact) for facts in told.values()]
        if not all(isinstance(value, Mapping) for value in values):
            yield from _difference(fact, names, values)
            continue
        for key in sorted({key for value in values for key in value}, key=str):
            yield from _difference(f"{fact}, {_shown(key)}", names, [value.get(key) for value in values])


def _names(chains: Iterable[Chain]) -> list[str]:
    """Two URLs may differ in nothing but a key, which no name of a node holds."""
    names = [chain.network.name for chain in chains]
    return [name if names.count(name) == 1 else f"{name} (no. {place})" for place, name in enumerate(names, 1)]


def _difference(fact: str, names: Sequence[str], values: Sequence[object]) -> Iterator[str]:
    said: defaultdict[str, list[str]] = defaultdict(list)
    for name, value in zip(names, values, strict=True):
        said[_shown(value)].append(name)
    if len(said) > 1:
        yield f"{fact}: " + "; ".join(f"{' and '.join(who)}: {value}" for value, who in said.items())


def _shown(value: object) -> str:
    """For a person, and different for what is different."""
    if isinstance(value, bytes):
        return "0x" + value.hex()
    if isinstance(value, tuple):
        return ", ".join(map(_shown, value))
    if isinstance(value, frozenset):
        return ", ".join(sorted(map(_shown, value))) or "none"
    if is_dataclass(value) and not isinstance(value, type):
        return ", ".join(f"{field.name} {_shown(getattr(value, field.name))}" for field in fields(value))
    return "none" if value is None else str(value)
