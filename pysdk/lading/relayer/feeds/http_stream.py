"""An Impinj reader's stream of events: NDJSON over one HTTP response that does not end.

The reader keeps nothing for a client that is away, so what is read while no stream is open is lost to this feed; of a
reader that is to lose nothing, take its MQTT feed.
"""

from __future__ import annotations

import asyncio
import base64
import logging
import socket
import ssl
import time
from typing import TYPE_CHECKING, Final

import aiohttp

from lading.relayer.config.feeds import HttpFeed as HttpSettings
from lading.relayer.feeds.backoff import Backoff
from lading.relayer.feeds.blocks import LineBlocks
from lading.relayer.feeds.message import Message
from lading.relayer.feeds.state import FeedState
from lading.relayer.feeds.tls import client_context, is_refusal

if TYPE_CHECKING:
    from lading.relayer.intake.intake_queue import Intake

CONNECT_SECONDS: Final = 10.0
SILENT_SECONDS: Final = 300.0
"""A stream on which nothing came for so long is opened anew. That the reader is gone altogether, TCP's keep-alive finds
out much earlier."""
SETTLED_SECONDS: Final = 10.0
"""A stream that stood so long, silent or not, is opened anew at once: a quiet dock is no reason to wait longer."""
BUFFER_BYTES: Final = 1 << 20
"""What is taken from the reader while the intake is busy; beyond twice that the reader has to wait."""

_OK: Final = 200
_REFUSED: Final = (401, 403, 407)  # RFC 9110, sections 15.5.2, 15.5.4, 15.5.8
_KEEPALIVE: Final = tuple(
    (getattr(socket, name), value)
    for name, value in (("TCP_KEEPIDLE", 15), ("TCP_KEEPINTVL", 5), ("TCP_KEEPCNT", 3))
    if hasattr(socket, name)  # not every system names them alike
)
_LOG = logging.getLogger(__name__)


class HttpFeed:
    """One reader's stream."""

    def __init__(
        self,
        settings: HttpSettings,
        intake: Intake,
        backoff: Backoff | None = None,
        silent_seconds: float = SILENT_SECONDS,
    ) -> None:
        self._settings = settings
        self._intake = intake
        self._backoff = backoff or Backoff()
        self._silent_seconds = silent_seconds
        self.name = settings.http
        self.state = FeedState()

    async def run(self) -> None:
        """Until it is cancelled; a reader that is away is waited for.

        Raises:
            RelayConfigError, CredentialFile: the password or the certificates cannot be used.
        """
        settings = self._settings
        headers = {"Accept": "application/x-ndjson, application/json", "Accept-Encoding": "identity"}
        timeout = aiohttp.ClientTimeout(total=None, sock_connect=CONNECT_SECONDS, sock_read=self._silent_seconds)
        async with aiohttp.ClientSession(
            timeout=timeout,
            connector=aiohttp.TCPConnector(ssl=self._tls(), limit=1, force_close=True),
            read_bufsize=BUFFER_BYTES,
            auto_decompress=False,
            headers=headers,
        ) as session:
            while True:
                asked = await self._stream(session, _credentials(settings))
                await self._backoff.wait(at_least=asked, refused=self.state.refused)

    def _tls(self) -> ssl.SSLContext | bool:
        ca = self._settings.ca
        return True if ca is None else client_context(self.name, ca, None, None)

    async def _stream(self, session: aiohttp.ClientSession, headers: dict[str, str]) -> float:
        """From one request to its end, which it notes; for how many seconds the reader asked to be left alone."""
        try:
            # A redirect would hand the password to whoever it names.
            async with session.get(self._settings.http, headers=headers, allow_redirects=False) as response:
                if response.status != _OK:
                    said = f"the reader answers {response.status} {response.reason or ''}".rstrip()
                    self._down(said, refused=response.status in _REFUSED)
                    return _retry_after(response.headers.get("Retry-After", ""))
                self._up(response)
                await self._read(response)
                self._down("the reader ended the stream")
        except (aiohttp.ClientError, OSError, TimeoutError) as error:
            said = (str(error).splitlines() or [""])[0]
            self._down(f"{type(error).__name__}: {said}".removesuffix(": "), refused=is_refusal(error))
        return 0.0

    async def _read(self, response: aiohttp.ClientResponse) -> None:
        blocks = LineBlocks(self.name, self.name)
        try:
            async for chunk in response.content.iter_any():
                await self._store(blocks.take(chunk))
        finally:
            # A line that was cut is kept for people to see, unless what is cut is this feed.
            task = asyncio.current_task()
            if task is None or not task.cancelling():
                await self._store(blocks.finish())

    async def _store(self, messages: list[Message]) -> None:
        if messages:
            await self._intake.put(messages)
            self.state.stored(len(messages), sum(len(one.payload) for one in messages))
            # Only now: a server that accepts and then sends nothing is not asked in a loop.
            self._backoff.reset()

    def _up(self, response: aiohttp.ClientResponse) -> None:
        self.state.up()
        connection = response.connection
        transport = None if connection is None else connection.transport
        raw = None if transport is None else transport.get_extra_info("socket")
        if raw is not None:
            raw.setsockopt(socket.SOL_SOCKET, socket.SO_KEEPALIVE, 1)
            for option, value in _KEEPALIVE:
                raw.setsockopt(socket.IPPROTO_TCP, option, value)

    def _down(self, problem: str, *, refused: bool = False) -> None:
        if self.state.connected and time.monotonic() - self.state.since > SETTLED_SECONDS:
            self._backoff.reset()
        self.state.down(problem, refused=refused)
        _LOG.log(logging.ERROR if refused else logging.WARNING, "%s: %s", self.name, self.state.problem)


def _credentials(settings: HttpSettings) -> dict[str, str]:
    """Read anew for each request, since a file with a password may have been mended (RFC 7617)."""
    if settings.username is None:
        return {}
    pair = f"{settings.username}:{settings.password() or ''}".encode()
    return {"Authorization": f"Basic {base64.b64encode(pair).decode()}"}


def _retry_after(text: str) -> float:
    """Seconds (RFC 9110, section 10.2.3); a date, which needs a clock that is right, counts as nothing."""
    return float(text) if text.isdecimal() and len(text) < len("100000") else 0.0
