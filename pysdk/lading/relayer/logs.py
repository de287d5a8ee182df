"""The relayer's log: one line an entry on stderr, JSON where nobody watches, and no secret in any of them.

Modules log through `logging` as everywhere; what a library writes goes the same way. A URL keeps its scheme, host and
path in the log, and loses user, password, query and what looks like a key in its path.
"""

from __future__ import annotations

import logging
import os
import re
import sys
from collections.abc import MutableMapping
from typing import Any, Final

import structlog

_URL: Final = re.compile(r"\b([a-z][a-z0-9+.-]*://)(?:[^\s/@]*@)?([^\s?#'\"]*)(?:\?[^\s'\"]*)?", re.IGNORECASE)
_SEGMENT: Final = re.compile(r"/[A-Za-z0-9_-]{24,}")  # where providers of nodes put their keys
_KEY: Final = re.compile(r"(?<![0-9a-zA-Z])(?:0x)?[0-9a-fA-F]{64}(?![0-9a-zA-Z])")
_SECRET: Final = re.compile(
    r"(password|passphrase|token|secret|authorization)(\W{1,4})(?:bearer\s+|basic\s+)?\S+", re.I
)

#: Libraries that tell every request of theirs.
_QUIET: Final = ("urllib3", "web3", "aiomqtt", "paho", "alembic", "sqlalchemy", "asyncio", "uvicorn.access")


def configure(level: str = "INFO", *, as_json: bool | None = None) -> None:
    """Sets up logging of the whole process. `as_json`: by default where stderr is no terminal."""
    as_json = not sys.stderr.isatty() if as_json is None else as_json
    shared: list[structlog.types.Processor] = [
        structlog.stdlib.add_log_level,
        structlog.stdlib.add_logger_name,
        structlog.processors.TimeStamper(fmt="iso", utc=True),
        structlog.stdlib.ExtraAdder(),
        structlog.processors.format_exc_info,
        _add_process,
        without_secrets,
    ]
    last = structlog.processors.JSONRenderer() if as_json else structlog.dev.ConsoleRenderer(colors=sys.stderr.isatty())
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(
        structlog.stdlib.ProcessorFormatter(
            foreign_pre_chain=shared,
            processors=[structlog.stdlib.ProcessorFormatter.remove_processors_meta, last],
        )
    )
    root = logging.getLogger()
    root.handlers[:] = [handler]
    root.setLevel(level)
    for name in _QUIET:
        logging.getLogger(name).setLevel(logging.WARNING)


def without_secrets(_logger: object, _method: str, entry: MutableMapping[str, Any]) -> MutableMapping[str, Any]:
    """Takes out of every text of an entry what may be a secret."""
    for name, value in entry.items():
        if isinstance(value, str):
            entry[name] = redacted(value)
    return entry


def redacted(text: str) -> str:
    """`text` without users, passwords and queries of URLs, without what follows words such as `password`; of whatever
    has the length of a private key, hashes among them, the first ten characters are left."""
    text = _URL.sub(lambda found: found[1] + _SEGMENT.sub("/…", found[2]), text)
    text = _SECRET.sub(r"\1\2[…]", text)
    return _KEY.sub(lambda found: found[0][:10] + "…", text)


def _add_process(_logger: object, _method: str, entry: MutableMapping[str, Any]) -> MutableMapping[str, Any]:
    entry["pid"] = os.getpid()
    return entry
