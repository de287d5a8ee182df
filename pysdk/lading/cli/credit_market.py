"""Prices for `lading credit attack-cost`: a YAML file over the one that ships, parsed and judged once."""

from __future__ import annotations

from decimal import Decimal
from importlib import resources
from pathlib import Path
from typing import Annotated, Any

import yaml
from pydantic import BaseModel, ConfigDict, Field, ValidationError

from lading.credit import Parameters
from lading.credit.market import Gas, Market, MarketInvalid
from lading.credit.parameters import MICRO

SHIPPED = "credit_market.yaml"
GWEI = 10**9
DAY = 86_400
#: The figures of Gas by the names under which they are measured.
LABELS = {
    "open": "escrow.open.both",
    "release": "escrow.release",
    "refund": "escrow.refund",
    "ship": "escrow.ship",
    "deliver": "escrow.deliver.condition",
    "match": "customs.match",
    "first": "credit.outcome.first",
    "new": "credit.outcome.new",
    "known": "credit.outcome.known",
    "buyer": "buyer",
    "seller": "seller",
    "transaction": "transaction",
}

Money = Annotated[Decimal, Field(ge=0, le=10**9, allow_inf_nan=False)]
Count = Annotated[int, Field(ge=0, le=10**9)]
Bps = Annotated[int, Field(ge=0, le=10_000)]


class MarketFile(BaseModel):
    """The file's keys; `rules` takes the place of a deployment's."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    gas_price_gwei: Money
    ether_price: Money
    provider_bps: Bps
    provider_fixed: Money
    provider_days: Annotated[int, Field(ge=0, le=3_660)]
    duties_bps: Bps
    term_days: Annotated[int, Field(ge=0, le=3_660)]
    periods: Annotated[int, Field(ge=1, le=120)]
    ring: Annotated[int, Field(ge=2, le=1_000)]
    line_bps: Bps
    gas: dict[str, Count]
    rules: dict[str, int] | None = None

    def market(self) -> Market:
        """Raises MarketInvalid for figures of gas that are missing or unknown."""
        if wrong := sorted(set(self.gas) ^ set(LABELS.values())):
            raise MarketInvalid(f"gas: {', '.join(wrong)}: missing, or not known.")
        return Market(
            gas_price=int(self.gas_price_gwei * GWEI),
            ether_price=int(self.ether_price * MICRO),
            provider_bps=self.provider_bps,
            provider_fixed=int(self.provider_fixed * MICRO),
            provider_time=self.provider_days * DAY,
            duties_bps=self.duties_bps,
            term=self.term_days * DAY,
            periods=self.periods,
            ring=self.ring,
            line_bps=self.line_bps,
            gas=Gas(**{name: self.gas[label] for name, label in LABELS.items()}),
        )

    def parameters(self) -> Parameters | None:
        """Those of the file; None if it has none. Raises MarketInvalid, ParametersInvalid."""
        if self.rules is None:
            return None
        wanted = set(Parameters.__dataclass_fields__)
        if wrong := sorted(set(self.rules) ^ wanted):
            raise MarketInvalid(f"rules: {', '.join(wrong)}: missing, or not known.")
        return Parameters(**self.rules)


def load(path: Path | None) -> MarketFile:
    """The shipped file, with what `path` says otherwise; figures of gas one by one.

    Raises:
        MarketInvalid: it cannot be read, is no YAML, or breaks a rule.
    """
    document = _read(resources.files("lading.cli").joinpath(SHIPPED).read_text(encoding="utf-8"), SHIPPED)
    if path is not None:
        given = _read(_text(path), str(path))
        gas = given.pop("gas", {})
        document |= given
        if not isinstance(gas, dict):
            raise MarketInvalid(f"{path}: gas: is no mapping of names to units of gas.")
        document["gas"] |= gas
    try:
        return MarketFile.model_validate(document)
    except ValidationError as error:
        faults = "; ".join(f"{'.'.join(map(str, one['loc']))}: {one['msg']}" for one in error.errors())
        raise MarketInvalid(
            f"{path or SHIPPED} is refused: {faults}.", hint="docs/credit.md lists the keys and their units."
        ) from None


def _text(path: Path) -> str:
    try:
        return path.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise MarketInvalid(f"{path} cannot be read: {error}.", hint="Check the path.") from error


def _read(text: str, source: str) -> dict[str, Any]:
    try:
        document = yaml.safe_load(text)
    except yaml.YAMLError as error:
        raise MarketInvalid(f"{source} is no YAML: {' '.join(str(error).split())}.") from error
    if not isinstance(document, dict):
        raise MarketInvalid(f"{source} is no mapping of prices.")
    return document
