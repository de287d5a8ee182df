"""A study of the game for people: what is stable, who ends in adoption, what tips it."""

from __future__ import annotations

from collections.abc import Iterable
from decimal import Decimal
from fractions import Fraction
from typing import TYPE_CHECKING

from lading.adopt.game import Equilibrium, Kind, Place, Verdict
from lading.adopt.study import GIVEN, Study, payoffs, percent
from lading.cli.adopt_portrait import portrait
from lading.cli.output import money, printable, table, title

if TYPE_CHECKING:
    from lading.adopt.dynamics import Path
    from lading.adopt.tipping import Tipping

BARS = "▁▂▃▄▅▆▇█"
BAR_COUNT = 48
CORNERS = {
    "(0, 0)": "nobody integrates",
    "(0, 1)": "only the technology providers integrate",
    "(1, 0)": "only the platforms integrate",
    "(1, 1)": "everybody integrates",
}
FIGURE_DIGITS, THOUSAND, MOST_WRITTEN_OUT = 6, 1000, 10**12


def lines_of(study: Study) -> list[str]:
    """The whole answer, the verdict before its reasons."""
    return [
        *_answer(study),
        *_tipping(study),
        *portrait(study),
        *_paths(study),
        *_payoffs(study),
        *_equilibria(study),
        *_sensitivity(study),
        *_basis(study),
        "",
        _checked(study),
    ]


def _answer(study: Study) -> list[str]:
    found = study.basin
    said = [f"{study.headline}: {found.why}."]
    if found.least is not None and found.most is not None and found.polygon is not None:
        said.append(
            f"Surely between {percent(found.least)} and {percent(found.most)} (closed form); a straight-line estimate, "
            f"1 - (x* + y*)/2, is {percent(found.polygon)}."
        )
    stable = [f"{one.name} {CORNERS[one.name]}" for one in study.stable]
    said.append(f"Stable: {'; '.join(stable)}." if stable else "Nothing is stable: no state draws the market in.")
    said += [f"{_point_name(one)}: {_open(one)}" for one in study.equilibria if one.verdict is Verdict.UNDECIDED]
    if study.lines:
        said.append(f"Every point of {' and of '.join(study.lines)} is at rest: somebody there is indifferent.")
    return said


def _open(point: Equilibrium) -> str:
    if point.kind is Kind.CENTRE:
        return "the Jacobian decides nothing (imaginary eigenvalues); by the conserved V the market circles around it."
    return "the Jacobian decides nothing (an eigenvalue is zero); no ESS, since not strict."


def _tipping(study: Study) -> list[str]:
    if (found := study.tipping) is None:
        return ["", "Give `start` in the file to learn what tips the market from where it stands."]
    outcome = "ends in adoption" if found.adopts else "does not end in adoption"
    said = title(f"From {percent(found.x)} of platforms and {percent(found.y)} of technology providers")
    said.append(f"The market {outcome}.")
    said += _mass(found)
    if not found.adopts:
        unit = f"{printable(study.currency)} per {study.period_days} days, each"
        rows = [(name, "no amount does" if least is None else _money(least)) for name, least in found.levers.items()]
        said += ["", *table(("any one of these tips it, if it lasts", unit), rows, right=(unit,))]
    return said


def _mass(found: Tipping) -> list[str]:
    if found.needed_x is None and found.needed_y is None:
        return ["Critical mass: none; no share of one side alone, short of all, tips it."]
    sides = ("platforms", "technology providers")
    shares = ((found.needed_x, sides[0], sides[1]), (found.needed_y, sides[1], sides[0]))
    return [
        f"Critical mass: {'no share' if share is None else 'more than ' + percent(share)} of {who}, {other} as now."
        for share, who, other in shares
    ]


def _paths(study: Study) -> list[str]:
    rows = []
    for path in study.paths:
        for name, shares in (("platforms", path.x), ("technology", path.y)):
            rows.append((name, _bars(shares), f"{percent(shares[0])} to {percent(shares[-1])}{_rest(path)}"))
    return [*title("Shares over time (scaled time, no calendar)"), *table(("", "", ""), rows)]


def _rest(path: Path) -> str:
    return "" if path.rests else ", still moving"


def _bars(shares: Iterable[float]) -> str:
    values = list(shares)
    chosen = [values[round(number * (len(values) - 1) / (BAR_COUNT - 1))] for number in range(BAR_COUNT)]
    return "".join(BARS[min(len(BARS) - 1, int(share * len(BARS)))] for share in chosen)


def _payoffs(study: Study) -> list[str]:
    cells = payoffs(study.game)
    rows = [
        (f"platform {'integrates' if mine else 'does not'}", *(_pair(cells[mine, other]) for other in (True, False)))
        for mine in (True, False)
    ]
    heading = f"Payoffs (platform; technology), {printable(study.currency)} per {study.period_days} days"
    headers = ("", "technology integrates", "technology does not")
    return [*title(heading), *table(headers, rows, right=headers[1:])]


def _pair(pair: tuple[Fraction, Fraction]) -> str:
    return "; ".join(_money(one) for one in pair)


def _equilibria(study: Study) -> list[str]:
    headers = ("point", "platforms", "technology", "det", "trace", "kind", "verdict")
    rows = [
        (
            _point_name(one),
            _share(one.x),
            _share(one.y),
            _figure(one.det),
            _figure(one.trace),
            _kind(one),
            _verdict(one),
        )
        for one in study.equilibria
    ]
    return [*title("Equilibria and the Jacobian there"), *table(headers, rows, right=headers[1:5])]


def _point_name(point: Equilibrium) -> str:
    return "inner point" if point.name == "inner" else point.name


def _kind(point: Equilibrium) -> str:
    return "-" if point.kind is None else point.kind.value


def _verdict(point: Equilibrium) -> str:
    if point.verdict is not None:
        return "stable (ESS)" if point.is_ess else point.verdict.value
    return "does not exist: a boost is zero" if point.place is Place.ABSENT else "outside the square: no state"


def _sensitivity(study: Study) -> list[str]:
    if study.sensitivity is None:
        return []
    ordered = sorted(study.sensitivity, key=lambda one: -abs(one.swing))
    unit = f"per 1,000 {printable(study.currency)}"
    headers = ("parameter", "value", "adoption at -10 %", "at +10 %", f"x* {unit}", f"y* {unit}")
    rows = [
        (
            one.parameter,
            _money(one.value),
            percent(one.area_down),
            percent(one.area_up),
            _points(one.slope_x),
            _points(one.slope_y),
        )
        for one in ordered
    ]
    return [*title("What each parameter moves, strongest first"), *table(headers, rows, right=headers[1:])]


def _points(slope: Fraction | None) -> str:
    return "-" if slope is None else f"{float(slope) * 100_000:+.2f} pp" if slope else "0"


def _basis(study: Study) -> list[str]:
    estimated = {path: basis for path, basis in study.basis.items() if basis != GIVEN}
    if not estimated:
        return []
    said = title("Where the figures are from")
    for path, basis in estimated.items():
        said.append(f"{path} = {money(study.figures[path])}, {basis}")
    given = ", ".join(path for path, basis in study.basis.items() if basis == GIVEN)
    return [*said, f"given in the file: {given}"]


def _checked(study: Study) -> str:
    starts = sum(one.starts for one in study.seen if one.came is not None)
    left = [one.name for one in study.seen if one.came is None]
    told = f" Too near another point to integrate around: {', '.join(left)}." if left else ""
    return f"Checked: formulas by sympy from the payoff matrix, stability by integrating {starts} starts.{told}"


def _share(share: Fraction | None) -> str:
    if share is None:
        return "-"
    return f"{float(share) * 100:.1f} %"


def _figure(number: Fraction | None) -> str:
    if number is None:
        return "-"
    return (
        f"{float(number):,.0f}" if THOUSAND <= abs(number) < MOST_WRITTEN_OUT else f"{float(number):.{FIGURE_DIGITS}g}"
    )


def _money(amount: Fraction) -> str:
    """With thousands apart, and cents only where there are some."""
    return f"{Decimal(amount.numerator) / amount.denominator:,.2f}".removesuffix(".00")
