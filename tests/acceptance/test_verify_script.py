"""`scripts/verify.py` beside `lading verify`: the same verdicts and reasons on a real chain, and never a better one."""

from __future__ import annotations

import ast
import contextlib
import importlib.util
import io
import json
import random
import re
import subprocess
import sys
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from lading.chain import devnet
from lading.chain.node import Chain
from lading.chain.signer import Signer
from lading.client import Lading
from lading.deploy import Params, deploy
from lading.enums import IdentifierScheme, RecallScope, Role
from lading.epcis.canonical import content_hash
from lading.epcis.event_id import event_id
from lading.errors import LadingError
from lading.facts import TrustedDeployment, chain_ref, verify
from lading.provenance import reasons as tables
from lading.provenance import story
from lading.provenance.bundle import BatchRef, ChainRef, Entry, build_bundle, canonical, dump, parse
from lading.provenance.item import item_of
from lading.provenance.item_map import ItemEntry
from lading.provenance.leaf import EventLeaf

ROOT = Path(__file__).resolve().parents[2]
SCRIPT = ROOT / "scripts" / "verify.py"
sys.path.insert(0, str(ROOT / "tests" / "provenance"))

from provenance_kit import (  # noqa: E402 - the path above
    CASE,
    HOUR,
    ITEM,
    OTHER,
    PORT,
    PORT_DOCK,
    SHOP,
    batch_of,
    born,
    event,
    map_ref,
    packed,
    seen,
    things_in,
)

GOVERNOR, BRAND, CARRIER, THIEF, LATE, CONTROLLER = (Signer.dev(number) for number in (0, 1, 2, 3, 4, 9))
WRITERS = {key.address: key for key in (BRAND, CARRIER, THIEF, LATE)}
GTIN, RECALLED_GTIN = "80614141123458", "80614141999992"
RECALLED_CLASS_ITEM = "urn:epc:id:sgtin:0614141.899999.1"
RECALLED_SERIAL_ITEM = "urn:epc:id:sgtin:0614141.812345.666"
UNKNOWN_CLASS_ITEM = "urn:epc:id:sgtin:0614141.812346.1"
LATER = {"corrected-lawfully", "packed-lawfully", "held-by-one", "possible-speed", "counter-grows", "no-fault-proven"}
"""Rules that the script does not check. What they are about it does not read, or calls `unknown`."""
RANK = {"authentic": 3, "unknown": 2, "suspect": 1, "recalled": 0, "refused": 0}


def load_script() -> Any:
    spec = importlib.util.spec_from_file_location("lone_verify", SCRIPT)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


SCRIPT_MODULE = load_script()


@dataclass
class Ledger:
    """A deployment on Anvil with publishers, whose batches the cases anchor."""

    client: Lading
    url: str
    record: Path
    ids: dict[str, str] = field(default_factory=dict)
    indices: dict[str, int] = field(default_factory=dict)
    items: dict[str, dict[bytes, ItemEntry]] = field(default_factory=dict)
    content: dict[bytes, dict[bytes, ItemEntry]] = field(default_factory=dict)
    latest: dict[bytes, tuple[int, BatchRef]] = field(default_factory=dict)
    made: dict[str, bytes] = field(default_factory=dict)

    def publish(self, who: Signer, *events: Mapping[str, Any]) -> list[Any]:
        """Anchors one batch; its entries."""
        publisher = self.ids[who.address]
        index = self.indices.get(publisher, 0)
        key, items = bytes.fromhex(publisher[2:]), self.items.setdefault(publisher, {})
        batch, entries = batch_of(key, index, events, bytes.fromhex(who.address[2:]), items)
        roots = ["0x" + root.hex() for root in (batch.root, batch.items_root)]
        self.client.using(who).goods.anchor(publisher, index, *roots, batch.count)
        self.indices[publisher] = index + 1
        self.latest[key] = index, batch
        self.content[key] = items
        return entries

    def case(self, name: str) -> bytes:
        """The bundle of a case of `CASES`, made once: a key is revoked once. Its maps are its publishers' newest."""
        if name not in self.made:
            self.forget()
            self.made[name] = CASES[name][0](self)
        self.made[name] = self._renewed(self.made[name])
        return self.made[name]

    def forget(self) -> None:
        """Each case tells of the same item: its publishers' maps know of no other case."""
        self.items, self.content, self.latest = {}, {}, {}

    def _renewed(self, data: bytes) -> bytes:
        """Whose log has grown since anchors its map once more, as a batch of its own."""
        document = json.loads(data)
        writers = {who: key for key, who in self.ids.items()}
        grown: dict[str, int] = {}
        for one in document["maps"]:
            publisher, batch = one["publisher"], one["batch"]
            next_index = self.indices.get(publisher, 0)
            if publisher in writers and one["index"] + 1 < next_index and publisher not in grown:
                writer = self.client.using(WRITERS[writers[publisher]])
                writer.goods.anchor(publisher, next_index, batch["root"], batch["items_root"], batch["count"])
                grown[publisher], self.indices[publisher] = next_index, next_index + 1
            one["index"] = grown.get(publisher, one["index"])
        return canonical(document)

    def bundle(self, entries: list[Any], item: str = ITEM) -> bytes:
        known = [who for who in self.latest if any(entry.publisher == who for entry in entries)]
        wanted = things_in(item, entries)
        maps = [map_ref(who, *self.latest[who], self.content[who], thing) for who in known for thing in wanted]
        return dump(build_bundle(item, chain_ref(self.client.deployment), entries, maps))

    def journey(self, *more: Mapping[str, Any], item: str = ITEM, lot: str = "L-7") -> bytes:
        """Born by its brand, seen at port and shop by the carrier; `more` is the carrier's too."""
        self.forget()
        entries = self.publish(BRAND, born(item=item, lot=lot))
        return self.bundle(entries + self.publish(CARRIER, seen(PORT, 10 * HOUR, item=item), *more), item)


@pytest.fixture(scope="module")
def ledger(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Ledger]:
    with devnet.running("anvil") as node:
        folder = tmp_path_factory.mktemp("deployments")
        made = _ledger(Chain.open(node.url), node.url, folder)
        (made.record,) = folder.glob("*-????????.json")
        yield made


@pytest.fixture(scope="module")
def embedded(tmp_path_factory: pytest.TempPathFactory) -> Ledger:
    return _ledger(Chain.open("embedded"), "", tmp_path_factory.mktemp("none"))


def _ledger(chain: Chain, url: str, folder: Path) -> Ledger:
    deployment = deploy(chain, GOVERNOR, Params.default(governance_delay=0), directory=folder)
    made = Ledger(Lading.connect(chain, signer=GOVERNOR, deployment=deployment), url, folder)
    for key, role in ((BRAND, Role.BRAND), (CARRIER, Role.INSPECTOR), (THIEF, Role.INSPECTOR), (LATE, Role.INSPECTOR)):
        made.ids[key.address] = _publisher(made.client, role, key)
    made.client.participants.bind_prefix(made.ids[BRAND.address], "0614141")
    brand = made.client.using(BRAND).goods
    for gtin in (GTIN, RECALLED_GTIN):
        brand.register_class(gtin)
    brand.recall(RECALLED_GTIN, RecallScope.CLASS, reason="It burns.")
    brand.recall(GTIN, RecallScope.LOT, "L-BAD", reason="It leaks.")
    brand.recall(GTIN, RecallScope.SERIAL, "666", reason="It bites.")
    return made


def _publisher(client: Lading, role: Role, key: Signer) -> str:
    """A participant with one key, which writes its log."""
    receipt = client.participants.admit(
        controller=CONTROLLER.address,
        roles={role},
        country="CN",
        scheme=IdentifierScheme.NATIONAL_REGISTER,
        identifier=f"CN-{key.address[2:20]}",
    )
    assert receipt.id is not None
    consent = client.using(key).participants.sign_key_consent(receipt.id)
    controller = client.using(CONTROLLER)
    controller.participants.add_key(receipt.id, key.address, consent)
    controller.goods.set_writer(receipt.id, key.address)
    return receipt.id


# A case: what the ledger is made to hold, and the bundle that comes out.
Make = Callable[[Ledger], bytes]


def altered(make: Make, change: Callable[[Any], object]) -> Make:
    def made(ledger: Ledger) -> bytes:
        document = json.loads(make(ledger))
        change(document)
        return canonical(document)

    return made


def genuine(ledger: Ledger) -> bytes:
    documents = [
        {"type": "desadv", "bizTransaction": "urn:epcglobal:cbv:bt:0614141000005:4711"},
        {"type": "https://lading.example/voc/BTT-export", "bizTransaction": "https://lading.example/declaration/CN-1"},
    ]
    return ledger.journey(
        packed(CASE, ITEM, 11 * HOUR, disposition="in_progress"),
        seen(
            PORT_DOCK,
            12 * HOUR,
            item=CASE,
            bizStep="https://lading.example/voc/BizStep-export",
            bizTransactionList=documents,
        ),
        packed(CASE, ITEM, 29 * HOUR, "DELETE", readPoint={"id": SHOP}),
        seen(SHOP, 30 * HOUR, disposition="sellable_accessible", bizLocation={"id": SHOP}),
    )


def revoked(ledger: Ledger) -> bytes:
    """A revoked key that is still the log's writer goes on anchoring; the chain lets it, verifiers do not."""
    entries = ledger.publish(BRAND, born())
    publisher = ledger.ids[LATE.address]
    ledger.client.using(CONTROLLER).participants.revoke_key(publisher, LATE.address)
    return ledger.bundle(entries + ledger.publish(LATE, seen(SHOP, 20 * HOUR)))


def compromised(ledger: Ledger) -> bytes:
    """Anchored while the key was valid; its owner says later that a thief had it by then."""
    entries = ledger.publish(BRAND, born()) + ledger.publish(THIEF, seen(SHOP, 20 * HOUR))
    since = ledger.client.participants.key(THIEF.address)
    assert since is not None
    # Anvil's blocks of one second share their time, and a revocation holds from its own time on.
    devnet.advance(ledger.client.chain, 10)
    publisher = ledger.ids[THIEF.address]
    ledger.client.using(CONTROLLER).participants.revoke_key(publisher, THIEF.address, compromised_since=since.added_at)
    return ledger.bundle(entries)


def unanchored(ledger: Ledger) -> bytes:
    publisher = bytes.fromhex(ledger.ids[CARRIER.address][2:])
    return ledger.bundle(ledger.publish(BRAND, born()) + batch_of(publisher, 5000, [seen(PORT, 10 * HOUR)])[1])


def destroyed(ledger: Ledger) -> bytes:
    return ended(ledger, "destroying")


def ended(ledger: Ledger, step: str, *more: Mapping[str, Any], by: Signer = BRAND) -> bytes:
    ledger.forget()
    entries = ledger.publish(BRAND, born())
    entries += ledger.publish(by, event("ObjectEvent", 20 * HOUR, "DELETE", PORT, epcList=[ITEM], bizStep=step))
    return ledger.bundle(entries + (ledger.publish(CARRIER, *more) if more else []))


def corrected(ledger: Ledger) -> bytes:
    declared = {"declarationTime": "2023-11-17T00:00:00.000Z", "reason": "incorrect_data"}
    return ledger.journey(seen(SHOP, 30 * HOUR, errorDeclaration=declared))


def wrong_id(ledger: Ledger) -> bytes:
    """The publisher itself claims another CBV id inside the event."""
    return ledger.journey(seen(SHOP, 30 * HOUR, eventID="ni:///sha-256;" + "ab" * 32 + "?ver=CBV2.0"))


HANDED = {"destinationList": [{"type": "possessing_party", "destination": "urn:epc:id:pgln:0614141.00002"}]}
VOC = "https://lading.example/voc/"
SOLD = seen(SHOP, 20 * HOUR, bizStep="retail_selling", disposition="retail_sold")

CASES: dict[str, tuple[Make, str, list[str]]] = {
    "genuine": (genuine, "authentic", []),
    "an unknown lot": (lambda it: it.bundle(it.publish(BRAND, born(lot=None))), "authentic", []),
    "the class is recalled": (lambda it: it.journey(item=RECALLED_CLASS_ITEM), "recalled", ["recalled-class"]),
    "the lot is recalled": (lambda it: it.journey(lot="L-BAD"), "recalled", ["recalled-lot"]),
    "the serial is recalled": (lambda it: it.journey(item=RECALLED_SERIAL_ITEM), "recalled", ["recalled-serial"]),
    "cloned": (lambda it: it.journey(seen(SHOP, 10 * HOUR + 60)), "suspect", ["two-places"]),
    "cloned and recalled": (
        lambda it: it.journey(seen(SHOP, 10 * HOUR + 60), lot="L-BAD"),
        "recalled",
        ["recalled-lot", "two-places"],
    ),
    "two docks of one site": (lambda it: it.journey(seen(PORT_DOCK, 10 * HOUR + 60)), "authentic", []),
    "an altered event": (
        altered(genuine, lambda d: d["entries"][1]["event"].update(disposition="active")),
        "suspect",
        ["event-id-differs", "leaf-not-in-batch", "events-withheld"],
    ),
    "an altered field outside the id": (
        altered(genuine, lambda d: d["entries"][1]["event"].update(recordTime="2023-11-17T00:00:00.000Z")),
        "suspect",
        ["leaf-not-in-batch", "events-withheld"],
    ),
    "an altered salt": (
        altered(genuine, lambda d: d["entries"][1].update(salt="0x" + "00" * 32)),
        "suspect",
        ["leaf-not-in-batch", "events-withheld"],
    ),
    "a shortened proof": (altered(genuine, lambda d: d["entries"][1]["proof"].pop()), "suspect", ["leaf-not-in-batch"]),
    "another batch's index": (
        altered(genuine, lambda d: d["entries"][1].update(index=0)),
        "suspect",
        ["anchor-differs"],
    ),
    "an index beyond the log": (
        altered(genuine, lambda d: d["entries"][1].update(index=9999)),
        "suspect",
        ["anchor-missing", "events-withheld"],
    ),
    "another count": (
        altered(genuine, lambda d: d["entries"][1]["batch"].update(count=6)),
        "suspect",
        ["anchor-differs"],
    ),
    "an invented batch": (unanchored, "suspect", ["anchor-missing", "map-missing"]),
    "a revoked key": (revoked, "suspect", ["writer-revoked"]),
    "a key that a thief had": (compromised, "suspect", ["writer-compromised"]),
    "a wrong id in the event": (wrong_id, "suspect", ["event-id-differs"]),
    "other goods": (lambda it: it.journey(seen(SHOP, 30 * HOUR, item=OTHER)), "suspect", ["event-foreign"]),
    "a case that never held it": (
        lambda it: it.journey(seen(SHOP, 30 * HOUR, item=CASE)),
        "suspect",
        ["event-foreign"],
    ),
    "born twice": (lambda it: it.journey(born(9 * HOUR)), "suspect", ["born-twice", "birth-foreign"]),
    "born by another": (lambda it: it.bundle(it.publish(CARRIER, born())), "suspect", ["birth-foreign"]),
    "seen before its birth": (lambda it: it.journey(seen(PORT, -HOUR)), "suspect", ["event-before-birth"]),
    "seen after its end": (
        lambda it: ended(it, "decommissioning", seen(SHOP, 30 * HOUR)),
        "suspect",
        ["event-after-end", "item-ended"],
    ),
    "shown after its end": (lambda it: ended(it, "decommissioning"), "suspect", ["item-ended"]),
    "ended by a stranger": (
        lambda it: ended(it, "decommissioning", seen(PORT, 30 * HOUR), by=CARRIER),
        "unknown",
        ["end-foreign"],
    ),
    "destroyed": (destroyed, "suspect", ["item-destroyed"]),
    "anchored before it happened": (
        lambda it: it.journey(seen(SHOP, 10**9)),
        "suspect",
        ["event-after-anchor"],
    ),
    "stolen": (lambda it: it.journey(seen(SHOP, 30 * HOUR, disposition="stolen")), "suspect", ["disposition-alarming"]),
    "sold": (lambda it: it.journey(SOLD, seen(SHOP, 30 * HOUR)), "authentic", []),
    "sold and elsewhere": (lambda it: it.journey(SOLD, seen(PORT, 30 * HOUR)), "suspect", ["read-after-sale"]),
    "sold twice": (
        lambda it: it.journey(SOLD, seen(SHOP, 30 * HOUR, bizStep="retail_selling")),
        "suspect",
        ["sold-twice"],
    ),
    "sold again after a return": (
        lambda it: it.journey(
            SOLD, seen(SHOP, 30 * HOUR, disposition="returned"), seen(SHOP, 40 * HOUR, bizStep="retail_selling")
        ),
        "authentic",
        [],
    ),
    "held by no customs office": (
        lambda it: it.journey(seen(PORT, 12 * HOUR, bizStep=VOC + "BizStep-customs_held")),
        "suspect",
        ["customs-foreign"],
    ),
    "a container's life before and after": (
        lambda it: it.journey(
            seen(SHOP, 9 * HOUR, item=CASE),
            packed(CASE, ITEM, 11 * HOUR),
            packed(CASE, ITEM, 29 * HOUR, "DELETE"),
            seen(PORT, 30 * HOUR, item=CASE),
            seen(SHOP, 30 * HOUR),
        ),
        "authentic",
        [],
    ),
    "a correction": (corrected, "unknown", ["correction-not-judged"]),
    "a word that CBV has not": (
        lambda it: it.journey(seen(SHOP, 30 * HOUR, disposition="https://ref.gs1.org/cbv/Disp-superb")),
        "unknown",
        ["disposition-unknown"],
    ),
    "no birth": (lambda it: it.bundle(it.publish(CARRIER, seen(PORT, 10 * HOUR))), "unknown", ["birth-missing"]),
    "no event": (lambda it: it.bundle([]), "unknown", ["no-events", "birth-missing"]),
    "a class that nobody registered": (lambda it: it.journey(item=UNKNOWN_CLASS_ITEM), "unknown", ["class-unknown"]),
    "a logistic unit": (lambda it: it.journey(item=CASE), "unknown", ["class-unknown"]),
    "another chain": (
        altered(genuine, lambda d: d["chain"].update(chain_id=1)),
        "unknown",
        ["anchor-not-checked", "deployment-differs"],
    ),
    "another registry": (
        altered(genuine, lambda d: d["chain"].update(provenance_registry="0x" + "11" * 20)),
        "unknown",
        ["anchor-not-checked", "deployment-differs"],
    ),
}


def by_script(data: bytes, folder: Path, *words: str) -> tuple[str, dict[str, Any]]:
    """(verdict or "refused", document) of the script, which must end with that verdict's code."""
    path = folder / "bundle.json"
    path.write_bytes(data)
    output = io.StringIO()
    with contextlib.redirect_stdout(output), contextlib.redirect_stderr(io.StringIO()):
        code = SCRIPT_MODULE.main([*words, "--bundle", str(path), "--json"])
    if code == 1:
        return "refused", {}
    document = json.loads(output.getvalue())
    assert code == SCRIPT_MODULE.EXIT_CODES[document["verdict"]]
    return document["verdict"], document


@pytest.mark.parametrize("case", CASES)
def test_verdict_and_reasons_are_those_of_lading_verify(case: str, ledger: Ledger, tmp_path: Path) -> None:
    _, expected, reasons = CASES[case]
    data = ledger.case(case)
    ours = verify(
        parse(data),
        chain=ledger.client.chain,
        deployment=TrustedDeployment.of_record(ledger.client.deployment),
    ).document()
    ours["checked"] = [rule for rule in ours["checked"] if rule not in LATER]

    verdict, theirs = by_script(data, tmp_path, "--rpc", ledger.url, "--deployment", str(ledger.record))

    assert (ours["verdict"], ours["reasons"]) == (expected, reasons)
    assert theirs.pop("not_checked") == list(SCRIPT_MODULE.NOT_CHECKED)
    assert (verdict, theirs) == (expected, ours)


@pytest.mark.parametrize(
    "case", ["genuine", "cloned", "the lot is recalled", "a revoked key", "a key that a thief had", "an invented batch"]
)
def test_the_embedded_chain_gives_the_same_verdicts(case: str, embedded: Ledger) -> None:
    _, expected, reasons = CASES[case]
    trusted = TrustedDeployment.of_record(embedded.client.deployment)

    ours = verify(parse(embedded.case(case)), chain=embedded.client.chain, deployment=trusted).document()

    assert (ours["verdict"], ours["reasons"]) == (expected, reasons)
    assert ours["as_of"]["block"] in (None, embedded.client.chain.block().number)


def test_the_contract_finds_every_event_of_a_bundle_in_its_batch_and_no_forgery(ledger: Ledger) -> None:
    """OpenZeppelin's MerkleProof on chain as the oracle of leaf, tree and proof."""
    contract = ledger.client.contracts.goods.contract
    entries = parse(ledger.case("genuine")).entries
    leaves = [EventLeaf.of(one.event_id, content_hash(one.event), one.salt) for one in entries]

    def anchored(index: int, leaf: EventLeaf, proof: tuple[bytes, ...], entry: Entry) -> bool:
        stated = entry.batch
        batch = stated.root, stated.items_root, "0x" + stated.writer.hex(), stated.count
        parts = leaf.event_id, leaf.content_hash, leaf.salt
        return bool(contract.read("isAnchored", entry.publisher, index, batch, parts, list(proof)))

    for entry, leaf in zip(entries, leaves, strict=True):
        assert contract.read("leafHash", (leaf.event_id, leaf.content_hash, leaf.salt)) == "0x" + leaf.hash().hex()
        assert anchored(entry.index, leaf, entry.proof, entry)
        assert not anchored(entry.index + 1, leaf, entry.proof, entry), "wrong index"
        assert not anchored(entry.index, leaf, entry.proof[1:], entry), "an inner node's proof"
    assert not anchored(entries[1].index, leaves[1], entries[2].proof, entries[1]), "another leaf's proof"
    assert not anchored(entries[1].index, leaves[0], entries[1].proof, entries[1]), "another batch's leaf"


@pytest.mark.parametrize("case", CASES)
def test_without_a_node_both_say_the_same_and_never_authentic(case: str, ledger: Ledger, tmp_path: Path) -> None:
    data = ledger.case(case)
    trusted = TrustedDeployment.of_record(ledger.client.deployment)
    ours = verify(parse(data), deployment=trusted).document()
    ours["checked"] = [rule for rule in ours["checked"] if rule not in LATER]

    verdict, theirs = by_script(data, tmp_path, "--deployment", str(ledger.record))

    assert verdict in ("unknown", "suspect")
    assert "anchor-not-checked" in theirs["reasons"]
    assert theirs == ours | {"not_checked": list(SCRIPT_MODULE.NOT_CHECKED)}


@pytest.mark.parametrize(
    ("code", "expected"),
    [
        (ITEM, "authentic"),
        ("https://id.gs1.org/01/80614141123458/21/12345", "authentic"),
        ("https://shop.example/01/80614141123458/21/12345?17=301231", "authentic"),
        (OTHER, "unknown"),
        (CASE, "unknown"),
    ],
)
def test_the_code_on_the_item_is_compared_with_the_bundle(
    code: str, expected: str, ledger: Ledger, tmp_path: Path
) -> None:
    data = ledger.journey()
    trusted = TrustedDeployment.of_record(ledger.client.deployment)
    ours = verify(parse(data), chain=ledger.client.chain, deployment=trusted, item=item_of(code)).document()
    ours["checked"] = [rule for rule in ours["checked"] if rule not in LATER]

    verdict, theirs = by_script(data, tmp_path, code, "--rpc", ledger.url, "--deployment", str(ledger.record))

    assert verdict == expected
    assert theirs == ours | {"not_checked": list(SCRIPT_MODULE.NOT_CHECKED)}


@pytest.mark.parametrize(
    "code", ["urn:epc:id:sgtin:0614141.812345", "hello", "https://id.gs1.org/01/80614141123457/21/1"]
)
def test_a_code_that_names_no_item_is_refused(code: str, ledger: Ledger, tmp_path: Path) -> None:
    with pytest.raises(LadingError):
        item_of(code)

    assert by_script(ledger.bundle([]), tmp_path, code)[0] == "refused"


def test_typed_addresses_are_trusted_as_a_record_is(ledger: Ledger, tmp_path: Path) -> None:
    data = ledger.journey()
    participants, provenance = (
        ledger.client.deployment.address(name) for name in ("ParticipantRegistry", "ProvenanceRegistry")
    )
    words = ["--rpc", ledger.url, "--registry", participants, "--provenance", provenance, "--chain-id"]
    chain_id = ledger.client.chain.chain_id
    typed = TrustedDeployment.of_addresses(chain_id, participants, provenance)

    assert verify(parse(data), chain=ledger.client.chain, deployment=typed).verdict == "authentic"
    assert by_script(data, tmp_path, *words, str(chain_id))[0] == "authentic"
    assert by_script(data, tmp_path, *words, "1")[1]["reasons"] == ["anchor-not-checked", "deployment-differs"]
    assert by_script(data, tmp_path, "--rpc", ledger.url)[1]["reasons"] == ["anchor-not-checked", "deployment-unknown"]


def test_addresses_without_code_and_a_foreign_genesis_prove_nothing(ledger: Ledger, tmp_path: Path) -> None:
    document = json.loads(ledger.journey())
    document["chain"]["participant_registry"] = "0x" + "11" * 20
    record = json.loads(ledger.record.read_text())
    record["contracts"]["ParticipantRegistry"]["address"] = "0x" + "11" * 20
    (tmp_path / "record.json").write_text(json.dumps(record))
    empty = by_script(canonical(document), tmp_path, "--rpc", ledger.url, "--deployment", str(tmp_path / "record.json"))

    document = json.loads(ledger.journey())
    document["chain"]["genesis"] = record["genesis"] = "0x" + "22" * 32
    record["contracts"]["ParticipantRegistry"]["address"] = ledger.client.deployment.address("ParticipantRegistry")
    (tmp_path / "record.json").write_text(json.dumps(record))
    foreign = by_script(
        canonical(document), tmp_path, "--rpc", ledger.url, "--deployment", str(tmp_path / "record.json")
    )

    assert empty[1]["reasons"] == ["anchor-not-checked", "registry-missing"]
    assert foreign[1]["reasons"] == ["anchor-not-checked", "node-differs"]


def test_the_script_is_never_more_favourable_on_damaged_bundles(ledger: Ledger, tmp_path: Path) -> None:
    """Bytes flipped, cut and repeated at places that are the same at each run."""
    data = ledger.journey(packed(CASE, ITEM, 11 * HOUR), seen(SHOP, 30 * HOUR, item=CASE))
    trusted = TrustedDeployment.of_record(ledger.client.deployment)
    words = ("--rpc", ledger.url, "--deployment", str(ledger.record))
    source = random.Random(7)  # noqa: S311

    for damaged in (_damage(data, source) for _ in range(80)):
        try:
            ours: str = verify(parse(damaged), chain=ledger.client.chain, deployment=trusted).verdict
        except LadingError:
            ours = "refused"
        theirs = by_script(damaged, tmp_path, *words)[0]
        assert RANK[theirs] <= RANK[ours], damaged
        assert theirs != "authentic" or damaged == data


def _damage(data: bytes, source: random.Random) -> bytes:
    place = source.randrange(len(data))
    kind = source.randrange(4)
    if kind == 0:
        return data[:place] + bytes([data[place] ^ 1 << source.randrange(8)]) + data[place + 1 :]
    if kind == 1:
        return data[:place] + source.choice([b"0", b"a", b'"', b"1.5", b"{"]) + data[place + 1 :]
    if kind == 2:
        return data[:place] + data[place + source.randrange(1, 40) :]
    texts = sorted(set(re.findall(rb'"[^"]{3,60}"', data)))
    return data.replace(source.choice(texts), source.choice(texts), 1)


@pytest.mark.parametrize(
    "more",
    [
        {"@context": {"ex": "https://example.com/"}, "ex:note": "fragile"},
        {"quantityList": [{"epcClass": "urn:epc:class:lgtin:0614141.812345.L-7", "quantity": 10}]},
        {"persistentDisposition": {"set": ["completeness_verified"]}},
        {"eventTime": "2023-11-16T04:13:20+00:00"},
        {"ilmd": {"cbvmda:lotNumber": "L-7", "cbvmda:weight": 2.5}},
    ],
)
def test_what_the_script_does_not_recompute_is_unknown_there(
    more: dict[str, Any], ledger: Ledger, tmp_path: Path
) -> None:
    data = ledger.journey(seen(SHOP, 30 * HOUR, **more))
    trusted = TrustedDeployment.of_record(ledger.client.deployment)

    ours = verify(parse(data), chain=ledger.client.chain, deployment=trusted)
    verdict, theirs = by_script(data, tmp_path, "--rpc", ledger.url, "--deployment", str(ledger.record))

    assert ours.verdict == "authentic"
    assert (verdict, set(theirs["reasons"]) - {"event-unreadable"}) == ("unknown", {"event-id-not-checked"})


NAMES = (
    *(
        ITEM,
        CASE,
        PORT,
        PORT_DOCK,
        "tea",
        "0417",
        "4711",
        "",
        " x",
        "1e5",
        "1_0",
        "inf",
        "+08:00",
        "gs1:x",
        "cbv:BTT-po",
    ),
    *(
        "urn:epc:id:sgtin:0614141.812345.%2F%25a",
        "urn:epc:id:sgtin:0614141.812345.",
        "urn:epc:id:sgtin:0614141.81234.1",
    ),
    *("urn:epc:id:sgln:0614141.00002.00", "urn:epc:id:sscc:0614141.000000000", "urn:epc:id:grai:0614141.12345.1"),
    *(
        "https://id.gs1.org/01/80614141123458/21/12345",
        "https://a.example/x/414/0614141000029/254/7",
        "urn:epc:raw:96.x00",
    ),
    *(
        "https://id.gs1.org/00/106141410000000015",
        "urn:epc:id:pgln:0614141.00002",
        "HTTP://ID.GS1.ORG/01/80614141123458",
    ),
    *("https://lading.example/voc/BizStep-x", "https://lading.example/gtin/80614141123458", "urn:epcglobal:cbv:btt:po"),
    *("urn:epcglobal:cbv:bt:0614141000005:1", "https://id.gs1.org/01/80614141123458/10/L/21/12345", "\U0001f4a9\ue000"),
)
STEPS = (
    *(
        "shipping",
        "unpacking",
        "repackaging",
        "Shipping",
        "dancing",
        "sensor_reporting",
        "destroying",
        "active",
        "stolen",
    ),
    *("superb", "po", "location", "https://ref.gs1.org/cbv/BizStep-shipping", "cbv:Disp-active", "poc", "pod"),
    *("urn:epcglobal:cbv:disp:active", "loading", "unloading", "commissioning", "decommissioning", "owning_party"),
)
JUNK = st.sampled_from((*NAMES, *STEPS)) | st.text(max_size=4) | st.none() | st.integers(0, 3) | st.floats(0, 1)
PARTS = st.fixed_dictionaries({}, optional=dict.fromkeys(("type", "source", "bizTransaction"), JUNK))
TIMES = ("2023-11-16T04:13:20.000Z", "2023-11-16T04:13:20Z", "2023-02-30T04:13:20.000Z", "2023-11-16T24:00:00.000Z")
FIELDS: dict[str, st.SearchStrategy[Any]] = {
    "type": st.sampled_from(["ObjectEvent", "AggregationEvent", "TransformationEvent", "TransmutationEvent"]),
    "eventTime": st.sampled_from(TIMES),
    "action": st.sampled_from(["ADD", "OBSERVE", "DELETE"]) | JUNK,
    **dict.fromkeys(("epcList", "childEPCs", "inputEPCList", "outputEPCList"), st.lists(JUNK, max_size=3) | JUNK),
    **dict.fromkeys(("parentID", "eventTimeZoneOffset", "eventID", "ex:note", "transformationID"), JUNK),
    **dict.fromkeys(("bizStep", "disposition"), st.sampled_from(STEPS) | JUNK),
    **dict.fromkeys(("readPoint", "bizLocation"), st.fixed_dictionaries({"id": JUNK}) | JUNK),
    **dict.fromkeys(("bizTransactionList", "sourceList"), st.lists(PARTS, max_size=3) | JUNK),
    "ilmd": st.dictionaries(st.sampled_from(["cbvmda:lotNumber", "cbvmda:xList", "lotNumber"]), JUNK, max_size=2)
    | JUNK,
    "@context": st.sampled_from(["https://ref.gs1.org/x", ["a", {"ex": "https://example.com/"}], {}, None]),
}
SOUND = [
    born(),
    seen(PORT_DOCK, HOUR, bizLocation={"id": PORT}, bizTransactionList=[{"type": "po", "bizTransaction": "urn:x:1"}]),
    packed(CASE, ITEM, HOUR, readPoint={"id": PORT}, sourceList=[{"type": "location", "source": PORT}]),
    event("TransformationEvent", HOUR, None, PORT, inputEPCList=[OTHER], outputEPCList=[ITEM, OTHER]),
]
CHANGES = st.lists(st.sampled_from(sorted(FIELDS)), min_size=1, max_size=2, unique=True).flatmap(
    lambda names: st.fixed_dictionaries({name: FIELDS[name] for name in names})
)


@given(st.sampled_from(SOUND), CHANGES)
@settings(max_examples=2000, suppress_health_check=[HealthCheck.too_slow], deadline=None)
def test_what_the_script_reads_and_recomputes_is_what_lading_reads(
    sound: dict[str, Any], changes: dict[str, Any]
) -> None:
    """Where the script reads an event, the rules see the same in it; where it finds an id, it is the id."""
    changed = sound | changes
    entry = {"event": changed, "event_id": "ni:///sha-256;" + "0" * 64 + "?ver=CBV2.0", "publisher": "0x" + "00" * 32}
    try:
        theirs = vars(SCRIPT_MODULE.Event(0, entry))
    except ValueError:
        return
    made = Entry.model_construct(event=changed, event_id=entry["event_id"], publisher=bytes(32), index=0)
    try:
        ours = story.read(0, made, b"")
    except story.Unreadable:  # sources or destinations, of which the script knows no id
        with pytest.raises(ValueError, match=r"\w"):
            SCRIPT_MODULE.event_id(changed)
        return

    assert (theirs["time"], theirs["site"]) == (ours.time, ours.site)
    assert (theirs["subjects"], theirs["children"]) == (ours.subjects, ours.children)
    assert (theirs["parent"], theirs["born"], theirs["ended"]) == (ours.parent or "", ours.born, ours.ended)
    assert (theirs["lots"], theirs["corrects"]) == (ours.lots, ours.corrects)
    assert (theirs["step"], theirs["disposition"]) == (ours.step or "", ours.disposition)
    assert (theirs["state"], theirs["customs"]) == (ours.state or "", ours.customs.name if ours.customs else "")
    with contextlib.suppress(ValueError):
        assert SCRIPT_MODULE.event_id(changed) == event_id(changed)


@pytest.mark.parametrize(
    "more",
    [
        [packed(CASE, ITEM, 11 * HOUR), packed("urn:epc:id:sscc:0614141.0000000009", ITEM, 12 * HOUR)],
        [packed(CASE, ITEM, 11 * HOUR, "DELETE")],
        [packed(CASE, ITEM, 11 * HOUR), packed(ITEM, CASE, 12 * HOUR)],
        [
            packed(CASE, ITEM, 11 * HOUR),
            seen(PORT, 12 * HOUR, item=CASE),
            seen(SHOP, 15 * HOUR),
            seen(PORT_DOCK, 20 * HOUR, item=CASE),
        ],
        [seen(PORT, 11 * HOUR, bizStep="shipping", **HANDED)],
        [seen("geo:22.5,114.0", 12 * HOUR), seen("geo:51.9,4.4", 13 * HOUR)],
        [
            seen(PORT, when * HOUR, **{"@context": {"lading": VOC}, "lading:tagCounter": count})
            for when, count in ((11, 2), (12, 1))
        ],
    ],
)
def test_what_the_script_leaves_unjudged_is_never_authentic_there(more: list[dict[str, Any]], tmp_path: Path) -> None:
    """Judged without a node: that alone makes neither authentic, so the other reasons are compared."""
    publisher = bytes([7]) * 32
    entries = [*batch_of(publisher, 0, [born()])[1], *batch_of(publisher, 1, more)[1]]
    chain = ChainRef(chain_id=1, genesis=bytes(32), participant_registry=bytes(20), provenance_registry=bytes(20))
    data = dump(build_bundle(ITEM, chain, entries))

    _, theirs = by_script(data, tmp_path)

    assert set(theirs["reasons"]) & {"event-unreadable", "event-id-not-checked"}


def test_a_node_that_is_not_there_is_said_with_exit_code_3(ledger: Ledger, tmp_path: Path) -> None:
    (tmp_path / "bundle.json").write_bytes(ledger.bundle([]))
    words = [
        "--bundle",
        str(tmp_path / "bundle.json"),
        "--rpc",
        "http://127.0.0.1:1",
        "--deployment",
        str(ledger.record),
    ]

    run = subprocess.run([sys.executable, str(SCRIPT), *words], capture_output=True, text=True, check=False)

    assert (run.returncode, run.stdout) == (3, "")
    assert run.stderr.startswith("verify.py: the node gave no usable answer")
    assert "Traceback" not in run.stderr


def test_ape_runs_it_as_python_does(tmp_path: Path) -> None:
    ape = Path(sys.executable).with_name("ape")
    if not ape.exists():
        assert not importlib.util.find_spec("ape"), "ape is installed but has no command"
        return  # a lane without ape
    words = ["--bundle", str(tmp_path / "nothing"), "--json"]

    run = subprocess.run([str(ape), "run", "verify", *words], capture_output=True, text=True, check=False, cwd=ROOT)

    assert run.returncode == 1
    assert "verify.py: " in run.stderr
    assert "Traceback" not in run.stderr


def test_as_a_command_it_prints_sentences(ledger: Ledger, tmp_path: Path) -> None:
    (tmp_path / "bundle.json").write_bytes(ledger.journey(lot="L-BAD"))
    words = ["--bundle", str(tmp_path / "bundle.json"), "--rpc", ledger.url, "--deployment", str(ledger.record)]

    run = subprocess.run([sys.executable, str(SCRIPT), ITEM, *words], capture_output=True, text=True, check=False)

    assert run.returncode == 11
    assert run.stdout.startswith("RECALLED\n- The brand has recalled the item's lot. [recalled-lot]\nAs of block ")
    assert "a perfect copy of it on a plausible path is not excluded" in run.stdout


@pytest.mark.parametrize(
    "words", [[], ["--bundle", "x", "--registry", "0x" + "11" * 20], ["--bundle", "x", "--chain-id", "one"]]
)
def test_wrong_usage_ends_with_2(words: list[str]) -> None:
    with pytest.raises(SystemExit) as caught, contextlib.redirect_stderr(io.StringIO()):
        SCRIPT_MODULE.main(words)

    assert caught.value.code == 2


def test_the_script_repeats_the_tables_word_for_word() -> None:
    module = SCRIPT_MODULE

    later = {one.id for one in tables.REASONS if one.rule in LATER} - {"correction-not-judged"}
    later |= {"nodes-differ", "node-silent", "resale-not-checked", "stop-not-judged", "alarm-not-judged"}
    later |= {"return-foreign"}  # all of them are odd to it
    assert {one.id: (one.level, one.sentence) for one in tables.REASONS if one.id not in later} == module.REASONS
    assert module.NOT_PROVEN == tables.NOT_PROVEN
    assert tuple(module.RULES) == tuple(rule for rule in tables.RULE_IDS if rule not in LATER)
    assert module.CLOCK_TOLERANCE_SECONDS == tables.CLOCK_TOLERANCE_SECONDS
    assert module.MIN_TRAVEL_SECONDS == tables.MIN_TRAVEL_SECONDS


def test_the_script_stands_alone_and_can_be_read() -> None:
    text = SCRIPT.read_text(encoding="utf-8")
    allowed = sys.stdlib_module_names | {"web3", "eth_account", "click"}
    imported = set()
    for node in ast.walk(ast.parse(text)):
        if isinstance(node, ast.Import):
            imported |= {name.name.partition(".")[0] for name in node.names}
        elif isinstance(node, ast.ImportFrom):
            imported.add((node.module or ".").partition(".")[0])

    assert imported <= allowed
    assert len(text.splitlines()) <= 600
