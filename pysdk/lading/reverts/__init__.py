"""One class per Solidity error that a user can meet, by contract: the errors' names here and on chain are the same."""

from __future__ import annotations

from types import ModuleType

from lading.reverts import (
    claims,
    customs,
    deliveries,
    disputes,
    duties,
    finance,
    goods,
    openzeppelin,
    orders,
    participants,
    quotes,
    returns,
    token,
)
from lading.reverts.base import SolidityError, canonical_signature, parameters


def _classes(module: ModuleType) -> dict[str, type[SolidityError]]:
    return {
        kind.solidity: kind
        for kind in vars(module).values()
        if isinstance(kind, type) and issubclass(kind, SolidityError) and kind is not SolidityError
    }


_MODULES = (
    claims,
    customs,
    deliveries,
    disputes,
    duties,
    finance,
    goods,
    openzeppelin,
    orders,
    participants,
    quotes,
    returns,
    token,
)

#: Every class under the error's declaration; by declaration and not by name, since two contracts may use one name for
#: errors with different arguments.
BY_DECLARATION: dict[str, type[SolidityError]] = {
    declaration: kind for module in _MODULES for declaration, kind in _classes(module).items()
}

__all__ = ["BY_DECLARATION", "SolidityError", "canonical_signature", "parameters"]
