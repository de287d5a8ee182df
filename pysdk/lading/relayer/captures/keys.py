"""Whose key signs captures, and whether it may."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

from lading.errors import KeystoreLocked, NoSigner
from lading.relayer.captures.errors import SigningKeyRefused

if TYPE_CHECKING:
    from lading.chain.signer import Signer
    from lading.client import Lading
    from lading.relayer.captures.signing import CaptureSigner
    from lading.relayer.config.settings import RelayConfig
    from lading.relayer.config.signing import Signing
    from lading.relayer.store.opening import LogIdentity


def signing_key(settings: Signing) -> Signer:
    """
    Raises:
        NoSigner: the variable with the key is not set.
        KeystoreLocked: the password is missing or wrong.
        KeyUnreadable: the keystore or the key is none.
    """
    from lading.chain.signer import Signer

    if settings.key_env is not None:
        found = os.environ.get(settings.key_env)
        if not found:
            raise NoSigner(
                f"Captures are to be signed, and the variable {settings.key_env} with the key is not set.",
                hint=f"Set {settings.key_env} to the gateway's key, or take `signing` out of the configuration.",
            )
        return Signer.unsafe_from_key(found)
    assert settings.keystore is not None  # noqa: S101 - the configuration has one of both
    return Signer.from_keystore(settings.keystore, _password(settings))


def _password(settings: Signing) -> str:
    if settings.password_file is not None:
        try:
            return settings.password_file.read_text(encoding="utf-8").rstrip("\r\n")
        except (OSError, UnicodeDecodeError) as error:
            problem = getattr(error, "strerror", None) or "it is no text"
            raise KeystoreLocked(
                f"The password file {settings.password_file} of `signing` cannot be read: {problem}.",
                hint="Check the path and its permissions.",
            ) from None
    assert settings.password_env is not None  # noqa: S101 - a keystore has one of both
    found = os.environ.get(settings.password_env)
    if found is None:
        raise KeystoreLocked(
            f"Captures are to be signed, and the variable {settings.password_env} with the password of "
            f"{settings.keystore} is not set.",
            hint=f"Set {settings.password_env}, or name a file with the password as `password_file`.",
        )
    return found


def capture_signer(config: RelayConfig, identity: LogIdentity) -> CaptureSigner | None:
    """What signs captures for this log; None where none are to be signed. Raises as `signing_key`."""
    if config.signing is None:
        return None
    from lading.relayer.captures.signing import CaptureSigner

    return CaptureSigner(identity, signing_key(config.signing))


def check_registered(client: Lading, publisher: str, address: str) -> None:
    """Asks the chain whether this is a valid key of the publisher's now.

    Raises:
        SigningKeyRefused: it is not.
        NetworkError: the chain does not answer.
    """
    found = client.participants.key(address)
    if found is None:
        raise SigningKeyRefused(address, publisher, "it is registered to nobody")
    if found.participant.lower() != publisher.lower():
        raise SigningKeyRefused(address, publisher, f"it belongs to participant {found.participant}")
    if found.revoked_at is not None:
        raise SigningKeyRefused(address, publisher, f"it was revoked at {found.revoked_at:%Y-%m-%dT%H:%M:%SZ}")
