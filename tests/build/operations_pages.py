"""docs/operations, read: its pages and their tables."""

from __future__ import annotations

import re
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent.parent
PAGES = ROOT / "docs" / "operations"
#: Each page, and the vault's functions behind it.
VERBS = {
    "open": ("open", "openWithAuthorization", "openWithConsent"),
    "accept": ("accept",),
    "cancel": ("cancel",),
    "ship": ("ship",),
    "poke": ("poke",),
    "deliver": ("deliver",),
    "release": ("release",),
    "refund": ("refund",),
    "report": ("report",),
    "withdraw": ("withdraw", "withdrawFor"),
}


def page(name: str) -> str:
    return (PAGES / f"{name}.md").read_text(encoding="utf-8")


def table(text: str, first: str) -> list[dict[str, str]]:
    """The rows of the one table whose first column has that heading, by heading, without the marks of code."""
    found = re.findall(rf"^\| *{first} *\|.*\n\|[-:| ]+\|\n((?:\|.*\n?)*)", text, re.MULTILINE)
    assert len(found) == 1, f"{len(found)} tables that begin with {first!r}"
    heading = re.search(rf"^\| *{first} *\|.*$", text, re.MULTILINE)
    assert heading is not None
    return [dict(zip(_cells(heading[0]), _cells(line), strict=True)) for line in found[0].splitlines()]


def _cells(line: str) -> list[str]:
    return [cell.strip().replace("`", "") for cell in line.strip().strip("|").split("|")]
