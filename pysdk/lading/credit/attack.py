"""One attack played out on the ledger itself: orders are taken in one by one until the score is where it should be.

The attacker times its orders: a first lot at the very end of a period, the next at the beginning of the following
one, so that two periods' caps are used within the hour, and then a lot at each beginning. Within a period it sends as
few orders as do it.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass

from lading.credit.ledger import FRACTION_BITS, Ledger, Outcome, Sums
from lading.credit.market import BPS, Market
from lading.credit.parameters import RATE_SCALE, Parameters
from lading.credit.weights import Ending, weight
from lading.enums import Fault, Ground, State

SELLER = "seller"
#: Some period's beginning, far from time zero.
PERIOD = 600

ON_TIME = (State.RELEASED, Ground.ON_TIME, Fault.NOBODY)
NOT_DELIVERED = (State.REFUNDED, Ground.NOT_DELIVERED, Fault.SELLER)

#: Whether sums are where the attacker wants them.
Reached = Callable[[Sums], bool]


@dataclass(frozen=True, slots=True)
class Strategy:
    """Orders of one `value` (micro-RU). `buyers`: how many the attacker has, None for as many as it likes; each buys
    until it has nothing left to give in the period, or only once (`once`). `platforms`: its own, one or two. `harm`:
    the orders are a rival's, and the attacker's carrier never delivers them. `name`: a new one is made first."""

    value: int
    witnessed: bool = False
    buyers: int | None = None
    once: bool = False
    platforms: int = 1
    harm: bool = False
    name: bool = False


@dataclass(frozen=True, slots=True)
class Plan:
    """A strategy that got there. Money in micro-RU: `gas` and `fees` are burned; `capital` is the most that lies locked
    at once if a lot's orders are all open together, each for `lock` seconds; without a lock it goes from order to
    order. `time` in seconds until the last of them is counted. `signers`: participants that the attacker does not own
    and has to have sign. `duties`: what customs would have taken in all, had the goods had to clear; nobody pays it."""

    strategy: Strategy
    orders: int
    used_buyers: int
    lots: int
    gas: int
    fees: int
    duties: int
    capital: int
    lock: int
    time: int
    signers: int
    before: int
    after: Sums

    @property
    def burned(self) -> int:
        return self.gas + self.fees

    @property
    def capital_time(self) -> int:
        """In micro-RU x seconds: each order's price lies for `lock`."""
        return self.orders * self.strategy.value * self.lock


@dataclass
class _Run:
    """What has been done so far."""

    orders: int = 0
    buyer: int = 0
    platform: int = 1
    lots: int = 0
    largest: int = 0
    used: int = 0
    gas: int = 0
    fees: int = 0


def moments(parameters: Parameters, periods: int) -> list[int]:
    """When the lots are counted."""
    start = PERIOD * parameters.period
    return [start - 1, *(start + number * parameters.period for number in range(periods - 1))]


def play(
    parameters: Parameters, market: Market, start: Sums, reached: Reached, strategy: Strategy, most: int | None = None
) -> Plan | None:
    """The strategy until `reached`; None if the patience of the market ends first, or `most` has been burned. `start`
    are the seller's sums just before the first lot."""
    times = moments(parameters, market.periods)
    start = Sums(start.witnessed, start.other, start.bad, parameters.step_at(times[0]))
    ledger = Ledger(parameters, {SELLER: start})
    run, costs = _Run(), _Costs(market, strategy, fresh=start == Sums(step=start.step))
    for time in times:
        run.lots, run.platform, run.buyer, before = run.lots + 1, 1, run.buyer if strategy.once else 0, run.orders
        done = _lot(ledger, run, costs, strategy, time, reached, most)
        run.largest = max(run.largest, run.orders - before)
        if done:
            return _plan(parameters, market, strategy, run, costs, start, ledger.sums(SELLER, time), times)
        if most is not None and run.gas + run.fees >= most:
            return None
    return None


def _lot(
    ledger: Ledger, run: _Run, costs: _Costs, strategy: Strategy, time: int, reached: Reached, most: int | None
) -> bool:
    """Orders until it is reached, or nothing more is taken in this period."""
    while not reached(ledger.sums(SELLER, time)):
        if most is not None and run.gas + run.fees >= most:
            return False
        counted = ledger.take(_order(strategy, run, time))
        if not counted.good and not counted.bad:
            if not _move_on(run, strategy, counted.cut_by):
                return False
            continue
        costs.add(run)
        if strategy.once:
            run.buyer += 1
    return True


def _move_on(run: _Run, strategy: Strategy, cut_by: Iterable[str]) -> bool:
    """To who or what has something left to give in this period; False if nobody has."""
    if "total" in cut_by or not cut_by:
        return False
    if "platform" in cut_by:
        run.platform += 1
        return run.platform <= strategy.platforms
    run.buyer += 1
    return strategy.buyers is None or run.buyer < strategy.buyers


def _order(strategy: Strategy, run: _Run, time: int) -> Outcome:
    ending = Ending(*(NOT_DELIVERED if strategy.harm else ON_TIME), not strategy.harm, 0, strategy.value)
    buyer, value = str(run.buyer), strategy.value
    return Outcome("", SELLER, buyer, run.platform, run.platform, value, RATE_SCALE, strategy.witnessed, ending, time)


class _Costs:
    """What each order adds to what was burned."""

    def __init__(self, market: Market, strategy: Strategy, *, fresh: bool) -> None:
        gas = market.gas
        self.market, self.strategy, self.fresh = market, strategy, fresh
        self.base = gas.harm if strategy.harm else gas.witnessed if strategy.witnessed else gas.plain
        self.fee = market.provider_fee(strategy.value) if strategy.witnessed else 0

    def add(self, run: _Run) -> None:
        gas, market = self.market.gas, self.market
        new = run.buyer >= run.used
        outcome = gas.first if self.fresh and not run.orders else gas.new if new else gas.known
        spent = self.base + outcome + (gas.buyer if new else 0)
        if self.strategy.name and not run.orders:
            spent += gas.seller
        run.used = max(run.used, run.buyer + 1)
        run.orders += 1
        run.gas += market.gas_cost(spent)
        run.fees += self.fee


def _plan(
    parameters: Parameters,
    market: Market,
    strategy: Strategy,
    run: _Run,
    costs: _Costs,
    start: Sums,
    after: Sums,
    times: list[int],
) -> Plan:
    lock = market.term if strategy.harm else market.provider_time if strategy.witnessed else 0
    return Plan(
        strategy,
        run.orders,
        run.used,
        run.lots,
        run.gas,
        run.fees,
        run.orders * strategy.value * market.duties_bps // BPS if strategy.witnessed else 0,
        # What comes back in the block in which it went in serves for all orders of a lot, one after the other.
        (run.largest if lock else 1) * strategy.value,
        lock,
        times[run.lots - 1] - times[0] + lock,
        # The payment's document is of a participant that is neither the platform nor admitted by it.
        int(strategy.witnessed),
        start.score,
        after,
    )


def cheapest(
    parameters: Parameters, market: Market, start: Sums, reached: Reached, strategies: Iterable[Strategy]
) -> Plan | None:
    """The plan that burns least; of several, the one that takes least time, then least capital x time."""
    best: Plan | None = None
    for strategy in strategies:
        if not weight(strategy.value, parameters):
            continue
        found = play(parameters, market, start, reached, strategy, None if best is None else best.burned + 1)
        if found is not None and (best is None or _rank(found) < _rank(best)):
            best = found
    return best


def _rank(plan: Plan) -> tuple[int, int, int]:
    return plan.burned, plan.time, plan.capital_time


def standing(good: int, bad: int, *, witnessed: bool = True) -> Sums:
    """Sums of a seller with so many reference orders, good and bad."""
    whole = good * 1000 << FRACTION_BITS
    return Sums(whole if witnessed else 0, 0 if witnessed else whole, bad * 1000 << FRACTION_BITS)
