"""`client.goods`: what happened to goods (IProvenanceRegistry)."""

from __future__ import annotations

from collections.abc import Iterator

from lading import fields
from lading.chain.node import BlockId
from lading.enums import RecallScope
from lading.errors import InputError
from lading.groups.session import Receipt, Session
from lading.models import Anchor, AnchoredBatch, LogHead, RecallTimes
from lading.values import ZERO_WORD

GTIN_LENGTHS = (8, 12, 13, 14)


class Goods:
    """A GTIN is given as its 8, 12, 13 or 14 digits, or as a number; its check digit is checked before anything is
    sent."""

    def __init__(self, session: Session) -> None:
        self._session = session
        self._contract = session.contracts.goods

    def register_class(self, gtin: str | int) -> Receipt:
        """Registers a product class, by a key of the brand that holds its company prefix.

        Raises:
            InputError: the GTIN's length or check digit is wrong.
            ClassExists, PrefixNotHeld, KeyNotValid, RoleMissing: as they say.
        """
        return self._session.send(self._contract.register_class(gtin_number(gtin)))

    def set_writer(self, participant: str, writer: str | None) -> Receipt:
        """Names the only key that may anchor in a participant's log, by its controller; None stops the log.

        Raises:
            NotController, WriterForeign, KeyNotValid: as they say.
        """
        address = None if writer is None else fields.address(writer, "writer")
        return self._session.send(self._contract.set_writer(fields.word(participant, "participant"), address))

    def anchor(self, participant: str, index: int, root: str, items_root: str, count: int) -> Receipt:
        """Anchors batch `index` (gapless, from 0) of `count` leaves below `root`, by the log's writer; `items_root` is
        the root of its item map with this batch counted in (32 zero bytes if no event was ever counted). The same batch
        again by the same writer changes nothing and is no error.

        Raises:
            IndexGap, BatchDiffers, BatchEmpty, NotWriter: as they say.
        """
        who = fields.word(participant, "participant")
        roots = fields.word(root, "root"), fields.word(items_root, "root of the item map")
        return self._session.send(self._contract.anchor(who, index, *roots, count))

    def recall(self, gtin: str | int, scope: RecallScope, value: str = "", *, reason: str) -> Receipt:
        """Recalls a class (no `value`), a lot (GS1 AI 10) or a serial (AI 21), for good, by a key of its brand.
        `reason` is for the consumer.

        Raises:
            ClassUnknown, NotBrand, RecallValueInvalid, AlreadyRecalled, KeyNotValid: as they say.
        """
        return self._session.send(self._contract.recall(gtin_number(gtin), scope, value, reason))

    def head(self, participant: str, *, at: BlockId = "latest") -> LogHead:
        return self._contract.head(fields.word(participant, "participant"), at=at)

    def anchor_of(self, participant: str, index: int, *, at: BlockId = "latest") -> Anchor | None:
        """Digest and time of an anchored batch; None if there is none."""
        return self._contract.anchor_of(fields.word(participant, "participant"), index, at=at)

    def items_root(self, participant: str, index: int) -> str:
        """The root of the item map when batch `index` of a log is to be anchored: that of the batch before, 32 zero
        bytes for the first. A batch without events keeps it.

        Raises:
            InputError: the batch before is not anchored.
        """
        if index == 0:
            return ZERO_WORD
        for batch in self.anchors(participant, index=index - 1):
            return batch.items_root
        raise InputError(
            f"Batch {index - 1} of this log is not anchored.", hint="Anchor the batches in order, without gaps."
        )

    def brand_of(self, gtin: str | int, *, at: BlockId = "latest") -> str | None:
        """The participant that registered the class; None if nobody did."""
        return self._contract.brand_of(gtin_number(gtin), at=at)

    def recall_times(self, gtin: str | int, *, lot: str = "", serial: str = "", at: BlockId = "latest") -> RecallTimes:
        """Since when class, lot and serial are recalled; leave empty what is unknown."""
        return self._contract.recall_times(gtin_number(gtin), lot, serial, at=at)

    def anchors(
        self,
        participant: str | None = None,
        *,
        index: int | None = None,
        from_block: int | None = None,
        to_block: int | None = None,
    ) -> Iterator[AnchoredBatch]:
        """Anchored batches in the order of the chain, from the deployment's first block on (`from_block`, inclusive) to
        the newest (`to_block`, inclusive); of one participant, or batch `index` of its, if given."""
        who = None if participant is None else fields.word(participant, "participant")
        start = self._session.deployment.block if from_block is None else from_block
        whose, places = ([] if who is None else [who]), ([] if index is None else [index])
        return self._contract.anchors(whose, places, start, to_block)


def gtin_number(gtin: str | int) -> int:
    """A GTIN as the number that GTIN-8, -12, -13 and -14 share (GS1 General Specifications, 3.3.2 and 7.9).

    Raises:
        InputError: wrong length, not digits, or a wrong check digit.
    """
    digits = str(gtin)
    if not digits.isascii() or not digits.isdigit() or len(digits) > max(GTIN_LENGTHS):
        raise InputError(f"{digits!r} is no GTIN: it has 8, 12, 13 or 14 digits.")
    if isinstance(gtin, str) and len(gtin) not in GTIN_LENGTHS:
        raise InputError(f"{digits} has {len(digits)} digits; a GTIN has 8, 12, 13 or 14.")
    padded = digits.zfill(max(GTIN_LENGTHS))
    total = sum(int(digit) * (3 if place % 2 == 0 else 1) for place, digit in enumerate(padded[:-1]))
    if (check := -total % 10) != int(padded[-1]):
        raise InputError(
            f"GTIN {digits} has the check digit {padded[-1]}; {check} is right. Compare it with the label."
        )
    return int(digits)
