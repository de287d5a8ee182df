"""A world of goods on Anvil, `lading serve` over it, and Debian's Chromium, each once for all tests of a worker."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

# pytest's importlib mode puts no test folder on the path.
sys.path.insert(0, str(Path(__file__).parent))

from browser_kit import CHROMIUM, Visit, open_page
from playwright.sync_api import Browser, sync_playwright
from web_kit import Site, World, serving
from web_kit import world as make_world


@pytest.fixture(scope="session")
def world(tmp_path_factory: pytest.TempPathFactory) -> Iterator[World]:
    with make_world(tmp_path_factory.mktemp("world")) as made:
        yield made


@pytest.fixture(scope="session")
def site(world: World) -> Iterator[Site]:
    """The genuine bundles, with one node."""
    with serving(world.bundles, "--rpc", world.node, "--deployment", world.record) as found:
        yield found


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    """Ends with each file: while it lasts, Playwright keeps an event loop in this thread, where no test of another file
    could run one of its own."""
    if not CHROMIUM.is_file():
        pytest.skip(f"{CHROMIUM} is missing: apt-get install chromium")
    with sync_playwright() as play:
        # As root Chromium has no sandbox.
        found = play.chromium.launch(executable_path=CHROMIUM, args=["--no-sandbox"])
        yield found
        found.close()


@pytest.fixture
def visit(browser: Browser) -> Iterator[Callable[..., Visit]]:
    """Opens pages in a browser that nobody used before; afterwards no page may have complained on its console."""
    opened: list[Visit] = []

    def visited(url: str, **settings: object) -> Visit:
        opened.append(open_page(browser, url, **settings))
        return opened[-1]

    yield visited
    for one in opened:
        one.context.close()
    assert [line for one in opened for line in one.complaints] == []
