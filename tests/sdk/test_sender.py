"""The sender on a chain that behaves: keys, order, refusals, kept bytes."""

from __future__ import annotations

import subprocess
import sys

import pytest
from sender_kit import ALWAYS_REVERTS, BURNS_ALL, Killed, keys, rounds

from lading.chain.sender import Policy
from lading.chain.sender_errors import KeyReused, SenderTaken, StoreError, StoreForeign
from lading.chain.sender_sqlite import SqliteDatabase
from lading.errors import InputError, OutOfGas, TransactionTimeout, UnknownRevert


def test_what_is_submitted_takes_effect_once(bench):
    with bench.sender() as sender:
        bench.submit(sender, "a", value=7)
        done = sender.wait("a")
    assert (done.state, done.nonce, done.value) == ("done", 0, 7)
    assert bench.received() == 7
    receipt = bench.direct.receipt(done.tx_hash)
    assert (receipt.block_number, receipt.block_hash, receipt.gas_used) == (done.block, done.block_hash, done.gas_used)


def test_the_same_key_is_the_same_submission(bench):
    with bench.sender() as sender:
        first, again = bench.submit(sender, "a"), bench.submit(sender, "a")
        assert first == again
        sender.wait("a")
        assert bench.submit(sender, "a").state == "done"
        assert bench.submit(sender, "b").nonce == 1
        sender.wait("b")
    assert bench.received() == 2


@pytest.mark.parametrize(
    ("to", "data", "value"), [("other", b"", 1), ("same", b"\1", 1), ("same", b"", 2)], ids=["to", "data", "value"]
)
def test_the_same_key_with_other_content_is_refused(bench, to, data, value):
    with bench.sender() as sender:
        bench.submit(sender, "a")
        target = bench.recipient if to == "same" else bench.signer.address
        with pytest.raises(KeyReused, match="'a'"):
            sender.submit("a", target, data, value=value)
        assert bench.submit(sender, "b").nonce == 1


@pytest.mark.parametrize("key", ["", "noop/1"])
def test_a_key_that_is_empty_or_ours_is_refused(bench, key):
    with bench.sender() as sender, pytest.raises(InputError, match="cannot be a key"):
        bench.submit(sender, key)


@pytest.mark.parametrize("value", [-1, 2**256])
def test_a_value_that_no_transaction_can_carry_is_refused(bench, value):
    with bench.sender() as sender, pytest.raises(InputError, match="2\\^256"):
        bench.submit(sender, "a", value=value)


@pytest.mark.parametrize("given", [{"confirmations": 0}, {"max_fee": 0}, {"bump_seconds": -1}, {"max_in_flight": 0}])
def test_a_policy_that_cannot_be_kept_is_refused(given):
    with pytest.raises(InputError):
        Policy(**given)


def test_many_are_in_flight_at_once_and_mined_in_order(bench, held):
    with bench.sender(Policy(max_in_flight=8)) as sender:
        for number in range(10):
            bench.submit(sender, f"k{number}")
        assert sender.step().waiting == 10
        assert bench.direct.nonce(bench.signer.address) == 8
        assert bench.used() == 0
        held()
        bench.mine()
        mined = [key for step in (sender.step() for _ in range(4)) for key in keys(step.mined)]
    assert mined == [f"k{number}" for number in range(10)]
    assert bench.received() == 10


def test_the_nonce_and_the_callers_row_are_stored_together_or_not_at_all(bench):
    class Stopped(Exception):
        pass

    bench.database.execute("CREATE TABLE ours (key TEXT)")
    with bench.sender() as sender:
        for key in ("lost", "kept"):
            try:
                with bench.database.transaction():
                    bench.database.execute("INSERT INTO ours VALUES (?)", (key,))
                    assert bench.submit(sender, key).nonce == 0
                    if key == "lost":
                        raise Stopped  # noqa: TRY301
            except Stopped:
                assert sender.get("lost") is None
        assert bench.database.rows("SELECT key FROM ours") == [("kept",)]
        assert sender.wait("kept").nonce == 0


def test_what_the_contract_refuses_has_a_typed_error_and_its_nonce_goes_to_the_next(bench):
    bench.rpc("anvil_setCode", f"0x{1:040x}"[:-4] + "c0de", ALWAYS_REVERTS)
    refuser = f"0x{1:040x}"[:-4] + "c0de"
    with bench.sender() as sender:
        assert sender.submit("refused", refuser, b"").nonce == 0
        assert bench.submit(sender, "next").nonce == 1
        step = sender.step()
        assert keys(step.failed) == ["refused"]
        with pytest.raises(UnknownRevert):
            sender.wait("refused")
        assert sender.get("refused").nonce is None
        assert sender.wait("next").nonce == 0
    assert bench.used() == 1
    assert bench.attempts("refused") == []


def test_a_refusal_that_an_earlier_one_in_flight_may_undo_is_not_final(bench, held):
    """What is in flight may be what it waits for: a node need not count its pool in."""
    refuser = f"0x{2:040x}"[:-4] + "c0de"
    bench.rpc("anvil_setCode", refuser, ALWAYS_REVERTS)
    with bench.sender() as sender:
        bench.submit(sender, "first")
        sender.submit("second", refuser, b"")
        assert sender.step().failed == ()
        assert sender.step().failed == ()
        bench.rpc("anvil_setCode", refuser, "0x00")
        bench.mine()
        sender.step()
        bench.mine()
        assert keys(rounds(sender, lambda step: bool(step.mined)).mined)[-1] == "second"


def test_what_reverts_in_its_block_has_a_typed_error(bench):
    refuser = f"0x{3:040x}"[:-4] + "c0de"
    bench.rpc("anvil_setCode", refuser, ALWAYS_REVERTS)
    with bench.sender() as sender:
        sender.submit("a", refuser, b"", gas=100_000)
        assert keys(rounds(sender, lambda step: bool(step.failed)).failed) == ["a"]
        with pytest.raises(UnknownRevert, match="without a reason"):
            sender.wait("a")
    assert bench.used() == 1


def test_what_burns_its_gas_says_so_and_can_be_tried_again(bench):
    burner = f"0x{4:040x}"[:-4] + "c0de"
    bench.rpc("anvil_setCode", burner, BURNS_ALL)
    with bench.sender() as sender:
        sender.submit("a", burner, b"", gas=50_000)
        with pytest.raises(OutOfGas, match="50000") as failure:
            sender.wait("a")
        assert failure.value.tx_hash == sender.get("a").tx_hash
        bench.rpc("anvil_setCode", burner, "0x00")
        assert sender.retry("a").nonce == 1
        assert sender.wait("a").state == "done"
        with pytest.raises(InputError, match="has not failed"):
            sender.retry("a")


def test_gas_is_an_estimate_with_a_margin_and_no_more_than_a_block_has(bench):
    with bench.sender() as sender:
        bench.submit(sender, "a")
        sender.submit("b", bench.recipient, b"", value=1, gas=10**9)
        limits = [bench.direct.web3.eth.get_transaction(sender.wait(key).tx_hash)["gas"] for key in "ab"]
    assert limits == [21_000 * 5 // 4, bench.direct.block().gas_limit]


def test_waiting_ends_at_its_time_and_nothing_is_given_up(bench, held):
    with bench.sender() as sender:
        bench.submit(sender, "a")
        sender.step()
        with pytest.raises(TransactionTimeout, match="'a'") as failure:
            sender.wait("a", timeout=0)
        assert failure.value.retryable
        assert failure.value.tx_hash == bench.attempts("a")[0][0]
        bench.mine()
        assert sender.wait("a").state == "done"


def test_waiting_for_what_was_never_submitted_is_refused(bench):
    with bench.sender() as sender, pytest.raises(InputError, match="'nothing'"):
        sender.wait("nothing")


def test_a_second_sender_for_the_same_key_and_store_is_refused(bench):
    with bench.sender() as first:
        bench.submit(first, "a")
        other = bench.sender(database=SqliteDatabase.open(bench.database.path))
        for act in (lambda: bench.submit(other, "b"), other.step, lambda: other.wait("a")):
            with pytest.raises(SenderTaken) as failure:
                act()
            assert failure.value.retryable
    # The first one has ended: no lease has to run out.
    assert other.wait("a").nonce == 0


def test_two_rows_cannot_have_one_nonce(bench):
    with bench.sender() as sender:
        bench.submit(sender, "a")
        row = "INSERT INTO transactions (key, sender, nonce, data, value, state) VALUES ('x', ?, 0, x'', '0', 'queued')"
        with pytest.raises(Exception, match="UNIQUE"):
            bench.database.execute(row, (bench.signer.address,))


def test_a_store_for_another_chain_is_refused(bench):
    with bench.sender() as sender:
        bench.submit(sender, "a")
        bench.database.execute("UPDATE senders SET genesis = ?", ("0x" + "11" * 32,))
        for act in (lambda: bench.submit(sender, "b"), sender.step):
            with pytest.raises(StoreForeign, match="0x11111111"):
                act()


def test_another_programs_file_is_refused(tmp_path):
    (tmp_path / "notes").write_bytes(b"no database, but long enough to be looked at" * 9)
    for path in (tmp_path / "notes", tmp_path / "missing" / "file"):
        with pytest.raises(StoreError):
            SqliteDatabase.open(path)


@pytest.mark.parametrize("label", ["persist", "sign", "store", "broadcast", "receipt"])
def test_a_sender_that_stops_anywhere_is_gone_on_with_from_what_is_stored(bench, label):
    """The same bytes if there are any; see `test_sender_kill.py` for real processes."""

    def stop(step: str) -> None:
        if step == label:
            raise Killed

    def run() -> None:
        bench.submit(broken, "a")
        rounds(broken, lambda step: bool(step.mined))

    broken = bench.sender(checkpoint=stop)
    with pytest.raises(Killed):
        run()
    stored = bench.attempts("a")
    assert len(stored) == (0 if label in ("persist", "sign") else 1)
    broken.close()
    with bench.sender() as sender:
        bench.submit(sender, "a")
        sender.wait("a")
    assert bench.attempts("a")[: len(stored)] == stored
    assert len(bench.attempts("a")) == 1
    assert (bench.received(), bench.used()) == (1, 1)


def test_figures_and_health_are_known_without_asking(bench, held):
    endpoints_seen = len(bench.plan.seen)
    with bench.sender() as sender:
        assert sender.figures().pending == 0
        assert len(bench.plan.seen) == endpoints_seen
        bench.submit(sender, "a")
        sender.step()
        figures = sender.figures()
    assert (figures.pending, figures.broadcasts, figures.fee_bumps) == (1, 1, 0)


def test_a_second_store_of_this_process_takes_no_lock_from_the_first(tmp_path):
    """Else another process that looks takes itself for the last one, and deletes the log that is still written to."""
    path = tmp_path / "store"
    asked = "import sqlite3, sys; print(*sqlite3.connect(sys.argv[1]).execute('SELECT count(*) FROM senders'))"

    def seen_elsewhere() -> str:
        return subprocess.run([sys.executable, "-c", asked, path], capture_output=True, text=True, check=True).stdout

    first, second = SqliteDatabase.open(path), SqliteDatabase.open(path)
    try:
        seen_elsewhere()
        first.execute("INSERT INTO senders VALUES (?, ?, ?, ?)", ("0x" + "00" * 20, 1, "0x" + "11" * 32, 7))
        assert seen_elsewhere() == "(1,)\n"
    finally:
        first.close()
        second.close()
