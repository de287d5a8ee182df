"""Batches, their proofs and the consumer's verdict, beside OpenZeppelin's tree in JavaScript."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from functools import cache
from importlib import import_module
from importlib.metadata import version
from pathlib import Path
from typing import TYPE_CHECKING, Any

import inputs
from kit import REPEATS, ROOT, BenchError, Measured, Side, benchmark, digest, milliseconds, rates

if TYPE_CHECKING:
    from lading.provenance.bundle import Bundle, MapEntry
    from lading.provenance.truth import ChainFacts, Trusted

LEAVES = 10_000
TREES = 3
BUNDLES = 200
HASHES = 20_000
SCRIPT = Path(__file__).parents[1] / "open_zeppelin.js"


def _open_zeppelin(task: str, given: list[Any]) -> tuple[str, list[float], str]:
    """Name, seconds of each input but the first, and the result of the first."""
    node = shutil.which("node")
    if node is None or not (ROOT / "node_modules/@openzeppelin/merkle-tree").is_dir():
        raise BenchError("Node.js or npm's packages are missing: run `python3 tools/setup.py node`")
    asked = json.dumps({"task": task, "inputs": given})
    done = subprocess.run([node, SCRIPT], input=asked, capture_output=True, text=True, check=True, cwd=ROOT)
    told = json.loads(done.stdout)
    return f"@openzeppelin/merkle-tree {told['version']}", told["seconds"][1:], told["answer"]


def _hex(data: bytes) -> str:
    return "0x" + data.hex()


@benchmark("merkle.tree", "ms", rounds=2)
def merkle_tree() -> tuple[Side, Side]:
    """10,000 leaves, hashed and made into a tree: the same root. Lower is better."""

    def ours() -> Measured:
        from lading import __version__
        from lading.provenance.keccak import keccak256
        from lading.provenance.leaf import EventLeaf
        from lading.provenance.merkle import MerkleTree

        def work(batch: list[tuple[bytes, bytes, bytes]]) -> bytes:
            return MerkleTree([EventLeaf(*parts).hash() for parts in batch]).root

        batches = [inputs.leaves(part, LEAVES) for part in range(1 + TREES)]
        answer = _hex(work(batches[0]))
        name = f"lading {__version__} with {keccak256.__module__}"
        return Measured(name, milliseconds(work, batches), answer)

    def theirs() -> Measured:
        from lading.provenance.leaf import EVENT_LEAF

        batches = [
            [[_hex(part) for part in (EVENT_LEAF, *parts)] for parts in inputs.leaves(part, LEAVES)]
            for part in range(1 + TREES)
        ]
        name, seconds, root = _open_zeppelin("tree", batches)
        return Measured(name, [1000 * one for one in seconds], root)

    return ours, theirs


@benchmark("keccak", "hashes/s", rounds=2)
def keccak() -> tuple[Side, Side]:
    """Keccak-256 of an inner node's 64 bytes, beside what web3 alone brings along."""
    batches = [[first + second for first, second, _ in inputs.leaves(part, HASHES)] for part in range(1 + REPEATS)]

    def ours() -> Measured:
        from lading import __version__
        from lading.provenance.keccak import keccak256

        def work(nodes: list[bytes]) -> list[bytes]:
            return [keccak256(node) for node in nodes]

        answer = digest(work(batches[0]))
        name = f"lading {__version__} with {keccak256.__module__}"
        return Measured(name, rates(work, batches, HASHES), answer)

    def theirs() -> Measured:
        os.environ["ETH_HASH_BACKEND"] = "pycryptodome"
        hash_of = import_module("eth_hash.auto").keccak

        def work(nodes: list[bytes]) -> list[bytes]:
            return [hash_of(node) for node in nodes]

        answer = digest(work(batches[0]))
        return Measured(f"eth-hash {version('eth-hash')} with pycryptodome", rates(work, batches, HASHES), answer)

    return ours, theirs


@benchmark("bundle.verify", "ms")
def bundle_verify() -> tuple[Side, Side]:
    """A bundle's bytes to its verdict, the chain's facts at hand: three events with proofs of 10 to 12 levels, two item
    maps with proofs of 12. Lower is better. No peer judges a story: OpenZeppelin checks the three proofs alone."""

    def ours() -> Measured:
        from lading import __version__
        from lading.provenance.bundle import dump, parse
        from lading.provenance.verdict import judge

        bundles, facts, trusted = _published()
        texts = [dump(bundle) for bundle in bundles]
        batches = [texts[first : first + BUNDLES] for first in range(0, len(texts), BUNDLES)]

        def work(given: list[bytes]) -> list[str]:
            return [judge(parse(text), facts, trusted).verdict for text in given]

        if set(work(batches[0])) != {"authentic"}:
            raise BenchError("the bundles that were made are not authentic")
        each = [one / BUNDLES for one in milliseconds(work, batches)]
        return Measured(f"lading {__version__}", each, str(3 * BUNDLES))

    def theirs() -> Measured:
        proofs = [[_proof(entry) for entry in bundle.entries] for bundle in _published()[0]]
        batches = [
            [proof for bundle in proofs[first : first + BUNDLES] for proof in bundle]
            for first in range(0, len(proofs), BUNDLES)
        ]
        name, seconds, held = _open_zeppelin("proofs", batches)
        return Measured(f"{name}, proofs alone", [1000 * one / BUNDLES for one in seconds], held)

    return ours, theirs


def _proof(entry: Any) -> dict[str, Any]:
    from lading.epcis import content_hash
    from lading.provenance.leaf import EVENT_LEAF, event_id_digest

    parts = (EVENT_LEAF, event_id_digest(entry.event_id), content_hash(entry.event), entry.salt)
    return {
        "root": _hex(entry.batch.root),
        "leaf": [_hex(part) for part in parts],
        "proof": [_hex(sibling) for sibling in entry.proof],
    }


@cache
def _published() -> tuple[list[Bundle], ChainFacts, Trusted]:
    """Bundles of items whose births their brand anchored in one batch, and whose two sightings a carrier did in
    another; what an honest node says of them; and whom a verifier trusts."""
    sys.path.insert(0, str(ROOT / "tests" / "provenance"))
    from provenance_kit import BRAND, CARRIER, CHAIN, HOUR, PORT, SHOP, TRUSTED, World, born, seen

    from lading.provenance.bundle import build_bundle

    items = [f"urn:epc:id:sgtin:0614141.812345.{number + 1000}" for number in range((1 + REPEATS) * BUNDLES)]
    world = World().publish(BRAND, *(born(item=item) for item in items))
    world.publish(
        CARRIER, *(seen(*place, item=item) for item in items for place in ((PORT, 10 * HOUR), (SHOP, 30 * HOUR)))
    )
    maps = {who: _proofs(world, who, items) for who in (BRAND, CARRIER)}
    bundles = []
    for number, item in enumerate(items):
        first = len(items) + 2 * number
        entries = [world.entries[number], *world.entries[first : first + 2]]
        bundles.append(build_bundle(item, CHAIN, entries, [maps[who][number] for who in maps]))
    return bundles, world.facts(), TRUSTED


def _proofs(world: Any, who: bytes, items: list[str]) -> list[MapEntry]:
    """From the pages that a relayer keeps: the tests' own map is too slow for so many."""
    from lading.epcis.canonical import content_hash
    from lading.provenance.bundle import MapEntry
    from lading.provenance.item import item_of
    from lading.provenance.item_map import things_of
    from lading.provenance.leaf import EventLeaf
    from lading.relayer.items.store import ItemStore
    from lading.relayer.run import NO_LOG
    from lading.relayer.store.database import MEMORY, Database

    store = ItemStore(Database.open(MEMORY, NO_LOG))
    leaves = [(one, EventLeaf.of(one.event_id, content_hash(one.event), one.salt).hash()) for one in world.entries]
    store.apply((thing, leaf) for one, leaf in leaves if one.publisher == who for thing in things_of(one.event))
    index, batch = world.latest[who]
    if store.root() != batch.items_root:
        raise BenchError("the pages give another map than the tests' own")
    things = [item_of(item).key for item in items]
    return [MapEntry.of(who, index, batch, thing, *store.prove(thing)) for thing in things]
