"""The item map of one publisher (`lading.provenance.item_map`) in its outbox's database.

    items = ItemStore(database)                      # the outbox's
    with database.transaction():                     # the one that closes the batch
        items_root = items.apply(additions, events)  # the batch's events in row order, (thing, leaf) for each thing
    items.root()                                     # of the last batch that was closed, be it anchored or not
    items.entry(thing), items.prove(thing)           # as of that root
    items.events_of(thing)                           # the rows of the events that name it

`thing` is what `things_of(event)` lists, `leaf` the event leaf's hash. Keep one `ItemStore` as long as its `Database`:
the upper levels are in its memory, and the first call after opening reads every page (three seconds for a million).
Whatever happens to a transaction, memory follows the database: both name their root, and where the two differ, the
levels are made anew from the pages.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from itertools import islice
from typing import TYPE_CHECKING, Final, NamedTuple

from lading.provenance.item_map import EMPTY, NOTHING, ItemEntry, MapLeaf, MapProof, item_key, root_of
from lading.relayer.errors import OutboxLocked, OutboxUnreadable
from lading.relayer.items.branch import BRANCH_BYTES, change, child_of, is_branch, shared_bytes, through, top_of
from lading.relayer.items.heap import BOTTOM, Heap, bottom_of
from lading.relayer.items.links import WRITE as WRITE_LINKS
from lading.relayer.items.links import Links, events_back, next_pair
from lading.relayer.items.pages import STORED_BYTES, entry_in, leaf_in, newest_of, place_of, records_of, way_down

if TYPE_CHECKING:
    from lading.relayer.store.database import Database

_READ_AT_ONCE: Final = 500
_WRITE: Final = (
    "INSERT INTO item_pages (number, records) VALUES (?, ?)"
    " ON CONFLICT (number) DO UPDATE SET records = excluded.records"
)


class Change(NamedTuple):
    """What a batch makes of the map: roots before and after, and the rows to store."""

    before: bytes
    after: bytes
    pages: list[tuple[int, bytes]]
    links: list[tuple[int, bytes]]


class ItemStore:
    """Every method raises `OutboxError` where the database cannot be used, and `OutboxUnreadable` where its pages do
    not give the root that it names."""

    def __init__(self, database: Database) -> None:
        self._database = database
        self._heap = Heap()
        self._known: bytes | None = EMPTY  # the root that the levels in memory belong to; None while they change

    def apply(self, additions: Iterable[tuple[str, bytes]], events: Iterable[int] | None = None) -> bytes:
        """`plan` and `store` in one transaction, the caller's if there is one. The new root."""
        with self._database.transaction():
            planned = self.plan(additions, events)
            self.store(planned)
        return planned.after

    def plan(self, additions: Iterable[tuple[str, bytes]], events: Iterable[int] | None = None) -> Change:
        """Counts events: (thing, leaf of an event that names it), in the order of the log. Writes nothing, so that a
        snapshot does, and holds no writer up. `events`: the event's row for each of the additions, by which
        `events_of` finds it; without, the map alone is made.

        Raises:
            MerkleError: a leaf is not 32 bytes long.
        """
        with self._database.snapshot():
            by_page: defaultdict[int, defaultdict[bytes, list[bytes]]] = defaultdict(lambda: defaultdict(list))
            links = Links(next_pair(self._database))
            rows = None if events is None else iter(events)
            for thing, leaf in additions:
                key = item_key(thing)
                by_page[bottom_of(key)][key].append(leaf)
                if rows is not None:
                    links.add(key, next(rows))
            before = self._load()
            self._known = None
            pages = self._on_the_way(by_page)
            for number, leaves in by_page.items():
                change(pages, number, leaves, links.newest)
                self._heap.set(number, *top_of(number, pages[number]))
            self._heap.rise(by_page)
        return Change(before, self._heap.root, sorted(pages.items()), links.rows())

    def store(self, planned: Change) -> None:
        """Stores a plan. Inside a transaction.

        Raises:
            OutboxLocked: the map is no longer the one that the plan was made for.
        """
        self._replace_root(planned.before, planned.after)
        self._database.many(_WRITE, planned.pages)
        self._database.many(WRITE_LINKS, planned.links)
        if self._heap.root == planned.after:
            self._known = planned.after

    def events_of(self, thing: str) -> list[int]:
        """The rows of the events that name a thing, in the order of the log, as of `root()`.

        Raises:
            OutboxUnreadable: the links that lead to them are damaged.
        """
        with self._database.snapshot():
            records, place, page = self._found(item_key(thing))
            if place is None:
                return []
            rows = list(events_back(self._database, newest_of(page)[place]))
            count = entry_in(records[place]).count
            if len(rows) != count:
                raise OutboxUnreadable(
                    self._database.path,
                    f"its item links lead to {len(rows)} events of an item that has {count}",
                    hint="The file was damaged or altered: restore a copy.",
                )
            return rows[::-1]

    def root(self) -> bytes:
        """The root after the last `apply`."""
        rows = self._database.rows("SELECT root FROM item_root")
        return bytes(rows[0][0]) if rows else EMPTY

    def entry(self, thing: str) -> ItemEntry:
        """What the map says of a thing; `NOTHING` if it holds none."""
        records, place, _ = self._found(item_key(thing))
        return NOTHING if place is None else entry_in(records[place])

    def _found(self, key: bytes) -> tuple[list[bytes], int | None, bytes]:
        """The page that a key's path ends in: its records, the place of the key's own, and its bytes."""
        number = bottom_of(key)
        while is_branch(page := self._page(number)):
            number = child_of(number, key)
        records = records_of(page)
        return records, place_of(records, key), page

    def prove(self, thing: str) -> tuple[ItemEntry, MapProof]:
        """The thing's entry, or `NOTHING`, with its proof against `root()`."""
        key = item_key(thing)
        with self._database.snapshot():
            root = self._load()
            way = self._heap.way(key)
            below, leaf = self._down(way.bottom, key)
        siblings = (*reversed(below), *way.siblings)
        if leaf is not None and leaf.key == key:
            entry, proof = leaf.entry, MapProof(siblings)
        else:
            entry, proof = NOTHING, MapProof(siblings, leaf)
        self._refuse_damage(root_of(key, entry, proof), root)
        return entry, proof

    def _down(self, number: int | None, key: bytes) -> tuple[list[bytes | None], MapLeaf | None]:
        """From the top of a page down a key's path: the siblings, the lowest last, and the leaf at its end."""
        siblings: list[bytes | None] = []
        while number is not None:
            page = self._page(number)
            if not is_branch(page):
                below, end = way_down(records_of(page), key, number.bit_length() - 1)
                return siblings + below, None if end is None else leaf_in(shared_bytes(number), end)
            below, number = through(number, page, key)
            siblings += below
        return siblings, None

    def things(self) -> int:
        """How many things have an entry."""
        (pages,) = self._database.rows(
            "SELECT coalesce(sum(length(records)), 0) FROM item_pages WHERE length(records) <> ?", (BRANCH_BYTES,)
        )
        return int(pages[0]) // STORED_BYTES

    def _load(self) -> bytes:
        """Brings memory to the database's root, which it returns. Inside a transaction or snapshot."""
        stored = self.root()
        if stored == self._known:
            return stored
        self._known = None
        self._heap = Heap()
        filled = []
        for number, page in self._all_pages():
            self._heap.set(number, *top_of(number, page))
            filled.append(number)
        self._heap.rise(filled)
        self._refuse_damage(self._heap.root, stored)
        self._known = stored
        return stored

    def _refuse_damage(self, computed: bytes | None, stored: bytes) -> None:
        if computed != stored:
            raise OutboxUnreadable(
                self._database.path,
                f"the pages of its item map do not give the root 0x{stored.hex()} that it names",
                hint="The file was damaged or altered: restore a copy.",
            )

    def _page(self, number: int) -> bytes:
        rows = self._database.rows("SELECT records FROM item_pages WHERE number = ?", (number,))
        return bytes(rows[0][0]) if rows else b""

    def _on_the_way(self, keys: Mapping[int, Iterable[bytes]]) -> dict[int, bytes]:
        """The pages on the paths of keys, which are given by the number of their uppermost page."""
        pages: dict[int, bytes] = {}
        while keys:
            level = dict(self._pages(sorted(keys)))
            pages |= level
            below: defaultdict[int, list[bytes]] = defaultdict(list)
            for number in filter(lambda one: is_branch(level[one]), level):
                for key in keys[number]:
                    below[child_of(number, key)].append(key)
            keys = below
        return pages

    def _pages(self, numbers: Iterable[int]) -> Iterator[tuple[int, bytes]]:
        """Those of the pages that there are."""
        left = iter(numbers)
        while some := list(islice(left, _READ_AT_ONCE)):
            asked = ", ".join("?" * len(some))
            yield from self._database.rows(
                f"SELECT number, records FROM item_pages WHERE number IN ({asked})",  # noqa: S608 - no input in it
                some,
            )

    def _all_pages(self) -> Iterator[tuple[int, bytes]]:
        """In parts, so that a large map is never in memory at once."""
        for first in range(BOTTOM, 2 * BOTTOM, BOTTOM >> 6):
            yield from self._database.rows(
                "SELECT number, records FROM item_pages WHERE number >= ? AND number < ?",
                (first, first + (BOTTOM >> 6)),
            )

    def _replace_root(self, before: bytes, after: bytes) -> None:
        changed = self._database.execute("UPDATE item_root SET root = ? WHERE root = ?", (after, before))
        if changed == 0 and before == EMPTY:
            changed = self._database.execute(
                "INSERT INTO item_root (id, root) VALUES (1, ?) ON CONFLICT DO NOTHING", (after,)
            )
        if changed == 0:
            raise OutboxLocked(
                self._database.path,
                "another process changed its item map at the same time",
                hint="Let that one end or stop it; run again.",
                retryable=True,
            )
