"""Quotes: two currencies. Rules and warnings: contracts/interfaces/IQuotes.sol."""

from __future__ import annotations

from lading.chain.contract import Call, Contract
from lading.chain.node import BlockId, Chain
from lading.models import Exposure

NAME = "Quotes"


class Quotes:
    def __init__(self, chain: Chain, address: str) -> None:
        self.contract = Contract(chain, NAME, address)
        self.address = self.contract.address

    def exposure(self, provider: str, token: str, *, at: BlockId = "latest") -> Exposure:
        return Exposure(**self.contract.read_struct("exposureOf", provider, token, at=at))

    def is_cancelled(self, provider: str, order_id: str, *, at: BlockId = "latest") -> bool:
        return bool(self.contract.read("isCancelled", provider, order_id, at=at))

    def set_cap(self, token: str, units: int) -> Call:
        return self.contract.call("setCap", token, units)

    def cancel_quote(self, order_id: str) -> Call:
        return self.contract.call("cancelQuote", order_id)
