"""What can go wrong with `lading adopt`."""

from __future__ import annotations

from collections.abc import Sequence
from importlib.util import find_spec

from lading.errors import InputError, LadingError

INSTALL = 'pip install "lading[adopt]"'


class GameInvalid(InputError):
    """`faults` holds (path, message) of each fault, such as `("platform.boost", "is missing")`; "" is the file."""

    def __init__(self, source: str, faults: Sequence[tuple[str, str]]) -> None:
        self.source, self.faults = source, tuple(faults)
        lines = "; ".join(f"{path}: {message}" if path else message for path, message in faults)
        super().__init__(
            f"The game {source} is refused: {lines}.", hint="Correct the file; examples/adopt shows one that is whole."
        )


class LedgerTooThin(InputError):
    """The ledger's orders do not carry a figure that was to be estimated from them."""


class AdoptMissing(LadingError):
    """The extra `adopt` is not installed."""

    def __init__(self, modules: Sequence[str]) -> None:
        super().__init__(f"lading adopt needs {', '.join(modules)}.", hint=f"Install the extra: {INSTALL}")


class ModelDisagrees(LadingError):
    """Formula and integration contradict each other: nothing that was computed is to be believed."""

    def __init__(self, what: str) -> None:
        super().__init__(
            f"The formulas and the numerical check disagree: {what}.",
            hint="This is a bug of lading's: report it with the configuration. Nothing was printed as a result.",
        )


def require(*modules: str) -> None:
    """
    Raises:
        AdoptMissing: one of the extra's modules is not installed.
    """
    if missing := [name for name in modules if find_spec(name) is None]:
        raise AdoptMissing(missing)
