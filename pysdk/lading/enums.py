"""The enumerations of the contracts, with the numbers that they have there (a test compares them with the sources)."""

from __future__ import annotations

from enum import IntEnum


class Role(IntEnum):
    """What a participant does (IParticipantRegistry). On chain a bitmap; see `roles_to_bitmap`."""

    BRAND = 0
    PLATFORM = 1
    SELLER = 2
    INSPECTOR = 3
    CARRIER = 4
    WAREHOUSE = 5
    PAYMENT_PROVIDER = 6
    CUSTOMS = 7
    ARBITER = 8


class IdentifierScheme(IntEnum):
    """The scheme of a participant's identifier (IParticipantRegistry)."""

    GLN = 0
    LEI = 1
    EORI = 2
    NATIONAL_REGISTER = 3


class RecallScope(IntEnum):
    """How far a recall reaches (IProvenanceRegistry)."""

    CLASS = 0
    LOT = 1
    SERIAL = 2


class ConditionStatus(IntEnum):
    """What a release condition says of an order (IReleaseCondition)."""

    PENDING = 0
    MET = 1
    REJECTED = 2


class Fault(IntEnum):
    """At whose door a failure lies (IReleaseCondition)."""

    NOBODY = 0
    SELLER = 1
    BUYER = 2
    CARRIER = 3


class State(IntEnum):
    """An order's state (ITradeEscrow); `NONE` was never opened, the last four are terminal."""

    NONE = 0
    FUNDED = 1
    ACCEPTED = 2
    SHIPPED = 3
    DELIVERED = 4
    RETURN_REQUESTED = 5
    RETURN_RECEIVED = 6
    DISPUTED = 7
    RELEASED = 8
    REFUNDED = 9
    SETTLED = 10
    CANCELLED = 11


class Ground(IntEnum):
    """Why an order ended as it did (ITradeEscrow)."""

    NONE = 0
    ON_TIME = 1
    LATE = 2
    NOT_ACCEPTED = 3
    NOT_SHIPPED = 4
    CONDITION_FAILED = 5
    NOT_DELIVERED = 6
    SELLER_REFUND = 7
    RETURNED = 8
    AGREED = 9
    RULED = 10
    NOT_RULED = 11
    COUNTERFEIT = 12


class Default(IntEnum):
    """The one thing that anyone may do about a silent party (ITradeEscrow): `refund`, `release`, `settle_by_policy` for
    POLICY_REFUND, `settle_unruled` for SILENT_SPLIT."""

    NONE = 0
    REFUND = 1
    RELEASE = 2
    POLICY_REFUND = 3
    SILENT_SPLIT = 4


class Party(IntEnum):
    """Whom an error speaks of (ITradeEscrow)."""

    BUYER = 0
    SELLER = 1
    PLATFORM = 2
    CARRIER = 3
    ASSIGNEE = 4
    PROVIDER = 5
    PAYEE = 6


class Moment(IntEnum):
    """What an error sets in order: now, and the deadlines of a schedule (ITradeEscrow)."""

    NOW = 0
    ACCEPT_BY = 1
    SHIP_BY = 2
    CONDITION_BY = 3
    DELIVER_BY = 4


class JoinField(IntEnum):
    """The fields that two or three customs documents share, in the order of comparison (ICustomsClearance)."""

    NONE = 0
    PAYMENT_ORDER_NO = 1
    TRANSACTION_ID = 2
    AMOUNT = 3
    CURRENCY = 4
    PAYER = 5
    WAYBILL_ORDER_NO = 6
    CONSIGNEE = 7
    FREIGHT = 8


class Matching(IntEnum):
    """Whether an order's three documents match (ICustomsClearance)."""

    NONE = 0
    DIFFERS = 1
    MATCHED = 2


class Side(IntEnum):
    """The border that an authority decides for (ICustomsClearance)."""

    EXIT = 0
    ENTRY = 1


class Decision(IntEnum):
    """An authority's decision (ICustomsClearance); `RELEASE` is final."""

    NONE = 0
    HOLD = 1
    INSPECT = 2
    REJECT = 3
    RELEASE = 4
