"""Errors of IProvenanceRegistry."""

from __future__ import annotations

from lading.enums import RecallScope
from lading.reverts.base import SolidityError


class AlreadyRecalled(SolidityError):
    solidity = "AlreadyRecalled(uint64 gtin,RecallScope scope,string value)"
    says = "GTIN {gtin} is recalled already ({scope} {value})."
    next_step = "Nothing is left to do: a recall stands for good."
    gtin: int
    scope: RecallScope
    value: str


class BatchDiffers(SolidityError):
    solidity = "BatchDiffers(uint48 index,bytes27 attempted,bytes27 anchored)"
    says = "Batch {index} was anchored with other content or by another writer ({anchored}, not {attempted})."
    next_step = (
        "Do not anchor it again: it stands as the writer before you anchored it, or two outboxes share this log."
    )
    index: int
    attempted: str
    anchored: str


class BatchEmpty(SolidityError):
    solidity = "BatchEmpty()"
    says = "A batch has at least one event."
    next_step = "Anchor when there is something to anchor."


class ClassExists(SolidityError):
    solidity = "ClassExists(uint64 gtin,bytes32 brand)"
    says = "GTIN {gtin} is registered already, by {brand}."
    next_step = "Nothing is left to do if that is you; else check the GTIN."
    gtin: int
    brand: str


class ClassUnknown(SolidityError):
    solidity = "ClassUnknown(uint64 gtin)"
    says = "GTIN {gtin} is not registered here."
    next_step = "Have its brand register it with `goods.register_class`."
    gtin: int


class GtinInvalid(SolidityError):
    solidity = "GtinInvalid(uint64 gtin)"
    says = "{gtin} is no GTIN-14: too long, or the check digit differs."
    next_step = "Compare it with the label; the last digit follows from the others (GS1 General Specifications, 7.9)."
    gtin: int


class IndexGap(SolidityError):
    solidity = "IndexGap(uint48 attempted,uint48 expected)"
    says = "A log has no gaps: the next batch is {expected}, not {attempted}."
    next_step = "Anchor batch {expected} first."
    attempted: int
    expected: int


class NotBrand(SolidityError):
    solidity = "NotBrand(bytes32 caller,bytes32 brand)"
    says = "Participant {caller} is not the brand of this class."
    next_step = "Only {brand} may do this."
    caller: str
    brand: str


class NotWriter(SolidityError):
    solidity = "NotWriter(address caller,address writer)"
    says = "{caller} may not write into this log."
    next_step = "Send it from {writer}, or have the controller name another writer with `goods.set_writer`."
    caller: str
    writer: str

    def advice(self) -> str:
        if int(self.writer, 16):
            return self.next_step
        return (
            "Nobody may write into this log yet: have its controller run 'lading goods set-writer' (goods.set_writer)."
        )


class PrefixNotHeld(SolidityError):
    solidity = "PrefixNotHeld(uint64 gtin,bytes32 caller,bytes32 holder)"
    says = "GTIN {gtin} lies under a company prefix of {holder}, not of {caller}."
    next_step = "Have the governance bind your prefix with `participants.bind_prefix`, or check the GTIN."
    gtin: int
    caller: str
    holder: str


class RecallValueInvalid(SolidityError):
    solidity = "RecallValueInvalid(RecallScope scope,string value)"
    says = "'{value}' is no value for the recall of a {scope}."
    next_step = "A class has none; a lot or a serial has 1 to 20 characters (GS1 AI 10 and 21)."
    scope: RecallScope
    value: str


class WriterForeign(SolidityError):
    solidity = "WriterForeign(address writer,bytes32 participant)"
    says = "{writer} is a key of participant {participant}, not of this log's."
    next_step = "Name a valid key of the log's own participant."
    writer: str
    participant: str
