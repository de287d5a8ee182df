"""From the readers' log and the documents of others to the consumer's verdict, each step a command, on a real node."""

from __future__ import annotations

import json
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
from cli_kit import Cli
from sdk_kit import GOVERNOR

from lading.chain import devnet
from lading.chain.node import Chain
from lading.cli.proof import file_name
from lading.client import Lading
from lading.demo import cast
from lading.demo.diary import Diary
from lading.demo.goods import CLONED, GENUINE, RECALLED, RECALLED_LOT
from lading.provenance.bundle import canonical
from lading.relayer.outbox.outbox import Outbox
from lading.relayer.store.database import owner_of

PUBLISHERS = {
    "brand": ("GLN:9521141000106", "factory.json", 1),
    "carrier": ("GLN:9526543000013", "port.json", 5),
    "exit": ("GLN:9527001000019", "customs-export.json", 7),
    "entry": ("GLN:9528001000016", "customs-import.json", 8),
}
LINK = "https://id.gs1.org/01/09521141123454/21/1001"
VERDICTS = [(GENUINE, "authentic", 0), (CLONED, "suspect", 10), (RECALLED, "recalled", 11)]


@pytest.fixture(scope="module")
def goods(root: Path, shell: Cli, node: devnet.Devnet) -> Cli:
    """A folder with the outboxes of five publishers whose events are anchored, and a recalled lot."""
    (record,) = (shell.folder / "deployments").glob("31337-????????.json")
    cast.admit(Lading.connect(node.url, signer=GOVERNOR, deployment=record), Diary(lambda _: None))
    examples = root / "examples" / "demo"
    shell.json(f"goods register-class {cast.GTIN} --dev-account 1")
    for name, (who, document, account) in PUBLISHERS.items():
        words = f"relay publish {examples / document} --publisher {who} --outbox {name}.sqlite3"
        done = shell.json(f"{words} --dev-account {account}")
        assert (done["events"] > 0, done["batches"]) == (True, 1)
        assert shell.json(f"{words} --dev-account {account}") == {"events": 0, "batches": 0}
    for name in ("relay.yaml", "reads.ndjson"):
        shutil.copy(examples / name, shell.folder / name)
    words = f"goods recall {cast.GTIN} --scope lot --value {RECALLED_LOT} --dev-account 1 --reason"
    assert shell((*words.split(), "The battery may overheat.")).code == 0
    return shell


@pytest.fixture(scope="module")
def relayed(goods: Cli) -> dict[str, int]:
    """What the first run over the readers' log counted."""
    return goods.json("relay run --config relay.yaml --once --dev-account 6")


@pytest.fixture
def bundle(goods: Cli, relayed: dict[str, int], tmp_path: Path) -> Path:
    return export(goods, GENUINE, tmp_path / "bundle.json")


def export(goods: Cli, item: str, out: Path) -> Path:
    boxes = " ".join(f"--outbox {path.name}" for path in sorted(goods.folder.glob("*.sqlite3")))
    made = goods.json(f"proof export {item} {boxes} --out {out}")
    assert (made["item"], Path(made["file"])) == (made["item"], out)
    return out


def alone(root: Path, shell: Cli, words: str) -> subprocess.CompletedProcess[str]:
    """scripts/verify.py, as a process of its own."""
    command = [sys.executable, str(root / "scripts" / "verify.py"), *words.split()]
    return subprocess.run(command, cwd=shell.folder, capture_output=True, text=True, check=False)


def record(shell: Cli) -> Path:
    (path,) = (shell.folder / "deployments").glob("31337-????????.json")
    return path


def test_check_counts_what_a_first_run_brings_and_writes_nothing(goods: Cli, cli: Cli, relayed: dict[str, int]):
    for name in ("relay.yaml", "reads.ndjson"):
        shutil.copy(goods.folder / name, cli.folder / name)
    counted = cli.json("relay check relay.yaml --input reads.ndjson")
    assert [(one["reason"], one["lines"]) for one in counted.pop("refused")] == [("not-json", 1)]
    assert counted == {**relayed, "batches": 0}
    assert {path.name for path in cli.folder.iterdir()} == {"relay.yaml", "reads.ndjson"}
    shown = cli("relay check relay.yaml").out
    assert "lines that go to quarantine       1\n" in shown
    assert "    1  not-json    Unterminated string" in shown


def test_a_second_run_finds_only_what_was_delivered_before(goods: Cli, relayed: dict[str, int]):
    assert (relayed["events"], relayed["quarantined"], relayed["batches"]) == (12, 1, 1)
    again = goods.json("relay run --config relay.yaml --once --dev-account 6")
    assert (again["events"], again["batches"], again["duplicates"]) == (0, 0, relayed["reads"])


def test_a_malformed_line_is_counted_and_stops_nothing(cli: Cli, goods: Cli):
    shutil.copy(goods.folder / "relay.yaml", cli.folder / "relay.yaml")
    lines = (goods.folder / "reads.ndjson").read_bytes().splitlines(keepends=True)
    (cli.folder / "reads.ndjson").write_bytes(b"".join([*lines[:3], b"\xff\xfe not json\n", b"{}\n", *lines[3:6]]))
    counted = cli.json("relay check relay.yaml")
    assert (counted["quarantined"], counted["reads"] > 0) == (2, True)


def test_a_run_is_one_pass_whether_said_or_not(goods: Cli, relayed: dict[str, int]):
    words = "relay run --config relay.yaml --dev-account 6 --json"
    once, unsaid = goods(f"{words} --once"), goods(words)
    assert (once.code, unsaid.code, unsaid.out) == (0, 0, once.out)
    assert ("One pass" in unsaid.err, "One pass" in once.err) == (True, False)


def test_a_key_that_may_not_write_the_log_anchors_nothing(goods: Cli, relayed: dict[str, int], root: Path):
    log = goods.json("goods log GLN:9527001000019")
    words = f"relay publish {root}/examples/demo/port.json --publisher GLN:9527001000019 --outbox other.sqlite3"
    assert goods.refused(f"{words} --dev-account 9", 4)["type"] == "NotWriter"
    (goods.folder / "other.sqlite3").unlink()
    assert goods.json("goods log GLN:9527001000019") == log


def test_an_outbox_of_another_log_is_refused(goods: Cli, root: Path):
    words = f"relay publish {root}/examples/demo/port.json --publisher GLN:9527001000019 --outbox brand.sqlite3"
    assert goods.refused(f"{words} --dev-account 7", 1)["type"] == "OutboxForeign"


@pytest.mark.parametrize(("item", "verdict", "code"), VERDICTS)
def test_the_command_and_the_lone_script_give_the_same_verdict(
    goods: Cli,
    relayed: dict[str, int],
    root: Path,
    node: devnet.Devnet,
    tmp_path: Path,
    item: str,
    verdict: str,
    code: int,
):
    path = export(goods, item, tmp_path / "bundle.json")
    words = f"{item} --bundle {path} --rpc {node.url} --deployment {record(goods)}"
    ours = goods.json(f"verify {words}", code=code)
    theirs = alone(root, goods, f"{words} --json")
    assert (ours["verdict"], theirs.returncode, theirs.stderr) == (verdict, code, "")
    assert json.loads(theirs.stdout)["verdict"] == verdict
    assert json.loads(theirs.stdout)["reasons"] == ours["reasons"]


@pytest.mark.parametrize("code", ["", GENUINE, LINK, "https://shop.example/01/09521141123454/21/1001?from=box"])
def test_any_code_on_the_item_or_none_names_it(goods: Cli, node: devnet.Devnet, bundle: Path, code: str):
    found = goods.json(f"verify {code} --bundle {bundle} --rpc {node.url}")
    assert (found["verdict"], found["as_of"]["chain_id"]) == ("authentic", 31337)


def test_the_bundles_file_alone_is_enough(goods: Cli, node: devnet.Devnet, bundle: Path):
    assert goods.json(f"verify {bundle} --rpc {node.url}")["verdict"] == "authentic"


def test_people_read_a_headline_what_is_not_proven_and_the_block(goods: Cli, node: devnet.Devnet, bundle: Path):
    out = goods(f"verify {bundle} --rpc {node.url}").out
    assert out.startswith("AUTHENTIC")
    assert "As of block" in out
    assert "Not proven:" in out
    assert f"Trusted record: deployments/{record(goods).name}" in out


def test_without_a_node_no_anchor_was_checked(goods: Cli, bundle: Path):
    found = goods.json(f"verify {bundle} --deployment {record(goods)}", code=12)
    assert (found["verdict"], found["reasons"]) == ("unknown", ["anchor-not-checked"])
    assert found["as_of"] == dict.fromkeys(("chain_id", "genesis", "block", "time"))


def test_without_a_deployment_that_one_trusts_nothing_is_proven(cli: Cli, node: devnet.Devnet, bundle: Path):
    found = cli.json(f"verify {bundle} --rpc {node.url}", code=12)
    assert "deployment-unknown" in found["reasons"]


def test_addresses_that_the_user_types_are_enough(goods: Cli, cli: Cli, node: devnet.Devnet, bundle: Path):
    contracts = json.loads(record(goods).read_text(encoding="utf-8"))["contracts"]
    trust = f"--registry {contracts['ParticipantRegistry']['address']} --chain-id 31337"
    trust += f" --provenance {contracts['ProvenanceRegistry']['address']}"
    assert cli.json(f"verify {bundle} --rpc {node.url} {trust}")["verdict"] == "authentic"


def swapped(shell: Cli) -> tuple[str, str]:
    """The two registries, each in the other's place."""
    contracts = json.loads(record(shell).read_text(encoding="utf-8"))["contracts"]
    return contracts["ProvenanceRegistry"]["address"], contracts["ParticipantRegistry"]["address"]


def test_addresses_that_the_bundle_does_not_name_are_a_difference(
    goods: Cli, cli: Cli, root: Path, node: devnet.Devnet, bundle: Path
):
    registry, provenance = swapped(goods)
    words = f"--bundle {bundle} --rpc {node.url} --chain-id 31337 --registry {registry} --provenance {provenance}"
    found = cli.json(f"verify {words}", code=12)
    assert "deployment-differs" in found["reasons"]
    assert json.loads(alone(root, cli, f"{words} --json").stdout)["reasons"] == found["reasons"]


def test_addresses_of_other_programs_are_an_error_and_no_verdict(
    goods: Cli, cli: Cli, node: devnet.Devnet, bundle: Path
):
    """Even where a doctored bundle names the same ones."""
    registry, provenance = swapped(goods)
    doctored = json.loads(bundle.read_bytes())
    doctored["chain"] |= {"participant_registry": registry.lower(), "provenance_registry": provenance.lower()}
    bundle.write_bytes(canonical(doctored))
    words = f"--bundle {bundle} --rpc {node.url} --chain-id 31337 --registry {registry} --provenance {provenance}"
    assert cli.refused(f"verify {words}", 1)["type"] == "NoRegistry"


def test_a_record_named_in_the_environment_is_trusted(goods: Cli, cli: Cli, node: devnet.Devnet, bundle: Path):
    named = str(record(goods))
    assert cli.json(f"verify {bundle} --rpc {node.url}", LADING_DEPLOYMENT=named)["verdict"] == "authentic"
    assert f"Trusted record: {named}" in cli(f"verify {bundle} --rpc {node.url}", LADING_DEPLOYMENT=named).out


def test_a_bundle_about_another_item_says_so(goods: Cli, node: devnet.Devnet, bundle: Path):
    found = goods.json(f"verify {CLONED} --bundle {bundle} --rpc {node.url}", code=12)
    assert found["reasons"] == ["item-differs"]


def test_a_node_that_does_not_answer_gives_no_verdict(goods: Cli, bundle: Path):
    error = goods.refused(f"verify {bundle} --rpc http://127.0.0.1:1", 3)
    assert (error["type"], error["hint"]) == ("NotReachable", "Check the URL, or ask another node.")


def test_the_embedded_chain_proves_nothing(goods: Cli, bundle: Path):
    assert "lading devnet up" in goods.refused(f"verify {bundle} --rpc embedded", 2)["hint"]


def test_one_changed_bit_anywhere_is_never_authentic(goods: Cli, node: devnet.Devnet, bundle: Path):
    """Refused, or a worse verdict; in no case a traceback. Each place is a byte of another field."""
    data = bundle.read_bytes()
    for place in range(0, len(data), len(data) // 40):
        bundle.write_bytes(data[:place] + bytes([data[place] ^ 1]) + data[place + 1 :])
        done = goods(f"verify {bundle} --rpc {node.url} --json")
        assert done.code in (1, 10, 12), (place, data[place : place + 20], done)
        if done.code == 1:
            assert done.error["type"] in ("BundleError", "CheckDigitError")


def test_an_item_that_nobody_saw_has_no_bundle_and_no_file_is_touched(
    goods: Cli, relayed: dict[str, int], tmp_path: Path
):
    out = tmp_path / "bundle.json"
    out.write_text("mine", encoding="utf-8")
    unseen = "urn:epc:id:sgtin:9521141.012345.777777"
    error = goods.refused(f"proof export {unseen} --outbox brand.sqlite3 --out {out}", 1)
    assert "--outbox" in error["hint"]
    assert out.read_text(encoding="utf-8") == "mine"


@pytest.mark.parametrize("content", [None, b"", b"no database"])
def test_what_is_no_outbox_is_named_and_not_made(goods: Cli, tmp_path: Path, content: bytes | None):
    box = tmp_path / "box.sqlite3"
    if content is not None:
        box.write_bytes(content)
    error = goods.refused(f"proof export {GENUINE} --outbox {box} --out {tmp_path}/bundle.json", 1)
    assert error["type"] == "OutboxUnreadable"
    assert (box.read_bytes() if box.exists() else None) == content


def test_a_bundle_in_a_folder_that_takes_no_file_is_an_error_of_its_own(
    goods: Cli, relayed: dict[str, int], tmp_path: Path
):
    (tmp_path / "file").write_text("", encoding="utf-8")
    error = goods.refused(f"proof export {GENUINE} --outbox brand.sqlite3 --out {tmp_path}/file/bundle.json", 1)
    assert error["type"] == "FileNotWritten"


def test_a_bundle_is_for_others_to_read(bundle: Path):
    assert bundle.stat().st_mode & 0o044 == 0o044


def test_a_link_whose_prefix_no_table_knows_needs_the_uri(goods: Cli, tmp_path: Path):
    words = f"proof export https://id.gs1.org/01/09999999999994/21/1 --outbox brand.sqlite3 --out {tmp_path}/b.json"
    assert "urn:epc:id" in goods.refused(words, 1)["hint"]


def head_of(node: devnet.Devnet) -> str:
    return Chain.open(node.url).block().hash


def test_verify_by_state_proof_believes_no_node(goods: Cli, node: devnet.Devnet, bundle: Path):
    found = goods.json(f"verify {bundle} --rpc {node.url} --state-proof")
    assert (found["verdict"], "node-trust" in found["not_proven"]) == ("authentic", False)
    assert "block-hash" in found["not_proven"]
    trusted = goods.json(f"verify {bundle} --rpc {node.url} --state-proof --block-hash {head_of(node)}")
    assert not {"node-trust", "block-hash"} & set(trusted["not_proven"])


def test_verify_asks_several_nodes_and_names_the_silent_one(goods: Cli, node: devnet.Devnet, bundle: Path):
    other = node.url.replace("127.0.0.1", "localhost")
    assert goods.json(f"verify {bundle} --rpc {node.url} --rpc {other}")["verdict"] == "authentic"
    gone = "http://key:secret@127.0.0.1:1/v3/key"
    found = goods(f"verify {bundle} --rpc {node.url} --rpc {gone}")
    assert found.code == 12
    assert "[node-silent]: http://127.0.0.1:1" in found.out
    assert not any(secret in found.out for secret in ("secret", "v3"))


@pytest.mark.parametrize(
    ("options", "said"),
    [
        ("--block-hash 0x" + "00" * 32, "--state-proof"),
        ("--state-proof", "--rpc"),
        ("--state-proof --rpc {url} --block-hash 0x00", "block hash"),
    ],
)
def test_verify_refuses_proofs_that_are_half_asked_for(
    goods: Cli, node: devnet.Devnet, bundle: Path, options: str, said: str
):
    error = goods.refused(f"verify {bundle} {options.format(url=node.url)}", 2)
    assert said in error["message"] + error["hint"]


def test_many_items_are_exported_into_a_folder(
    goods: Cli, relayed: dict[str, int], node: devnet.Devnet, tmp_path: Path
):
    codes, folder = tmp_path / "items.txt", tmp_path / "bundles"
    codes.write_text(f"{GENUINE}\n\n{CLONED}\n{GENUINE}\n")
    outboxes = " ".join(f"--outbox {path.name}" for path in sorted(goods.folder.glob("*.sqlite3")))
    nobody = "urn:epc:id:sgtin:9521141.012345.99999"

    done = goods.json(f"proof export {RECALLED} {outboxes} --items {codes} --out {folder}")

    assert (done["bundles"], done["without_events"]) == (3, [])
    assert len(list(folder.iterdir())) == 3
    found = goods.json(f"verify {folder / file_name(GENUINE)} --rpc {node.url}")
    assert found["verdict"] == "authentic"
    alone = export(goods, GENUINE, tmp_path / "alone.json")
    assert (folder / file_name(GENUINE)).read_bytes() == alone.read_bytes()
    partly = goods(f"proof export {GENUINE} {nobody} {outboxes} --out {tmp_path / 'more'}")
    assert partly.code == 1
    assert nobody in partly.out
    assert [path.name for path in (tmp_path / "more").iterdir()] == [file_name(GENUINE)]


def test_an_export_without_an_item_is_refused(goods: Cli, relayed: dict[str, int], tmp_path: Path):
    goods.refused(f"proof export --outbox brand.sqlite3 --out {tmp_path / 'none.json'}", 2)


def test_an_export_before_all_is_anchored_says_so(goods: Cli, relayed: dict[str, int], root: Path, tmp_path: Path):
    """A closed batch is in the outbox's map, and in no root that the chain has."""
    path = tmp_path / "brand.sqlite3"
    shutil.copy(goods.folder / "brand.sqlite3", path)
    with Outbox.open(path, owner_of(path)) as outbox:
        event = json.loads((root / "examples/demo/factory.json").read_text())["epcisBody"]["eventList"][0]
        outbox.add(event | {"eventTime": "2026-01-01T00:00:00.000Z"}, None)
        outbox.close_batch(10)
    error = goods.refused(f"proof export {GENUINE} --outbox {path} --out {tmp_path / 'bundle.json'}", 1)
    assert "not anchored yet" in error["message"]
    assert not (tmp_path / "bundle.json").exists()
