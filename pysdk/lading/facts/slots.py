"""The contracts read out of their storage, each slot with a proof from the block's state root."""

from __future__ import annotations

from collections.abc import Iterable

from lading.chain.node import Chain
from lading.chain.state_proof import Header, ProvenState
from lading.contracts import storage
from lading.enums import IdentifierScheme, RecallScope
from lading.facts.question import Recalls, parties
from lading.models import bitmap_to_roles
from lading.provenance.parties import People
from lading.provenance.truth import Anchor, FirstClaim, Trusted, WriterKey

_KEY, _HEAD, _ANCHOR, _PARTICIPANT, _CLAIM = (
    storage.STRUCTS[name] for name in ("Key", "LogHead", "Anchor", "Participant", "Claim")
)


class Proven:
    """All as of the block with this header. Every method raises `NoStateProof` and `ProofInvalid` as `ProvenState`."""

    def __init__(self, chain: Chain, trusted: Trusted, at: Header) -> None:
        self.chain = chain
        self.number, self.hash, self.time = at.number, at.hash, at.time
        self._trusted = trusted
        self._state = ProvenState(chain, at)

    def stands(self, address: bytes, recorded: str | None) -> bool:
        """Whether code stands there: the recorded code, where there is a record."""
        account = self._state.account(address)
        return account.has_code if recorded is None else "0x" + account.code_hash.hex() == recorded

    def anchors(self, places: Iterable[tuple[bytes, int]]) -> dict[tuple[bytes, int], Anchor]:
        """Of the batches wanted, those that the log has."""
        slots = {place: storage.anchor_slot(*place) for place in places}
        words = self._goods(slots.values())
        return {
            place: Anchor(_ANCHOR["digest"].bytes_of(words[slot]), _ANCHOR["time"].of(words[slot]))
            for place, slot in slots.items()
            if _ANCHOR["time"].of(words[slot])
        }

    def heads(self, publishers: Iterable[bytes]) -> dict[bytes, int]:
        slots = {who: storage.head_slot(who) for who in publishers}
        words = self._goods(slots.values())
        return {who: _HEAD["nextIndex"].of(words[slot]) for who, slot in slots.items()}

    def keys(self, writers: Iterable[bytes]) -> dict[bytes, WriterKey]:
        slots = {key: storage.key_slot(key) for key in writers}
        words = self._people(part for slot in slots.values() for part in (slot, slot + 1))
        times = [_KEY[name] for name in ("addedAt", "revokedAt", "compromisedSince")]
        return {
            key: WriterKey(_KEY["participant"].bytes_of(words[slot]), *(time.of(words[slot + 1]) for time in times))
            for key, slot in slots.items()
            if words[slot]
        }

    def people(self, publishers: Iterable[bytes]) -> People:
        """Of those that were admitted."""
        slots = {who: storage.participant_slot(who) for who in publishers}
        name, by = _PARTICIPANT["identifier"].slot, _PARTICIPANT["admittedBy"].slot
        words = self._people(part for slot in slots.values() for part in (slot, slot + by, slot + name))
        found = {who: slot for who, slot in slots.items() if _PARTICIPANT["controller"].of(words[slot])}
        bitmaps = {who: _PARTICIPANT["roles"].of(words[slot]) for who, slot in found.items()}
        schemes = {who: IdentifierScheme(_PARTICIPANT["scheme"].of(words[slot])) for who, slot in found.items()}
        return People(
            {who: frozenset(role.name for role in bitmap_to_roles(held)) for who, held in bitmaps.items()},
            {
                who: parties(
                    schemes[who], storage.short_text(words[slot + name]) or "", by_platform=bool(words[slot + by])
                )
                for who, slot in found.items()
            },
        )

    def brand(self, gtin: int) -> bytes | None:
        slot = storage.brand_slot(gtin)
        word = self._goods([slot])[slot]
        return word.to_bytes(storage.WORD, "big") if word else None

    def recalls(self, gtin: int, serial: str, lots: Iterable[str]) -> Recalls:
        of_class = storage.recall_slot(gtin, RecallScope.CLASS, "")
        of_serial = storage.recall_slot(gtin, RecallScope.SERIAL, serial)
        of_lots = {lot: storage.recall_slot(gtin, RecallScope.LOT, lot) for lot in lots}
        words = self._goods([of_class, of_serial, *of_lots.values()])
        recalled = {lot: words[slot] for lot, slot in of_lots.items() if words[slot]}
        return Recalls(words[of_class] or None, words[of_serial] or None, recalled)

    def claim(self, contract: bytes, gtin: int, serial: str) -> FirstClaim:
        slot = storage.claim_slot(gtin, serial)
        word = self._state.words(contract, [slot])[slot]
        return FirstClaim(_CLAIM["claimant"].bytes_of(word), _CLAIM["time"].of(word)) if word else FirstClaim()

    def _goods(self, slots: Iterable[int]) -> dict[int, int]:
        return self._state.words(self._trusted.provenance_registry, list(slots))

    def _people(self, slots: Iterable[int]) -> dict[int, int]:
        return self._state.words(self._trusted.participant_registry, list(slots))
