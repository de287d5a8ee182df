"""The capture interface on an address, as long as its task runs."""

from __future__ import annotations

import asyncio
import ipaddress
import socket
from collections.abc import Generator
from contextlib import contextmanager

import uvicorn

from lading.relayer.feeds.capture_api import capture_app
from lading.relayer.feeds.errors import AddressTaken, CaptureExposed
from lading.relayer.feeds.state import FeedState
from lading.relayer.intake.intake_queue import Intake
from lading.relayer.outbox.outbox import Outbox

MOST_CONNECTIONS = 64
IDLE_SECONDS = 5
FAREWELL_SECONDS = 5
MAX_HEADER_BYTES = 16384


class CaptureServer:
    """Binds its address at once, so that `port` is known (of port 0 too), and serves while `run` runs.

    Raises:
        CaptureExposed: others than this machine's could call it, and no token is asked of them.
        AddressTaken: the address cannot be bound.
    """

    def __init__(self, host: str, port: int, intake: Intake, outbox: Outbox, token: str | None = None) -> None:
        if token is None and not _is_loopback(host):
            raise CaptureExposed(host)
        self._listener = _listen(host, port)
        self.port: int = self._listener.getsockname()[1]
        self.name = f"capture {host}:{self.port}"
        self.state = FeedState()
        self._server = _Server(
            uvicorn.Config(
                capture_app(intake, outbox, token),
                log_level="warning",
                server_header=False,
                access_log=False,
                limit_concurrency=MOST_CONNECTIONS,
                timeout_keep_alive=IDLE_SECONDS,
                timeout_graceful_shutdown=FAREWELL_SECONDS,
                h11_max_incomplete_event_size=MAX_HEADER_BYTES,
                lifespan="off",
            )
        )

    async def run(self) -> None:
        """Until it is cancelled; then what is being captured is answered, within some seconds."""
        serving = asyncio.create_task(self._server.serve(sockets=[self._listener]))
        self.state.up()
        try:
            await asyncio.shield(serving)
        finally:
            self._server.should_exit = True
            await serving
            self._listener.close()
            self.state.down("stopped")


class _Server(uvicorn.Server):
    """Signals are the relay's own."""

    @contextmanager
    def capture_signals(self) -> Generator[None, None, None]:
        yield


def _is_loopback(host: str) -> bool:
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"


def _listen(host: str, port: int) -> socket.socket:
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    try:
        return socket.create_server((host, port), family=family, backlog=MOST_CONNECTIONS)
    except OSError as error:
        raise AddressTaken(f"{host}:{port}", error.strerror or str(error)) from error
