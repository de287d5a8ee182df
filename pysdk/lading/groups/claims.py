"""`client.claims`: who broke an item's seal first (IItemClaims)."""

from __future__ import annotations

from datetime import UTC, datetime

from lading.chain import abi
from lading.chain.node import BlockId
from lading.claims import Claim, Opening, SealProof
from lading.errors import InputError
from lading.groups.goods import gtin_number
from lading.groups.session import Receipt, Session
from lading.provenance.keccak import keccak256
from lading.provenance.merkle import batch_digest
from lading.reverts.claims import AlreadyClaimed, CommitmentUnknown, CommitmentYoung, SealDistrusted, SealNotAnchored
from lading.reverts.goods import ClassUnknown

NO_DATA = "0x"
"""No contract was asked."""

_COMMITTED = ("uint256", "address", "uint64", "bytes32", "bytes16", "address", "bytes32")


class Claims:
    """The buyer commits to the code under the seal, waits a minute, and reveals it. Nothing here hands the code to a
    node before the commitment is old enough: who saw it earlier could claim first."""

    def __init__(self, session: Session) -> None:
        self._session = session
        self._contract = session.contracts.claims

    def opening(self, gtin: str | int, serial: str, code: bytes, *, claimant: str | None = None) -> Opening:
        """A claim to be, for `claimant` or the signer. Keep it secret and safe until the claim is made.

        Raises:
            InputError: the GTIN is none; NoSigner: no claimant is given and the client has no signer.
        """
        return Opening.of(gtin_number(gtin), serial, code, claimant or self._session.key.address)

    def commitment(self, opening: Opening) -> str:
        """As IItemClaims.commitmentOf; computed here, since asking a node would show it the code."""
        serial_hash = keccak256(opening.serial.encode())
        values = (self._session.chain.chain_id, self._contract.address, opening.gtin, serial_hash)
        tail = (bytes.fromhex(opening.code[2:]), opening.claimant, bytes.fromhex(opening.salt[2:]))
        return abi.keccak_encoded(_COMMITTED, (*values, *tail))

    def commit(self, opening: Opening, seal: SealProof) -> Receipt:
        """Commits to an opening, by anyone; again changes nothing. `seal` is what the brand published of the item's.

        Raises:
            SealError: the code is not that of this seal: found here, before a minute is waited for nothing.
            InputError: the item is claimed already.
        """
        seal.check(opening)
        first = self.get(opening.gtin, opening.serial)
        if first is not None:
            raise InputError(
                f"The item was claimed on {first.time.isoformat()} by {first.claimant}.",
                hint="If that is not you, the seal was broken before: ask the seller.",
            )
        return self._session.send(self._contract.commit(self.commitment(opening)))

    def opens_at(self, opening: Opening, *, at: BlockId = "latest") -> datetime | None:
        """From when on it can be claimed, in block time; None if nobody committed to it."""
        since = self._contract.committed_at(self.commitment(opening), at=at)
        return datetime.fromtimestamp(since + self._contract.commitment_age(), UTC) if since else None

    def claim(self, opening: Opening, seal: SealProof) -> Receipt:
        """Binds the item to the claimant, for good; by anyone who holds the opening.

        Raises:
            SealError: the code is not that of this seal.
            CommitmentUnknown, CommitmentYoung, AlreadyClaimed, SealNotAnchored, SealDistrusted, ClassUnknown: found
                here, so that no node sees the code for a transaction that reverts. A simulation would show it.
        """
        seal.check(opening)
        opens_at = self.opens_at(opening)
        if opens_at is None:
            raise CommitmentUnknown({"commitment": self.commitment(opening)}, NO_DATA)
        now, then = self._session.chain.now(), int(opens_at.timestamp())
        if now < then:
            raise CommitmentYoung({"blockTime": now, "opensAt": then}, NO_DATA)
        self._check_claimable(opening, seal)
        return self._session.send(self._contract.claim(opening, seal.index, seal.batch, seal.siblings))

    def _check_claimable(self, opening: Opening, seal: SealProof) -> None:
        """What IItemClaims.claim would refuse beside the commitment, from what the chain says without the code."""
        first = self.get(opening.gtin, opening.serial)
        if first is not None:
            stated = {"gtin": opening.gtin, "serial": opening.serial, "claimant": first.claimant}
            raise AlreadyClaimed(stated | {"time": int(first.time.timestamp())}, NO_DATA)
        goods = self._session.contracts.goods
        brand = goods.brand_of(opening.gtin)
        if brand is None:
            raise ClassUnknown({"gtin": opening.gtin}, NO_DATA)
        anchor = goods.anchor_of(brand, seal.index)
        root, items_root, writer, count = seal.batch.to_chain()
        digest = batch_digest(_bytes(root), _bytes(items_root), _bytes(writer), count)
        if anchor is None or _bytes(anchor.digest) != digest:
            raise SealNotAnchored({"brand": brand, "index": seal.index}, NO_DATA)
        key = self._session.contracts.participants.key(writer)
        ends = [] if key is None else [end for end in (key.revoked_at, key.compromised_since) if end is not None]
        if key is None or key.participant != brand or any(anchor.time >= end for end in ends):
            raise SealDistrusted({"writer": writer, "brand": brand}, NO_DATA)

    def get(self, gtin: str | int, serial: str, *, at: BlockId = "latest") -> Claim | None:
        """Whose the item is; None while nobody has claimed it."""
        return self._contract.claim_of(gtin_number(gtin), serial, at=at)


def _bytes(word: str) -> bytes:
    return bytes.fromhex(word[2:])
