"""What can be wrong with a proof bundle: every error of `lading.provenance`."""

from __future__ import annotations

from lading.errors import InputError


class MerkleError(InputError):
    """Leaves, or a part of one, of which no tree can be made."""


class BundleError(InputError):
    """A bundle that is refused whole.

    `path` is the JSON path of the fault, such as `$.entries[0].proof[2]`; `rule` the id of the broken rule of form.
    """

    def __init__(self, path: str, problem: str) -> None:
        self.path = path
        super().__init__(f"{path}: {problem}")
