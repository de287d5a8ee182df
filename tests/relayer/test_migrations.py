"""Revisions are what they were when they were made: no module of today changes one, and all of them together give what
the modules of today expect."""

from __future__ import annotations

import ast
import sqlite3
from pathlib import Path

import pytest
from databases import IDENTITY

from lading.chain import sender_tables
from lading.relayer.store import migrations
from lading.relayer.store.database import Database

SENDERS = ("attempts", "senders", "transactions")


def made(where: str) -> dict[str, list[tuple[object, ...]]]:
    """The columns of the sender's tables."""
    database = Database.open(where, IDENTITY)
    try:
        if not database.shared:
            return {name: database.rows(f"PRAGMA table_info({name})") for name in SENDERS}
        select = (
            "SELECT column_name, data_type, is_nullable FROM information_schema.columns"
            " WHERE table_name = ? AND table_schema = current_schema() ORDER BY ordinal_position"
        )
        return {name: database.rows(select, (name,)) for name in SENDERS}
    finally:
        database.close()


def test_no_revision_imports_anything_that_may_change():
    folder = Path(migrations.__file__).parent / "versions"
    for path in sorted(folder.glob("revision_*.py")):
        for node in ast.walk(ast.parse(path.read_text())):
            names = [node.module] if isinstance(node, ast.ImportFrom) else []
            names += [one.name for one in node.names] if isinstance(node, ast.Import) else []
            assert not [name for name in names if (name or "").startswith("lading")], path.name


def test_a_change_of_todays_tables_changes_no_revision(where: str, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(sender_tables, "_TABLES", ())
    assert all(made(where).values())


def test_the_revisions_give_the_tables_that_the_sender_expects(tmp_path: Path):
    """Whoever changes those without a revision of its own is told here."""
    expected = sqlite3.connect(":memory:")
    for statement in sender_tables.tables(postgresql=False):
        expected.execute(statement)
    found = sqlite3.connect(tmp_path / "outbox.sqlite3")
    Database.open(tmp_path / "outbox.sqlite3", IDENTITY).close()
    for name in SENDERS:
        select = "SELECT name, sql FROM sqlite_schema WHERE tbl_name = ? AND sql IS NOT NULL ORDER BY name"
        assert found.execute(select, (name,)).fetchall() == expected.execute(select, (name,)).fetchall()
    found.close()
    expected.close()
