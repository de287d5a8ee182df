"""SellerCredit: scores from outcomes. The formula: contracts/interfaces/ISellerCredit.sol and lading.credit."""

from __future__ import annotations

from lading.chain.contract import Call, Contract
from lading.chain.node import BlockId, Chain

NAME = "SellerCredit"


class SellerCredit:
    def __init__(self, chain: Chain, address: str) -> None:
        self.contract = Contract(chain, NAME, address)
        self.address = self.contract.address

    def score(self, seller: str, *, at: BlockId = "latest") -> int:
        return int(self.contract.read("scoreOf", seller, at=at))

    def witnessed_score(self, seller: str, *, at: BlockId = "latest") -> int:
        return int(self.contract.read("witnessedScoreOf", seller, at=at))

    def weights(self, seller: str, *, witnessed_only: bool = False, at: BlockId = "latest") -> tuple[int, int]:
        """Good and bad as of that block, in thousandths of a reference order."""
        good, bad = self.contract.read("weightsOf", seller, not witnessed_only, at=at)
        return int(good), int(bad)

    def pair(self, seller: str, buyer: str, *, at: BlockId = "latest") -> tuple[int, int, int]:
        """The period, and what the buyer gave in it, good and bad, in thousandths of a reference order."""
        period, good, bad = self.contract.read("pairOf", seller, buyer, at=at)
        return int(period), int(good), int(bad)

    def rate(self, token: str, *, at: BlockId = "latest") -> int:
        """Micro-units of reference for 10^18 smallest units; zero if the token's orders do not count."""
        return int(self.contract.read("rateOf", token, at=at))

    def set_rate(self, token: str, rate: int) -> Call:
        return self.contract.call("setRate", token, rate)
