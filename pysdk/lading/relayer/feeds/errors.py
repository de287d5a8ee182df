"""What ends a feed; everything else it waits out and tries again.

InputError
├── SecretMissing     an environment variable that the configuration names is not set
└── CredentialFile    a certificate or key file cannot be used
LadingError
├── SlotTaken         another process took this worker slot's place at the broker
└── PlaceKept         a worker slot's place at the broker could not be given up
"""

from __future__ import annotations

from lading.errors import InputError, LadingError


class CredentialFile(InputError):
    """A file with certificates or a private key cannot be used."""

    def __init__(self, feed: str, problem: str) -> None:
        super().__init__(
            f"The certificates of {feed} cannot be used: {problem}.",
            hint="Check `ca`, `cert` and `key` in the relay configuration, and that this user may read the files.",
        )


class SlotTaken(LadingError):
    """The broker ended this connection because another one came with the same client id (MQTT 5, reason 0x8E)."""

    def __init__(self, client_id: str) -> None:
        self.client_id = client_id
        super().__init__(
            f"Another process connected to the broker as {client_id} and took its session over.",
            hint="Each worker needs a slot of its own; a survivor takes one only after its worker's lease ran out.",
            retryable=True,
        )


class PlaceKept(LadingError):
    """A worker's place at a broker could not be given up."""

    def __init__(self, client_id: str, problem: str) -> None:
        super().__init__(
            f"The session of {client_id} at the broker stays: {problem}.",
            hint="Nothing is lost. Run this again once the broker answers.",
            retryable=True,
        )


class CaptureExposed(InputError):
    """The capture interface would take anybody's events."""

    def __init__(self, host: str) -> None:
        super().__init__(
            f"The capture interface on {host} would take events from whoever reaches it.",
            hint="Configure `token_env`, or listen on 127.0.0.1 and put a server with TLS in front of it.",
        )


class AddressTaken(LadingError):
    """An address cannot be listened on."""

    def __init__(self, address: str, problem: str) -> None:
        super().__init__(
            f"The relay cannot listen on {address}: {problem}.",
            hint="Stop what listens there, or configure another address.",
        )
