"""A seller's credit as a pure function of its orders' outcomes: weights, caps, decay, bound, and what they cost to
fake. No I/O and no chain."""

from __future__ import annotations

from lading.credit.explain import Explanation, explain
from lading.credit.history import History, Moment, history_of
from lading.credit.ledger import Counted, Ledger, Outcome, OutOfOrder, Sums, platform_score
from lading.credit.parameters import Parameters, ParametersInvalid
from lading.credit.record import CreditRecord
from lading.credit.score import WeightError, score
from lading.credit.weights import Ending, shares, value_of, weight, weights

__all__ = [
    "Counted",
    "CreditRecord",
    "Ending",
    "Explanation",
    "History",
    "Ledger",
    "Moment",
    "OutOfOrder",
    "Outcome",
    "Parameters",
    "ParametersInvalid",
    "Sums",
    "WeightError",
    "explain",
    "history_of",
    "platform_score",
    "score",
    "shares",
    "value_of",
    "weight",
    "weights",
]
