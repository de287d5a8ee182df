"""Which hardfork a node is at, told from the fields of its newest block's header."""

from __future__ import annotations

from typing import Any, cast

from lading.chain.node import Chain

#: Newest first; the EIP that brought each header field: 7685, 4788, 4895, 4399 is no field, 1559.
_FIELDS = (
    ("requestsHash", "prague"),
    ("parentBeaconBlockRoot", "cancun"),
    ("withdrawalsRoot", "shanghai"),
    ("baseFeePerGas", "london"),
)


def hardfork(chain: Chain) -> str:
    """The newest hardfork that shows in the header ("prague" stands for all later ones), or "older" before London."""
    header = cast(dict[str, Any], chain.web3.eth.get_block("latest"))
    return next((name for field, name in _FIELDS if header.get(field) is not None), "older")
