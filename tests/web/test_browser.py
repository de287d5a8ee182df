"""The page in headless Chromium, on phone and desktop, in both languages."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from browser_kit import DESKTOP, NARROWEST, PHONE, Visit
from web_kit import PATHS, Site, World

Open = Callable[..., Visit]
SIZES = {"phone": PHONE, "desktop": DESKTOP}
CHECKED = {"genuine": "ok", "cloned": "partly", "recalled": "partly", "travelled": "ok"}
HEADLINES = {"genuine": "Authentic", "cloned": "Suspect", "recalled": "Recalled", "travelled": "Authentic"}


@pytest.mark.parametrize(
    ("name", "size", "language"),
    [
        ("cloned", "phone", "en"),
        ("recalled", "desktop", "zh"),
        ("travelled", "phone", "zh"),
        ("travelled", "desktop", "en"),
    ],
)
def test_an_items_page_has_no_serious_fault_for_anyone(
    visit: Open, site: Site, name: str, size: str, language: str
) -> None:
    found = visit(site.url + PATHS[name], size=SIZES[size], language=language)
    assert found.rechecked() == CHECKED[name]
    for part in found.page.query_selector_all("details:not([open]) > summary"):
        part.click()
    assert found.axe() == []
    assert found.page.get_attribute("html", "lang") == {"en": "en", "zh": "zh-Hans"}[language]


def test_contrast_holds_in_the_dark(visit: Open, site: Site) -> None:
    found = visit(site.url + PATHS["recalled"], dark=True)
    assert found.rechecked() == "partly"
    assert found.axe() == []


@pytest.mark.parametrize("path", ["/", PATHS["missing"]])
def test_the_pages_without_an_item_have_no_serious_fault_either(visit: Open, site: Site, path: str) -> None:
    found = visit(site.url + path)
    assert found.axe() == []
    # Chromium itself notes that a page came with 404.
    found.complaints[:] = [line for line in found.complaints if "status of 404" not in line]


@pytest.mark.parametrize("language", ["en", "zh"])
def test_nothing_scrolls_sideways_on_the_narrowest_phone(visit: Open, site: Site, language: str) -> None:
    for path in ("/", PATHS["cloned"], PATHS["travelled"]):
        found = visit(site.url + path, size=NARROWEST, language=language)
        if path != "/":
            found.rechecked()
            for part in found.page.query_selector_all("details:not([open]) > summary"):
                part.click()
        assert found.page.evaluate("document.documentElement.scrollWidth") == NARROWEST[0]


def test_the_verdict_stands_above_the_fold_on_a_phone(visit: Open, site: Site) -> None:
    for name, headline in HEADLINES.items():
        found = visit(site.url + PATHS[name])
        box = found.page.get_by_role("heading", level=1, name=headline).bounding_box()
        assert box is not None
        assert box["y"] + box["height"] < PHONE[1] / 2


def test_everything_is_reached_and_worked_by_keyboard(visit: Open, site: Site) -> None:
    page = visit(site.url + PATHS["genuine"]).page
    page.keyboard.press("Tab")
    assert page.evaluate("document.activeElement.className") == "skip"
    page.keyboard.press("Enter")
    assert page.evaluate("document.activeElement.id") == "result"

    wanted = page.evaluate("document.querySelectorAll('main a:not([hidden]), main summary, main button').length")
    reached = set()
    for _ in range(200):
        page.keyboard.press("Tab")
        if page.evaluate("document.activeElement === document.body"):
            break
        reached.add(page.evaluate("[...document.querySelectorAll('*')].indexOf(document.activeElement)"))
        assert page.evaluate("getComputedStyle(document.activeElement).outlineStyle") != "none"
    # The form's button and fields lie in a closed part, and the link to the check appears when it is done.
    assert len(reached) >= wanted - 2

    first = page.locator(".step summary").first
    first.focus()
    page.keyboard.press("Enter")
    assert page.locator(".step details").first.get_attribute("open") is not None


def test_the_language_switch_keeps_the_item(visit: Open, site: Site) -> None:
    page = visit(site.url + PATHS["genuine"]).page
    page.click(".language")
    assert page.url.endswith(PATHS["genuine"] + "?lang=zh")
    assert page.inner_text("h1") == "真实"
    assert "中国" in page.inner_text("#step-1 .who")


def test_the_proof_can_be_downloaded(visit: Open, site: Site, world: World) -> None:
    page = visit(site.url + PATHS["genuine"]).page
    with page.expect_download() as started:
        page.get_by_role("link", name="Download the proof").click()
    assert started.value.suggested_filename == "01-09521141123454-21-1001.bundle.json"
    assert started.value.path().read_bytes() == world.bundle("genuine")


def test_a_journey_with_coordinates_has_a_map(visit: Open, site: Site) -> None:
    page = visit(site.url + PATHS["travelled"]).page
    assert page.locator(".map .stop-number").all_text_contents() == ["1–2", "3", "4", "5"]
    assert "22.54° N, 114.06° E" in page.inner_text("#step-1")
    assert visit(site.url + PATHS["genuine"]).page.locator(".map").count() == 0


def test_the_page_says_its_verdict_without_scripts_too(browser: object, site: Site) -> None:
    context = browser.new_context(java_script_enabled=False)  # type: ignore[attr-defined]
    page = context.new_page()
    page.goto(site.url + PATHS["genuine"])
    assert page.inner_text("h1") == "Authentic"
    assert "Switch JavaScript on" in page.inner_text("#recheck")
    context.close()


def test_what_somebody_types_is_found(visit: Open, site: Site) -> None:
    page = visit(site.url + "/?lang=zh").page
    page.fill("#code", "(01)09521141123454(21)2001")
    page.keyboard.press("Enter")
    page.wait_for_url("**" + PATHS["recalled"] + "?lang=zh")
    assert page.inner_text("h1") == "已召回"
