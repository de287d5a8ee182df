"""Every seller's standing, from outcomes in the order in which they were taken in: SellerCredit, bit for bit.

An outcome counts at the time of the block that took it in: for the caps (a period is `time // period`) and for the
decay. A good weight is cut to what the period has left, first of the buyer's cap with this seller, then of the
platform's, then of the seller's own total; a bad one to the buyer's alone. What was taken, and no more, is used up.

Platforms share two tallies a seller and period: the first platform of the period has one for itself, all others share
the second. The first one is known again by its address' last 16 bits, else by those of its participant's id. Sums
stand in 2^-16 thousandths of a reference order and stop at their largest value.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from lading.credit import decay
from lading.credit.parameters import Parameters
from lading.credit.record import CreditRecord
from lading.credit.score import score
from lading.credit.weights import Ending, value_of, weights
from lading.errors import InputError

FRACTION_BITS = 16
MAX_SUM = 2**decay.SUM_BITS - 1
"""What a sum's 40 bits hold: 16.7 thousand reference orders."""


class OutOfOrder(InputError):
    """A question about a time before an outcome that was taken in already."""


@dataclass(frozen=True, slots=True)
class Outcome:
    """An outcome as it is taken in. `seller`: the participant whose valid key it was at acceptance. `platform`: the
    tag of whose key the terms' platform is, 0 if nobody's. `price` in smallest units, `rate` of that token at that
    time. `witnessed`: delivered, and the deployment's own customs papers were seen matched. `at`: time of the block
    that took it in."""

    order: str
    seller: str
    buyer: str
    platform: int
    platform_key: int
    price: int
    rate: int
    witnessed: bool
    ending: Ending
    at: int


@dataclass(frozen=True, slots=True)
class Counted:
    """What was taken of an outcome, in thousandths of a reference order, and what there was before the caps; `cut_by`
    names the caps that took something off, in their order."""

    outcome: Outcome
    good: int
    bad: int
    good_offered: int
    bad_offered: int
    cut_by: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Sums:
    """In 2^-16 thousandths of a reference order, as of step `step` of the decay's grid."""

    witnessed: int = 0
    other: int = 0
    bad: int = 0
    step: int = 0

    def after(self, step: int) -> Sums:
        """The same sums, decayed. Raises `OutOfOrder` for an earlier step."""
        steps = step - self.step
        if steps < 0:
            raise OutOfOrder(f"Step {step} is before step {self.step}, as of which these sums are.")
        if not steps:
            return self
        return Sums(decay.down(self.witnessed, steps), decay.down(self.other, steps), decay.up(self.bad, steps), step)

    def plus(self, good: int, bad: int, witnessed: bool) -> Sums:
        """With these weights, in thousandths, on top."""
        more = good << FRACTION_BITS
        first, second = (more, 0) if witnessed else (0, more)
        return Sums(
            min(self.witnessed + first, MAX_SUM),
            min(self.other + second, MAX_SUM),
            min(self.bad + (bad << FRACTION_BITS), MAX_SUM),
            self.step,
        )

    @property
    def score(self) -> int:
        """0 to 999."""
        return score(self.witnessed + self.other >> FRACTION_BITS, _ceil(self.bad))

    @property
    def witnessed_score(self) -> int:
        """0 to 999: with the good that others witnessed only, and with all of the bad."""
        return score(self.witnessed >> FRACTION_BITS, _ceil(self.bad))


def _ceil(bad: int) -> int:
    return -(-bad >> FRACTION_BITS)


class _Seller:
    """The seller's slot: sums and, of one period, what is used; who was first stays named until another one is."""

    __slots__ = ("first", "key_tag", "others", "period", "sums", "tag", "total")

    def __init__(self) -> None:
        self.sums = Sums()
        self.period = self.total = self.first = self.others = self.tag = self.key_tag = 0

    def in_period(self, period: int) -> tuple[int, int, int]:
        """What is used of the caps in that period: total, by the first platform, by all others."""
        return (self.total, self.first, self.others) if period == self.period else (0, 0, 0)

    def is_first(self, outcome: Outcome, first_used: int) -> bool:
        return outcome.platform_key == self.key_tag or not first_used or outcome.platform == self.tag

    def use(self, outcome: Outcome, period: int, good: int) -> None:
        self.total, self.first, self.others = self.in_period(period)
        self.period = period
        if not good:
            return
        self.total += good
        if not self.is_first(outcome, self.first):
            self.others += good
            return
        if outcome.platform_key != self.key_tag and not self.first:
            self.tag, self.key_tag = outcome.platform, outcome.platform_key
        self.first += good

    def record(self) -> CreditRecord:
        sums = self.sums
        return CreditRecord(
            good_witnessed=sums.witnessed,
            good_other=sums.other,
            bad=sums.bad,
            step=sums.step,
            period=self.period,
            total=self.total,
            first_platform=self.first,
            other_platforms=self.others,
            platform_tag=self.tag,
            platform_key_tag=self.key_tag,
        )


class Ledger:
    """All sellers of one deployment. Takes in outcomes in the order of the chain; times never go back. `standing`: sums
    that sellers have already, of periods that are over."""

    def __init__(self, parameters: Parameters, standing: Mapping[str, Sums] | None = None) -> None:
        self.parameters = parameters
        self._sellers: dict[str, _Seller] = {}
        for name, sums in (standing or {}).items():
            self._sellers[name] = _Seller()
            self._sellers[name].sums = sums
        #: (seller, buyer) -> period, good used, bad used.
        self._pairs: dict[tuple[str, str], tuple[int, int, int]] = {}

    @property
    def sellers(self) -> Iterable[str]:
        """Those that something was counted for."""
        return self._sellers.keys()

    def sums(self, seller: str, at: int) -> Sums:
        """A seller's sums as of a time; all zero for one without an outcome. Raises `OutOfOrder`."""
        step = self.parameters.step_at(at)
        return self._sellers[seller].sums.after(step) if seller in self._sellers else Sums(step=step)

    def record(self, seller: str) -> CreditRecord:
        """A seller's slot as its last outcome left it; zero everywhere for one without."""
        return (self._sellers.get(seller) or _Seller()).record()

    def look(self, outcome: Outcome) -> Counted:
        """What would be taken of an outcome, and takes nothing."""
        offered_good, offered_bad = weights(
            outcome.ending, value_of(outcome.price, outcome.rate), outcome.witnessed, self.parameters
        )
        if not offered_good and not offered_bad:
            return Counted(outcome, 0, 0, 0, 0, ())
        period = self.parameters.period_at(outcome.at)
        good_used, bad_used = self._pair(outcome, period)
        good, cut_by = offered_good, []
        for name, left in self._left(outcome, period, good_used):
            if good > left:
                good = left
                cut_by.append(name)
        bad = min(offered_bad, self.parameters.bad_cap - bad_used)
        if bad < offered_bad:
            cut_by.append("bad")
        return Counted(outcome, good, bad, offered_good, offered_bad, tuple(cut_by))

    def take(self, outcome: Outcome) -> Counted:
        """Takes in an outcome. Raises `OutOfOrder` if its seller has a later one already."""
        counted = self.look(outcome)
        if not counted.good and not counted.bad:
            return counted
        period = self.parameters.period_at(outcome.at)
        good_used, bad_used = self._pair(outcome, period)
        seller = self._sellers.setdefault(outcome.seller, _Seller())
        sums = seller.sums.after(self.parameters.step_at(outcome.at))
        seller.sums = sums.plus(counted.good, counted.bad, outcome.witnessed)
        seller.use(outcome, period, counted.good)
        self._pairs[outcome.seller, outcome.buyer] = (period, good_used + counted.good, bad_used + counted.bad)
        return counted

    def left(self, outcome: Outcome) -> int:
        """What platform and total have left for good weights of this seller in this period, whoever buys."""
        return min(left for _, left in self._left(outcome, self.parameters.period_at(outcome.at), 0)[1:])

    def _pair(self, outcome: Outcome, period: int) -> tuple[int, int]:
        """What the buyer has used up with this seller in this period, good and bad."""
        kept = self._pairs.get((outcome.seller, outcome.buyer))
        return (kept[1], kept[2]) if kept is not None and kept[0] == period else (0, 0)

    def _left(self, outcome: Outcome, period: int, good_used: int) -> tuple[tuple[str, int], ...]:
        """What each cap has left for good weights, in the order of the cuts."""
        seller = self._sellers.get(outcome.seller) or _Seller()
        total, first, others = seller.in_period(period)
        used = (good_used, first if seller.is_first(outcome, first) else others, total)
        caps = (self.parameters.buyer_cap, self.parameters.platform_cap, self.parameters.total_cap)
        names = ("buyer", "platform", "total")
        return tuple((name, cap - had) for name, cap, had in zip(names, caps, used, strict=True))


def platform_score(sums: Iterable[Sums]) -> int:
    """A platform's score: the same bound over the sums of all sellers that it admitted, decayed to one time."""
    good = bad = 0
    for one in sums:
        good += one.witnessed + one.other
        bad += one.bad
    return score(good >> FRACTION_BITS, _ceil(bad))
