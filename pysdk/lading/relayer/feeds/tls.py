"""A client's TLS context from the files of a configuration."""

from __future__ import annotations

import ssl
from pathlib import Path
from typing import Final

from lading.relayer.feeds.errors import CredentialFile

_ALERTS: Final = ("ALERT_BAD_CERTIFICATE", "ALERT_CERTIFICATE", "ALERT_UNKNOWN_CA", "ALERT_ACCESS_DENIED")


def client_context(feed: str, ca: Path | None, cert: Path | None, key: Path | None) -> ssl.SSLContext:
    """Verifies the server and its host name, by `ca` alone if that is given, else by what the system trusts. With
    `cert` (and its `key`, if that stands in another file) the client shows who it is.

    Raises:
        CredentialFile: a file is missing, unreadable or not what it should be.
    """
    try:
        context = ssl.create_default_context(cafile=None if ca is None else str(ca))
        if cert is not None:
            context.load_cert_chain(cert, key)
    except (OSError, ssl.SSLError) as error:
        raise CredentialFile(feed, str(error)) from error
    return context


def is_refusal(error: BaseException | None) -> bool:
    """Whether a connection failed because one side's certificate is not accepted by the other, and not for the
    network."""
    while error is not None:
        if isinstance(error, ssl.SSLCertVerificationError):
            return True
        # The other side's alert about ours (RFC 8446, section 6.2).
        if isinstance(error, ssl.SSLError) and any(word in (error.reason or "") for word in _ALERTS):
            return True
        error = error.__cause__ or error.__context__
    return False
