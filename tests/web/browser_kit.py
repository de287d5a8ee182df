"""Pages in a real browser."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from playwright.sync_api import Browser, BrowserContext, ConsoleMessage, Page, Route

ROOT = Path(__file__).resolve().parents[2]
CHROMIUM = Path("/usr/bin/chromium")
PHONE, DESKTOP, NARROWEST = (390, 844), (1280, 800), (360, 640)
LOCALES = {"en": "en-GB", "zh": "zh-CN"}
DONE = ", ".join(f"body[data-recheck={state}]" for state in ("ok", "bad", "partly"))


@dataclass
class Visit:
    """A page that was opened, and what its console complained of."""

    context: BrowserContext
    page: Page
    complaints: list[str] = field(default_factory=list)

    def rechecked(self) -> str:
        """How the page's own check of the proofs ended: ok, bad or partly."""
        self.page.wait_for_selector(DONE)
        return str(self.page.evaluate("document.body.dataset.recheck"))

    def marks(self) -> list[str]:
        """What stands beside each step: ok or bad."""
        return list(self.page.eval_on_selector_all(".step .checked", "all => all.map(one => one.dataset.state)"))

    def axe(self) -> list[str]:
        """Violations that axe calls serious or critical, by rule and element."""
        self.page.evaluate((ROOT / "node_modules" / "axe-core" / "axe.min.js").read_text(encoding="utf-8"))
        found = self.page.evaluate("axe.run(document, {resultTypes: ['violations']})")
        return [
            f"{one['id']}: {node['target']} {node['failureSummary']}"
            for one in found["violations"]
            if one["impact"] in ("serious", "critical")
            for node in one["nodes"]
        ]


def open_page(
    browser: Browser,
    url: str,
    size: tuple[int, int] = PHONE,
    language: str = "en",
    dark: bool = False,
    served: dict[str, bytes] | None = None,
) -> Visit:
    """`served`: what stands in for the server's answer to addresses that match, as a hostile server would answer."""
    context = browser.new_context(
        viewport={"width": size[0], "height": size[1]},
        locale=LOCALES[language],
        color_scheme="dark" if dark else "light",
        reduced_motion="reduce",
    )
    page = context.new_page()
    visit = Visit(context, page)

    def hear(message: ConsoleMessage) -> None:
        if message.type in ("error", "warning"):
            visit.complaints.append(message.text)

    page.on("console", hear)
    page.on("pageerror", lambda problem: visit.complaints.append(str(problem)))
    for pattern, body in (served or {}).items():
        page.route(pattern, _answering(body))
    page.goto(url)
    return visit


def _answering(body: bytes) -> Any:
    kind = "text/html; charset=utf-8" if body.startswith(b"<!doctype") else "application/json"

    def answer(route: Route) -> None:
        route.fulfill(body=body, content_type=kind)

    return answer


def ask(found: Visit, node: str) -> None:
    if not found.page.locator("#node-url").is_visible():
        found.page.click("details:has(#node-form) > summary")
    found.page.fill("#node-url", node)
    found.page.click("#node-form button")
