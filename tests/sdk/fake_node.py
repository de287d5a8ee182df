"""A JSON-RPC proxy that stands between the SDK and a real node and does, once each, what it is told to."""

from __future__ import annotations

import json
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import requests

#: What to do with one request: (handler, request, forward) -> None, having answered or not.
Fault = Callable[["Handler", dict[str, Any]], None]


@dataclass
class Plan:
    """`faults` by method, used up in order; all else is passed on. `seen` are the methods asked for, in order."""

    upstream: str
    faults: dict[str, list[Fault]] = field(default_factory=dict)
    seen: list[str] = field(default_factory=list)

    def next_for(self, method: str) -> Fault:
        waiting = self.faults.get(method)
        return waiting.pop(0) if waiting else passed


class Handler(BaseHTTPRequestHandler):
    plan: Plan

    def do_POST(self) -> None:
        request = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
        self.plan.seen.append(request["method"])
        self.plan.next_for(request["method"])(self, request)

    def forward(self, request: dict[str, Any]) -> dict[str, Any]:
        return requests.post(self.plan.upstream, json=request, timeout=10).json()

    def answer(self, status: int, body: bytes, headers: dict[str, str] | None = None) -> None:
        self.send_response(status)
        for name, value in (headers or {}).items():
            self.send_header(name, value)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_: object) -> None:
        """Silent: pytest shows what matters."""


def passed(handler: Handler, request: dict[str, Any]) -> None:
    handler.answer(200, json.dumps(handler.forward(request)).encode())


def status(code: int, **headers: str) -> Fault:
    """Refused with that HTTP status; header names with underscores for dashes."""
    named = {name.replace("_", "-"): value for name, value in headers.items()}
    return lambda handler, _: handler.answer(code, b"<html>busy</html>", named)


def hang_up(handler: Handler, _: dict[str, Any]) -> None:
    """The connection is closed without an answer."""
    handler.close_connection = True


def accept_then_hang_up(handler: Handler, request: dict[str, Any]) -> None:
    """The node takes the request in; its answer is lost."""
    handler.forward(request)
    handler.close_connection = True


def body(content: bytes) -> Fault:
    return lambda handler, _: handler.answer(200, content)


def result(value: Any) -> Fault:
    """Another result than the node's, in a proper envelope."""
    return lambda handler, request: handler.answer(
        200, json.dumps({"jsonrpc": "2.0", "id": request["id"], "result": value}).encode()
    )


def error(code: int, message: str) -> Fault:
    return lambda handler, request: handler.answer(
        200,
        json.dumps({"jsonrpc": "2.0", "id": request["id"], "error": {"code": code, "message": message}}).encode(),
    )


def wrong_id(handler: Handler, request: dict[str, Any]) -> None:
    handler.answer(200, json.dumps({**handler.forward(request), "id": request["id"] + 1}).encode())


@contextmanager
def in_front_of(upstream: str) -> Iterator[tuple[str, Plan]]:
    """(its URL, its plan)."""
    plan = Plan(upstream)
    handler = type("PlannedHandler", (Handler,), {"plan": plan})
    server = ThreadingHTTPServer(("127.0.0.1", 0), handler)
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True)
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_port}", plan
    finally:
        server.shutdown()
        server.server_close()
        thread.join()
