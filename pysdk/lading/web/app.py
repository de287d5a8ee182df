"""The consumer's page as a web application: one item at its GS1 Digital Link path, for phones first.

Everything is read-only, nothing is kept of a visitor, and no page needs anything from another host.
"""

from __future__ import annotations

import json
import logging
import re
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass
from importlib.resources import files
from pathlib import Path
from urllib.parse import quote

from fastapi import FastAPI, HTTPException, Request, Response
from fastapi.middleware.gzip import GZipMiddleware
from fastapi.responses import HTMLResponse, JSONResponse, RedirectResponse
from fastapi.staticfiles import StaticFiles
from jinja2 import Environment, FileSystemLoader, StrictUndefined

from lading.epcis import ItemId, parse
from lading.epcis.errors import EpcError
from lading.errors import LadingError
from lading.provenance.errors import BundleError, ItemError
from lading.provenance.item import Item, item_of
from lading.web.desk import Answer, Desk
from lading.web.errors import Busy
from lading.web.look import item_page, thing
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
LINK_DOMAIN = "https://id.gs1.org"
LONGEST_CODE = 400
STATIC_SECONDS = 300
RETRY_SECONDS = "5"

_ELEMENTS = re.compile(r"\s*\((00|01|8003|8004|8006)\)([^()]{4,34})(?:\(10\)([^()]{1,20}))?(?:\(21\)([^()]{1,20}))?\s*")
_FOLDER = Path(str(files("lading.web")))
_LOG = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Scanned:
    """A code that names one item; `path` is its canonical Digital Link path, with the lot that the visitor's had."""

    code: ItemId
    item: Item

    @property
    def path(self) -> str:
        path = self.item.key.removeprefix(LINK_DOMAIN)
        if self.code.lot is None or "/21/" not in path:
            return path
        key, _, serial = path.partition("/21/")
        return f"{key}/10/{quote(self.code.lot, safe='')}/21/{serial}"


def create_app(desk: Desk) -> FastAPI:
    """The application over a desk, which it closes when it ends."""

    @asynccontextmanager
    async def lifespan(_: FastAPI) -> AsyncIterator[None]:
        yield
        desk.close()

    app = FastAPI(title="Lading", docs_url=None, redoc_url=None, openapi_url=None, lifespan=lifespan)
    pages = _Pages(desk)
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
    app.add_middleware(GZipMiddleware, minimum_size=1000)
    app.middleware("http")(pages.guard)
    return app


class _Pages:
    """The routes. Each reads the path as it was sent, since a serial may hold an escaped slash."""

    def __init__(self, desk: Desk) -> None:
        self._desk = desk
        self._templates = Environment(
            loader=FileSystemLoader(_FOLDER / "templates"), autoescape=True, undefined=StrictUndefined
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
        scanned = _scan(_typed(code))
        if isinstance(scanned, str):
            return self._note(request, 404, scanned, code[:LONGEST_CODE])
        return RedirectResponse(scanned.path + _query(request), status_code=303)

    async def item(self, request: Request) -> Response:
        scanned = _scan(LINK_DOMAIN + _raw_path(request))
        if isinstance(scanned, str):
            return self._note(request, 404, scanned, _raw_path(request))
        answer = await self._desk.answer(scanned.item)
        if answer is None:
            return self._note(request, 404, "missing", thing(scanned.item.key), ("missing_what", "missing_do"))
        return self._page(request, "item.html", self._item_values(request, scanned, answer))

    async def bundle(self, request: Request) -> Response:
        scanned, answer = await self._asked(request, "/bundle")
        name = {"Content-Disposition": f'attachment; filename="{_file_name(scanned)}"'}
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
        scanned = _scan(LINK_DOMAIN + _raw_path(request).removeprefix(prefix))
        if isinstance(scanned, str):
            raise HTTPException(404)
        answer = await self._desk.answer(scanned.item)
        if answer is None:
            raise HTTPException(404)
        return scanned, answer

    def _item_values(self, request: Request, scanned: Scanned, answer: Answer) -> dict[str, object]:
        say = words(_language(request))
        page = item_page(answer, scanned.code, say)
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
            "file_name": _file_name(scanned),
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
            "other_url": f"{_raw_path(request)}?{_switched(request, other)}",
            "query": _query(request),
            "asked": request.query_params.get("lang", "") if _query(request) else "",
        }
        content = self._templates.get_template(template).render({**shared, **values})
        headers = {"Content-Language": TAGS[language], "Vary": "Accept-Language"}
        return HTMLResponse(content, status, headers)


HTTP_OK = 200


def _scan(link: str) -> Scanned | str:
    """The item that a code names; else the name of the note that says what is wrong with it."""
    if len(link) > LONGEST_CODE:
        return "code_wrong"
    try:
        return Scanned(parse(link), item_of(link))
    except ItemError:
        return "code_class"
    except (EpcError, LadingError):
        return "code_wrong"


def _typed(code: str) -> str:
    """What people copy from a label, `(01)…(21)…`, as a Digital Link; everything else as it is."""
    found = _ELEMENTS.fullmatch(code)
    if found is None:
        return code.strip()
    parts = [found[1], found[2], *(["10", found[3]] if found[3] else []), *(["21", found[4]] if found[4] else [])]
    return f"{LINK_DOMAIN}/" + "/".join(quote(part.strip(), safe="") for part in parts)


def _raw_path(request: Request) -> str:
    raw: bytes = request.scope.get("raw_path") or request.url.path.encode()
    return raw.split(b"?")[0].decode("ascii", "replace")


def _query(request: Request) -> str:
    """The chosen language goes along; nothing else of a query does."""
    asked = request.query_params.get("lang")
    return f"?lang={asked}" if asked in TAGS else ""


def _switched(request: Request, other: Language) -> str:
    code = request.query_params.get("code")
    return f"lang={other}" + (f"&code={quote(code[:LONGEST_CODE], safe='')}" if code else "")


def _language(request: Request) -> Language:
    return chosen(request.query_params.get("lang"), request.headers.get("accept-language"))


def _file_name(scanned: Scanned) -> str:
    return re.sub(r"[^0-9A-Za-z]+", "-", scanned.item.key.removeprefix(LINK_DOMAIN)).strip("-") + ".bundle.json"


def _script_words(say: Words) -> dict[str, str]:
    own = ("recheck_", "step_", "bad_", "map_state_", "node_")
    return {name: text for name, text in say.text.items() if name.startswith(own)}
