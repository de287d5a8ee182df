"""The journal survives what a crash does to a file, and says when something else was done to it."""

import os

import pytest

from lading.chain.node import Chain
from lading.chain.signer import Signer
from lading.deploy.errors import DeploymentBusy, JournalDamaged, JournalMismatch
from lading.deploy.journal import Again, Begun, Journal, Signed, load, locked, set_aside

BEGUN = Begun(
    chain_id=31337,
    genesis="0x" + "ab" * 32,
    deployer=Signer.dev(0).address,
    params={"devnet": True},
    code={"A": "0x01"},
)


@pytest.fixture(scope="module")
def entry() -> Signed:
    chain, signer = Chain.open("embedded"), Signer.dev(0)
    fields = {
        "type": 2,
        "chainId": chain.chain_id,
        "nonce": 0,
        "gas": 21_000,
        "value": 0,
        "data": b"",
        "to": signer.address,
    }
    raw, tx_hash = signer.sign_transaction({**fields, "maxPriorityFeePerGas": 1, "maxFeePerGas": 2})
    return Signed(
        step="deploy A", content="00" * 32, nonce=0, hash=tx_hash, raw="0x" + raw.hex(), to=None, address=signer.address
    )


@pytest.fixture
def path(tmp_path, entry):
    path = tmp_path / "folder" / "1-00000000.journal.jsonl"
    journal = Journal.open(path, BEGUN)
    journal.append(entry)
    journal.append(Again(steps=["deploy A"], reason="a reason"))
    return path


def test_what_was_appended_is_read_back(path, entry):
    lines = load(path)
    assert lines[:2] == [BEGUN, entry]
    assert Journal.open(path, BEGUN).signed == [entry]


@pytest.mark.parametrize("cut", [1, 5, 40])
def test_a_torn_last_line_is_left_out_and_overwritten(path, entry, cut):
    whole = path.read_bytes()
    path.write_bytes(whole[:-cut])

    journal = Journal.open(path, BEGUN)
    assert journal.signed == [entry]
    journal.append(Again(steps=["deploy A"], reason="another reason"))

    assert [line.type for line in load(path)] == ["begun", "signed", "again"]
    assert load(path)[-1].reason == "another reason"


def test_a_journal_torn_in_its_first_line_begins_anew(path):
    path.write_bytes(path.read_bytes()[:20])
    Journal.open(path, BEGUN)
    assert load(path) == [BEGUN]


@pytest.mark.parametrize("line", [1, 2, 3])
def test_a_broken_line_is_named(path, line):
    lines = path.read_bytes().split(b"\n")
    lines[line - 1] = lines[line - 1][:-4]
    path.write_bytes(b"\n".join(lines))

    with pytest.raises(JournalDamaged) as caught:
        Journal.open(path, BEGUN)
    assert caught.value.line == line


def test_signed_bytes_with_one_changed_digit_are_refused(path, entry):
    changed = entry.raw[:-1] + ("0" if entry.raw[-1] != "0" else "1")
    path.write_text(path.read_text().replace(entry.raw, changed))

    with pytest.raises(JournalDamaged, match="do not have the recorded hash"):
        Journal.open(path, BEGUN)


def test_a_second_beginning_is_refused(path):
    first = path.read_bytes().split(b"\n")[0] + b"\n"
    path.write_bytes(path.read_bytes() + first)
    with pytest.raises(JournalDamaged, match="one `begun`"):
        Journal.open(path, BEGUN)


def test_every_difference_is_named(path):
    other = BEGUN.model_copy(
        update={"deployer": Signer.dev(1).address, "params": {"devnet": False}, "code": {"B": "0x02"}}
    )
    with pytest.raises(JournalMismatch) as caught:
        Journal.open(path, other)
    assert caught.value.differs == ("deployer", "params.devnet", "bytecode of A", "bytecode of B")


def test_the_lock_names_its_holder_and_ends_with_it(tmp_path):
    lock = tmp_path / "lock"
    reader, writer = os.pipe()
    child = os.fork()
    if child == 0:
        try:
            with locked(lock):
                os.write(writer, b"held")
                os.read(os.pipe()[0], 1)
        finally:
            os._exit(0)
    assert os.read(reader, 4) == b"held"

    with pytest.raises(DeploymentBusy) as caught, locked(lock):
        pass
    assert caught.value.pid == str(child)

    os.kill(child, 9)
    os.waitpid(child, 0)
    with locked(lock):
        assert lock.read_text() == f"{os.getpid()}\n"


def test_files_set_aside_are_numbered(tmp_path):
    path = tmp_path / "file"
    for text in ("one", "two"):
        path.write_text(text)
        set_aside(path)
    assert sorted((one.name, one.read_text()) for one in tmp_path.iterdir()) == [("file.1", "one"), ("file.2", "two")]
    assert set_aside(path) is None
