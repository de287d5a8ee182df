"""The demo's goods on a real Anvil, their bundles in a folder, and `lading serve` over them as a process of its own."""

from __future__ import annotations

import json
import os
import re
import selectors
import sqlite3
import subprocess
import sys
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, replace
from email.message import Message
from html import unescape
from pathlib import Path
from typing import Any
from urllib.error import HTTPError
from urllib.request import HTTPRedirectHandler, Request, build_opener

from lading.chain.devnet import advance, running
from lading.chain.node import Chain
from lading.chain.signer import Signer
from lading.claims import SealProof
from lading.client import Lading
from lading.demo import cast, goods
from lading.demo.diary import Diary
from lading.demo.run import example_folder
from lading.deploy import Params, deploy
from lading.enums import IdentifierScheme, Role
from lading.facts import chain_ref
from lading.models import Batch
from lading.provenance import faults
from lading.provenance.bundle import canonical, dump
from lading.provenance.carbon import Statement, to_sign
from lading.provenance.seal import new_code, seal_of
from lading.relayer.anchoring.anchoring import anchor
from lading.relayer.intake.intake import take_document
from lading.relayer.items.audit import audit

TRAVELLED = "urn:epc:id:sgtin:9521141.012345.3001"
"""An item whose events say where on the globe they happened."""

LEFT_OUT = "urn:epc:id:sgtin:9521141.012345.4001"

PATHS = {
    "genuine": "/01/09521141123454/21/1001",
    "cloned": "/01/09521141123454/21/1002",
    "recalled": "/01/09521141123454/21/2001",
    "travelled": "/01/09521141123454/21/3001",
    "missing": "/01/09521141123454/21/9999",
}
ITEMS = {"genuine": goods.GENUINE, "cloned": goods.CLONED, "recalled": goods.RECALLED, "travelled": TRAVELLED}
START_SECONDS = 30
VERIFIED_MG = (482_350, 2_733_001)
"""Of the travelled item's way by sea."""

INSPECTOR = cast.Part("inspector", Role.INSPECTOR, "DE", IdentifierScheme.NATIONAL_REGISTER, "DE-HRB-DEMO-17", 9)
_CONTEXT = [
    "https://ref.gs1.org/standards/epcis/2.0.0/epcis-context.jsonld",
    {"lading": "https://lading.example/voc/"},
]


@dataclass(frozen=True)
class World:
    """A chain with anchored goods. `bundles` holds one file for each name in `ITEMS`; `record` is the deployment's.
    The travelled item is `claimed`, at that block time; `fault` is a document against the carrier; `stale` is an older
    bundle of the genuine item."""

    node: str
    record: Path
    bundles: Path
    claimed: int
    fault: bytes
    stale: bytes

    def bundle(self, name: str) -> bytes:
        return (self.bundles / f"{name}.json").read_bytes()


@contextmanager
def world(folder: Path) -> Iterator[World]:
    with running("anvil") as node:
        chain = Chain.open(node.url)
        records = folder / "deployments"
        deployment = deploy(chain, Signer.dev(0), Params.default(governance_delay=0), directory=records)
        governance = Lading.connect(chain, signer=cast.GOVERNOR, deployment=deployment)
        diary = Diary(lambda _: None)
        players = cast.admit(governance, diary)
        goods.publish(folder, players, example_folder(), diary)
        goods.relay_reads(folder, players, example_folder(), diary)
        _travel(folder, players, governance)
        stale = dump(goods._bundle(goods.GENUINE, folder, players, governance))
        claimed = _claim(folder, players)
        fault = _leave_out(folder, players, governance)
        goods.recall(players, diary)
        bundles = folder / "bundles"
        bundles.mkdir()
        for name, item in ITEMS.items():
            (bundles / f"{name}.json").write_bytes(dump(goods._bundle(item, folder, players, governance)))
        (record,) = records.glob("*-????????.json")
        yield World(node.url, record, bundles, claimed, fault, stale)


def _travel(folder: Path, players: cast.Cast, governance: Lading) -> None:
    """Born in Shenzhen, over Singapore to Rotterdam, into a shop in Berlin. What it emitted on the way to Singapore and
    to Rotterdam an inspector verified; what it emitted before nobody did."""
    inspector = cast._admit(governance, INSPECTOR, Diary(lambda _: None))
    carrier = bytes.fromhex(players[cast.CARRIER].id[2:])

    def stated(event: dict[str, Any], mg: int, scope: str) -> dict[str, Any]:
        told = {"@context": _CONTEXT, **event}
        bare = Statement(mg, "ISO 14083:2023", scope)
        who = bytes.fromhex(inspector.id[2:])
        signature = INSPECTOR.key.sign_typed(to_sign(told, carrier, bare, who, chain_ref(governance.deployment)))
        return event | {"lading:carbon": replace(bare, verifier=who, signature=signature).extension()}

    truck = Statement(910_000, "ISO 14083:2023", "lorry, 40 km")
    stops = {
        cast.BRAND: [_event("ADD", "2026-05-02T02:10", "+08:00", "commissioning", "active", 22.54, 114.06)],
        cast.CARRIER: [
            _event("OBSERVE", "2026-05-03T09:00", "+08:00", "departing", "in_transit", 22.57, 114.27)
            | {"lading:carbon": truck.extension()},
            stated(
                _event("OBSERVE", "2026-05-09T20:30", "+08:00", "transporting", "in_transit", 1.26, 103.84),
                VERIFIED_MG[0],
                "container ship, 2,700 km, well to wake",
            ),
            stated(
                _event("OBSERVE", "2026-05-20T05:20", "+02:00", "arriving", "in_transit", 51.95, 4.14),
                VERIFIED_MG[1],
                "container ship, 15,300 km, well to wake",
            ),
        ],
        cast.WAREHOUSE: [
            _event("OBSERVE", "2026-05-22T08:05", "+02:00", "stocking", "sellable_accessible", 52.52, 13.4)
        ],
    }
    for part, events in stops.items():
        with goods._outbox(folder, part, players) as outbox:
            take_document(outbox, _document(events))
            list(anchor(outbox, players[part].client, 1000))


def _document(events: list[dict[str, Any]]) -> dict[str, Any]:
    return {
        "@context": _CONTEXT,
        "type": "EPCISDocument",
        "schemaVersion": "2.0",
        "creationDate": "2026-05-27T12:00:00.000Z",
        "epcisBody": {"eventList": events},
    }


def _claim(folder: Path, players: cast.Cast) -> int:
    """The brand seals the travelled item, and the buyer breaks the seal; the claim's time."""
    number, serial, code = int(cast.GTIN), "3001", new_code()
    leaf = seal_of(number, serial, code)
    with goods._outbox(folder, cast.BRAND, players) as outbox:
        outbox.put_leaf(leaf)
        list(anchor(outbox, players[cast.BRAND].client, 1000))
        found = outbox.leaf_proof(leaf)
    assert found is not None
    proof = SealProof(
        gtin=number,
        serial=serial,
        seal_hash=leaf.seal_hash,
        index=found.index,
        batch=Batch.model_validate(found.batch.model_dump()),
        proof=found.proof,
    )
    buyer = players[cast.BRAND].client.using(cast.BUYER)
    opening = buyer.claims.opening(number, serial, code)
    buyer.claims.commit(opening, proof)
    advance(buyer.chain, 61)
    buyer.claims.claim(opening, proof)
    claim = buyer.claims.get(number, serial)
    assert claim is not None
    return int(claim.time.timestamp())


def _leave_out(folder: Path, players: cast.Cast, governance: Lading) -> bytes:
    """The carrier anchors an event of an item that it keeps out of its map; what proves it. All else stays in."""
    event = _event("OBSERVE", "2026-05-04T09:00", "+08:00", "departing", "in_transit", 22.57, 114.27)
    with sqlite3.connect(goods._path(folder, cast.CARRIER)) as told:
        told.execute(
            "CREATE TRIGGER forget AFTER INSERT ON events BEGIN UPDATE events SET things = '' WHERE id = new.id; END"
        )
    with goods._outbox(folder, cast.CARRIER, players) as outbox:
        take_document(outbox, _document([event | {"epcList": [LEFT_OUT]}]))
        list(anchor(outbox, players[cast.CARRIER].client, 1000))
    with sqlite3.connect(goods._path(folder, cast.CARRIER)) as told:
        told.execute("DROP TRIGGER forget")

    def digest_of(index: int) -> bytes | None:
        found = governance.goods.anchor_of(players[cast.CARRIER].id, index)
        return None if found is None else bytes.fromhex(found.digest[2:])

    with goods._outbox(folder, cast.CARRIER, players) as outbox:
        fault = audit(outbox, digest_of, chain_ref(governance.deployment)).fault
    assert fault is not None
    return faults.dump(fault)


def _event(
    action: str, time: str, offset: str, step: str, disposition: str, latitude: float, longitude: float
) -> dict[str, Any]:
    made = {
        "type": "ObjectEvent",
        "eventTime": f"{time}:00.000Z",
        "eventTimeZoneOffset": offset,
        "epcList": [TRAVELLED],
        "action": action,
        "bizStep": step,
        "disposition": disposition,
        "readPoint": {"id": f"geo:{latitude},{longitude}"},
    }
    return made | ({"ilmd": {"cbvmda:lotNumber": "L26-0501"}} if action == "ADD" else {})


def change(bundle: bytes, how: Callable[[Any], object]) -> bytes:
    """A bundle with a lie, in its canonical form."""
    document = json.loads(bundle)
    how(document)
    return canonical(document)


@dataclass(frozen=True)
class Reply:
    """What the server answered."""

    status: int
    headers: Mapping[str, str]
    body: bytes

    @property
    def text(self) -> str:
        return self.body.decode()

    @property
    def json(self) -> Any:
        return json.loads(self.body)

    @property
    def words(self) -> str:
        """The page's text, without markup."""
        return " ".join(unescape(re.sub(r"<[^>]+>", " ", self.text)).split())


def _lower(headers: Message) -> dict[str, str]:
    return {name.lower(): value for name, value in headers.items()}


class _Stay(HTTPRedirectHandler):
    def redirect_request(self, *_: Any) -> None:
        return None


class Site:
    """A server that runs."""

    def __init__(self, url: str, first: Mapping[str, Any]) -> None:
        self.url = url
        self.first = first

    def get(self, path: str, language: str = "en", method: str = "GET") -> Reply:
        asked = Request(self.url + path, headers={"Accept-Language": language}, method=method)  # noqa: S310 - our own
        try:
            with build_opener(_Stay).open(asked, timeout=START_SECONDS) as found:
                return Reply(found.status, _lower(found.headers), found.read())
        except HTTPError as error:
            return Reply(error.code, _lower(error.headers), error.read())


@contextmanager
def serving(bundles: Path, *words: object) -> Iterator[Site]:
    """`lading serve` on a free port, until it is asked to end."""
    command = [Path(sys.executable).with_name("lading"), "serve", "--bundles", bundles, "--port", 0, "--json", *words]
    clean = {name: value for name, value in os.environ.items() if not name.startswith("LADING_")}
    server = subprocess.Popen(
        [str(word) for word in command], stdout=subprocess.PIPE, text=True, cwd=bundles.parent, env=clean
    )
    try:
        first = _first_line(server)
        yield Site(first["url"], first)
    finally:
        server.terminate()
        server.wait(timeout=START_SECONDS)
        assert server.stdout is not None
        server.stdout.close()


def _first_line(server: subprocess.Popen[str]) -> dict[str, Any]:
    assert server.stdout is not None
    with selectors.DefaultSelector() as waiting:
        waiting.register(server.stdout, selectors.EVENT_READ)
        assert waiting.select(START_SECONDS), "the server said nothing"
    line = server.stdout.readline()
    assert line, f"the server ended with {server.wait()}"
    return json.loads(line)
