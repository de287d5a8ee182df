"""Records: found by chain, whole or not there."""

import json

import pytest

from lading import files
from lading.deploy.errors import CannotWrite, DeploymentDamaged, DeploymentForeign
from lading.deploy.registry import ContractRecord, Deployment, find, list_records, record_path, write
from lading.errors import NoDeployment

GENESIS = "0x0123456789abcdef" + "00" * 24
ADDRESS = "0x70997970C51812dc3A010C7d01b50e0d17dc79C8"
RECORD = Deployment(
    chain_id=31337,
    genesis=GENESIS,
    network="anvil",
    deployer=ADDRESS,
    block=1,
    contracts={
        "TradeEscrow": ContractRecord(
            address=ADDRESS, code_hash="0x" + "01" * 32, abi_hash="aa", block=1, tx="0x" + "02" * 32
        )
    },
    params={"governance_delay": 0},
)


@pytest.fixture
def path(tmp_path):
    path = record_path(tmp_path, 31337, GENESIS)
    write(RECORD, path)
    return path


def test_the_file_is_named_by_chain_id_and_genesis(path):
    assert path.name == "31337-01234567.json"
    assert json.loads(path.read_text())["format"] == "lading-deployment/1"


def test_a_record_is_found_by_its_chain(path, tmp_path):
    found = find(31337, GENESIS, directory=tmp_path)
    assert found == RECORD
    assert found.address("TradeEscrow") == ADDRESS
    with pytest.raises(NoDeployment, match="has no DevDollar; it has TradeEscrow"):
        found.address("DevDollar")


def test_the_explicit_path_wins_over_the_environment_and_that_over_the_folder(path, tmp_path, monkeypatch):
    other = RECORD.model_copy(update={"network": "other"})
    write(other, tmp_path / "other.json")
    monkeypatch.setenv("LADING_DEPLOYMENT", str(tmp_path / "other.json"))

    assert find(31337, GENESIS, directory=tmp_path) == other
    assert find(31337, GENESIS, path, tmp_path) == RECORD


def test_no_record_says_where_it_was_looked_for(tmp_path):
    with pytest.raises(NoDeployment, match=r"31337-01234567\.json\. Run `lading deploy"):
        find(31337, GENESIS, directory=tmp_path)


def test_a_record_of_another_chain_is_refused(path):
    with pytest.raises(DeploymentForeign, match=r"chain 31337 .* chain 1 "):
        find(1, GENESIS, path)


@pytest.mark.parametrize("damage", [lambda text: text[:-20], lambda text: text.replace("0x70", "0x7"), lambda _: "{}"])
def test_a_damaged_record_is_refused(path, tmp_path, damage):
    path.write_text(damage(path.read_text()))
    with pytest.raises(DeploymentDamaged, match=path.name):
        find(31337, GENESIS, directory=tmp_path)


def test_a_write_that_fails_leaves_the_old_record_and_no_rest(path, tmp_path, monkeypatch):
    def no_space(_: int) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(files.os, "fsync", no_space)
    with pytest.raises(CannotWrite, match="No space left"):
        write(RECORD.model_copy(update={"network": "new"}), path)

    assert find(31337, GENESIS, directory=tmp_path) == RECORD
    assert [one.name for one in tmp_path.iterdir()] == [path.name]


def test_records_are_listed_by_name_without_journals_and_locks(path, tmp_path):
    write(RECORD.model_copy(update={"chain_id": 1}), record_path(tmp_path, 1, GENESIS))
    for name in ("31337-01234567.journal.jsonl", "31337-01234567.lock", "31337-01234567.json.1"):
        (tmp_path / name).write_text("")

    assert [(one.name, record.chain_id) for one, record in list_records(tmp_path)] == [
        ("1-01234567.json", 1),
        ("31337-01234567.json", 31337),
    ]
    assert list_records(tmp_path / "nowhere") == []
