"""The page's own arithmetic, in the browser, against ours."""

from __future__ import annotations

import json
import secrets
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from browser_kit import CHROMIUM
from playwright.sync_api import Browser, Page

from lading.epcis.canonical import canonical_json, content_hash
from lading.provenance.item import same_thing
from lading.provenance.item_map import NOTHING, ItemEntry, MapLeaf, MapProof, entry_of, item_key, root_of
from lading.provenance.keccak import keccak256
from lading.provenance.leaf import EventLeaf
from lading.provenance.merkle import MerkleTree, batch_digest

STATIC = Path(__file__).resolve().parents[2] / "pysdk" / "lading" / "web" / "static"
Run = Callable[[str, str, Any], Any]


@pytest.fixture(scope="module")
def page(browser: Browser) -> Iterator[Page]:
    """An empty page beside the scripts, without a server."""
    context = browser.new_context()
    opened = context.new_page()
    opened.route("https://page.test/**", lambda route: route.fulfill(**_file(route.request.url)))
    opened.goto("https://page.test/")
    yield opened
    context.close()


def _file(url: str) -> dict[str, Any]:
    name = url.rpartition("/")[2]
    if not name:
        return {"body": "<!doctype html>", "content_type": "text/html"}
    return {"body": (STATIC / name).read_text(encoding="utf-8"), "content_type": "text/javascript"}


@pytest.fixture
def run(page: Page) -> Run:
    """`module`, an expression over it (`m`) and `given`; -> its value."""
    assert CHROMIUM.is_file()

    def ran(module: str, expression: str, given: Any) -> Any:
        code = f"async (given) => {{ const m = await import('/{module}'); return {expression}; }}"
        return page.evaluate(code, given)

    return ran


def test_keccak_is_ethereums_at_every_length_around_its_blocks(run: Run) -> None:
    texts = [
        bytes(number % 251 for number in range(length)) for length in (0, 1, 31, 64, 128, *range(134, 139), 272, 999)
    ]
    texts.append(secrets.token_bytes(4096))
    found = run(
        "keccak.js", "given.map(one => Array.from(m.keccak256(Uint8Array.from(one))))", [list(one) for one in texts]
    )
    assert [bytes(one) for one in found] == [keccak256(one) for one in texts]


CANONICAL = [
    {
        "b": 1,
        "a": [True, None, 'é\u2028\u0007"\\'],
        "\U0001f600": 1,
        "\ufb33": 2,
        "é": 3,
        "1": 4,
        "10": 5,
        "__proto__": 6,
    },
    [0, -1, 1.5, 1e21, 1e-7, 123456789012345680000, 4.5e-324, 1.7976931348623157e308, 9007199254740991, 0.1],
    {"": {"": []}, "z": {}, "A": "中文"},
]


@pytest.mark.parametrize("value", CANONICAL)
def test_canonical_json_has_our_bytes(run: Run, value: Any) -> None:
    ours = canonical_json(value).decode()
    assert run("bytes.js", "m.canonical(JSON.parse(given))", json.dumps(value)) == ours


@pytest.mark.parametrize(
    "text",
    ['{"a":1,"a":1}', '{ "a":1}', '{"a":1.0}', '{"b":1,"a":2}', '{"a":"\\u0041"}', '{"a":"\\ud800"}', "{", "\ufeff{}"],
)
def test_other_bytes_than_the_canonical_are_refused(run: Run, text: str) -> None:
    form = '{"entries":[],"format":"lading-bundle/1"}'
    assert run("proof.js", "m.read(new TextEncoder().encode(given).buffer)", form) is not None
    spoiled = text if text[0] != "{" or len(text) == 1 else f'{{"entries":[],"format":"lading-bundle/1","x":{text}}}'
    assert run("proof.js", "m.read(new TextEncoder().encode(given).buffer)", spoiled) is None


THINGS = [
    "urn:epc:id:sgtin:9521141.012345.1001",
    "urn:epc:id:sgtin:0614141.812345.6789%2FA%25",
    "urn:epc:id:sgtin:061414112345.8.a",
    "urn:epc:id:sgtin:0614141.81234.1",
    "urn:epc:id:sscc:9521141.0000000077",
    "urn:epc:id:sscc:061414112345.12345",
    "https://id.gs1.org/01/09521141123454/21/1001",
    "https://example.com/some/path/gtin/9521141123454/ser/A%20B",
    "http://example.com/01/9521141123454/10/LOT/21/1001?linkType=all#x",
    "https://example.com/01/09521141123454/21/1/99/2",
    "https://example.com/00/095211410000000779",
    "https://example.com/00/095211410000000779/21/1",
    "urn:example:thing",
    "01/09521141123454/21/1001",
    "urn:epc:id:sgtin:9521141.012345.%zz",
]


@pytest.mark.parametrize("text", THINGS)
def test_a_thing_has_the_name_that_the_item_map_has(run: Run, text: str) -> None:
    assert run("things.js", "m.canonicalThing(given)", text) == same_thing(text)


def test_a_thing_of_another_kind_is_left_open(run: Run) -> None:
    event = {"epcList": ["urn:epc:id:grai:0614141.12345.400"]}
    assert run("things.js", "m.namesThing(given.event, given.thing)", {"event": event, "thing": "https://x"}) is None


PUBLISHER, WRITER = "0x" + "22" * 32, "0x" + "33" * 20
ITEM = "https://id.gs1.org/01/09521141123454/21/1001"


def bundle_with_map(lacks: bool = False) -> tuple[dict[str, Any], dict[str, str]]:
    """Three events of one publisher, two about the item, in one batch with its item map; and the chain's digest."""
    events = [
        {"epcList": ["urn:epc:id:sgtin:9521141.012345.1001"], "n": 1},
        {"epcList": ["urn:epc:id:sgtin:9521141.012345.1002"], "n": 2},
        {"parentID": "urn:epc:id:sscc:9521141.0000000077", "childEPCs": [ITEM], "n": 3},
    ]
    ids = [f"ni:///sha-256;{number:064x}?ver=CBV2.0" for number in range(3)]
    salts = [bytes([number]) * 32 for number in range(3)]
    contents = [content_hash(event) for event in events]
    leaves = [EventLeaf.of(*parts).hash() for parts in zip(ids, contents, salts, strict=True)]
    tree = MerkleTree(leaves)
    entry = NOTHING if lacks else entry_of([leaves[0], leaves[2]])
    other = MapLeaf(item_key("other"), ItemEntry(3, b"\x09" * 32))
    siblings: tuple[bytes | None, ...] = (b"\x07" * 32, None, b"\x08" * 32)
    proof = MapProof((), other) if lacks else MapProof(siblings)
    root = root_of(item_key(ITEM), entry, proof)
    assert root is not None
    batch = {"root": hexed(tree.root), "items_root": hexed(root), "writer": WRITER, "count": 3}
    common = {"publisher": PUBLISHER, "index": 4, "batch": batch}
    entries = [
        {
            **common,
            "event": event,
            "event_id": name,
            "salt": hexed(salt),
            "proof": [hexed(one) for one in tree.proof(at)],
        }
        for at, (event, name, salt) in enumerate(zip(events, ids, salts, strict=True))
    ]
    shown = {"key": hexed(other.key), "count": 3, "head": hexed(other.entry.head)} if lacks else None
    path = [None if one is None else hexed(one) for one in proof.siblings]
    claim = {"thing": ITEM, "count": entry.count, "head": hexed(entry.head), "siblings": path, "other": shown}
    digest = batch_digest(tree.root, root, bytes.fromhex(WRITER[2:]), 3)
    return {"entries": entries, "maps": [{**common, **claim}]}, {f"{PUBLISHER}/4": hexed(digest)}


def hexed(data: bytes) -> str:
    return "0x" + data.hex()


def checked(run: Run, bundle: Any, digests: Any) -> tuple[list[bool], str]:
    found = run("proof.js", "m.check(given[0], new Map(Object.entries(given[1])))", [bundle, digests])
    return [one["ok"] for one in found["steps"]], found["maps"][0]["state"]


def test_a_publishers_count_is_confirmed_if_all_its_events_are_there(run: Run) -> None:
    assert checked(run, *bundle_with_map()) == ([True] * 3, "ok")


def test_an_event_that_is_withheld_breaks_the_publishers_count(run: Run) -> None:
    bundle, digests = bundle_with_map()
    del bundle["entries"][2]
    assert checked(run, bundle, digests) == ([True] * 2, "bad")


def test_events_that_a_map_denies_break_it(run: Run) -> None:
    bundle, digests = bundle_with_map(lacks=True)
    assert checked(run, bundle, digests)[1] == "bad"
    bundle["entries"] = bundle["entries"][1:2]
    assert checked(run, bundle, digests) == ([True], "ok")


@pytest.mark.parametrize(
    "change",
    [
        {"count": 1},
        {"head": "0x" + "00" * 32},
        {"siblings": []},
        {"siblings": [None]},
        {"siblings": ["0x" + "00" * 32]},
        {"thing": ITEM + "0"},
        {"other": {"key": "0x" + "01" * 32, "count": 1, "head": "0x" + "01" * 32}},
        {"index": 5},
        {"batch": None},
    ],
)
def test_an_altered_map_is_bad(run: Run, change: dict[str, Any]) -> None:
    bundle, digests = bundle_with_map()
    bundle["maps"][0].update(change)
    assert checked(run, bundle, digests)[1] == "bad"
