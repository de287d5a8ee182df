"""A client's TLS context from the files of a configuration."""

from __future__ import annotations

import ssl
from pathlib import Path

from lading.relayer.feeds.errors import CredentialFile


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
