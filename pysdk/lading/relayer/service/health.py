"""/metrics, /healthz and /readyz of a running relay, answered by a thread of their own, so that a service that hangs
says so.

    /healthz    200 while the service works or can mend itself; 503 where only a restart helps
    /readyz     200 while all is well; 503 with the reasons, such as a broker that is away
"""

from __future__ import annotations

import json
import threading
from collections.abc import Callable
from dataclasses import asdict, dataclass
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from types import TracebackType
from typing import ClassVar, Final, Self

from prometheus_client import CONTENT_TYPE_LATEST, generate_latest

from lading.relayer.config.feeds import split_address
from lading.relayer.errors import OutboxError
from lading.relayer.feeds.errors import AddressTaken
from lading.relayer.service.metrics import Gauges, registry_of
from lading.relayer.service.status import Status, status_of
from lading.relayer.store.database import Database, owner_of

_JSON: Final = "application/json"
_SECONDS: Final = 5.0


@dataclass(frozen=True, slots=True)
class Reason:
    """Why a part is not well. `fatal`: it will not mend itself."""

    part: str
    problem: str
    fatal: bool = False


class HealthServer:
    """Within its block. `address`: host:port; `where`: the outbox, to which it has a connection of its own. `own` and
    `reasons` are called by its threads.

    Raises:
        AddressTaken: the address cannot be listened on.
        OutboxError: the outbox cannot be opened.
    """

    def __init__(
        self, address: str, where: str | Path, own: Callable[[], Gauges], reasons: Callable[[], list[Reason]]
    ) -> None:
        self._database = Database.open(where, owner_of(where))
        registry = registry_of(self._status, own)

        class Handler(_Handler):
            answers: ClassVar = {
                "/metrics": lambda: (200, CONTENT_TYPE_LATEST, generate_latest(registry)),
                "/healthz": lambda: _told(reasons(), [one for one in reasons() if one.fatal]),
                "/readyz": lambda: _told(found := reasons(), found),
            }

        try:
            self._server = _Server(split_address(address), Handler)
        except OSError as error:
            self._database.close()
            raise AddressTaken(address, error.strerror or str(error)) from error
        self.port: int = self._server.server_address[1]
        self._thread = threading.Thread(target=self._server.serve_forever, name="health", daemon=True)

    def _status(self) -> Status:
        return status_of(self._database)

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._server.shutdown()
        self._server.server_close()
        self._database.close()


def _told(reasons: list[Reason], counting: list[Reason]) -> tuple[int, str, bytes]:
    document = {"status": "failing" if counting else "ok", "reasons": [asdict(one) for one in reasons]}
    return 503 if counting else 200, _JSON, json.dumps(document).encode()


class _Server(ThreadingHTTPServer):
    daemon_threads = True
    allow_reuse_address = True


class _Handler(BaseHTTPRequestHandler):
    answers: ClassVar[dict[str, Callable[[], tuple[int, str, bytes]]]] = {}
    timeout = _SECONDS
    server_version = "lading"
    sys_version = ""

    def do_GET(self) -> None:
        answer = self.answers.get(self.path.partition("?")[0])
        if answer is None:
            return self._send(404, "text/plain", b"/metrics, /healthz, /readyz\n")
        try:
            return self._send(*answer())
        except OutboxError as error:
            return self._send(503, "text/plain", f"{error}\n".encode())

    def _send(self, status: int, kind: str, body: bytes) -> None:
        self.send_response(status)
        self.send_header("Content-Type", kind)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_: object) -> None:
        """Each answer is not worth a line."""
