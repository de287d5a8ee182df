"""The price of an attack, for people and for machines."""

from __future__ import annotations

from dataclasses import asdict
from typing import TYPE_CHECKING

from lading.cli.output import plain, table, title
from lading.credit.attacks import HOW, Attack, units

if TYPE_CHECKING:
    from lading.credit.attack import Plan
    from lading.credit.attacks import Level, Row, Study

DAY = 86_400
NONE = "-"
RIGHT = ("points", "burned", "fees", "capital", "RU x days", "days", "orders", "buyers", "signers", "each")


def document(study: Study) -> dict[str, object]:
    """Money in reference units as text, times in seconds."""
    return {
        "rules": asdict(study.parameters),
        "market": plain(asdict(study.market)),
        "attacks": [_row(row) for row in study.rows],
        "levels": [_level(level) for level in study.levels],
        "default_limit": units(study.default_limit),
        "safe_line_bps": study.safe_bps,
        "reason": study.reason,
    }


def _row(row: Row) -> dict[str, object]:
    return {
        "attack": row.attack.value,
        "how": HOW[row.attack],
        "start": row.start,
        "score": row.before,
        "points": -row.points if row.attack is Attack.GRIEFING else row.points,
        "any": None if row.any is None else _plan(row.any),
        "witnessed": None if row.witnessed is None else _plan(row.witnessed),
    }


def _level(level: Level) -> dict[str, object]:
    return {
        "witnessed_score": level.level,
        "plan": None if level.plan is None else _plan(level.plan),
        "unlocked": units(level.unlocked),
        "pays": level.pays,
        "limit": units(level.limit),
    }


def _plan(plan: Plan) -> dict[str, object]:
    strategy = plan.strategy
    return {
        "burned": units(plan.burned),
        "gas": units(plan.gas),
        "provider_fees": units(plan.fees),
        "duties_if_cleared": units(plan.duties),
        "capital": units(plan.capital),
        "capital_days": units(plan.capital_time // DAY),
        "time_seconds": plan.time,
        "lots": plan.lots,
        "orders": plan.orders,
        "order_value": units(strategy.value),
        "witnessed": strategy.witnessed,
        "buyers": plan.used_buyers,
        "platforms": strategy.platforms,
        "independent_signers": plan.signers,
        "score_after": plan.after.score,
        "witnessed_score_after": plan.after.witnessed_score,
    }


def lines(study: Study) -> list[str]:
    market = study.market
    asked = [
        f"Gas at {market.gas_price / 10**9:g} gwei, ether at {units(market.ether_price)} RU, the payment provider "
        f"{market.provider_bps / 100:g} % of a payment. Money in reference units (RU).",
        "The attacker owns seller, platform, carrier and every buyer; not the payment provider.",
    ]
    for attack in Attack:
        rows = [row for row in study.rows if row.attack is attack]
        asked += [*title(f"{attack.value.capitalize()}: {HOW[attack]}"), *_attack_table(rows)]
    asked += [*title("What a new name could take with it"), *_levels_table(study), ""]
    line = f"Default limit without security: {units(study.default_limit)} RU. {study.reason}"
    part = f"The candidate line advances {market.line_bps / 100:g} % of witnessed turnover x score/1000."
    if study.safe_bps is not None:
        part += f" Below {study.safe_bps / 100:.2f} % it would pay nobody to fake a level."
    return [*asked, line, part]


def _attack_table(rows: list[Row]) -> list[str]:
    headers = ("start", "points", "score", "burned", "fees", "capital", "RU x days", "days", "orders", "each", "buyers")
    told: list[tuple[object, ...]] = []
    for row in rows:
        grief = row.attack is Attack.GRIEFING
        sign = "-" if grief else "+"
        kinds = (("both", row.any),) if grief else (("any", row.any), ("witnessed", row.witnessed))
        for kind, plan in kinds:
            told.append((f"{row.start} ({row.before})", f"{sign}{row.points}", kind, *_figures(plan)))
    return table((*headers, "signers"), told, right=RIGHT)


def _figures(plan: Plan | None) -> tuple[object, ...]:
    if plan is None:
        return ("not reachable", *[NONE] * 8)
    return (
        units(plan.burned),
        units(plan.fees),
        units(plan.capital),
        units(plan.capital_time // DAY),
        f"{plan.time / DAY:.1f}",
        plan.orders,
        units(plan.strategy.value),
        plan.used_buyers,
        plan.signers,
    )


def _levels_table(study: Study) -> list[str]:
    headers = ("witnessed score", "burned", "orders", "signers", "would unlock", "default limit", "why")
    told: list[tuple[object, ...]] = []
    for level in study.levels:
        if level.plan is None:
            told.append((level.level, NONE, NONE, NONE, NONE, NONE, "not reachable"))
            continue
        why = "costs less than it unlocks" if level.pays else "costs more than it unlocks"
        money = units(level.plan.burned), units(level.unlocked), units(level.limit)
        told.append((level.level, money[0], level.plan.orders, level.plan.signers, money[1], money[2], why))
    return table(headers, told, right=headers[:-1])
