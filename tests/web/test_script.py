"""The page's own arithmetic, in the browser, against ours."""

from __future__ import annotations

import json
import secrets
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from browser_kit import CHROMIUM
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from playwright.sync_api import Browser, Page

from lading.epcis.canonical import canonical_json, content_hash
from lading.provenance.bundle import parse
from lading.provenance.errors import BundleError
from lading.provenance.item import same_thing
from lading.provenance.item_map import NOTHING, ItemEntry, MapLeaf, MapProof, entry_of, item_key, root_of
from lading.provenance.keccak import keccak256
from lading.provenance.leaf import EventLeaf
from lading.provenance.merkle import MerkleTree, batch_digest
from lading.provenance.story import holders_of, read

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
    bundle = whole_bundle()
    bundle["entries"][0]["event"] = {"x": 1}
    form = canonical_json(bundle).decode()
    assert run("proof.js", READ, form) is not None
    assert run("proof.js", READ, form.replace('{"x":1}', text)) is None


READ = "m.read(new TextEncoder().encode(given).buffer)"


@pytest.mark.parametrize(
    "change",
    [
        lambda d: d.update(more=1),
        lambda d: d.pop("chain"),
        lambda d: d.update(format="lading-bundle/2"),
        lambda d: d.update(item="urn:epc:id:"),
        lambda d: d["chain"].update(chain_id=0),
        lambda d: d["chain"].update(genesis="0x" + "AA" * 32),
        lambda d: d["entries"][0].update(more=1),
        lambda d: d["entries"][0].pop("event_id"),
        lambda d: d["entries"][0].update(event_id="ni:///sha-256;" + "5E" * 32 + "?ver=CBV2.0"),
        lambda d: d["entries"][0].update(index=-1),
        lambda d: d["entries"][0].update(index=2**48),
        lambda d: d["entries"][0].update(index=0.5),
        lambda d: d["entries"][0].update(proof=["0x" + "00" * 32] * 34),
        lambda d: d["entries"][0].update(event=[]),
        lambda d: d["entries"][0]["batch"].update(count=0),
        lambda d: d["entries"][0]["batch"].update(count=2**32),
        lambda d: d["entries"][0].update(event=json.loads('{"a":' * 30 + "1" + "}" * 30)),
        lambda d: d["maps"][0].update(thing=""),
        lambda d: d["maps"][0].update(other={}),
        lambda d: d["maps"].append(d["maps"][0]),
        lambda d: d["maps"].append(d["maps"][0] | {"thing": "https://id.gs1.org/00"}),
        lambda d: d["maps"].append(d["maps"][0] | {"publisher": "0x" + "21" * 32}),
        lambda d: d.update(maps=None),
    ],
)
def test_what_our_reader_refuses_the_page_refuses(run: Run, change: Callable[[Any], object]) -> None:
    bundle = whole_bundle()
    change(bundle)
    data = canonical_json(bundle)
    with pytest.raises(BundleError):
        parse(data)
    assert run("proof.js", READ, data.decode()) is None


def test_what_our_reader_takes_the_page_takes(run: Run) -> None:
    bundle = whole_bundle()
    for _ in range(3):
        bundle["maps"].append(bundle["maps"][-1] | {"thing": bundle["maps"][-1]["thing"] + "\U0001f600"})
    bundle["maps"].insert(2, bundle["maps"][0] | {"thing": bundle["maps"][0]["thing"] + "\ufb33"})
    bundle["maps"].sort(key=lambda one: one["thing"])
    data = canonical_json(bundle)
    parse(data)
    assert run("proof.js", READ, data.decode()) == bundle


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


@pytest.mark.parametrize(
    ("thing", "known"),
    [
        ("https://id.gs1.org/01/09521141123454/21/1001", True),
        ("https://id.gs1.org/00/095211410000000779", True),
        ("https://id.gs1.org/8003/00614141123452400", False),
        ("urn:example:thing", False),
    ],
)
def test_a_thing_of_another_kind_is_left_open(run: Run, thing: str, known: bool) -> None:
    assert run("things.js", "m.isKnown(given)", thing) is known


def packed(parent: str, *children: str, kind: str = "AggregationEvent", action: str = "ADD") -> dict[str, Any]:
    return {"type": kind, "action": action, "parentID": parent, "childEPCs": list(children)}


ITEM_URI, CASE, PALLET, OTHER_CASE = (
    "urn:epc:id:sgtin:9521141.012345.1001",
    "urn:epc:id:sscc:9521141.0000000077",
    "urn:epc:id:sscc:9521141.0000000084",
    "urn:epc:id:sscc:9521141.0000000091",
)


@pytest.mark.parametrize(
    ("events", "holders"),
    [
        ([], []),
        ([packed(CASE, ITEM_URI)], [CASE]),
        ([packed(PALLET, CASE), packed(CASE, ITEM_URI)], [CASE, PALLET]),
        ([packed(CASE, "https://x.example/01/09521141123454/21/1001")], [CASE]),
        ([packed(CASE, ITEM_URI, kind="AssociationEvent"), packed(CASE, OTHER_CASE)], [CASE]),
        ([packed(CASE, ITEM_URI, action="OBSERVE"), packed(PALLET, ITEM_URI, action="DELETE")], [CASE]),
        ([packed(CASE, ITEM_URI), packed(ITEM_URI, CASE), packed(CASE, CASE)], [CASE]),
        ([{"type": "AggregationEvent", "action": "ADD", "parentID": 7, "childEPCs": [ITEM_URI, 7]}], []),
    ],
)
def test_what_may_have_held_the_item_is_found_outwards(run: Run, events: list[Any], holders: list[str]) -> None:
    found = run("complete.js", "m.holdersOf(given[0], given[1])", [same_thing(ITEM_URI), events])
    assert found == [same_thing(one) for one in (ITEM_URI, *holders)]


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.data())
def test_no_holder_that_lading_verify_asks_for_is_missed(run: Run, data: st.DataObject) -> None:
    things = st.sampled_from([ITEM_URI, CASE, PALLET, OTHER_CASE])
    kinds = st.sampled_from(["AggregationEvent", "AssociationEvent"])
    actions = st.sampled_from(["ADD", "OBSERVE", "DELETE"])
    made = st.builds(
        lambda kind, action, parent, children: packed(parent, *children, kind=kind, action=action),
        kinds,
        actions,
        things,
        st.lists(things, max_size=2),
    )
    events = data.draw(st.lists(made, max_size=6))
    told = [{**event, "eventTime": f"2026-01-01T00:0{place}:00Z"} for place, event in enumerate(events)]
    empty = parse(canonical_json(whole_bundle())).entries[0]
    happenings = [read(place, empty.model_copy(update={"event": one}), b"") for place, one in enumerate(told)]
    item = same_thing(ITEM_URI)
    assert set(holders_of(item, happenings)) <= set(run("complete.js", "m.holdersOf(given[0], given[1])", [item, told]))


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


def whole_bundle() -> dict[str, Any]:
    bundle, _ = bundle_with_map()
    registries = dict.fromkeys(("participant_registry", "provenance_registry"), "0x" + "02" * 20)
    chain = {"chain_id": 1, "genesis": "0x" + "01" * 32, **registries}
    return {"format": "lading-bundle/1", "item": ITEM_URI, "chain": chain, **bundle}


CHECK = """(async () => {
  const { checkMaps } = await import("/complete.js");
  const [bundle, digests, batches] = [given[0], new Map(Object.entries(given[1])), new Map(Object.entries(given[2]))];
  const { steps, leaves } = await m.checkEntries(bundle, digests);
  return { steps, maps: await checkMaps(bundle, leaves, digests, batches) };
})()"""


def checked(run: Run, bundle: Any, digests: Any, batches: int | None = 5) -> tuple[list[bool], list[str]]:
    """Which steps are well, and the states of the counts. `batches`: in the publisher's log."""
    heads = {} if batches is None else {PUBLISHER: batches}
    found = run("proof.js", CHECK, [{"item": ITEM_URI, **bundle}, digests, heads])
    return [one["ok"] for one in found["steps"]], [one["state"] for one in found["maps"]]


def test_a_publishers_count_is_confirmed_if_all_its_events_are_there(run: Run) -> None:
    assert checked(run, *bundle_with_map()) == ([True] * 3, ["ok"])


def test_a_count_that_may_be_old_is_not_called_complete(run: Run) -> None:
    bundle, digests = bundle_with_map()
    assert checked(run, bundle, digests, 6)[1] == ["stale"]
    assert checked(run, bundle, digests, None)[1] == ["unasked"]
    assert checked(run, bundle, {}, None)[1] == ["unasked"]


def test_a_publisher_or_a_container_without_a_count_is_said(run: Run) -> None:
    bundle, digests = bundle_with_map()
    case = packed(CASE, ITEM_URI)
    assert checked(run, bundle | {"maps": []}, digests)[1] == ["missing"]
    bundle["entries"][1]["event"] = case
    assert checked(run, bundle, digests)[1] == ["missing", "bad"]
    other = bundle["entries"][0] | {"publisher": "0x" + "99" * 32}
    assert "missing" in checked(run, bundle | {"entries": [*bundle["entries"], other]}, digests)[1]


def test_a_count_of_a_thing_of_another_kind_is_left_open(run: Run) -> None:
    """Its proof is checked; which events name it, this page cannot tell."""
    bundle, _ = bundle_with_map()
    one = bundle["maps"][0] | {"thing": "https://id.gs1.org/8003/00614141123452400"}
    entry, proof = ItemEntry(one["count"], bytes.fromhex(one["head"][2:])), MapProof((b"\x07" * 32, None, b"\x08" * 32))
    root = root_of(item_key(one["thing"]), entry, proof)
    assert root is not None
    one["batch"] = one["batch"] | {"items_root": hexed(root)}
    digest = batch_digest(bytes.fromhex(one["batch"]["root"][2:]), root, bytes.fromhex(WRITER[2:]), 3)
    bundle["maps"] = [one]
    assert checked(run, bundle, {f"{PUBLISHER}/4": hexed(digest)})[1] == ["missing", "open"]


def test_an_event_that_is_withheld_breaks_the_publishers_count(run: Run) -> None:
    bundle, digests = bundle_with_map()
    del bundle["entries"][2]
    assert checked(run, bundle, digests) == ([True] * 2, ["bad"])


def test_events_that_a_map_denies_break_it(run: Run) -> None:
    bundle, digests = bundle_with_map(lacks=True)
    assert checked(run, bundle, digests)[1] == ["bad"]
    bundle["entries"] = bundle["entries"][1:2]
    assert checked(run, bundle, digests) == ([True], ["ok"])


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
        {"index": 3},
        {"batch": None},
    ],
)
def test_an_altered_map_is_bad(run: Run, change: dict[str, Any]) -> None:
    bundle, digests = bundle_with_map()
    bundle["maps"][0].update(change)
    assert "bad" in checked(run, bundle, digests)[1]


CARBON = {"lading:mg": 5, "lading:method": "ISO 14083:2023", "lading:scope": "x", "lading:verifier": "0x01"}
PART = {"event": "e1", "mg": "2", "of": "5", "method": "ISO 14083:2023", "verifier": "0x01"}


@pytest.mark.parametrize(
    ("change", "total", "holds"),
    [
        ({}, "2", True),
        ({"mg": "5"}, "5", True),
        ({}, "3", False),
        ({"mg": "6"}, "6", False),
        ({"of": "6"}, "2", False),
        ({"method": "ISO 14067:2018"}, "2", False),
        ({"verifier": "0x02"}, "2", False),
        ({"event": "e2"}, "2", False),
        ({"event": "e3"}, "2", False),
    ],
)
def test_a_footprint_is_held_against_what_the_steps_state(run: Run, change: Any, total: str, holds: bool) -> None:
    stated = [{"lading:carbon": CARBON}, {}, {"a:carbon": CARBON, "b:carbon": CARBON}]
    entries = [{"event_id": f"e{number}", "event": event} for number, event in enumerate(stated, 1)]
    given = [[PART | change], total, entries]
    assert run("carbon.js", "m.footprintHolds(...given)", given) is holds


def test_an_amount_counts_once(run: Run) -> None:
    entries = [{"event_id": "e1", "event": {"lading:carbon": CARBON}}]
    assert run("carbon.js", "m.footprintHolds(...given)", [[PART, PART], "4", entries]) is False
