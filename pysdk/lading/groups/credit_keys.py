"""Whose key an address was when, from the registry's logs alone."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from lading.chain.contract import Event

#: Block time of a block, in seconds.
TimeOf = Callable[[int], int]


@dataclass(slots=True)
class _Key:
    participant: str
    added: int
    revoked: int | None = None


class Keys:
    """Every key ever added, by address, with the blocks of its addition and its revocation. A key is added once and
    revoked once; both hold from the time of their block on."""

    def __init__(self, time_of: TimeOf) -> None:
        self._time_of = time_of
        self._keys: dict[str, _Key] = {}

    def take(self, event: Event) -> None:
        """A KeyAdded or KeyRevoked; a revocation that only dates the compromise back changes nothing here."""
        key = event.args["key"].lower()
        if event.name == "KeyAdded":
            self._keys[key] = _Key(event.args["participant"], event.block)
        elif self._keys[key].revoked is None:
            self._keys[key].revoked = event.block

    def participant(self, address: str) -> str | None:
        """Whose key it is or was."""
        known = self._keys.get(address.lower())
        return None if known is None else known.participant

    def participant_as_of(self, address: str, block: int) -> str | None:
        """Whose valid key it was at the time of a block. Blocks tell it, except where two may have one time."""
        known = self._keys.get(address.lower())
        if known is None or (known.added > block and self._time_of(known.added) > self._time_of(block)):
            return None
        if known.revoked is None:
            return known.participant
        revoked = known.revoked <= block or self._time_of(known.revoked) <= self._time_of(block)
        return None if revoked else known.participant
