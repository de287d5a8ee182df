"""The networks that have a name, and what a text that names one means."""

from __future__ import annotations

import dataclasses
from dataclasses import dataclass
from typing import Literal
from urllib.parse import urlsplit

from lading.errors import UnknownNetwork

Kind = Literal["embedded", "anvil", "ganache", "url"]

#: Blocks after which we call a block final. Embedded and Ganache: their `finalized` tag means nothing, so a depth it
#: is.
DEFAULT_FINALITY_DEPTH = 64


@dataclass(frozen=True)
class Network:
    """A chain that can be connected to. `url` is None only for the embedded chain; `finality_depth` is in blocks."""

    name: str
    kind: Kind
    url: str | None
    finality_depth: int = DEFAULT_FINALITY_DEPTH


EMBEDDED = Network("embedded", "embedded", None)
ANVIL = Network("anvil", "anvil", "http://127.0.0.1:8545")
GANACHE = Network("ganache", "ganache", "http://127.0.0.1:8546")
NAMED = {network.name: network for network in (EMBEDDED, ANVIL, GANACHE)}


def resolve(text: str) -> Network:
    """The network of that name, or the one behind that http(s) URL.

    Raises:
        UnknownNetwork: the text is neither.
    """
    if text in NAMED:
        return NAMED[text]
    parts = urlsplit(text)
    if parts.scheme in ("http", "https") and parts.netloc:
        return Network(_without_password(text), "url", text)
    raise UnknownNetwork(
        f"There is no network {_without_password(text)!r}.",
        hint=f"Use one of {', '.join(sorted(NAMED))}, or the http(s) URL of an Ethereum node.",
    )


def at_url(network: Network, url: str) -> Network:
    """The same network, listening elsewhere (a devnet on another port)."""
    return dataclasses.replace(network, url=url)


def _without_password(url: str) -> str:
    """The URL as it may be printed: user info, path and query may hold an access key, so host and port alone remain."""
    parts = urlsplit(url)
    if not parts.netloc:
        return url
    host = parts.netloc.rpartition("@")[2]
    return f"{parts.scheme}://{host}"
