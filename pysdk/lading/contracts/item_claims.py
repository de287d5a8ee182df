"""ItemClaims: who broke an item's seal first. Rules and warnings: contracts/interfaces/IItemClaims.sol."""

from __future__ import annotations

from collections.abc import Sequence

from lading.chain.contract import Call, Contract
from lading.chain.node import BlockId, Chain
from lading.claims import Claim, Opening
from lading.models import Batch
from lading.values import address_or_none, time_or_none

NAME = "ItemClaims"


class ItemClaims:
    def __init__(self, chain: Chain, address: str) -> None:
        self.contract = Contract(chain, NAME, address)
        self.address = self.contract.address

    def commitment_age(self) -> int:
        return int(self.contract.read("COMMITMENT_AGE"))

    def committed_at(self, commitment: str, *, at: BlockId = "latest") -> int:
        return int(self.contract.read("committedAt", commitment, at=at))

    def claim_of(self, gtin: int, serial: str, *, at: BlockId = "latest") -> Claim | None:
        claimant, time = self.contract.read("claimOf", gtin, serial, at=at)
        found, when = address_or_none(claimant), time_or_none(time)
        return None if found is None or when is None else Claim(claimant=found, time=when)

    def commit(self, commitment: str) -> Call:
        return self.contract.call("commit", commitment)

    def claim(self, opening: Opening, index: int, batch: Batch, proof: Sequence[bytes]) -> Call:
        return self.contract.call("claim", opening.to_chain(), index, batch.to_chain(), list(proof))
