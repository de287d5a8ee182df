"""One SQL layer, the same on both databases."""

from __future__ import annotations

import logging
import sqlite3
import stat
import subprocess
import sys
from collections.abc import Callable
from contextlib import closing
from dataclasses import replace
from pathlib import Path
from threading import Thread

import pytest
from alembic.config import Config
from alembic.script import ScriptDirectory

sys.path.insert(0, str(Path(__file__).parent))
from databases import IDENTITY

from lading.relayer.errors import OutboxAway, OutboxForeign, OutboxLocked, OutboxUnreadable
from lading.relayer.store import migrations
from lading.relayer.store.database import MEMORY, Database, owner_of
from lading.relayer.store.migrations import REVISIONS, VERSION_TABLE

Connect = Callable[[], Database]
PUT = "INSERT INTO inbox (lane, received_ns, count, reads) VALUES (?, 1, 1, ?)"
COUNT = "SELECT count(*) FROM inbox"


class Stopped(Exception):
    pass


def test_the_revisions_are_those_that_alembic_finds():
    config = Config()
    config.set_main_option("script_location", str(Path(migrations.__file__).parent))
    config.set_main_option("path_separator", "os")
    script = ScriptDirectory.from_config(config)
    assert tuple(one.revision for one in reversed(list(script.walk_revisions()))) == REVISIONS
    assert script.get_current_head() == REVISIONS[-1]


def test_statements_run_alike(connect: Connect):
    database = connect()
    assert database.insert(PUT, ("dock", b"\x00\xff%")) == 1
    assert database.many(PUT, [("dock", b""), ("gate", b"x")]) == 2
    assert database.execute("UPDATE inbox SET lane = ? WHERE lane = ?", ("door", "dock")) == 2
    assert database.rows("SELECT lane, reads FROM inbox WHERE lane LIKE 'do%' ORDER BY id") == [
        ("door", b"\x00\xff%"),
        ("door", b""),
    ]
    assert database.one(COUNT) == (3,)
    ignoring = "INSERT INTO typed_leaves (hash, kind, body) VALUES (?, 'seal', '') ON CONFLICT DO NOTHING"
    assert database.insert(ignoring, (bytes(32),)) == 1
    assert database.insert(ignoring, (bytes(32),)) is None


def test_what_is_wrong_with_a_statement_is_no_error_of_the_outbox(connect: Connect):
    database = connect()
    for statement in ("SELECT 1 FROM nowhere", "INSERT INTO counters (lane) VALUES ('x')"):
        with pytest.raises(Exception, match=r"nowhere|name") as caught:
            database.execute(statement)
        assert type(caught.value).__module__.startswith(("sqlite3", "psycopg"))
    assert database.one("SELECT 1") == (1,)


def test_a_transaction_is_all_or_nothing_and_its_parts_too(connect: Connect):
    database = connect()

    def run() -> None:
        with database.transaction():
            database.insert(PUT, ("dock", b""))
            with database.transaction():
                database.insert(PUT, ("dock", b""))
            raise Stopped

    with pytest.raises(Stopped):
        run()
    assert database.one(COUNT) == (0,)
    with database.transaction():
        database.insert(PUT, ("dock", b""))
    assert connect().one(COUNT) == (1,)


def test_a_snapshot_sees_one_state_and_holds_nobody_up(connect: Connect):
    ours, theirs = connect(), connect()
    with ours.snapshot():
        assert ours.one(COUNT) == (0,)
        theirs.insert(PUT, ("dock", b""))
        assert ours.one(COUNT) == (0,)
    assert ours.one(COUNT) == (1,)


def test_ids_of_the_inbox_are_never_used_twice(connect: Connect):
    database = connect()
    assert database.insert(PUT, ("dock", b"")) == 1
    database.execute("DELETE FROM inbox")
    assert database.insert(PUT, ("dock", b"")) == 2


def test_a_writer_that_holds_the_database_too_long_locks_others_out(
    connect: Connect,
    monkeypatch: pytest.MonkeyPatch,
):
    monkeypatch.setattr("lading.relayer.store.database.BUSY_SECONDS", 0.1)
    monkeypatch.setattr("lading.relayer.store.engines.BUSY_SECONDS", 0.1)
    ours, theirs = connect(), connect()
    with ours.transaction():
        ours.lock("batches")
        with pytest.raises(OutboxLocked) as caught, theirs.transaction():
            theirs.lock("batches")
    assert caught.value.retryable
    with theirs.transaction():
        theirs.lock("batches")


def test_threads_share_a_connection_one_transaction_at_a_time(connect: Connect):
    database = connect()

    def add() -> None:
        for _ in range(20):
            with database.transaction():
                (count,) = database.one(COUNT)
                database.insert(PUT, ("dock", b"%d" % count))

    threads = [Thread(target=add) for _ in range(4)]
    for one in threads:
        one.start()
    for one in threads:
        one.join()
    assert [row for (row,) in database.rows("SELECT reads FROM inbox ORDER BY id")] == [b"%d" % n for n in range(80)]


def test_two_logs_have_two_lock_numbers_and_both_kinds_of_lock_their_own(tmp_path: Path):
    one = Database.open(tmp_path / "one", IDENTITY)
    other = Database.open(tmp_path / "other", replace(IDENTITY, publisher="0x" + "cd" * 32))
    numbers = {database.lock_number(name) for database in (one, other) for name in ("batches", "leader")}
    assert len(numbers) == 4
    assert all(-(2**63) <= number < 2**63 for number in numbers)


def test_whose_it_is_and_no_others(where: str, connect: Connect):
    connect()
    assert owner_of(where) == IDENTITY
    with pytest.raises(OutboxForeign, match="registry 0x22"):
        Database.open(where, replace(IDENTITY, registry="0x" + "33" * 20))


def test_a_version_that_is_not_known_is_refused_by_name(where: str, connect: Connect):
    connect().execute(f"UPDATE {VERSION_TABLE} SET version_num = '0999'")  # noqa: S608
    with pytest.raises(OutboxUnreadable, match=f"version 0999, this program knows {REVISIONS[-1]}"):
        Database.open(where, IDENTITY)


def test_what_an_earlier_version_wrote_is_brought_to_this_one_and_kept(
    where: str, connect: Connect, monkeypatch: pytest.MonkeyPatch
):
    with monkeypatch.context() as earlier:
        earlier.setattr("lading.relayer.store.opening.REVISIONS", REVISIONS[:1])
        connect().insert(PUT, ("dock", b"kept"))
    assert connect().one(f"SELECT version_num FROM {VERSION_TABLE}") == (REVISIONS[-1],)  # noqa: S608
    assert connect().one("SELECT reads FROM inbox") == (b"kept",)
    assert owner_of(where) == IDENTITY


OPEN = """
import sys
from lading.relayer.store.database import Database, LogIdentity
database = Database.open(sys.argv[1], LogIdentity(31337, "0x" + "11" * 32, "0x" + "22" * 20, "0x" + "ab" * 32))
database.insert("INSERT INTO inbox (lane, received_ns, count, reads) VALUES ('dock', 1, 1, ?)", (b"",))
"""


def test_processes_that_open_it_at_once_make_it_once(where: str, connect: Connect):
    command = [sys.executable, "-W", "ignore", "-c", OPEN, where]
    running = [subprocess.Popen(command, stderr=subprocess.PIPE) for _ in range(4)]
    assert [one.communicate()[1] for one in running] == [b""] * 4
    assert connect().one(COUNT) == (4,)
    assert connect().one("SELECT count(*) FROM store") == (1,)


def test_making_it_tells_the_logs_nothing(caplog: pytest.LogCaptureFixture):
    with caplog.at_level(logging.INFO):
        Database.open(MEMORY, IDENTITY).close()
    assert caplog.records == []


def test_a_second_connection_of_this_process_takes_no_lock_from_the_first(tmp_path: Path):
    """As the service opens one for its metrics: another process, such as `relay status`, that comes and goes then must
    not take itself for the last one and delete the log of a database that is still written to."""
    path = tmp_path / "outbox.sqlite3"
    asked = f"import sqlite3; c = sqlite3.connect({str(path)!r}); print(*c.execute({COUNT!r})); c.close()"

    def seen_elsewhere() -> str:
        done = subprocess.run([sys.executable, "-c", asked], capture_output=True, text=True, check=True)
        return done.stdout

    with closing(Database.open(path, IDENTITY)) as first, closing(Database.open(path, IDENTITY)):
        seen_elsewhere()
        first.insert(PUT, ("dock", b""))
        assert seen_elsewhere() == "(1,)\n"


def test_a_file_is_its_owners_alone_and_its_settings_are_durable(tmp_path: Path):
    path = tmp_path / "outbox.sqlite3"
    database = Database.open(path, IDENTITY)
    database.insert(PUT, ("dock", b""))
    modes = {stat.S_IMODE(one.stat().st_mode) for one in tmp_path.iterdir()}
    assert modes == {0o600}
    settings = ("journal_mode", "synchronous", "foreign_keys")
    assert [database.one(f"PRAGMA {name}")[0] for name in settings] == ["wal", 2, 1]


def test_what_is_no_outbox_is_left_as_it_was(tmp_path: Path):
    theirs = tmp_path / "theirs.sqlite3"
    with closing(sqlite3.connect(theirs)) as connection:
        connection.execute("CREATE TABLE theirs (x)")
        connection.commit()
    before = theirs.read_bytes()
    for ask in (lambda: Database.open(theirs, IDENTITY), lambda: owner_of(theirs)):
        with pytest.raises(OutboxUnreadable):
            ask()
    assert theirs.read_bytes() == before
    assert [one.name for one in tmp_path.iterdir()] == ["theirs.sqlite3"]
    with pytest.raises(OutboxUnreadable, match="no such file"):
        owner_of(tmp_path / "none.sqlite3")
    assert not (tmp_path / "none.sqlite3").exists()


def test_a_connection_that_broke_is_made_anew(schema: str):
    ours, theirs = Database.open(schema, IDENTITY), Database.open(schema, IDENTITY)

    def broken() -> None:
        theirs.rows("SELECT pg_terminate_backend(?)", (ours.one("SELECT pg_backend_pid()")[0],))

    def run() -> None:
        with ours.transaction():
            ours.insert(PUT, ("dock", b""))
            broken()
            ours.insert(PUT, ("dock", b""))

    with pytest.raises(OutboxAway, match="does not answer") as caught:
        run()
    assert caught.value.retryable
    with ours.transaction():
        assert ours.insert(PUT, ("dock", b"")) == 2, "the transaction that broke left nothing"
    broken()
    before = ours.session
    with ours.transaction():
        assert ours.one(COUNT) == (1,)
    assert ours.session == before + 1
    ours.close()
    theirs.close()


def test_a_server_that_is_not_there_is_told_without_its_password():
    with pytest.raises(OutboxAway) as caught:
        Database.open("postgresql://relay:geheim@127.0.0.1:1/relay", IDENTITY)
    assert "postgresql://127.0.0.1:1/relay" in str(caught.value)
    assert "geheim" not in f"{caught.value!r} {caught.value.__cause__!r}"


def test_an_error_that_was_swallowed_inside_a_transaction_does_not_pass_for_success(schema: str):
    database = Database.open(schema, IDENTITY)

    def run() -> None:
        with database.transaction(), pytest.raises(Exception, match="nowhere"):
            database.execute("SELECT 1 FROM nowhere")

    with pytest.raises(RuntimeError, match="swallowed"):
        run()
    database.close()
