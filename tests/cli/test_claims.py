"""The code under a seal, from the brand that prints it to the buyer who breaks it, each step a command on a node."""

from __future__ import annotations

import json
import stat
from pathlib import Path

import pytest
from cli_kit import Cli
from sdk_kit import BRAND, BUYER, CONTROLLER, World

from lading.chain import devnet
from lading.enums import Role
from lading.facts import chain_ref
from lading.provenance.bundle import build_bundle, dump
from lading.relayer.anchoring.anchoring import anchor
from lading.relayer.outbox.outbox import Outbox
from lading.relayer.run import identity_of

PREFIX, GTIN, CLASS = "9521141", "09521141123454", "urn:epc:id:sgtin:9521141.012345"
ITEMS = tuple(f"https://id.gs1.org/01/{GTIN}/21/{serial}" for serial in ("S1", "S2"))
AS_BUYER, AS_ANYONE = "--dev-account 1", "--dev-account 9"


@pytest.fixture(scope="module")
def sealed(shell: Cli, world: World) -> dict[str, Path]:
    """Two sealed items whose seals are anchored: the brand's private codes, what it publishes, its outbox."""
    brand = world.ids[Role.BRAND]
    world.client.participants.bind_prefix(brand, PREFIX)
    world.by(BRAND).goods.register_class(GTIN)
    world.by(CONTROLLER).goods.set_writer(brand, BRAND.address)
    files = {name: shell.folder / f"{name}.json" for name in ("codes", "seals")}
    box = shell.folder / "seals.sqlite3"
    made = shell.json(f"claim seal {' '.join(ITEMS)} --outbox {box} --codes {files['codes']}")
    assert (made["items"], made["brand"]) == (2, brand)
    early = shell(f"claim proofs --codes {files['codes']} --outbox {box} --out {files['seals']} --json")
    assert early.code == 1
    assert "2 of 2 seals are not anchored yet" in early.error["message"]
    assert not files["seals"].exists()
    with Outbox.open(box, identity_of(world.client, brand)) as outbox:
        (batch,) = anchor(outbox, world.by(BRAND), 100)
    assert batch.count == 2
    assert shell.json(f"claim proofs --codes {files['codes']} --outbox {box} --out {files['seals']}")["seals"] == 2
    return files


def code_of(sealed: dict[str, Path], serial: str) -> str:
    (code,) = (one["code"] for one in json.loads(sealed["codes"].read_text())["codes"] if one["serial"] == serial)
    return code


def test_the_codes_are_the_brands_alone(shell: Cli, sealed: dict[str, Path]):
    assert stat.S_IMODE(sealed["codes"].stat().st_mode) == 0o600
    published = sealed["seals"].read_text()
    assert all(code_of(sealed, serial) not in published for serial in ("S1", "S2"))
    again = shell(f"claim seal {ITEMS[0]} --outbox {shell.folder / 'seals.sqlite3'} --codes {sealed['codes']} --json")
    assert (again.code, "not replaced" in again.error["message"]) == (1, True)


def test_the_first_buyer_claims_and_later_scans_see_it(
    shell: Cli, world: World, sealed: dict[str, Path], tmp_path: Path
):
    item, kept = ITEMS[0], tmp_path / "claim.json"
    unclaimed = {"gtin": GTIN, "serial": "S1", "claimant": None, "time": None}
    assert shell.json(f"claim show {item}") == unclaimed
    words = f"claim commit {item} --seals {sealed['seals']} --code-file - --out {kept}"
    done = shell(f"{words} {AS_BUYER} --json", stdin=code_of(sealed, "S1").lower() + "\n")
    assert done.code == 0, done.err
    assert code_of(sealed, "S1") not in done.out + done.err
    assert stat.S_IMODE(kept.stat().st_mode) == 0o600

    early = shell(f"claim open {kept} --seals {sealed['seals']} {AS_ANYONE} --json")
    assert (early.code, early.error["type"]) == (4, "CommitmentYoung")
    devnet.advance(world.client.chain, 61)
    shell.json(f"claim open {kept} --seals {sealed['seals']} {AS_ANYONE}")
    claimed = shell.json(f"claim show {item}")
    assert claimed["claimant"] == BUYER.address
    assert claimed["time"] is not None
    late = shell(f"claim open {kept} --seals {sealed['seals']} {AS_ANYONE} --json")
    assert (late.code, late.error["type"]) == (4, "AlreadyClaimed")

    mine = f"Claimed on {claimed['time']} by {BUYER.address}. If that was not you, the seal was broken before."
    for serial, line in (("S1", mine), ("S2", "Nobody has claimed it.")):
        bundle = tmp_path / f"{serial}.json"
        bundle.write_bytes(dump(build_bundle(f"{CLASS}.{serial}", chain_ref(world.client.deployment), [])))
        check_verify(shell, f"verify {bundle} --rpc {world.client.chain.network.url}", line)


def check_verify(shell: Cli, words: str, line: str):
    """Of a bundle without events: a claim is no part of the verdict, nor of its document."""
    for more in ("", " --state-proof"):
        assert [one for one in shell(words + more).out.splitlines() if "laimed" in one] == [line]
    found = shell(f"{words} --json")
    assert set(json.loads(found.out)) == {"verdict", "reasons", "checked", "not_proven", "as_of"}
    assert "laimed" not in found.out + found.err


@pytest.mark.parametrize(
    ("typed", "said"), [("K5SW", "has 26 letters"), ("A" * 26, "not the code under"), ("1" * 26, "has 26 letters")]
)
def test_a_mistyped_code_sends_nothing(
    shell: Cli, world: World, sealed: dict[str, Path], tmp_path: Path, typed: str, said: str
):
    before = world.client.chain.block().number
    words = f"claim commit {ITEMS[1]} --seals {sealed['seals']} --code-file - --out {tmp_path / 'claim.json'}"
    refused = shell(f"{words} {AS_ANYONE} --json", stdin=typed + "\n")
    assert refused.code == 1
    assert said in refused.error["message"]
    assert world.client.chain.block().number == before
    assert not (tmp_path / "claim.json").exists()


def test_an_item_without_a_seal_is_said_to_have_none(shell: Cli, sealed: dict[str, Path], tmp_path: Path):
    words = f"claim commit {ITEMS[0]}9 --seals {sealed['seals']} --code-file - --out {tmp_path / 'claim.json'}"
    refused = shell(f"{words} {AS_ANYONE} --json", stdin="A" * 26)
    assert "no seal of this item" in refused.error["message"]
    unregistered = "https://id.gs1.org/01/09524000059109/21/1"
    sealing = f"claim seal {unregistered} --outbox {tmp_path / 'box.sqlite3'} --codes {tmp_path / 'codes.json'} --json"
    assert "one brand" in shell(sealing).error["message"]
    assert not (tmp_path / "codes.json").exists()
