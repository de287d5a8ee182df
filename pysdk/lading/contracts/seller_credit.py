"""SellerCredit: scores from outcomes. The formula: contracts/interfaces/ISellerCredit.sol and lading.credit."""

from __future__ import annotations

from lading.chain.contract import Contract
from lading.chain.node import BlockId, Chain
from lading.credit.score import CreditRecord

NAME = "SellerCredit"


class SellerCredit:
    def __init__(self, chain: Chain, address: str) -> None:
        self.contract = Contract(chain, NAME, address)
        self.address = self.contract.address

    def record(self, seller: str, *, at: BlockId = "latest") -> CreditRecord:
        good, bad, orders, updated_at = self.contract.read("recordOf", seller, at=at)
        return CreditRecord(good, bad, orders, updated_at)

    def score(self, seller: str, *, at: BlockId = "latest") -> int:
        return int(self.contract.read("scoreOf", seller, at=at))
