"""A real Chromium against a real portal: web, worker and sandboxes as processes of their own."""

from collections.abc import Iterator
from contextlib import ExitStack, closing
from pathlib import Path
from typing import Any

import pytest
from axe_playwright_python.base import AXE_SCRIPT
from playwright.sync_api import Browser, BrowserContext, Page, expect

from tests.engines import Engines
from tests.supervisor import Portal
from tests.turns import while_used

SHOTS = Path(__file__).parents[1] / ".shots"
expect.set_options(timeout=60_000)  # a limit on waiting: a machine that does much else is slow


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Mark these tests, and give them time."""
    for item in items:
        if "tests/browser" in str(item.path):
            item.add_marker(pytest.mark.browser)
            item.add_marker(pytest.mark.timeout(420))


class Portals:
    """The running portals of this folder with the small demo base, one an engine, each started at its first use."""

    def __init__(self, engines: Engines) -> None:
        self._engines, self._stack = engines, ExitStack()
        self._made: dict[str, Portal] = {}

    def on(self, engine: str) -> Portal:
        """Return the portal on an engine. Tests change engines at random: both stay up."""
        if engine not in self._made:
            running = self._stack.enter_context(Portal(self._engines.fresh(engine), names=("web", "sandboxes")))
            running.flask("demo", "load", "long-an", "--scale", "0.01")  # alone: the worker's clock is not the demo's
            running.start("worker")
            self._made[engine] = running
        return self._made[engine]

    def close(self) -> None:
        """End what was started."""
        self._stack.close()


@pytest.fixture(scope=while_used)
def portals(engines: Engines) -> Iterator[Portals]:
    with closing(Portals(engines)) as made:
        yield made


@pytest.fixture
def portal(portals: Portals, engine_name: str) -> Portal:
    """A running portal with the small demo base, on this engine."""
    return portals.on(engine_name)


@pytest.fixture(params=[360, 1280])
def width(request: pytest.FixtureRequest) -> int:
    return int(request.param)


@pytest.fixture
def context(chromium: Browser, width: int) -> Iterator[BrowserContext]:
    """A fresh browser profile at one width; its console must stay clean and nothing may leave loopback."""
    made = chromium.new_context(
        viewport={"width": width, "height": 780 if width < 600 else 900}, locale="vi-VN", timezone_id="Asia/Ho_Chi_Minh"
    )
    made.set_default_timeout(20_000)
    yield made
    made.close()


@pytest.fixture
def page(context: BrowserContext) -> Iterator[Page]:
    opened = context.new_page()
    problems: list[str] = []
    opened.on(
        "console",
        lambda message: (
            problems.append(message.text) if message.type == "error" and "status of 4" not in message.text else None
        ),
    )
    opened.on("pageerror", lambda error: problems.append(str(error)))
    opened.on(
        "request",
        lambda request: (
            problems.append(f"left loopback: {request.url}")
            if not request.url.startswith(("http://127.0.0.1", "data:", "blob:"))
            else None
        ),
    )
    yield opened
    assert problems == []


def shot(page: Page, name: str) -> None:
    """Keep a picture of the whole page, to be looked at."""
    SHOTS.mkdir(exist_ok=True)
    page.screenshot(path=str(SHOTS / f"{name}.png"), full_page=True)


def no_sideways_scrolling(page: Page) -> None:
    """Hold that the page is no wider than its window."""
    page.wait_for_load_state()
    assert page.evaluate("document.documentElement.scrollWidth <= window.innerWidth")


def axe(page: Page) -> list[Any]:
    """Return axe's violations of WCAG 2.2 A and AA; the script is put into a page once."""
    if not page.evaluate("'axe' in window"):
        page.evaluate(AXE_SCRIPT)
    tags = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa"]
    options = {"runOnly": {"type": "tag", "values": tags}, "resultTypes": ["violations"]}
    found = page.evaluate("options => axe.run(options).then(all => all.violations)", options)
    return [(one["id"], [node["html"][:120] for node in one["nodes"]][:3]) for one in found]
