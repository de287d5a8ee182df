"""Whose an outbox is, and what is none."""

from __future__ import annotations

import sqlite3
import stat
from contextlib import closing
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from outbox_kit import ITEM, filled

from lading.relayer.errors import OutboxForeign, OutboxUnreadable
from lading.relayer.outbox.outbox import Outbox


def test_what_was_stored_is_there_after_reopening_and_for_the_owner_alone(tmp_path: Path, identity):
    path = tmp_path / "outbox.sqlite3"
    with Outbox.open(path, identity) as first:
        filled(first, 2)
        before = first.entries(ITEM.format(1))
    with Outbox.open(path, replace(identity, registry=identity.registry.upper().replace("X", "x"))) as second:
        assert second.entries(ITEM.format(1)) == before
    assert stat.S_IMODE(path.stat().st_mode) == 0o600


@pytest.mark.parametrize(
    "other", [{"chain_id": 1}, {"genesis": "0x00"}, {"registry": "0x01"}, {"publisher": "0x" + "cd" * 32}]
)
def test_an_outbox_of_another_log_is_refused(tmp_path: Path, identity, other: dict[str, Any]):
    path = tmp_path / "outbox.sqlite3"
    Outbox.open(path, identity).close()
    with pytest.raises(OutboxForeign, match=next(iter(other))):
        Outbox.open(path, replace(identity, **other))


def test_what_is_no_outbox_is_refused_and_left_alone(tmp_path: Path, identity):
    text = tmp_path / "notes.txt"
    text.write_bytes(b"no database at all, but some kilobytes of text\n" * 100)
    foreign = tmp_path / "other.sqlite3"
    with closing(sqlite3.connect(foreign)) as connection:
        connection.execute("CREATE TABLE theirs (x)")
        connection.commit()
    newer = tmp_path / "newer.sqlite3"
    Outbox.open(newer, identity).close()
    with closing(sqlite3.connect(newer)) as connection:
        connection.execute("UPDATE store_version SET version_num = '0999'")
        connection.commit()
    for path in (text, foreign, newer, tmp_path / "nowhere" / "outbox.sqlite3", tmp_path):
        with pytest.raises(OutboxUnreadable):
            Outbox.open(path, identity)
    assert text.read_bytes() == b"no database at all, but some kilobytes of text\n" * 100
    with closing(sqlite3.connect(foreign)) as connection:
        assert connection.execute("SELECT count(*) FROM sqlite_schema").fetchall() == [(1,)]
