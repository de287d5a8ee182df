"""What an audit of the scores found, for people and for machines."""

from __future__ import annotations

from dataclasses import asdict
from typing import TYPE_CHECKING

from lading.cli.output import Shown, pairs, plain, table, title, utc
from lading.values import at_time

if TYPE_CHECKING:
    from lading.groups.credit_audit import CreditAudit

MOST_SHOWN = 40


def shown(audit: CreditAudit, exit_code: int) -> Shown:
    return Shown(_document(audit), _lines(audit), exit_code)


def _document(audit: CreditAudit) -> dict[str, object]:
    sellers = [
        {"seller": one.seller, "score": one.score, "witnessed_score": one.witnessed_score, "record": asdict(one.record)}
        for one in audit.sellers
    ]
    return {
        "agrees": audit.agrees,
        "block": audit.block,
        "time": utc(at_time(audit.time)),
        "endings": audit.endings,
        "counted": audit.counted,
        "sellers": plain(sellers),
        "platforms": [asdict(one) for one in audit.platforms],
        "differences": [asdict(one) for one in audit.differences],
        "unreported": [asdict(one) for one in audit.missed],
    }


def _lines(audit: CreditAudit) -> list[str]:
    count = len(audit.sellers)
    verdict = (
        f"All {count} sellers' slots and scores are what the logs make of them, bit for bit."
        if audit.agrees
        else f"{len(audit.differences)} differences between the contract and the logs."
    )
    facts = {
        "as of block": audit.block,
        "time": utc(at_time(audit.time)),
        "orders that ended": audit.endings,
        "of them counted": audit.counted,
        "not yet reported": len(audit.missed),
    }
    lines = [verdict, "", *pairs(facts)]
    if audit.differences:
        rows = [(one.seller or one.order, one.what, one.contract, one.replayed) for one in audit.differences]
        lines += [*title("Differences"), *table(("of", "what", "contract", "from the logs"), rows)]
    if audit.sellers:
        scores = [(one.seller, one.score, one.witnessed_score) for one in audit.sellers[:MOST_SHOWN]]
        lines += [*title("Sellers"), *table(("seller", "score", "witnessed"), scores, right=("score", "witnessed"))]
        if count > MOST_SHOWN:
            lines.append(f"… and {count - MOST_SHOWN} more; --json has them all.")
    if audit.platforms:
        rows_ = [(one.platform, one.score, one.sellers) for one in audit.platforms]
        lines += [
            *title("Platforms, by the sellers that they admitted"),
            *table(("platform", "score", "sellers"), rows_),
        ]
    if audit.missed:
        missed = [(one.order, one.seller, one.good, one.bad) for one in audit.missed]
        headers = ("order", "seller", "good", "bad")
        lines += [
            *title("Ended, but not counted yet: `lading credit report ORDER`, by anyone"),
            *table(headers, missed),
        ]
    return lines
