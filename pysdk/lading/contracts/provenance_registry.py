"""ProvenanceRegistry: what happened to goods. Rules and warnings: contracts/interfaces/IProvenanceRegistry.sol."""

from __future__ import annotations

from collections.abc import Collection, Iterator

from lading.chain.contract import Call, Contract
from lading.chain.node import BlockId, Chain
from lading.enums import RecallScope
from lading.models import Anchor, AnchoredBatch, LogHead, RecallTimes
from lading.values import ZERO_ADDRESS, address_or_none, time_or_none, word_or_none

NAME = "ProvenanceRegistry"


class ProvenanceRegistry:
    def __init__(self, chain: Chain, address: str) -> None:
        self.contract = Contract(chain, NAME, address)
        self.address = self.contract.address

    def head(self, participant: str, *, at: BlockId = "latest") -> LogHead:
        writer, next_index, last = self.contract.read("logHead", participant, at=at)
        return LogHead(writer=address_or_none(writer), next_index=next_index, last_anchored_at=time_or_none(last))

    def anchor_of(self, participant: str, index: int, *, at: BlockId = "latest") -> Anchor | None:
        digest, time = self.contract.read("anchorOf", participant, index, at=at)
        anchored_at = time_or_none(time)
        return None if anchored_at is None else Anchor(digest=digest, time=anchored_at)

    def brand_of(self, gtin: int, *, at: BlockId = "latest") -> str | None:
        return word_or_none(self.contract.read("brandOf", gtin, at=at))

    def recall_times(self, gtin: int, lot: str, serial: str, *, at: BlockId = "latest") -> RecallTimes:
        times = self.contract.read("recallTimes", gtin, lot, serial, at=at)
        of_class, of_lot, of_serial = (time_or_none(time) for time in times)
        return RecallTimes(of_class=of_class, of_lot=of_lot, of_serial=of_serial)

    def anchors(
        self, participants: Collection[str], indexes: Collection[int], from_block: int, to_block: int | None
    ) -> Iterator[AnchoredBatch]:
        """In the order of the chain; where given, only those of these participants, and only of these indexes."""
        places = [f"0x{index:064x}" for index in sorted(indexes)]
        topics = [self.contract.topic("BatchAnchored"), sorted(participants) or None, places or None]
        while topics[-1] is None:
            topics.pop()
        for log in self.contract.chain.logs([self.address], topics, from_block=from_block, to_block=to_block):
            if (event := self.contract.event(log)) is not None:
                yield AnchoredBatch(**event.args, block=event.block, tx_hash=event.tx_hash)

    def register_class(self, gtin: int) -> Call:
        return self.contract.call("registerClass", gtin)

    def set_writer(self, participant: str, writer: str | None) -> Call:
        return self.contract.call("setWriter", participant, writer or ZERO_ADDRESS)

    def anchor(self, participant: str, index: int, root: str, items_root: str, count: int) -> Call:
        return self.contract.call("anchor", participant, index, root, items_root, count)

    def recall(self, gtin: int, scope: RecallScope, value: str, reason: str) -> Call:
        return self.contract.call("recall", gtin, int(scope), value, reason)
