"""The consumer's page as a web application: one item at its GS1 Digital Link path, for phones first.

Everything is read-only, nothing is kept of a visitor, and no page needs anything from another host.
"""

from __future__ import annotations

import json
import logging
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from contextlib import asynccontextmanager
from importlib.resources import files
from pathlib import Path
from urllib.parse import quote, urlencode

from fastapi import FastAPI, HTTPException, Request, Response
from fastapi.middleware.gzip import GZipMiddleware
from fastapi.responses import HTMLResponse, JSONResponse, RedirectResponse
from fastapi.staticfiles import StaticFiles
from jinja2 import Environment, FileSystemLoader, StrictUndefined

from lading.provenance.errors import BundleError
from lading.web.codes import LINK_DOMAIN, LONGEST_CODE, Scanned, scan, typed
from lading.web.desk import Answer, Desk
from lading.web.errors import Busy
from lading.web.look import item_page
from lading.web.names import thing
from lading.web.taps import Taps
from lading.web.words import TAGS, Language, Words, chosen, words

HEADERS = {
    # A visitor may have the page ask a node of their own, wherever it is; nothing else leaves this host.
    "Content-Security-Policy": "default-src 'self'; connect-src 'self' https: http://localhost:* http://127.0.0.1:*; "
    "object-src 'none'; base-uri 'none'; form-action 'self'; frame-ancestors 'none'",
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "no-referrer",
    "Permissions-Policy": "camera=(), geolocation=(), microphone=()",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
}
STATIC_SECONDS = 300
RETRY_SECONDS = "5"

GZIP_LEVEL = 4
"""A quarter of the highest level's time for one percent more, on what is mostly hashes; nobody is served meanwhile."""

UNCHECKED = "unchecked"
"""In place of what a tag said, where nobody could check it."""

_FOLDER = Path(str(files("lading.web")))
_LOG = logging.getLogger(__name__)


def create_app(desk: Desk, taps: Taps | None = None) -> FastAPI:
    """The application over a desk, which it closes when it ends. `taps`: the brand's key service, if it runs here."""

    @asynccontextmanager
    async def lifespan(_: FastAPI) -> AsyncIterator[None]:
        yield
        desk.close()

    app = FastAPI(title="Lading", docs_url=None, redoc_url=None, openapi_url=None, lifespan=lifespan)
    pages = _Pages(desk, taps)
    # Not there for scripts of other hosts, so without CORS.
    app.mount("/static", StaticFiles(directory=_FOLDER / "static"), name="static")
    both = ["GET", "HEAD"]
    app.add_api_route("/", pages.home, methods=both)
    app.add_api_route("/find", pages.find, methods=both)
    app.add_api_route("/healthz", pages.health, methods=both)
    app.add_api_route("/bundle/{code:path}", pages.bundle, methods=both)
    app.add_api_route("/anchors/{code:path}", pages.anchors, methods=both)
    app.add_api_route("/verdict/{code:path}", pages.verdict, methods=both)
    app.add_api_route("/{code:path}", pages.item, methods=both)
    app.add_middleware(GZipMiddleware, minimum_size=1000, compresslevel=GZIP_LEVEL)
    app.middleware("http")(pages.guard)
    return app


class _Pages:
    """The routes. Each reads the path as it was sent, since a serial may hold an escaped slash."""

    def __init__(self, desk: Desk, taps: Taps | None) -> None:
        self._desk = desk
        self._taps = taps
        self._templates = Environment(
            loader=FileSystemLoader(_FOLDER / "templates"),
            autoescape=True,
            undefined=StrictUndefined,
            finalize=_legible,
        )

    async def guard(self, request: Request, go_on: Callable[[Request], Awaitable[Response]]) -> Response:
        """Security headers on every answer, and a page instead of a traceback on every failure."""
        try:
            response = await go_on(request)
        except Exception as problem:  # noqa: BLE001 - the outermost edge: logged, and the visitor gets a page
            response = self._failed(request, problem)
        for name, value in HEADERS.items():
            response.headers[name] = value
        static = request.url.path.startswith("/static/") and response.status_code == HTTP_OK
        response.headers["Cache-Control"] = f"public, max-age={STATIC_SECONDS}" if static else "no-cache"
        return response

    async def home(self, request: Request) -> Response:
        return self._page(request, "home.html", {})

    async def find(self, request: Request, code: str = "") -> Response:
        """From what somebody typed to the item's own address."""
        scanned = scan(typed(code))
        if isinstance(scanned, str):
            return self._note(request, 404, scanned, code[:LONGEST_CODE])
        return RedirectResponse(scanned.path + _query(request), status_code=303)

    async def item(self, request: Request) -> Response:
        scanned = scan(LINK_DOMAIN + _raw_path(request))
        if isinstance(scanned, str):
            return self._note(request, 404, scanned, _raw_path(request))
        answer = await self._desk.answer(scanned.item)
        if answer is None:
            return self._note(request, 404, "missing", thing(scanned.item.key), ("missing_what", "missing_do"))
        if (tapped := await self._tapped(request, scanned)) is not None:
            return tapped
        # Among the verdicts' threads: a page of a thousand events takes its time, and others wait for theirs meanwhile.
        return await self._desk.in_thread(
            lambda: self._page(request, "item.html", self._item_values(request, scanned, answer))
        )

    async def _tapped(self, request: Request, scanned: Scanned) -> Response | None:
        """Where to go on after the tag's message was checked; None without one. Who only asks for the head of a page,
        as programs do that preview a link, does not use a message up."""
        query = _raw_query(request)
        if self._taps is None or request.method != "GET" or not self._taps.has_message(query):
            return None
        taps, url = self._taps, f"{LINK_DOMAIN}{_raw_path(request)}?{query}"
        tap = await self._desk.in_thread(lambda: taps.take(url))
        result = UNCHECKED if tap is None else taps.token(scanned.item.key, tap)
        return RedirectResponse(f"{scanned.path}?{urlencode({'tap': result} | _asked_language(request))}", 303)

    async def bundle(self, request: Request) -> Response:
        scanned, answer = await self._asked(request, "/bundle")
        name = {"Content-Disposition": f'attachment; filename="{scanned.file_name}"'}
        return Response(answer.data, media_type="application/json", headers=name)

    async def anchors(self, request: Request) -> Response:
        """What the first node says of the bundle's batches and logs, for the page's script."""
        _, answer = await self._asked(request, "/anchors")
        return JSONResponse(answer.told.document())

    async def verdict(self, request: Request) -> Response:
        """The document of `lading verify --json`."""
        _, answer = await self._asked(request, "/verdict")
        return JSONResponse(answer.verdict.document())

    async def health(self) -> Response:
        """200 while a node answers (or none is configured); how many bundles and fault documents there are, and
        how many files are none."""
        heads = await self._desk.heads()
        well = not heads or any(head is not None for head in heads)
        shelf = self._desk.shelf
        document = {"ok": well, "blocks": list(heads), "bundles": shelf.bundles, "refused": shelf.refused}
        faults = self._desk.faults
        document |= {"faults": faults.held if faults else 0, "faults_refused": faults.refused if faults else 0}
        return JSONResponse(document, status_code=200 if well else 503)

    async def _asked(self, request: Request, prefix: str) -> tuple[Scanned, Answer]:
        scanned = scan(LINK_DOMAIN + _raw_path(request).removeprefix(prefix))
        if isinstance(scanned, str):
            raise HTTPException(404)
        answer = await self._desk.answer(scanned.item)
        if answer is None:
            raise HTTPException(404)
        return scanned, answer

    def _item_values(self, request: Request, scanned: Scanned, answer: Answer) -> dict[str, object]:
        say = words(_language(request))
        token = request.query_params.get("tap")
        tap = self._taps.read(scanned.item.key, token) if self._taps is not None and token else None
        page = item_page(answer, scanned.code, say, tap, asked=token is not None and self._taps is not None)
        chain, path = answer.bundle.chain, scanned.path
        code = scanned.code
        facts = [(say("gtin"), code.gtin14), (say("serial"), code.serial)]
        if code.gtin14 is None:
            facts = [(say("epc"), thing(scanned.item.key))]
        technical = [
            (say("epc"), answer.bundle.item),
            (say("chain"), f"{chain.chain_id} · 0x{chain.genesis.hex()}"),
            (say("registry"), "0x" + chain.provenance_registry.hex()),
            (say("participants"), "0x" + chain.participant_registry.hex()),
        ]
        return {
            "page": page,
            "name": thing(scanned.item.key),
            "facts": [*facts, *((say("lot"), lot) for lot in page.lots)],
            "technical": technical,
            "bundle_url": "/bundle" + path,
            "anchors_url": "/anchors" + path,
            "file_name": scanned.file_name,
            "item_uri": answer.bundle.item,
            "registry": self._registry(),
            "chain": json.dumps(chain.model_dump(mode="json")),
            "script_words": json.dumps(_script_words(say), ensure_ascii=False),
        }

    def _registry(self) -> str:
        deployment = self._desk.deployment
        return "" if deployment is None else "0x" + deployment.trusted.provenance_registry.hex()

    def _failed(self, request: Request, problem: Exception) -> Response:
        if isinstance(problem, Busy):
            response = self._note(request, 503, "busy")
            response.headers["Retry-After"] = RETRY_SECONDS
            return response
        if isinstance(problem, BundleError):
            _LOG.warning("%s: %s", request.url.path, problem.message)
            return self._note(request, 500, "damaged")
        # What a visitor cannot mend is for whoever runs the server.
        _LOG.error("%s failed", request.url.path, exc_info=problem)
        return self._note(request, 500, "broken")

    def _note(self, request: Request, status: int, name: str, code: str = "", more: tuple[str, ...] = ()) -> Response:
        say = words(_language(request))
        first = f"{name}_lead" if f"{name}_lead" in say.text else name
        values = {
            "title": say(f"{name}_title"),
            "lines": [say(first), *map(say, more)],
            "label": name == "missing",
            "code": code,
        }
        return self._page(request, "note.html", values, status)

    def _page(self, request: Request, template: str, values: Mapping[str, object], status: int = 200) -> Response:
        language = _language(request)
        other: Language = "zh" if language == "en" else "en"
        shared = {
            "say": words(language),
            "tag": TAGS[language],
            "other_tag": TAGS[other],
            "other_url": f"{_own_path(request)}?{_switched(request, other)}",
            "query": _query(request),
            "asked": request.query_params.get("lang", "") if _query(request) else "",
        }
        content = self._templates.get_template(template).render({**shared, **values})
        headers = {"Content-Language": TAGS[language], "Vary": "Accept-Language"}
        return HTMLResponse(content, status, headers)


HTTP_OK = 200

_TURNING = dict.fromkeys(map(ord, "\u061c\u200e\u200f\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069"), "\ufffd")


def _legible(value: object) -> object:
    """Without the marks by which a publisher's text would turn around what stands beside it (UAX #9): a name, a place
    or a lot could else read as another."""
    return value.translate(_TURNING) if isinstance(value, str) else value


def _raw_path(request: Request) -> str:
    raw: bytes = request.scope.get("raw_path") or request.url.path.encode()
    return raw.split(b"?")[0].decode("ascii", "replace")


def _own_path(request: Request) -> str:
    """For links on a page: to a browser, what begins with two slashes is another host."""
    return "/" + _raw_path(request).lstrip("/\\")


def _raw_query(request: Request) -> str:
    raw: bytes = request.scope.get("query_string") or b""
    return raw.decode("ascii", "replace")


def _asked_language(request: Request) -> dict[str, str]:
    asked = request.query_params.get("lang", "")
    return {"lang": asked} if asked in TAGS else {}


def _query(request: Request) -> str:
    """The chosen language goes along; nothing else of a query does."""
    return f"?{asked}" if (asked := urlencode(_asked_language(request))) else ""


def _switched(request: Request, other: Language) -> str:
    """The same page in the other language: what was typed, and what the tag said, go along."""
    kept = {name: request.query_params[name][:LONGEST_CODE] for name in ("code", "tap") if name in request.query_params}
    return urlencode({"lang": other} | kept, quote_via=quote, safe="")


def _language(request: Request) -> Language:
    return chosen(request.query_params.get("lang"), request.headers.get("accept-language"))


def _script_words(say: Words) -> dict[str, str]:
    own = ("recheck_", "step_", "bad_", "map_state_", "node_")
    return {name: text for name, text in say.text.items() if name.startswith(own)}
