"""First claims of items: what a claimant commits to, what a brand publishes of its seals, and what the chain keeps."""

from __future__ import annotations

import secrets

from pydantic import Field

from lading.fields import Address, Model, Time, Word
from lading.models import Batch
from lading.provenance.errors import SealError
from lading.provenance.seal import seal_of

__all__ = ["Claim", "Opening", "SealProof"]

GTIN_LIMIT = 10**14


class Claim(Model):
    """Who broke an item's seal first, and when (IItemClaims.Claim)."""

    claimant: Address
    time: Time


class Opening(Model):
    """What a claimant commits to (IItemClaims.Opening), with the GTIN as a number. Whoever knows it can claim: `code`
    and `salt` are secrets, which no repr shows."""

    gtin: int = Field(gt=0, lt=GTIN_LIMIT)
    serial: str = Field(min_length=1, max_length=20)
    code: str = Field(pattern=r"^0x[0-9a-f]{32}$", repr=False)
    claimant: Address
    salt: Word = Field(repr=False)

    @classmethod
    def of(cls, gtin: int, serial: str, code: bytes, claimant: str) -> Opening:
        """With a random salt, so that the commitment tells nothing to those who know the code, such as the brand."""
        salt = "0x" + secrets.token_hex(32)
        return cls(gtin=gtin, serial=serial, code="0x" + code.hex(), claimant=claimant, salt=salt)

    def to_chain(self) -> tuple[int, str, str, str, str]:
        """The struct's members in its order."""
        return self.gtin, self.serial, self.code, self.claimant, self.salt


class SealProof(Model):
    """That a brand anchored an item's seal: batch `index` of its log, siblings from the leaf to the root. Public."""

    gtin: int = Field(gt=0, lt=GTIN_LIMIT)
    serial: str = Field(min_length=1, max_length=20)
    seal_hash: Word
    index: int = Field(ge=0, lt=2**48)
    batch: Batch
    proof: tuple[Word, ...]

    @property
    def siblings(self) -> tuple[bytes, ...]:
        return tuple(bytes.fromhex(word[2:]) for word in self.proof)

    def check(self, opening: Opening) -> None:
        """That the code is the one under this item's seal, before anything is sent.

        Raises:
            SealError: it is another item's or mistyped, or the proof leads nowhere.
        """
        if (opening.gtin, opening.serial) != (self.gtin, self.serial):
            raise SealError(f"The proof is about {self.gtin}, serial {self.serial}: another item.")
        seal = seal_of(opening.gtin, opening.serial, bytes.fromhex(opening.code[2:]))
        if seal.seal_hash != bytes.fromhex(self.seal_hash[2:]):
            raise SealError(
                "This is not the code under this item's seal.", hint="Read it off again, and compare the serial number."
            )
        if not seal.is_in(bytes.fromhex(self.batch.root[2:]), self.batch.count, self.siblings):
            raise SealError("The proof does not lead to its batch.", hint="Get it again from the brand.")
