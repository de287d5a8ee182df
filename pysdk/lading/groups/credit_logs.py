"""From the logs of vault, registry and credit to the outcomes as SellerCredit took them in. Nothing is asked but
logs, and the time of each block in which something was taken in; memory holds open orders, keys and rates.

What the vault tells at the end of an order leaves no log of its own: it was told, unless `ReportFailed` stands in the
same transaction, and if so, at `OutcomeReported`. Orders that end in one transaction were told in the order of their
`OutcomeCounted`, which is the only use that is made of what SellerCredit itself logged; all else about an outcome is
taken from the vault's and the registry's.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from functools import lru_cache
from itertools import groupby

from lading.chain.contract import Event
from lading.credit import Ending, Outcome
from lading.enums import Fault, Ground, State
from lading.fields import AMOUNT_BITS
from lading.groups.credit_keys import Keys
from lading.groups.session import Session

TAG = 2**16
VAULT = (
    "Opened",
    "Accepted",
    "ConditionLatched",
    "Delivered",
    "Held",
    "Released",
    "Refunded",
    "Settled",
    "Cancelled",
    "OutcomeReported",
    "ReportFailed",
)
KEYS = ("KeyAdded", "KeyRevoked")
REGISTRY = (*KEYS, "ParticipantAdmitted")
CREDIT = ("RateSet", "OutcomeCounted")
ENDS = {"Released": State.RELEASED, "Refunded": State.REFUNDED, "Settled": State.SETTLED}


@dataclass(slots=True)
class OpenOrder:
    """What an order's outcome is going to need. Amounts in smallest units; `accepted` is the block."""

    buyer: str
    seller: str
    platform: str
    token: str
    price: int
    total: int
    papers: bool
    accepted: int | None = None
    latched: bool = False
    delivered: bool = False
    disputed: bool = False
    ending: Ending | None = None
    #: As it counts where it was last told: a rate or a key may change later in the same transaction.
    outcome: Outcome | None = None

    @property
    def witnessed(self) -> bool:
        return self.papers and self.latched and self.delivered


@dataclass(frozen=True, slots=True)
class TakenIn:
    """An outcome in its place in the chain, and what SellerCredit logged of it: good, bad, witnessed; None if
    nothing."""

    outcome: Outcome
    block: int
    logged: tuple[int, int, bool] | None


@dataclass
class CreditLogs:
    """One pass over the logs up to block `until`. `seller`: whose outcomes are told, None for everybody's. After the
    pass `missed` holds what the observer failed to take in, by order, as it would count at the time of block `until`,
    `unexplained` the orders of which SellerCredit logged something without an outcome, and `admitted_by` who admitted
    each participant (the zero word: the governance)."""

    session: Session
    until: int
    seller: str | None = None
    endings: int = 0
    missed: dict[str, Outcome] = field(default_factory=dict)
    unexplained: list[str] = field(default_factory=list)
    admitted_by: dict[str, str] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self._time: Callable[[int], int] = lru_cache(maxsize=1024)(lambda block: self.session.chain.block(block).time)
        self._keys = Keys(self._time)
        self._rates: dict[str, int] = {}
        self._orders: dict[str, OpenOrder] = {}
        self._clearance = self.session.contracts.customs.address.lower()

    def outcomes(self) -> Iterator[TakenIn]:
        """In the order in which they were taken in. Raises what reading logs raises."""
        for _, events in groupby(self._events(), key=lambda event: (event.block, event.tx_hash)):
            yield from self._transaction(list(events))
        failed = [(name, order) for name, order in self._orders.items() if order.ending is not None]
        for name, order in failed:
            if (missed := self._outcome(name, order, self.until)) is not None:
                self.missed[name] = missed

    def _events(self) -> Iterator[Event]:
        contracts = self.session.contracts
        sources = (
            (contracts.orders.contract, VAULT),
            (contracts.participants.contract, REGISTRY),
            (contracts.credit.contract, CREDIT),
        )
        topics = [contract.topic(name) for contract, names in sources for name in names]
        addresses = [contract.address for contract, _ in sources]
        first = self.session.deployment.block
        for log in self.session.chain.logs(addresses, [topics], from_block=first, to_block=self.until):
            yield from contracts.events([log])

    def _transaction(self, events: list[Event]) -> Iterator[TakenIn]:
        """What one transaction told the observer. Its logs are gone through once for the orders, then for who was
        told."""
        counted = {event.args["order_id"]: event for event in events if event.name == "OutcomeCounted"}
        told: dict[str, int] = {}
        for event in events:
            if event.name in ENDS or event.name == "OutcomeReported":
                told.setdefault(event.args["id"], event.index)
            elif event.name == "ReportFailed":
                told.pop(event.args["id"], None)
            self._apply(event)
        places = {name: counted[name].index if name in counted else index for name, index in told.items()}
        for name in sorted(places, key=places.__getitem__):
            taken = self._taken(name, events[0].block, counted.pop(name, None))
            if taken is not None:
                yield taken
        self.unexplained += [name for name, event in counted.items() if self.seller in (None, event.args["seller"])]

    def _taken(self, name: str, block: int, event: Event | None) -> TakenIn | None:
        """What was told of an order that ended; None for a seller who is nobody, or not the one asked for."""
        order = self._orders.pop(name, None)
        if order is not None and order.accepted is not None:
            self.endings += 1
            if order.outcome is not None:
                return TakenIn(order.outcome, block, None if event is None else _logged(event.args["counted"]))
        if event is not None and self.seller in (None, event.args["seller"]):
            self.unexplained.append(name)
        return None

    def _outcome(self, name: str, order: OpenOrder, block: int) -> Outcome | None:
        """As it counts at a block; None for a seller who is nobody, or not the one asked for."""
        if order.accepted is None or order.ending is None:
            return None
        seller = self._keys.participant_as_of(order.seller, order.accepted)
        if seller is None or self.seller not in (None, seller):
            return None
        platform = self._keys.participant(order.platform)
        return Outcome(
            order=name,
            seller=seller,
            buyer=order.buyer,
            platform=int(platform, 16) % TAG if platform else 0,
            platform_key=int(order.platform, 16) % TAG,
            price=order.price,
            rate=self._rates.get(order.token, 0),
            witnessed=order.witnessed,
            ending=order.ending,
            at=self._time(block),
        )

    def _apply(self, event: Event) -> None:
        if event.name in KEYS:
            self._keys.take(event)
        elif event.name == "ParticipantAdmitted":
            self.admitted_by[event.args["participant"]] = event.args["admitted_by"]
        elif event.name == "RateSet":
            self._rates[event.args["token"].lower()] = event.args["rate"]
        elif event.name == "Opened":
            self._orders[event.args["id"]] = self._opened(event)
        elif event.name in VAULT and (order := self._orders.get(event.args["id"])) is not None:
            self._change(event, order)
            if event.name in ENDS or event.name == "OutcomeReported":
                order.outcome = self._outcome(event.args["id"], order, event.block)

    def _change(self, event: Event, order: OpenOrder) -> None:
        name = event.name
        if name == "Accepted":
            order.accepted = event.block
        elif name == "ConditionLatched":
            order.latched = True
        elif name == "Delivered":
            order.delivered = True
        elif name == "Held":
            # A delivery that is proven during a dispute leaves the order disputed, and is told as that once more.
            disputed = event.args["state"] is State.DISPUTED
            order.delivered |= event.args["state"] is State.DELIVERED or (disputed and order.disputed)
            order.disputed |= disputed
        elif name in ENDS:
            order.ending = _ending(event, order)
        if name == "Cancelled" or (name in ENDS and order.accepted is None):
            del self._orders[event.args["id"]]

    def _opened(self, event: Event) -> OpenOrder:
        terms = event.args["terms"]
        packed = terms["amounts"]
        price, freight = packed % (1 << AMOUNT_BITS), (packed >> AMOUNT_BITS) % (1 << AMOUNT_BITS)
        return OpenOrder(
            buyer=terms["buyer"].lower(),
            seller=terms["seller"].lower(),
            platform=terms["platform"].lower(),
            token=terms["token"].lower(),
            price=price,
            total=price + freight,
            papers=terms["condition"].lower() == self._clearance,
        )


def _ending(event: Event, order: OpenOrder) -> Ending:
    """What went back to the buyer's side (TradeEscrow.refund): all but the freight of a carrier that delivered."""
    args = event.args
    fault = args.get("fault", Fault.NOBODY)
    if event.name == "Settled":
        to_buyer = int(args["split"]["to_buyer"])
    elif event.name == "Refunded":
        to_buyer = order.price if order.delivered else order.total
    else:
        to_buyer = 0
    return Ending(ENDS[event.name], Ground(args["ground"]), fault, order.delivered, to_buyer, order.total)


def _logged(counted: int) -> tuple[int, int, bool]:
    """ISellerCredit.OutcomeCounted: 20 bits of good weight, 20 of bad, 1 for witnessed."""
    return counted & 0xFFFFF, counted >> 20 & 0xFFFFF, bool(counted >> 40 & 1)
