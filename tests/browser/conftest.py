"""A real Chromium against a real portal: web, worker and sandboxes as processes of their own."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from axe_playwright_python.base import AXE_SCRIPT
from playwright.sync_api import Browser, BrowserContext, Page, expect

from tests.engines import Engines
from tests.supervisor import Portal

SHOTS = Path(__file__).parents[1] / ".shots"
expect.set_options(timeout=60_000)  # a limit on waiting: a machine that does much else is slow


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Mark these tests, and give them time."""
    for item in items:
        if "tests/browser" in str(item.path):
            item.add_marker(pytest.mark.browser)
            item.add_marker(pytest.mark.timeout(420))


@pytest.fixture(scope="session")
def portal(engines: Engines, engine_name: str) -> Iterator[Portal]:
    """A running portal with the small demo base, one an engine."""
    with Portal(engines.fresh(engine_name), names=("web", "sandboxes")) as running:
        running.flask("demo", "load", "long-an", "--scale", "0.01")  # alone: the worker's clock is not the demo's
        running.start("worker")
        yield running


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
