"""What is accepted is signed in the transaction that makes it durable: numbered by reader, chained, nothing twice."""

from __future__ import annotations

import asyncio
import json
import sys
from collections.abc import Callable
from itertools import pairwise
from pathlib import Path
from threading import Thread

import pytest
from hypothesis import given
from hypothesis import strategies as st

sys.path.insert(0, str(Path(__file__).parent))
from captures_kit import FIRST_NS, KEY, OTHER, accept, exported, read, signer, verified
from databases import IDENTITY
from feeds_kit import decoder, line, lines, sequences, stored

from lading.chain import typed_data
from lading.chain.capture_keys import CaptureHasher, CaptureKey, CaptureWords, link_of, made_by
from lading.chain.signer import signer_of
from lading.relayer.captures import codec, signing
from lading.relayer.captures.document import schema
from lading.relayer.captures.errors import CapturesBroken
from lading.relayer.feeds.backoff import Backoff
from lading.relayer.feeds.message import Message
from lading.relayer.intake import inbox
from lading.relayer.intake.intake_queue import Intake
from lading.relayer.intake.replay import replay
from lading.relayer.store.database import Database
from lading.relayer.store.migrations import REVISIONS

Connect = Callable[[], Database]
COUNT = "SELECT count(*) FROM signed_captures"
big = st.integers(-(2**63), 2**63 - 1)
reads = st.tuples(
    big,
    st.text("0123456789ABCDEF", min_size=1, max_size=64),
    big,
    st.just("dock"),
    big,
    st.integers(-1440, 1440),
    st.booleans(),
    st.none() | big,
)


@given(st.lists(reads, min_size=1, max_size=30))
def test_reads_come_back_from_their_text_and_from_what_is_stored(rows):
    text = codec.text_of(rows)
    found = codec.lines_of(text)
    assert found is not None
    assert codec.rows_of(found, "dock") == rows
    assert codec.unpack(codec.pack(text)) == text


@given(st.lists(reads, min_size=1, max_size=5), st.lists(reads, min_size=1, max_size=5))
def test_other_reads_have_another_text(some, others):
    assert (codec.text_of(some) == codec.text_of(others)) == (some == others)


@given(st.lists(reads, min_size=1, max_size=3), st.data())
def test_no_other_text_is_taken_for_one(rows, data):
    """One spelling of each read: whatever is still taken after a change says something else."""
    text = codec.text_of(rows)
    at = data.draw(st.integers(0, len(text) - 1))
    spoilt = text[:at] + data.draw(st.binary(max_size=2)) + text[at + 1 :]
    if (found := codec.lines_of(spoilt)) is not None:
        assert codec.text_of(codec.rows_of(found, "dock")) == spoilt


@pytest.mark.parametrize("packed", [b"", b"nothing", codec.pack(b"x")[:-1], codec.pack(b"x") + b"x"])
def test_what_was_not_packed_is_not_unpacked(packed: bytes):
    assert codec.unpack(packed) is None


words = st.builds(
    CaptureWords,
    reader=st.text(st.characters(codec="utf-8"), min_size=1, max_size=40),
    sequence=st.integers(1, 2**53 - 1),
    previous=st.binary(min_size=32, max_size=32),
    reads=st.binary(min_size=32, max_size=32),
    count=st.integers(1, 2**32 - 1),
    received_ns=st.integers(0, 2**63 - 1),
)


@given(words)
def test_the_signature_is_that_of_eip_712_over_the_published_document(one: CaptureWords):
    domain = typed_data.provenance_domain(IDENTITY.chain_id, IDENTITY.registry)
    members = {
        "publisher": IDENTITY.publisher,
        "reader": one.reader,
        "sequence": one.sequence,
        "previous": one.previous,
        "reads": one.reads,
        "count": one.count,
        "receivedNs": one.received_ns,
        "signer": KEY.address,
    }
    document = typed_data.capture(domain, members)
    key = CaptureKey(KEY)
    digest = CaptureHasher(IDENTITY.chain_id, IDENTITY.registry, IDENTITY.publisher).digest(one, key.address)
    signature = key.sign(digest)
    assert "0x" + signature.hex() == KEY.sign_typed(document)
    assert signer_of(document, "0x" + signature.hex()) == KEY.address
    assert made_by(digest, signature) == key.address


def test_the_other_form_of_a_signature_is_none():
    order = 0xFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFEBAAEDCE6AF48A03BBFD25E8CD0364141
    key, digest = CaptureKey(KEY), b"\x07" * 32
    signature = key.sign(digest)
    high = (order - int.from_bytes(signature[32:64], "big")).to_bytes(32, "big")
    other = signature[:32] + high + bytes([55 - signature[-1]])
    assert signer_of_digest(digest, other) == key.address  # it is one, to everybody else
    assert made_by(digest, other) is None
    assert made_by(digest, signature[:-1]) is None
    assert made_by(digest, signature[:-1] + b"\x1d") is None
    assert made_by(digest, b"\xff" * 64 + b"\x1b") is None


def signer_of_digest(digest: bytes, signature: bytes) -> bytes:
    from eth_keys.datatypes import Signature

    plain = Signature(signature[:-1] + bytes([signature[-1] - 27]))
    return plain.recover_public_key_from_msg_hash(digest).to_canonical_address()


def test_no_key_is_shown():
    assert KEY.unsafe_key().hex() not in repr(CaptureKey(KEY)) + str(vars(signer()).values())


def test_what_a_transaction_accepts_of_a_reader_is_one_capture_in_the_order_of_its_arrival(connect: Connect):
    database = connect()
    accept(database, [line(3), line(1), line(7, "zebra"), b"garbage", line(2)], FIRST_NS)
    accept(database, [line(4)], FIRST_NS + 5)
    header, captures = read(exported(database))
    assert (header.reader, header.first, header.last) == ("ours", 1, 2)
    assert [[int(one.split()[3]) for one in capture.reads or ()] for capture in captures] == [[3, 1, 2], [4]]
    assert [(one.sequence, one.count, one.received_ns) for one in captures] == [
        (1, 3, str(FIRST_NS)),
        (2, 1, str(FIRST_NS + 5)),
    ]
    assert captures[0].previous == bytes(32)
    assert captures[1].previous == link_of(bytes.fromhex(captures[0].signature[2:]))
    assert len(read(exported(database, "zebra"))[1]) == 1
    assert verified(exported(database)).faults == []


def test_what_is_captured_is_what_is_stored(connect: Connect):
    database = connect()
    accept(database, [lines(range(50)), line(50, rssi=-41.5)], FIRST_NS)
    (capture,) = read(exported(database))[1]
    assert codec.rows_of(capture.reads or (), "ours") == [tuple(one) for one in stored(database)]


def test_a_capture_too_large_to_be_held_is_several(connect: Connect, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(signing, "MOST_READS", 4)
    database = connect()
    accept(database, [lines(range(10))], FIRST_NS)
    assert [one.count for one in read(exported(database))[1]] == [4, 4, 2]
    assert verified(exported(database)).faults == []


def test_a_transaction_that_failed_took_no_number(connect: Connect):
    database = connect()
    accept(database, [line(1)], FIRST_NS)

    def fail() -> None:
        with database.transaction():
            accept(database, [line(2)], FIRST_NS + 1)
            raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        fail()
    accept(database, [line(3)], FIRST_NS + 2)
    assert verified(exported(database)).faults == []
    assert [one.sequence for one in read(exported(database))[1]] == [1, 2]
    assert sequences(database) == [1, 3]


def test_workers_that_sign_for_one_reader_at_once_give_out_each_number_once(where: str, connect: Connect):
    connect()
    failed: list[BaseException] = []

    def work(worker: int) -> None:
        try:
            database = Database.open(where, IDENTITY)
            for number in range(40):
                both = [line(1000 * worker + number, reader) for reader in ("ours", "zebra")]
                accept(database, both[:: -1 if worker % 2 else 1], FIRST_NS, signer(KEY if worker % 2 else OTHER))
            database.close()
        except BaseException as error:  # noqa: BLE001 - told by the test
            failed.append(error)

    threads = [Thread(target=work, args=(worker,)) for worker in range(3)]
    for one in threads:
        one.start()
    for one in threads:
        one.join()
    assert failed == []
    for reader in ("ours", "zebra"):
        file = exported(connect(), reader)
        assert [one.sequence for one in read(file)[1]] == list(range(1, 121))
        found = verified(file)
        assert found.faults == []
        assert sorted(one.captures for one in found.signers.values()) == [40, 80]


def test_the_intake_signs_a_group_once_and_not_each_message(connect: Connect):
    database, other = connect(), connect()

    async def run() -> None:
        async with Intake(database, decoder(), captures=signer()) as intake:
            await asyncio.gather(*(intake.put([Message("test", "place", line(number))]) for number in range(100)))
            assert other.one(COUNT) == (1,)  # it is durable when the puts come back

    asyncio.run(run())
    assert verified(exported(database)).reads == 100


def test_without_a_key_nothing_is_signed(connect: Connect):
    database = connect()

    async def run() -> None:
        async with Intake(database, decoder()) as intake:
            await intake.put([Message("test", "place", line(1))])

    asyncio.run(run())
    assert database.one(COUNT) == (0,)
    assert database.one("SELECT count(*) FROM capture_heads") == (0,)


def test_what_is_replayed_from_quarantine_is_signed(connect: Connect):
    database, signs = connect(), signer()
    accept(database, [line(1, "stranger")], FIRST_NS, signs)
    assert database.one(COUNT) == (0,)
    done = replay(database, decoder("ours", "stranger"), captures=signs)
    assert len(done.read) == 1
    assert verified(exported(database, "stranger")).reads == 1


def test_an_intake_and_a_replay_of_one_reader_do_not_wait_for_each_other(where: str, connect: Connect):
    """Both change how much is in quarantine, and sign."""
    first, known = connect(), decoder("ours", "stranger")
    accept(first, [line(number, "stranger") for number in range(30)], FIRST_NS)
    failed: list[BaseException] = []

    def read_again() -> None:
        try:
            replay(connect(), known, captures=signer())
        except BaseException as error:  # noqa: BLE001 - told by the test
            failed.append(error)

    beside = Thread(target=read_again)
    beside.start()
    for number in range(30):
        decoded = known.all(
            [Message("test", "place", one) for one in (b"bad %d" % number, line(100 + number, "stranger"))]
        )
        with first.transaction():
            inbox.store(first, decoded, FIRST_NS, signer())
    beside.join()
    assert failed == []
    found = verified(exported(first, "stranger"))
    assert (found.reads, found.faults) == (60, [])


def test_a_number_that_is_there_already_is_not_used_again_and_nothing_is_acknowledged(connect: Connect):
    database, signs = connect(), signer()
    for number in range(3):
        accept(database, [line(number)], FIRST_NS + number, signs)
    database.execute("UPDATE capture_heads SET sequence = 1")
    before = exported(database)

    async def run() -> str:
        async with Intake(database, decoder(), Backoff(0.001, 0.002), signs) as intake:
            put = asyncio.create_task(intake.put([Message("test", "place", line(9))]))
            while intake.state.retries < 3:
                await asyncio.sleep(0.001)
            assert not put.done()
            put.cancel()
            return intake.state.problem or ""

    assert "do not go on from capture 2" in asyncio.run(run())
    assert signs.failures >= 3
    assert exported(database) == before
    assert sequences(database) == [0, 1, 2]
    with pytest.raises(CapturesBroken):
        accept(database, [line(9)], FIRST_NS)


def test_an_outbox_of_the_revision_before_gets_the_tables_and_keeps_what_it_has(
    where: str, connect: Connect, monkeypatch: pytest.MonkeyPatch
):
    at = REVISIONS.index("0003") + 1
    with monkeypatch.context() as earlier:
        earlier.setattr("lading.relayer.store.opening.REVISIONS", REVISIONS[:at])
        old = connect()
        old.execute("INSERT INTO inbox (lane, received_ns, count, reads) VALUES ('ours', 1, 1, ?)", (b"kept",))
        with pytest.raises(Exception, match="signed_captures"):
            old.execute(COUNT)
        old.close()
    database = connect()
    assert database.one("SELECT reads FROM inbox") == (b"kept",)
    accept(database, [line(1)], FIRST_NS)
    assert verified(exported(database)).captures == 1


def test_each_reader_is_counted_for_itself_and_each_capture_follows_on_the_one_before(connect: Connect):
    database = connect()
    for number in range(6):
        accept(database, [line(number, reader) for reader in ("ours", "zebra")[: 1 + number % 2]], FIRST_NS + number)
    for reader, count in (("ours", 6), ("zebra", 3)):
        captures = read(exported(database, reader))[1]
        assert [one.sequence for one in captures] == list(range(1, count + 1))
        for before, after in pairwise(captures):
            assert after.previous == link_of(bytes.fromhex(before.signature[2:]))


def test_the_published_schema_is_that_of_the_file():
    import lading.relayer.captures

    path = Path(lading.relayer.captures.__file__).parent / "schema/lading-captures-1.json"
    assert json.loads(path.read_text()) == schema()
