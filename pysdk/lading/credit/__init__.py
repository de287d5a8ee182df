"""A seller's score as a pure function of its orders' outcomes. No I/O and no chain."""

from __future__ import annotations

from lading.credit.score import CreditRecord, Outcome, WeightError, replay, score, weights

__all__ = ["CreditRecord", "Outcome", "WeightError", "replay", "score", "weights"]
