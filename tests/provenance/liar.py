"""A node that lies: it passes everything on to a real one, and alters the answers that it is told to alter."""

from __future__ import annotations

import json
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import requests

Lie = Callable[[list[Any], Any], Any]
"""From a request's params and the honest result to the one that is told."""


@dataclass
class Liar:
    """`lies` by method."""

    url: str
    lies: dict[str, Lie] = field(default_factory=dict)


@contextmanager
def liar(upstream: str) -> Iterator[Liar]:
    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            request = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
            answer = requests.post(upstream, json=request, timeout=10).json()
            lie = told.lies.get(request["method"])
            if lie is not None and "result" in answer:
                answer["result"] = lie(request["params"], answer["result"])
            body = json.dumps(answer).encode()
            self.send_response(200)
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *_: object) -> None:
            """Silent: pytest shows what matters."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    told = Liar(f"http://127.0.0.1:{server.server_port}")
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    try:
        yield told
    finally:
        server.shutdown()
        server.server_close()
        thread.join()
