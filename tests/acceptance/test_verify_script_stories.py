"""`scripts/verify.py` beside `lading verify` on random stories: never more favourable, and no accusation of its own.

LADING_STORIES sets how many of each (25 by default). The script asks a node over JSON-RPC that answers from the same
facts from which `lading verify` judges.
"""

from __future__ import annotations

import contextlib
import importlib.util
import io
import json
import os
import sys
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
from eth_abi import decode, encode
from eth_utils import keccak
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from web3.providers import JSONBaseProvider

from lading.enums import Role
from lading.provenance import reasons as tables
from lading.provenance.bundle import dump
from lading.provenance.truth import ChainFacts
from lading.provenance.verdict import Verdict, judge

ROOT = Path(__file__).resolve().parents[2]
SCRIPT = ROOT / "scripts" / "verify.py"
sys.path.insert(0, str(ROOT / "tests" / "provenance"))

from provenance_kit import BRAND, CARRIER, CASE, HOUR, ITEM, PORT, SHOP, STRANGER, TRUSTED, World, born, packed, seen  # noqa: E402
from story_kit import CUSTOMS_OFFICE, PARTIES, ROLES, SHOPKEEPER, VOC, Told, act, handed, party, world_of  # noqa: E402
from test_story_properties import CRIMES, tell  # noqa: E402

STORIES = int(os.environ.get("LADING_STORIES", "25"))
LIMITS = settings(max_examples=STORIES, deadline=None, suppress_health_check=list(HealthCheck))
SUSPECT = {one.id for one in tables.REASONS if one.level == "suspect"}
UNJUDGED = {"event-unreadable", "event-id-not-checked", "correction-not-judged", "end-foreign"}
"""What the script finds where it cannot tell."""

JUDGED = {
    "second birth": "born-twice",
    "life before birth": "event-before-birth",
    "foreign customs": "customs-foreign",
    "stopped": "customs-stopped",
    "elsewhere at once": "two-places",
    "sold again": "sold-twice",
    "in trade after its sale": "read-after-sale",
}
"""Crimes that the script finds by their names, whatever else it cannot read."""


def load_script() -> Any:
    spec = importlib.util.spec_from_file_location("lone_verify_of_stories", SCRIPT)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


script = load_script()


class FactsNode(JSONBaseProvider):
    """A node whose chain says exactly `facts`."""

    def __init__(self, facts: ChainFacts) -> None:
        super().__init__()
        self.facts = facts
        self.functions = {
            keccak(text=f"{name}({','.join(types)})")[:4]: (getattr(self, name), types)
            for name, types in {
                "anchorOf": ["bytes32", "uint48"],
                "logHead": ["bytes32"],
                "getKey": ["address"],
                "hasRole": ["bytes32", "uint8"],
                "brandOf": ["uint64"],
                "recallTimes": ["uint64", "string", "string"],
            }.items()
        }

    def make_request(self, method: Any, params: Any) -> Any:
        return {"jsonrpc": "2.0", "id": 1, "result": getattr(self, method)(*params)}

    def eth_chainId(self) -> str:  # noqa: N802 - the name of the method
        return hex(self.facts.chain_id)

    def eth_getBlockByNumber(self, block: str, full: bool) -> Mapping[str, Any]:  # noqa: N802
        first = block == "0x0"
        digest = self.facts.genesis if first else self.facts.block_hash
        numbers = {"number": hex(0 if first else self.facts.block), "timestamp": hex(0 if first else self.facts.time)}
        return {"hash": "0x" + digest.hex()} | numbers

    def eth_getCode(self, address: str, block: str) -> str:  # noqa: N802
        return "0xfe"

    def eth_call(self, call: Mapping[str, str], block: str) -> str:
        assert int(block, 16) == self.facts.block
        data = bytes.fromhex(call["data"][2:])
        function, types = self.functions[data[:4]]
        words = [int(word) if isinstance(word, bool) else word for word in function(*decode(types, data[4:]))]
        kinds = ["bytes32" if isinstance(word, bytes) else "uint256" for word in words]
        return "0x" + encode(kinds, words).hex()

    def anchorOf(self, who: bytes, index: int) -> list[Any]:  # noqa: N802
        anchor = self.facts.anchors.get((who, index))
        return [anchor.digest.ljust(32, b"\0"), anchor.time] if anchor else [bytes(32), 0]

    def logHead(self, who: bytes) -> list[Any]:  # noqa: N802
        return [0, self.facts.heads.get(who, 0), 0]

    def getKey(self, address: str) -> list[Any]:  # noqa: N802
        key = self.facts.keys.get(bytes.fromhex(address[2:]))
        return [key.participant, key.added_at, key.revoked_at, key.compromised_since] if key else [bytes(32), 0, 0, 0]

    def hasRole(self, who: bytes, role: int) -> list[Any]:  # noqa: N802
        return [Role(role).name in self.facts.roles.get(who, ())]

    def brandOf(self, gtin: int) -> list[Any]:  # noqa: N802
        return [self.facts.brand or bytes(32)]

    def recallTimes(self, gtin: int, lot: str, serial: str) -> list[Any]:  # noqa: N802
        facts = self.facts
        return [facts.class_recalled_at or 0, facts.lots_recalled_at.get(lot, 0), facts.serial_recalled_at or 0]


@contextmanager
def asking(facts: ChainFacts) -> Iterator[None]:
    """The script finds this node under every URL."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(script.Web3, "HTTPProvider", lambda _: FactsNode(facts))
        yield


def by_script(world: World, folder: Path, *words: str) -> Any:
    path = folder / "bundle.json"
    path.write_bytes(dump(world.bundle()))
    output = io.StringIO()
    with contextlib.redirect_stdout(output):
        code = script.main([*words, "--bundle", str(path), "--json"])
    document = json.loads(output.getvalue())
    assert code == script.EXIT_CODES[document["verdict"]]
    return document


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("bundles")


def both(folder: Path, *story: Told) -> tuple[Verdict, Any]:
    """The two verdicts, each from all that the chain says."""
    world = world_of(story)
    world.changes |= {"roles": ROLES, "parties": PARTIES}
    registries = ["0x" + address.hex() for address in (TRUSTED.participant_registry, TRUSTED.provenance_registry)]
    words = ["--registry", registries[0], "--provenance", registries[1], "--chain-id", str(TRUSTED.chain_id)]
    with asking(world.facts()):
        return world.judge(), by_script(world, folder, "--rpc", "http://any", *words)


def compare(ours: Verdict, theirs: Any) -> None:
    """What the script adds to the reasons is that it cannot tell; what it leaves out, it says that it cannot."""
    reasons, more = set(theirs["reasons"]), set(theirs["reasons"]) - set(ours.reasons)
    assert more <= UNJUDGED
    assert reasons >= set(ours.reasons) or reasons & UNJUDGED
    if ours.verdict != "authentic":
        assert theirs["verdict"] != "authentic"
    if theirs["verdict"] == "authentic":
        assert ours.verdict == "authentic"


@given(st.data())
@LIMITS
def test_a_lawful_story_is_authentic_or_unknown(folder: Path, data: st.DataObject) -> None:
    ours, theirs = both(folder, *tell(data).told)

    assert ours.verdict == "authentic"
    assert theirs["verdict"] in ("authentic", "unknown")
    compare(ours, theirs)


@pytest.mark.parametrize("name", sorted(CRIMES))
@given(st.data())
@settings(LIMITS, max_examples=max(4, STORIES // 5))
def test_an_unlawful_act_is_never_authentic(name: str, folder: Path, data: st.DataObject) -> None:
    teller = tell(data)
    CRIMES[name][0](teller)

    ours, theirs = both(folder, *teller.told)

    assert ours.verdict == "suspect"
    assert theirs["verdict"] in ("suspect", "unknown")
    assert name not in JUDGED or JUDGED[name] in theirs["reasons"]
    compare(ours, theirs)


@given(st.data(), st.sampled_from(["", *sorted(CRIMES)]))
@LIMITS
def test_without_a_node_neither_is_ever_authentic(folder: Path, data: st.DataObject, name: str) -> None:
    teller = tell(data)
    if name:
        CRIMES[name][0](teller)
    world = world_of(teller.told)

    ours = judge(world.bundle(), None, None)
    theirs = by_script(world, folder)

    assert theirs["verdict"] in ("suspect", "unknown")
    compare(ours, theirs)


@given(st.data())
@LIMITS
def test_one_altered_fact_is_found_by_both(folder: Path, data: st.DataObject) -> None:
    """A plain story, of which the script judges everything: verdict, reasons and rules are the same."""
    pairs = [
        ("anchors", {}),
        ("keys", {}),
        ("heads", dict.fromkeys(PARTIES, 99)),
        ("brand", STRANGER),
        ("brand", None),
        ("class_recalled_at", 1),
        ("serial_recalled_at", 1),
        ("lots_recalled_at", {"L-7": 1}),
        ("roles", {}),
        ("chain_id", 5),
    ]
    changes = dict(data.draw(st.lists(st.sampled_from(pairs), max_size=2)))
    world = world_of(PLAIN)
    world.changes |= {"roles": ROLES, "parties": PARTIES} | changes
    registries = ["0x" + address.hex() for address in (TRUSTED.participant_registry, TRUSTED.provenance_registry)]
    words = ["--registry", registries[0], "--provenance", registries[1], "--chain-id", str(TRUSTED.chain_id)]

    with asking(world.facts()):
        ours, theirs = world.judge(), by_script(world, folder, "--rpc", "http://any", *words)

    assert changes or ours.verdict == "authentic"
    assert list(ours.reasons) == theirs["reasons"]
    assert ours.verdict == theirs["verdict"]


PLAIN: list[Told] = [
    (BRAND, born()),
    (BRAND, packed(CASE, ITEM, HOUR)),
    (CARRIER, seen(PORT, 2 * HOUR, item=CASE)),
    (CARRIER, packed(CASE, ITEM, 4 * HOUR, "DELETE")),
    (SHOPKEEPER, seen(SHOP, 5 * HOUR)),
    (SHOPKEEPER, act("retail_selling", 6 * HOUR, SHOP, disposition="retail_sold")),
]
HANDED = [
    (BRAND, act("shipping", HOUR, PORT, **handed(party(BRAND), party(CARRIER)))),
    (CUSTOMS_OFFICE, act(f"{VOC}BizStep-export_released", 2 * HOUR, PORT)),
]


def test_a_plain_story_is_authentic_to_both_and_one_with_parties_to_lading_alone(folder: Path) -> None:
    ours, theirs = both(folder, *PLAIN)
    handed_over, unknown = both(folder, PLAIN[0], *HANDED)

    assert (ours.verdict, theirs["verdict"]) == ("authentic", "authentic")
    assert handed_over.verdict == "authentic"
    assert (unknown["verdict"], unknown["reasons"]) == ("unknown", ["event-id-not-checked", "event-unreadable"])


def test_a_return_to_a_stranger_is_unknown_to_both_and_to_the_seller_authentic(folder: Path) -> None:
    def story(who: bytes) -> tuple[Told, ...]:
        sold = [(SHOPKEEPER, act("retail_selling", hour * HOUR, SHOP)) for hour in (10, 30)]
        return (BRAND, born()), sold[0], (who, act("receiving", 20 * HOUR, PORT, disposition="returned")), sold[1]

    for who in (SHOPKEEPER, BRAND):
        ours, theirs = both(folder, *story(who))
        assert (ours.verdict, theirs["verdict"]) == ("authentic", "authentic")
    ours, theirs = both(folder, *story(STRANGER))
    assert (ours.verdict, list(ours.reasons)) == ("unknown", ["return-foreign"])
    assert (theirs["verdict"], theirs["reasons"]) == ("unknown", ["event-unreadable"])
