"""What a deployment's credit is counted by: the immutable parameters of SellerCredit, and the units of it all.

A *reference unit* (RU) is what the governed rates convert to; values are in millionths of it. A *reference order* is
one worth the knee; weights are in thousandths of such an order. Times are Unix seconds.
"""

from __future__ import annotations

from dataclasses import dataclass, fields

from lading.errors import InputError

MICRO = 10**6
"""Smallest units in a reference unit."""

WHOLE = 1000
"""A whole share, and the weight of one reference order."""

RATE_SCALE = 10**18
"""A rate is micro-RU per smallest unit of a token, times this."""

GRID = 64
"""Steps of decay in a half-life."""

MAX_STEP, MAX_PERIOD = 2**24 - 1, 2**16 - 1
"""What a seller's slot holds: some centuries."""


class ParametersInvalid(InputError):
    """Parameters by which no credit can be counted."""


@dataclass(frozen=True, slots=True)
class Parameters:
    """`knee` and `top` in micro-RU; `unwitnessed`, the part that a good outcome without witnesses counts, in
    thousandths; `half_life` and `period` in seconds. Caps on what one seller is given in a period, in thousandths of a
    reference order: good by one buyer, through one platform and in total, bad by one buyer. Raises
    `ParametersInvalid`."""

    half_life: int
    period: int
    knee: int
    top: int
    unwitnessed: int
    buyer_cap: int
    platform_cap: int
    total_cap: int
    bad_cap: int

    def __post_init__(self) -> None:
        for field in fields(self):
            if not isinstance(value := getattr(self, field.name), int) or value < 0:
                raise ParametersInvalid(f"{field.name}: {value!r} is no whole number from zero up.")
        if not 0 < self.knee <= self.top:
            raise ParametersInvalid(f"knee {self.knee} and top {self.top}: they have to be above zero, and in order.")
        if self.unwitnessed > WHOLE:
            raise ParametersInvalid(f"unwitnessed {self.unwitnessed}: it is a part of {WHOLE}.")
        if self.half_life < GRID:
            raise ParametersInvalid(f"half_life {self.half_life}: below {GRID} seconds it has no steps.")
        if not self.period:
            raise ParametersInvalid("period: it has to be above zero.")

    @property
    def step(self) -> int:
        """The grid of decay, in seconds."""
        return self.half_life // GRID

    def step_at(self, time: int) -> int:
        return min(time // self.step, MAX_STEP)

    def period_at(self, time: int) -> int:
        return min(time // self.period, MAX_PERIOD)
