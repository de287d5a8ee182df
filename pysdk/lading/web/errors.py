"""What can go wrong between a consumer and the page."""

from __future__ import annotations

from lading.errors import InputError, LadingError


class NoBundles(InputError):
    """The folder of bundles, or of fault documents, is none or cannot be listed."""


class Busy(LadingError):
    """More people ask at once than are answered at once."""

    def __init__(self) -> None:
        super().__init__("Too many items are being checked just now.", hint="Try again in a moment.", retryable=True)


class LabelError(InputError):
    """Labels that cannot be printed as asked."""
