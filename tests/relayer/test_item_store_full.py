"""Pages that are full become branches, and the map stays the same."""

from __future__ import annotations

import sys
from hashlib import sha256
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

sys.path.insert(0, str(Path(__file__).parent))
import item_store_kit
from item_store_kit import IDENTITY, LEAVES, THINGS, Addition, ReferenceMap, assert_is, content

from lading.relayer.items.branch import MOST_RECORDS
from lading.relayer.items.heap import LEVELS
from lading.relayer.items.pages import STORED_BYTES
from lading.relayer.items.store import ItemStore
from lading.relayer.store.database import MEMORY, Database


@pytest.fixture
def crowded(monkeypatch: pytest.MonkeyPatch) -> None:
    """All keys share their first 21 bits, so that one page has to hold every thing."""

    def key_of(thing: str) -> bytes:
        key = sha256(thing.encode()).digest()
        return b"\x5a\xa5" + bytes([key[2] & 0b111 | 0b10100000]) + key[3:]

    monkeypatch.setattr("lading.relayer.items.store.item_key", key_of)
    monkeypatch.setattr(item_store_kit, "item_key", key_of)


@given(st.lists(st.lists(st.tuples(st.sampled_from(THINGS), st.sampled_from(LEAVES)), max_size=30), max_size=4))
@settings(max_examples=15, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_full_pages_give_the_same_map(crowded: None, made: list[list[Addition]]) -> None:
    store = Database.open(MEMORY, IDENTITY)
    items, log = ItemStore(store), []
    for batch in made:
        log += batch
        assert items.apply(batch) == ReferenceMap(content(log)).root
        assert items.things() == len(content(log))
    assert_is(items, log)
    assert_is(ItemStore(store), log)
    store.close()


def test_a_page_stays_small_however_many_things_it_covers(crowded: None, items: ItemStore, store: Database) -> None:
    things = [f"urn:example:{number}" for number in range(300)]
    for first in range(0, 300, 50):
        items.apply((thing, LEAVES[0]) for thing in things[first : first + 50])
    additions = [(thing, LEAVES[0]) for thing in things]
    assert items.root() == ReferenceMap(content(additions)).root
    assert items.things() == 300
    assert store.one("SELECT max(length(records)) FROM item_pages")[0] <= MOST_RECORDS * STORED_BYTES
    expected = ReferenceMap(content(additions))
    for thing in (*things[:30], *THINGS):
        assert items.prove(thing) == expected.prove(item_store_kit.item_key(thing))
        assert items.entry(thing) == expected.prove(item_store_kit.item_key(thing))[0]
    ItemStore(store).prove(things[0])


def test_a_change_deep_in_a_full_page_rewrites_one_page_a_level(
    crowded: None, items: ItemStore, store: Database
) -> None:
    things = [f"urn:example:{number}" for number in range(300)]
    items.apply((thing, LEAVES[0]) for thing in things)
    pages = dict(store.rows("SELECT number, records FROM item_pages"))
    items.apply([(things[0], LEAVES[1])])
    changed = [number for number, page in store.rows("SELECT number, records FROM item_pages") if pages[number] != page]
    depths = [number.bit_length() - 1 for number in sorted(changed)]
    assert depths == list(range(LEVELS, depths[-1] + 1, 4))
