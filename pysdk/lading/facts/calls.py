"""The contracts asked by `eth_call`, whose answers are the node's word."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime

from lading.chain.node import Block, Chain
from lading.contracts.item_claims import ItemClaims
from lading.contracts.participant_registry import ParticipantRegistry
from lading.contracts.provenance_registry import ProvenanceRegistry
from lading.facts.question import Recalls, parties
from lading.provenance.parties import People
from lading.provenance.truth import Anchor, FirstClaim, Trusted, WriterKey


class Called:
    """All as of block `at`."""

    def __init__(self, chain: Chain, trusted: Trusted, at: Block) -> None:
        self.chain = chain
        self.number, self.hash, self.time = at.number, _bytes(at.hash), at.time
        self._participants = ParticipantRegistry(chain, _hex(trusted.participant_registry))
        self._provenance = ProvenanceRegistry(chain, _hex(trusted.provenance_registry))

    def stands(self, address: bytes, recorded: str | None) -> bool:
        """Whether code stands there: the recorded code, where there is a record."""
        if recorded is None:
            return self.chain.code(_hex(address), self.number) != b""
        return self.chain.code_hash(_hex(address), self.number) == recorded

    def anchors(self, places: Iterable[tuple[bytes, int]]) -> dict[tuple[bytes, int], Anchor]:
        """Of the batches wanted, those that the log has."""
        found = {}
        for who, index in sorted(places):
            anchor = self._provenance.anchor_of(_hex(who), index, at=self.number)
            if anchor is not None:
                found[who, index] = Anchor(_bytes(anchor.digest), int(anchor.time.timestamp()))
        return found

    def heads(self, publishers: Iterable[bytes]) -> dict[bytes, int]:
        return {who: self._provenance.head(_hex(who), at=self.number).next_index for who in sorted(publishers)}

    def keys(self, writers: Iterable[bytes]) -> dict[bytes, WriterKey]:
        found = {}
        for writer in sorted(writers):
            key = self._participants.key(_hex(writer), at=self.number)
            if key is not None:
                times = (_seconds(time) or 0 for time in (key.added_at, key.revoked_at, key.compromised_since))
                found[writer] = WriterKey(_bytes(key.participant), *times)
        return found

    def people(self, publishers: Iterable[bytes]) -> People:
        """Of those that were admitted."""
        asked = {who: self._participants.get(_hex(who), at=self.number) for who in sorted(publishers)}
        found = {who: participant for who, participant in asked.items() if participant is not None}
        roles = {who: frozenset(role.name for role in one.roles) for who, one in found.items()}
        named = {
            who: parties(one.scheme, one.identifier, by_platform=one.admitted_by is not None)
            for who, one in found.items()
        }
        return People(roles, named)

    def brand(self, gtin: int) -> bytes | None:
        brand = self._provenance.brand_of(gtin, at=self.number)
        return None if brand is None else _bytes(brand)

    def recalls(self, gtin: int, serial: str, lots: Iterable[str]) -> Recalls:
        of_item = self._provenance.recall_times(gtin, "", serial, at=self.number)
        of_lots = {lot: self._provenance.recall_times(gtin, lot, "", at=self.number).of_lot for lot in lots}
        recalled = {lot: time for lot, since in of_lots.items() if (time := _seconds(since)) is not None}
        return Recalls(_seconds(of_item.of_class), _seconds(of_item.of_serial), recalled)

    def claim(self, contract: bytes, gtin: int, serial: str) -> FirstClaim:
        found = ItemClaims(self.chain, _hex(contract)).claim_of(gtin, serial, at=self.number)
        return FirstClaim() if found is None else FirstClaim(_bytes(found.claimant), int(found.time.timestamp()))


def _seconds(time: datetime | None) -> int | None:
    return None if time is None else int(time.timestamp())


def _bytes(text: str) -> bytes:
    return bytes.fromhex(text.removeprefix("0x"))


def _hex(data: bytes) -> str:
    return "0x" + data.hex()
