"""What the SDK takes and gives: frozen, with Decimal amounts and aware times. Integers and zeros of the contracts stay
inside; a zero address, word or time is None here."""

from __future__ import annotations

from collections.abc import Iterable

from pydantic import Field

from lading.clauses import Arbitration, DutiesClause, QuoteClause, ReturnPolicy
from lading.enums import (
    Decision,
    Default,
    Fault,
    Ground,
    IdentifierScheme,
    JoinField,
    Matching,
    Role,
    State,
)
from lading.fields import Address, Model, Time, Window, Word
from lading.terms import OrderTerms

__all__ = [
    "Anchor",
    "AnchoredBatch",
    "Arbitration",
    "Assessment",
    "Assignment",
    "Batch",
    "Clearance",
    "DeliveryReceipt",
    "DutiesClause",
    "DutiesPaid",
    "Exposure",
    "Key",
    "LogHead",
    "Model",
    "Offer",
    "OpenedOrder",
    "Order",
    "OrderPage",
    "OrderTerms",
    "Participant",
    "Quote",
    "QuoteClause",
    "RecallTimes",
    "ReturnPolicy",
    "ReturnReceipt",
    "Signed",
    "StandingDefault",
    "bitmap_to_roles",
    "roles_to_bitmap",
]


def roles_to_bitmap(roles: Iterable[Role]) -> int:
    """The bitmap of IParticipantRegistry.Participant.roles: bit `1 << role` for each."""
    return sum(1 << role for role in set(roles))


def bitmap_to_roles(bitmap: int) -> frozenset[Role]:
    return frozenset(role for role in Role if bitmap >> role & 1)


class Participant(Model):
    """A participant as admitted (IParticipantRegistry.Participant). `country` ISO 3166-1 alpha-2; `admitted_by` the
    platform that answers for it, None if the governance admitted it."""

    id: Word
    controller: Address
    roles: frozenset[Role]
    country: str
    scheme: IdentifierScheme
    identifier: str
    admitted_at: Time
    admitted_by: Word | None


class Key(Model):
    """A signing key (IParticipantRegistry.Key). Valid from `added_at` until before `revoked_at`."""

    address: Address
    participant: Word
    added_at: Time
    revoked_at: Time | None
    compromised_since: Time | None


class LogHead(Model):
    """The head of a participant's log (IProvenanceRegistry.LogHead); `writer` None if nobody may write."""

    writer: Address | None
    next_index: int
    last_anchored_at: Time | None


class Anchor(Model):
    """What is stored of a batch (IProvenanceRegistry.Anchor): the first 27 bytes of
    `keccak256(abi.encode(root, itemsRoot, writer, count))`, and the block time of its anchoring."""

    digest: str = Field(pattern=r"^0x[0-9a-f]{54}$")
    time: Time


class AnchoredBatch(Model):
    """A BatchAnchored event: `count` leaves below `root`, and the item map's root after it."""

    participant: Word
    index: int
    writer: Address
    root: Word
    items_root: Word
    count: int
    block: int
    tx_hash: Word


class RecallTimes(Model):
    """Since when a class, a lot and a serial are recalled; None where they are not."""

    of_class: Time | None
    of_lot: Time | None
    of_serial: Time | None


class Order(Model):
    """Everything that changes about an order (ITradeEscrow.Order). `since`: when the state began; `accepted_at` is None
    before acceptance; `to_buyer`: what went back to the buyer's side at the end, in smallest units of the settlement
    token."""

    id: Word
    state: State
    ground: Ground
    fault: Fault
    condition_met: bool
    delivered: bool
    late: bool
    reported: bool
    duties_held: bool
    assigned: bool
    assignee_consents: bool
    since: Time | None
    accepted_at: Time | None
    to_buyer: int


class OpenedOrder(Model):
    """An order as its Opened event tells of it."""

    id: Word
    terms: OrderTerms
    block: int
    tx_hash: Word


class OrderPage(Model):
    """Some orders, oldest first; `next` is the cursor of the page after, None on the last."""

    orders: tuple[OpenedOrder, ...]
    next: str | None


class StandingDefault(Model):
    """The one thing that anyone may do about a silent party, and from when on (block time)."""

    kind: Default
    opens_at: Time | None


class DeliveryReceipt(Model):
    """What a carrier states at the door (ITradeEscrow.Receipt): `logistic_unit` is keccak256 of the unit's EPC URI,
    `event_id` the SHA-256 inside the CBV event id of the EPCIS event with bizStep `accepting`."""

    order_id: Word
    logistic_unit: Word
    event_id: Word


class ReturnReceipt(Model):
    """What the place of return states when the goods are back (IReturns.ReturnReceipt): as `DeliveryReceipt`, of the
    EPCIS event with bizStep `receiving` there."""

    order_id: Word
    logistic_unit: Word
    event_id: Word


class Assessment(Model):
    """What the entry authority assesses (IDuties.Assessment): `units` in smallest units of the duties' token;
    `declaration` the SHA-256 of the declaration."""

    order_id: Word
    units: int = Field(ge=0)
    declaration: Word


class DutiesPaid(Model):
    """What was assessed for an order and what of it came back (IDuties.Paid), in smallest units of the duties'
    token."""

    assessed: int
    refunded: int


class Assignment(Model):
    """Part of the seller's proceeds (ITradeEscrow.Assignment): the first `units` smallest units of it, as far as they
    reach, go to whoever finances the order."""

    assignee: Address
    units: int


class Quote(Model):
    """A provider's signature over what it locks for one order (IQuotes.take): good until `expiry`, for an order that
    has ended `longest_lock` after its opening. It goes to the buyer as JSON."""

    expiry: Time
    longest_lock: Window
    signature: str = Field(pattern=r"^0x([0-9a-f]{2})*$")


class Exposure(Model):
    """What a provider has locked, and may lock at most (IQuotes.Exposure), in smallest units of one token."""

    locked: int
    cap: int


class Offer(Model):
    """A split that a party offers (IDisputes.Offer): `to_buyer` smallest units of the settlement token, until then
    (None without an offer), for the order as it stood: once it is in another state, or delivered, the offer no longer
    holds."""

    to_buyer: int
    until: Time | None
    state: State
    delivered: bool


class Batch(Model):
    """A batch as anchored (IProvenanceRegistry.Batch); `writer` is whose key anchored it."""

    root: Word
    items_root: Word
    writer: Address
    count: int = Field(gt=0, lt=2**32)

    def to_chain(self) -> tuple[str, str, str, int]:
        """The struct's members in its order."""
        return self.root, self.items_root, self.writer, self.count


class Signed(Model):
    """A signer (a registered key) and its EIP-712 signature, 0x hex."""

    signer: Address
    signature: str = Field(pattern=r"^0x([0-9a-f]{2})*$")


class Clearance(Model):
    """Where an order's papers stand (ICustomsClearance.Clearance). `exit_named` and `entry_named`: the terms name an
    authority for that side, known once the documents matched."""

    order_id: Word
    matching: Matching
    field: JoinField
    exit: Decision
    entry: Decision
    exit_fault: Fault
    entry_fault: Fault
    exit_named: bool
    entry_named: bool
    matched_at: Time | None
