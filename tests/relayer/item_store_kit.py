"""Things, leaves and the reference that an item store is compared with, whatever its database."""

from __future__ import annotations

import itertools
import sys
from collections.abc import Iterable
from hashlib import sha256
from pathlib import Path

from lading.provenance.item_map import NOTHING, ItemEntry, item_key, root_of
from lading.relayer.items.store import ItemStore
from lading.relayer.store.database import LogIdentity

sys.path.insert(0, str(Path(__file__).parents[1] / "provenance"))
from reference_map import ReferenceMap

IDENTITY = LogIdentity(31337, "0x" + "11" * 32, "0x" + "22" * 20, "0x" + "ab" * 32)
THINGS = [f"https://id.gs1.org/01/80614141123458/21/{number}" for number in range(40)]
LEAVES = [sha256(b"leaf %d" % number).digest() for number in range(40)]

Addition = tuple[str, bytes]


def neighbours(depth: int) -> list[str]:
    """Two things whose keys share their first `depth` bits."""
    seen: dict[int, str] = {}
    for number in itertools.count():
        thing = f"urn:example:{number}"
        place = int.from_bytes(item_key(thing), "big") >> (256 - depth)
        if place in seen:
            return [seen[place], thing]
        seen[place] = thing
    raise AssertionError


NEAR = neighbours(24)  # in one page, with empty places between the page's top and where they part


def content(additions: Iterable[Addition]) -> dict[bytes, ItemEntry]:
    found: dict[bytes, ItemEntry] = {}
    for thing, leaf in additions:
        found[item_key(thing)] = found.get(item_key(thing), NOTHING).after(leaf)
    return found


def assert_is(items: ItemStore, additions: Iterable[Addition]) -> None:
    """Root, and entry and proof of each thing that the tests know."""
    expected = ReferenceMap(content(additions))
    assert items.root() == expected.root
    for thing in (*THINGS, *NEAR):
        entry, proof = items.prove(thing)
        assert (entry, proof) == expected.prove(item_key(thing))
        assert items.entry(thing) == entry
        assert root_of(item_key(thing), entry, proof) == expected.root
