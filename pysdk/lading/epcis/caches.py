"""What is kept between calls, all of it bounded, and one way to forget it."""

from __future__ import annotations

from collections.abc import Callable
from functools import _lru_cache_wrapper, lru_cache
from typing import TypeVar

_Result = TypeVar("_Result")
_KEPT: list[_lru_cache_wrapper[object]] = []


def kept(most: int) -> Callable[[Callable[..., _Result]], _lru_cache_wrapper[_Result]]:
    """Keeps the `most` last used results of a pure function."""

    def decorate(function: Callable[..., _Result]) -> _lru_cache_wrapper[_Result]:
        wrapped = lru_cache(maxsize=most)(function)
        _KEPT.append(wrapped)
        return wrapped

    return decorate


def clear_caches() -> None:
    """Forgets classes of identifiers, minutes, contexts, orders of properties. Nothing but time depends on them:
    measurements with cold caches begin here."""
    for wrapped in _KEPT:
        wrapped.cache_clear()
