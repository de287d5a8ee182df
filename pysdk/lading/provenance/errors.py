"""What can be wrong with a proof bundle: every error of `lading.provenance`."""

from __future__ import annotations

from lading.errors import InputError


class MerkleError(InputError):
    """Leaves, or a part of one, of which no tree can be made."""


class ItemError(InputError):
    """A code that names no single item."""


class SealError(InputError):
    """A code that is not the one under an item's seal, or none at all. Codes are never repeated in a message."""


class SunError(InputError):
    """A URL without a tag's message in it, or keys that are none. Keys are never repeated in a message."""


class BundleError(InputError):
    """A bundle that is refused whole. `path` is the JSON path of the fault, such as `$.entries[0].proof[2]`."""

    def __init__(self, path: str, problem: str) -> None:
        self.path, self.problem = path, problem
        super().__init__(
            f"The proof bundle is refused at {path}: {problem}.",
            hint="It was damaged or altered on its way: get it again from whoever gave it to you.",
        )


class TooMuchHistory(InputError):
    """A bundle of more entries than any verifier reads, because `thing`, the item or a container of it, has many."""

    def __init__(self, entries: int, most: int, thing: str, events: int, *, is_container: bool) -> None:
        self.entries, self.thing, self.events = entries, thing, events
        whose = "a container of the item" if is_container else "the item itself"
        super().__init__(
            f"The bundle would hold {entries} events, and verifiers read at most {most}: {events} are about "
            f"{thing[:120]}, {whose}.",
            hint="A map counts all events of a thing, so none can be left out. Give a re-used pallet or crate a new "
            "SSCC for each load, and pack from now on under that; for this item give the outboxes of fewer publishers, "
            "of whom the verdict then says that they are absent."
            if is_container
            else "A map counts all events of a thing, so none can be left out: record fewer reads of it.",
        )


class FaultError(InputError):
    """A fault document that is refused whole. `path` is the JSON path of what is wrong with it."""

    def __init__(self, path: str, problem: str) -> None:
        self.path, self.problem = path, problem
        super().__init__(
            f"The fault document is refused at {path}: {problem}.",
            hint="It was damaged or altered on its way: get it again from whoever gave it to you.",
        )


class PrivateError(InputError):
    """Private fields that cannot be sealed or opened. Values and salts are never repeated in a message."""


class DisclosureError(InputError):
    """A disclosure that is refused whole. `path` is the JSON path of the fault; no value is repeated."""

    def __init__(self, path: str, problem: str) -> None:
        self.path, self.problem = path, problem
        super().__init__(
            f"The disclosure is refused at {path}: {problem}.",
            hint="It was damaged or altered on its way: get it again from its publisher.",
        )
