"""docs/claims.md ends in the errors that IItemClaims has, with what their exceptions say to do."""

from __future__ import annotations

import re
import sys
from pathlib import Path

# pytest's importlib mode puts no test folder on the path.
sys.path.insert(0, str(Path(__file__).parent))

from operations_pages import ROOT, table

from lading import artifacts, reverts

TEXT = (ROOT / "docs" / "claims.md").read_text(encoding="utf-8")
ROWS = table(TEXT, "error")


def test_every_error_of_the_interface_has_its_row():
    declared = {item["name"] for item in artifacts.load("ItemClaims").abi if item["type"] == "error"}
    assert sorted(row["error"] for row in ROWS) == sorted(declared)
    assert all(row["when"] for row in ROWS)


def test_a_row_says_what_the_exception_says_to_do():
    kinds = {kind.__name__: kind for kind in reverts.BY_DECLARATION.values()}
    for row in ROWS:
        assert row["what to do"] == re.sub("`", "", kinds[row["error"]].next_step)


def test_the_page_ends_in_its_error_table():
    assert TEXT.rstrip().splitlines()[-1].startswith("| `")
    assert [line for line in TEXT.splitlines() if line.startswith("## ")][-1] == "## Errors"
