"""docs/operations, read: its pages and their tables, and what the README says is never met on a page."""

from __future__ import annotations

import re
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent.parent
PAGES = ROOT / "docs" / "operations"
#: Each page, and the functions behind it: of the vault, unless another contract is named.
VERBS = {
    "open": ("open", "openWithAuthorization"),
    "accept": ("accept",),
    "cancel": ("cancel",),
    "ship": ("ship",),
    "poke": ("poke",),
    "deliver": ("deliver",),
    "deliver-anchored": ("Deliveries.deliverAnchored", "Deliveries.trustFrom"),
    "release": ("release",),
    "refund": ("refund",),
    "request-return": ("Returns.requestReturn",),
    "receive-return": ("Returns.receiveReturn",),
    "settle-return": ("Returns.settleReturn", "Returns.settleByPolicy"),
    "dispute": ("Disputes.dispute", "Disputes.submitEvidence"),
    "propose-split": ("Disputes.proposeSplit",),
    "accept-split": ("Disputes.acceptSplit",),
    "rule": ("Disputes.rule", "Disputes.settleUnruled"),
    "assign": ("assign", "consentToRefund"),
    "quote": ("Quotes.setCap", "Quotes.cancelQuote", "Quotes.take"),
    "assess-duties": ("Duties.assess", "Duties.returnDuties", "Duties.refundDuties"),
    "report": ("report",),
    "withdraw": ("withdraw", "withdrawFor"),
    "batch": ("batch",),
}
#: What contracts call at each other's doors; in the README of the pages.
DOOR = ("hold", "settle", "payDuties", "Quotes.close")
VAULT = "TradeEscrow"
OPERATORS = ("Deliveries", "Quotes", "Returns", "Disputes", "Duties")
#: The words of the pages for where an error or event is from, and the ABI that declares it.
ORIGINS = {
    "vault": VAULT,
    **{operator.lower(): operator for operator in OPERATORS},
    "registry": "ParticipantRegistry",
    "token": "DevDollar",
    "credit": "SellerCredit",
    "OpenZeppelin": VAULT,
}


def spelled(function: str) -> tuple[str, str]:
    """Contract and name of a function as `VERBS` writes it."""
    contract, _, name = function.rpartition(".")
    return contract or VAULT, name


def page(name: str) -> str:
    return (PAGES / f"{name}.md").read_text(encoding="utf-8")


def never(verb: str) -> set[tuple[str, str]]:
    """(origin, name) of errors and events that lie on the verb's way without ever coming, as the README says."""
    rows = table(page("README"), "never")
    return {(row["from"], row["never"]) for row in rows if verb in row["on the way of"].split(", ")}


def table(text: str, first: str) -> list[dict[str, str]]:
    """The rows of the one table whose first column has that heading, by heading, without the marks of code."""
    found = re.findall(rf"^\| *{first} *\|.*\n\|[-:| ]+\|\n((?:\|.*\n?)*)", text, re.MULTILINE)
    assert len(found) == 1, f"{len(found)} tables that begin with {first!r}"
    heading = re.search(rf"^\| *{first} *\|.*$", text, re.MULTILINE)
    assert heading is not None
    return [dict(zip(_cells(heading[0]), _cells(line), strict=True)) for line in found[0].splitlines()]


def _cells(line: str) -> list[str]:
    return [cell.strip().replace("`", "") for cell in line.strip().strip("|").split("|")]
