"""Halving over time, in integers, on a grid of 64 steps a half-life (contracts/libraries/Decay.sol).

A sum after n steps is `sum * 2^-(n/64)`. Whole half-lives are shifted out first. The rest of n by 64 is a sum of powers
of two, and for each of its bits, the largest first, the sum is multiplied by the constant of that bit,
`floor(2^64 * 2^-(1/2^k))`. Each of these at most seven acts rounds by less than one unit (2^-16 thousandths of a
reference order), good sums down and bad ones up, against the seller. The constants, all a little low, take less than
2^-61 of a sum more: nothing beside a unit for sums of 40 bits, and what they could take of a bad sum the rounding up
gives back, except that a product within 2^-24 of a whole unit may be rounded to that unit.
"""

from __future__ import annotations

from math import isqrt

from lading.credit.parameters import GRID

SCALE_BITS = 64
SUM_BITS = 40
BITS = 6
"""2^6 steps are a half-life."""


def _constant(k: int) -> int:
    """floor(2^64 * 2^-(1/2^k)): 2^(64 * 2^k - 1) rooted k times; floors of nested roots are the floor of the whole."""
    value = 1 << (SCALE_BITS * (1 << k) - 1)
    for _ in range(k):
        value = isqrt(value)
    return value


CONSTANTS = tuple(_constant(k) for k in range(1, BITS + 1))
"""For half a half-life, a quarter, and so on to one step."""

_FACTORS = tuple(tuple(CONSTANTS[k] for k in range(BITS) if rest & (GRID >> (k + 1))) for rest in range(GRID))


def down(value: int, steps: int) -> int:
    """A good sum after `steps`, each rounding down."""
    value >>= steps // GRID
    for factor in _FACTORS[steps % GRID]:
        value = value * factor >> SCALE_BITS
    return value


def up(value: int, steps: int) -> int:
    """A bad sum after `steps`, each rounding up; zero after 40 half-lives, when less than a unit is left of any."""
    halvings = steps // GRID
    if halvings >= SUM_BITS:
        return 0
    value = -(-value >> halvings)
    for factor in _FACTORS[steps % GRID]:
        value = -(-value * factor >> SCALE_BITS)
    return value
