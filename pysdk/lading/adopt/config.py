"""What the game is told: a YAML file, parsed and judged once.

currency: EUR
period_days: 30                  # what all money is per
platform:                        # of one platform
  normal_income: 80000           # without integrating; shifts payoffs, moves no share
  extra_gain: 6000               # what integrating alone brings
  extra_cost: 10000              # what integrating costs
  boost: 12000                   # what it brings more once the technology has integrated too
technology: {normal_income: 50000, extra_gain: 3000, extra_cost: 5000, boost: 8000}
start: {platform: 0.2, technology: 0.3}      # shares that have integrated today; may be left out
ledger:                          # for --from-ledger, which fills what stands nowhere above
  additional: 0.4                # share of the ledger's orders that would not have come without it
  platform: 0x…                  # whose orders; else all, divided by their platforms
  token: 0x…                     # in which money; else they must all be in one
  since: 2026-01-01T00:00:00Z    # orders that ended from then on; else from the first
  market_platforms: 40           # in the market, for the share that has integrated
"""

from __future__ import annotations

from collections.abc import Hashable, Mapping
from decimal import Decimal
from fractions import Fraction
from pathlib import Path
from typing import Annotated, Any

import yaml
from pydantic import AwareDatetime, BaseModel, BeforeValidator, ConfigDict, Field, ValidationError

from lading.adopt.errors import GameInvalid
from lading.adopt.game import Game, Side
from lading.fields import Address

SIDES = ("platform", "technology")
FIGURES = ("normal_income", "extra_gain", "extra_cost", "boost")
#: What `--from-ledger` can tell; nothing on a ledger tells the rest.
ESTIMABLE = ("platform.extra_gain", "platform.boost", "start.platform")
MOST = Decimal(10) ** 12

#: Six digits after the point: no currency has more, and money beyond a million millions is a slip of the keyboard.
Money = Annotated[Decimal, Field(ge=0, le=MOST, decimal_places=6, allow_inf_nan=False)]
Signed = Annotated[Decimal, Field(ge=-MOST, le=MOST, decimal_places=6, allow_inf_nan=False)]
Share = Annotated[Decimal, Field(ge=0, le=1, allow_inf_nan=False)]


def _text(value: object) -> object:
    if value == "" or value is None:
        raise ValueError("is empty")
    return value


class Part(BaseModel):
    """No key but its own, and nothing changes once it is read."""

    model_config = ConfigDict(extra="forbid", frozen=True)


class Figures(Part):
    """One side's figures, money per period; None is left to the ledger."""

    normal_income: Money | None = None
    extra_gain: Money | None = None
    extra_cost: Money | None = None
    boost: Signed | None = None


class Start(Part):
    """Shares that have integrated today."""

    platform: Share | None = None
    technology: Share | None = None


class Ledger(Part):
    """How the ledger's orders are read (see `lading.adopt.estimate`)."""

    additional: Share
    platform: Address | None = None
    token: Address | None = None
    since: AwareDatetime | None = None
    market_platforms: Annotated[int, Field(ge=1, le=10**9)] | None = None


class AdoptConfig(Part):
    """A whole file."""

    currency: Annotated[str, BeforeValidator(_text), Field(max_length=12)]
    period_days: Annotated[int, Field(ge=1, le=3660)] = 30
    platform: Figures
    technology: Figures
    start: Start | None = None
    ledger: Ledger | None = None

    def figures(self) -> dict[str, Decimal]:
        """What the file gives, by path."""
        parts: dict[str, Part | None] = {"platform": self.platform, "technology": self.technology, "start": self.start}
        given = {f"{name}.{key}": value for name, part in parts.items() if part for key, value in part}
        return {path: value for path, value in given.items() if value is not None}


def game_of(figures: Mapping[str, Decimal]) -> Game:
    """The game of figures by path, all eight there."""
    one, two = (Side(*(Fraction(figures[f"{side}.{name}"]) for name in FIGURES)) for side in SIDES)
    return Game(one, two)


def _yaml_fault(error: Exception) -> str:
    """In one line: what is wrong and where, without PyYAML's name for a text and its picture of the place."""
    if not isinstance(error, yaml.MarkedYAMLError) or error.problem is None or error.problem_mark is None:
        return " ".join(str(error).split())
    mark = error.problem_mark
    return f"line {mark.line + 1}, column {mark.column + 1}: {error.problem}"


def load(path: Path, *, from_ledger: bool = False) -> AdoptConfig:
    """The YAML file at `path`. `from_ledger`: what is `ESTIMABLE` may be missing, and `ledger` may not.

    Raises:
        GameInvalid: it cannot be read, is no YAML, or breaks a rule; every fault is named by its path.
    """
    try:
        document = yaml.load(path.read_text(encoding="utf-8"), _Loader)  # noqa: S506 - BaseLoader makes text only
    except OSError as error:
        raise GameInvalid(str(path), [("", f"cannot be read: {error.strerror}")]) from error
    except (UnicodeDecodeError, yaml.YAMLError, RecursionError) as error:
        raise GameInvalid(str(path), [("", f"is no YAML: {_yaml_fault(error)}")]) from error
    return parse(document, str(path), from_ledger=from_ledger)


def parse(document: object, source: str, *, from_ledger: bool = False) -> AdoptConfig:
    """From plain data. Raises as `load`."""
    if not isinstance(document, dict):
        raise GameInvalid(source, [("", "should be a mapping with `currency`, `platform` and `technology`")])
    faults = _missing(document, from_ledger)
    try:
        config = AdoptConfig.model_validate(document)
    except ValidationError as error:
        raise GameInvalid(source, [*(_fault(dict(entry)) for entry in error.errors()), *faults]) from None
    if faults:
        raise GameInvalid(source, faults)
    return config


def _missing(document: Mapping[str, Any], from_ledger: bool) -> list[tuple[str, str]]:
    """Figures that stand nowhere. Those of a part that is missing as a whole are not named singly."""
    wanted = [(side, name) for side in SIDES for name in FIGURES]
    if "start" in document:
        wanted += [("start", side) for side in SIDES]
    faults = []
    for part, name in wanted:
        given, path = document.get(part), f"{part}.{name}"
        if not isinstance(given, dict) or name in given or (from_ledger and path in ESTIMABLE):
            continue
        told = "; --from-ledger can estimate it" if path in ESTIMABLE else ""
        faults.append((path, f"is missing{told}"))
    if from_ledger and "ledger" not in document:
        faults.append(("ledger", "is missing; --from-ledger needs at least its `additional`"))
    return faults


class _Loader(yaml.BaseLoader):
    """YAML whose scalars all stay text, so that no amount passes through a float and no address is a number; pydantic
    gives each its type. A key that stands twice is refused."""

    def construct_mapping(self, node: yaml.MappingNode, deep: bool = False) -> dict[Hashable, Any]:
        keys = [key.value for key, _ in node.value]
        for key in keys:
            if keys.count(key) > 1:
                raise yaml.MarkedYAMLError(problem=f"the key {key!r} stands twice", problem_mark=node.start_mark)
        return super().construct_mapping(node, deep)


def _fault(entry: dict[str, Any]) -> tuple[str, str]:
    path = ".".join(str(step) for step in entry["loc"])
    message = {"extra_forbidden": "unknown key", "missing": "is missing"}.get(entry["type"], entry["msg"])
    return path, message.removeprefix("Value error, ")
