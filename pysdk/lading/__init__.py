"""Lading: the goods, money, papers and reputation of a cross-border order on one ledger."""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from lading.chain.networks import Network
    from lading.chain.node import Chain
    from lading.chain.signer import Signer
    from lading.client import Lading
    from lading.errors import ContractError, LadingError
    from lading.groups.session import Receipt
    from lading.models import OrderTerms

__version__ = "0.1.0"

#: Loaded at first use: `import lading` costs neither web3 nor pydantic, which take most of a second.
_HOME = {
    "Chain": "lading.chain.node",
    "ContractError": "lading.errors",
    "Lading": "lading.client",
    "LadingError": "lading.errors",
    "Network": "lading.chain.networks",
    "OrderTerms": "lading.models",
    "Receipt": "lading.groups.session",
    "Signer": "lading.chain.signer",
}

__all__ = ["Chain", "ContractError", "Lading", "LadingError", "Network", "OrderTerms", "Receipt", "Signer"]


def __getattr__(name: str) -> object:
    if name not in _HOME:
        raise AttributeError(f"module 'lading' has no attribute {name!r}")
    return getattr(import_module(_HOME[name]), name)


def __dir__() -> list[str]:
    return sorted({*globals(), *__all__})
