"""What an event of an order says to a person, besides its name."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from decimal import Decimal
from enum import IntEnum
from typing import TYPE_CHECKING, Any, TypeAlias

from lading.cli.output import money, utc
from lading.enums import Fault

if TYPE_CHECKING:
    from lading.chain.contract import Event
    from lading.models import DutiesClause, OrderTerms

#: An event's arguments under their names in snake case.
Args: TypeAlias = Mapping[str, Any]
#: An operator's door into the vault: its own event, beside it, says more.
UNTOLD = ("Held", "Grouped")
NO_WORD = "0x" + "00" * 32


def told(event: Event, terms: OrderTerms) -> str:
    """The detail of an event in words; empty where the name says it all."""
    tell = _TOLD.get(event.name)
    return "" if tell is None else tell(event.args, _Words(terms))


class _Words:
    """Parties by what they are, amounts in units of their token."""

    def __init__(self, terms: OrderTerms) -> None:
        self.terms = terms
        parties = ("buyer", "seller", "platform", "carrier")
        # A later name of the same address does not hide an earlier one.
        self.names = {getattr(terms, name): f"the {name}" for name in reversed(parties)}

    def who(self, address: str) -> str:
        return self.names.get(address, address)

    def money(self, units: int) -> str:
        return money(amount_of(units, self.terms))

    def duties(self, units: int) -> str:
        return money(amount_of(units, self.terms.duties))


def amount_of(units: int, counted_in: OrderTerms | DutiesClause | None) -> Decimal:
    """Smallest units in those of the token of these terms, or of their duties."""
    from lading.fields import from_units

    return from_units(units, counted_in.token_decimals if counted_in else 0)


def spelled(value: IntEnum) -> str:
    return value.name.lower().replace("_", " ")


def fault_of(fault: Fault) -> str:
    return f"{spelled(fault)}'s fault"


def _ended(args: Args, words: _Words) -> str:
    said = spelled(args["ground"])
    return f"{said}, {fault_of(args['fault'])}" if "fault" in args else said


def _settled(args: Args, words: _Words) -> str:
    split = args["split"]
    parts = {"buyer": split["to_buyer"], "carrier": split["to_carrier"], "arbiter": split["to_arbiter"]}
    shares = ", ".join(f"{words.money(units)} to the {who}" for who, units in parts.items() if units or who == "buyer")
    return f"{_ended(args, words)}: {shares}, the rest to the seller's side"


def _offer(args: Args, words: _Words) -> str:
    until = args["until"]
    offered = f"by {words.who(args['by'])}: {words.money(args['to_buyer'])} for the buyer"
    return offered + (f", until {utc(until)}" if until else ", withdrawn")


def _evidence(args: Args, words: _Words) -> str:
    return f"by {words.who(args['by'])}, evidence {args['evidence']}"


def _by(args: Args, words: _Words) -> str:
    return f"by {words.who(args['by'])}"


def _duties_paid(args: Args, words: _Words) -> str:
    return f"{words.duties(args['assessed'])} to the tax payee, {words.duties(args['returned'])} back to the buyer"


_TOLD: dict[str, Callable[[Args, _Words], str]] = {
    "Opened": lambda args, words: f"paid in by {words.who(args['buyer'])}",
    "Cancelled": _by,
    "Delivered": lambda args, words: f"{'late, ' if args['late'] else ''}signed by {words.who(args['signer'])}",
    "DeliveryProven": lambda args, words: f"from the log of {words.who(args['writer'])}",
    "Assigned": lambda args, words: f"{words.money(args['amount'])} of the proceeds to {args['assignee']}",
    "Released": _ended,
    "Refunded": _ended,
    "Settled": _settled,
    "DutiesPaid": _duties_paid,
    "DutiesRefunded": lambda args, words: f"{words.duties(args['amount'])} to the buyer, by {words.who(args['by'])}",
    "ReturnRequested": lambda args, words: "" if args["reason"] == NO_WORD else f"reason {args['reason']}",
    "ReturnReceived": lambda args, words: f"signed by {words.who(args['signer'])}",
    "Disputed": _evidence,
    "EvidenceSubmitted": _evidence,
    "SplitProposed": _offer,
    "SplitAccepted": lambda args, words: f"{_by(args, words)}: {words.money(args['to_buyer'])} for the buyer",
    "Ruled": lambda args, words: f"{words.money(args['to_buyer'])} for the buyer, reasons {args['reasons']}",
    "QuoteTaken": lambda args, words: f"of provider {args['provider']}",
}
