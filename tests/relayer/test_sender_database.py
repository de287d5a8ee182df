"""The transaction sender in the outbox's own database: SQLite, and a real PostgreSQL."""

from __future__ import annotations

import secrets
from collections.abc import Callable

import pytest

from lading.chain.endpoints import Endpoints
from lading.chain.node import Chain
from lading.chain.sender import Sender
from lading.chain.sender_errors import KeyReused, SenderTaken
from lading.chain.signer import Signer
from lading.relayer.store.database import Database

Connect = Callable[[], Database]


class Stopped(Exception):
    pass


@pytest.fixture
def chain() -> Chain:
    return Chain.open("embedded")


@pytest.fixture
def recipient() -> str:
    return Signer.unsafe_from_key(secrets.token_bytes(32)).address


def sender_of(chain: Chain, database: Database) -> Sender:
    return Sender(Endpoints([chain]), Signer.dev(1), database, sleep=lambda _: None)


def test_a_row_of_the_outbox_and_its_transaction_are_stored_together(connect: Connect, chain: Chain, recipient: str):
    database = connect()
    put = "INSERT INTO inbox (lane, received_ns, count, reads) VALUES (?, 1, 1, ?)"

    def stop_midway() -> None:
        with database.transaction():
            database.execute(put, ("a", b""))
            sender.submit("a", recipient, b"", value=1)
            raise Stopped

    with sender_of(chain, database) as sender:
        with pytest.raises(Stopped):
            stop_midway()
        assert sender.get("a") is None
        with database.transaction():
            database.execute(put, ("b", b""))
            assert sender.submit("b", recipient, b"", value=2).nonce == 0
        assert database.rows("SELECT lane FROM inbox") == [("b",)]
        assert sender.wait("b").state == "done"
    assert chain.balance(recipient) == 2


def test_many_take_effect_once_each_and_survive_the_connection(connect: Connect, chain: Chain, recipient: str):
    with sender_of(chain, connect()) as sender:
        for number in range(6):
            sender.submit(f"k{number}", recipient, bytes([number]), value=1)
        sender.step()
    database = connect()
    with sender_of(chain, database) as sender:
        for number in range(6):
            done = sender.wait(f"k{number}")
            assert (done.nonce, done.data, done.value) == (number, bytes([number]), 1)
        with pytest.raises(KeyReused):
            sender.submit("k0", recipient, b"", value=1)
        assert sender.submit("k6", recipient, b"", value=2**256 - 1).nonce == 6
    assert chain.balance(recipient) == 6
    assert database.rows("SELECT count(*) FROM attempts") == [(6,)]


def test_a_second_worker_with_the_same_key_is_refused_until_the_first_ends(
    connect: Connect, chain: Chain, recipient: str
):
    first, second = sender_of(chain, connect()), sender_of(chain, connect())
    first.submit("a", recipient, b"", value=1)
    for act in (second.step, lambda: second.submit("b", recipient, b"", value=1)):
        with pytest.raises(SenderTaken):
            act()
    first.close()
    assert second.submit("b", recipient, b"", value=1).nonce == 1
    with pytest.raises(SenderTaken):
        first.step()
    second.wait("b")
    second.close()


def test_what_is_refused_leaves_its_nonce_to_those_behind_it(connect: Connect, chain: Chain, recipient: str):
    database = connect()
    # No such contract: creation code that reverts.
    with sender_of(chain, database) as sender:
        sender.submit("refused", None, bytes.fromhex("60006000fd"))
        for number in range(3):
            sender.submit(f"k{number}", recipient, b"", value=1)
        assert [one.key for one in sender.step().failed] == ["refused"]
        assert [sender.wait(f"k{number}").nonce for number in range(3)] == [0, 1, 2]
        assert sender.retry("refused").nonce == 3


def test_a_worker_whose_session_was_ended_sends_no_more_once_another_has_taken_over(
    schema: str, chain: Chain, recipient: str
):
    from databases import IDENTITY

    first_database, second_database = (Database.open(schema, IDENTITY) for _ in range(2))
    first, second = sender_of(chain, first_database), sender_of(chain, second_database)
    first.submit("a", recipient, b"", value=1)
    ((process,),) = first_database.rows("SELECT pg_backend_pid()")
    second_database.rows("SELECT pg_terminate_backend(?)", (process,))
    second.wait("a")
    with pytest.raises(SenderTaken):
        first.step()
    second.close()
    # Connected anew, it takes the lock that is free again.
    assert first.step().waiting == 0
    for database in (first_database, second_database):
        database.close()
    assert chain.balance(recipient) == 1
