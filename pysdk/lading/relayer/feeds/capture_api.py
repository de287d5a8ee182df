"""The capture interface of EPCIS 2.0 (section 12.6 and its OpenAPI): others' events, into the outbox.

    POST /capture          an EPCISDocument; 202 when its events are durable, with a result for each of them
    GET /capture/{id}      what became of an earlier one
    OPTIONS /capture       the limits

The standard lets a server answer first and capture later. This one captures first, so that a 202 is never taken back.
"""

from __future__ import annotations

import asyncio
import hmac
from collections.abc import Awaitable, Callable, Mapping
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any, Final
from uuid import uuid4

from fastapi import FastAPI, Request, Response
from fastapi.responses import JSONResponse

from lading.epcis.errors import DocumentError
from lading.relayer.errors import OutboxError
from lading.relayer.feeds.capture_jobs import job_document, job_of, keep_job, results_of
from lading.relayer.intake.others import Source, take
from lading.relayer.outbox.captured import Judged, Outcome, judge
from lading.relayer.outbox.outbox import Outbox

if TYPE_CHECKING:
    from lading.relayer.intake.intake_queue import Intake

MOST_BYTES: Final = 4 * 1024 * 1024
MOST_EVENTS: Final = 2000
AT_ONCE: Final = 4
MOST_WAITING: Final = 32
BODY_SECONDS: Final = 30.0
STORE_SECONDS: Final = 30.0
RETRY_SECONDS: Final = "5"

BEHAVIOUR: Final = "GS1-Capture-Error-Behaviour"
_BEHAVIOUR_TOO: Final = "GS1-EPCIS-Capture-Error-Behaviour"  # as some clients, and drafts of the standard, call it
_ROLLBACK, _PROCEED = "rollback", "proceed"
_TYPES: Final = ("application/json", "application/ld+json", "application/xml", "text/xml")
_LIMITS: Final = {"GS1-EPCIS-Capture-Limit": str(MOST_EVENTS), "GS1-EPCIS-Capture-File-Size-Limit": str(MOST_BYTES)}
_WITH_STATUS: Final[Mapping[int, Mapping[str, str]]] = {
    401: {"WWW-Authenticate": "Bearer"},
    413: _LIMITS,
    503: {"Retry-After": RETRY_SECONDS},
}
_VERSIONS: Final = {"GS1-EPCIS-Version": "2.0.0", "GS1-CBV-Version": "2.0.0"}


class _Refusal(Exception):
    """An answer as RFC 7807 has it. `kind` is the exception's name in EPCIS."""

    def __init__(self, status: int, kind: str, title: str, detail: str, extra: Mapping[str, Any] | None = None) -> None:
        super().__init__(detail)
        self.status, self.kind, self.title, self.detail, self.extra = status, kind, title, detail, extra or {}


def capture_app(intake: Intake, outbox: Outbox, token: str | None = None) -> FastAPI:
    """The application. With `token`, who calls has to bring it (RFC 6750)."""
    app = FastAPI(openapi_url=None, docs_url=None, redoc_url=None)
    door = _Door(intake, outbox)

    @app.exception_handler(_Refusal)
    async def _refused(request: Request, refusal: _Refusal) -> Response:
        return _problem(refusal)

    @app.exception_handler(OutboxError)
    async def _away(request: Request, error: OutboxError) -> Response:
        return _problem(_busy(error.message))

    @app.middleware("http")
    async def _authorized(request: Request, go_on: Callable[[Request], Awaitable[Response]]) -> Response:
        if token is not None and not _brings(request, token):
            refusal = _Refusal(401, "SecurityException", "Unauthorised request", "the bearer token is missing or wrong")
            return _problem(refusal)
        return await go_on(request)

    @app.post("/capture")
    async def _post(request: Request) -> Response:
        return await door.capture(request)

    @app.get("/capture/{capture_id}")
    async def _get(capture_id: str) -> Response:
        job = await asyncio.to_thread(job_of, outbox.store, capture_id)
        if job is None:
            raise _Refusal(404, "NoSuchNameException", "Resource not found", "no capture job is known by this id")
        return Response(job, media_type="application/json", headers=_VERSIONS)

    @app.options("/capture")
    async def _options() -> Response:
        return Response(status_code=204, headers={**_LIMITS, **_VERSIONS, BEHAVIOUR: "all", "Allow": "OPTIONS, POST"})

    return app


class _Door:
    """Lets in as many documents at once as memory allows."""

    def __init__(self, intake: Intake, outbox: Outbox) -> None:
        self._intake, self._outbox = intake, outbox
        self._turn = asyncio.Semaphore(AT_ONCE)
        self._inside = 0

    async def capture(self, request: Request) -> Response:
        behaviour = _behaviour(request)
        _check_type(request)
        if self._inside >= MOST_WAITING:
            raise _busy("as many documents as this server takes at once are being captured")
        self._inside += 1
        try:
            async with self._turn:
                return await self._capture(await _body(request), behaviour)
        finally:
            self._inside -= 1

    async def _capture(self, body: bytes, behaviour: str) -> Response:
        created_at = datetime.now(UTC)
        try:
            judged = await asyncio.to_thread(judge, body)
        except DocumentError as error:
            raise _invalid(error) from error
        if len(judged.made) > MOST_EVENTS:
            raise _too_large(f"{len(judged.made)} events; a document may have {MOST_EVENTS}")
        if judged.found and behaviour == _ROLLBACK:
            raise _invalid(DocumentError.of(judged.found))
        capture_id = uuid4().hex

        def store() -> tuple[dict[str, Any], list[Outcome]]:
            outcomes = take(self._outbox, judged, Source.CAPTURE)
            job = job_document(capture_id, created_at, behaviour, judged, outcomes)
            keep_job(self._outbox.store, job)
            return job, outcomes

        try:
            async with asyncio.timeout(STORE_SECONDS):
                stored = await self._intake.put((), store)
        except TimeoutError:
            raise _busy("the outbox cannot be written now; what was sent may be sent again") from None
        assert stored is not None  # noqa: S101 - `store` always returns
        return _accepted(*stored, judged)


def _accepted(job: dict[str, Any], outcomes: list[Outcome], judged: Judged) -> Response:
    headers = {"Location": f"/capture/{job['captureID']}", **_VERSIONS}
    return JSONResponse({**job, "results": results_of(judged, outcomes)}, 202, headers)


def _brings(request: Request, token: str) -> bool:
    scheme, _, brought = request.headers.get("Authorization", "").partition(" ")
    return scheme.lower() == "bearer" and hmac.compare_digest(brought.strip().encode(), token.encode())


def _behaviour(request: Request) -> str:
    asked = request.headers.get(BEHAVIOUR) or request.headers.get(_BEHAVIOUR_TOO) or _ROLLBACK
    if asked not in (_ROLLBACK, _PROCEED):
        raise _Refusal(400, "ValidationException", "Invalid header", f"{BEHAVIOUR} is rollback or proceed")
    return asked


def _check_type(request: Request) -> None:
    given = request.headers.get("Content-Type", "").partition(";")[0].strip().lower()
    if given not in _TYPES:
        title = "Unsupported Media Type"
        raise _Refusal(415, "UnsupportedMediaTypeException", title, f"the content has to be one of {', '.join(_TYPES)}")


async def _body(request: Request) -> bytes:
    """The request's body, of which no more is held than may be."""
    length = request.headers.get("Content-Length", "")
    if length.isdecimal() and int(length) > MOST_BYTES:
        raise _too_large(f"{length} bytes; a document may have {MOST_BYTES}")
    body = bytearray()
    try:
        async with asyncio.timeout(BODY_SECONDS):
            async for part in request.stream():
                body += part
                if len(body) > MOST_BYTES:
                    raise _too_large(f"a document may have {MOST_BYTES} bytes")
    except TimeoutError:
        raise _Refusal(408, "ImplementationException", "Request Timeout", "the body did not come in time") from None
    return bytes(body)


def _invalid(error: DocumentError) -> _Refusal:
    faults = [{"path": one.path, "rule": one.rule, "message": one.message} for one in error.found]
    return _Refusal(400, "ValidationException", "EPCIS document invalid", error.message, {"faults": faults})


def _too_large(detail: str) -> _Refusal:
    return _Refusal(413, "CaptureLimitExceededException", "Capture Payload too large", detail)


def _busy(detail: str) -> _Refusal:
    return _Refusal(503, "ImplementationException", "Service Unavailable", detail)


def _problem(refusal: _Refusal) -> Response:
    body = {"type": f"epcisException:{refusal.kind}", "title": refusal.title, "status": refusal.status}
    body |= {"detail": refusal.detail, **refusal.extra}
    headers = {**_VERSIONS, **_WITH_STATUS.get(refusal.status, {})}
    return JSONResponse(body, refusal.status, headers, media_type="application/problem+json")
