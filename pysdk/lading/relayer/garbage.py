"""How Python's collector of garbage is set for a process that makes millions of small objects and no cycles of them."""

from __future__ import annotations

import gc

_BETWEEN = 50_000, 20, 50
"""Objects between young collections, young between middle ones, middle between full ones."""


def settle() -> None:
    """Once all is imported: what is there stays, so no collection goes through it again, and they are rarer. Reads,
    observations and events hold no cycles; they are freed when they are done with, collections or not."""
    gc.collect()
    gc.freeze()
    gc.set_threshold(*_BETWEEN)
