"""A seller's slot in SellerCredit, member by member (ISellerCredit.CreditRecord)."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class CreditRecord:
    """As the last outcome that counted left it. Sums in 2^-16 thousandths of a reference order, decayed to `step`;
    what is used of the caps of `period`, in thousandths: in all, by the first platform, by all others. Tags are the
    last 16 bits of the first platform's participant id and of the address by which it went."""

    good_witnessed: int = 0
    good_other: int = 0
    bad: int = 0
    step: int = 0
    period: int = 0
    total: int = 0
    first_platform: int = 0
    other_platforms: int = 0
    platform_tag: int = 0
    platform_key_tag: int = 0
