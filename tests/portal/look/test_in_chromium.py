"""The pages as Chromium draws them: no rule of WCAG 2.2 AA that axe can see is broken, and nothing leaves the page.

Answers are handed to the browser straight from the app, so no server runs and no other host can be reached.
"""

from collections.abc import Iterator
from typing import Any

import pytest
from axe_playwright_python.sync_playwright import Axe
from flask import Flask
from playwright.sync_api import Browser, Page, Route

from portal.desk.navigation import Entry
from tests.portal.look.conftest import Draw

pytestmark = pytest.mark.browser
HOST = "http://127.0.0.1:9"
RULES = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"]
WIDTHS = (320, 360, 768, 1280)
LEAVING = """() => [...document.querySelectorAll("body *")]
  .filter(e => !e.closest("svg") && !e.matches(".skip, .visually-hidden, .data thead, .data thead *"))
  .filter(e => { const box = e.getBoundingClientRect(); return box.right > innerWidth + 1 || box.left < -1; })
  .map(e => e.outerHTML.slice(0, 100))"""
BARE = """{% extends "layouts/bare.html" %}
{% from "components/verdict.html" import verdict %}{% from "components/facts.html" import facts %}
{% from "components/button.html" import button %}{% from "components/timeline.html" import timeline %}
{% from "components/money.html" import amount_block %}{% from "components/qr_figure.html" import qr_figure %}
{% block title %}{{ sample.sentence }}{% endblock %}
{% block content %}{{ verdict("red", sample.sentence, sample.detail) }}<div class="card">{{ facts(sample.facts) }}</div>
{{ timeline(sample.steps) }}{{ amount_block(sample.amount, sample.words) }}{{ qr_figure(sample.qr, sample.copied) }}
{{ button(sample.act, href="#main") }}{{ button(sample.act, "second") }}{% endblock %}"""
OFFICER = """{% extends "layouts/officer.html" %}{% from "components/table.html" import table %}
{% from "components/status_tag.html" import status_tag %}
{% block title %}{{ sample.name }}{% endblock %}{% block body_class %}{{ state }}{% endblock %}
{% block content %}<h1>{{ sample.name }}</h1>
<p class="hint">{{ sample.detail }} <a href="#main">{{ sample.act }}</a></p>
<div class="card">{{ table(sample.name, sample.columns, sample.rows) }}
{{ status_tag(sample.word, "grey") }}</div>{% endblock %}"""
NAV = [("Cần người xử lý", [Entry("Hộ chờ duyệt", "/docs/components", 14, here=True), Entry("Xã chưa rõ", "/there")])]


@pytest.fixture
def show(chromium: Browser, drawing_app: Flask) -> Iterator[Any]:
    """Open an address, or a page that was drawn already, at a width."""
    context = chromium.new_context()
    client = drawing_app.test_client()
    drawn: dict[str, str] = {}

    def answer(route: Route) -> None:
        path = route.request.url.removeprefix(HOST)
        if path in drawn:
            route.fulfill(body=drawn[path], content_type="text/html; charset=utf-8")
            return
        got = client.get(path, base_url="http://localhost")
        route.fulfill(status=got.status_code, headers=dict(got.headers), body=got.data)

    context.route("**/*", answer)

    def opened(path: str, width: int, html: str | None = None) -> Page:
        if html is not None:
            drawn[path] = html
        page = context.new_page()
        page.faults = []  # type: ignore[attr-defined]
        page.on("console", lambda message: page.faults.append(message.text))  # type: ignore[attr-defined]
        page.set_viewport_size({"width": width, "height": 760})
        page.goto(HOST + path)
        return page

    yield opened
    context.close()


def hold(page: Page) -> None:
    """Hold an open page to the rules for all pages."""
    assert page.faults == []  # type: ignore[attr-defined]
    assert page.evaluate("document.documentElement.scrollWidth - innerWidth") <= 0
    assert page.evaluate(LEAVING) == []
    found = Axe().run(page, options={"runOnly": RULES}).response["violations"]
    assert [(rule["id"], [node["html"] for node in rule["nodes"]]) for rule in found] == []
    page.close()


@pytest.mark.parametrize("query", ["?lang=vi", "?lang=en&errors"])
@pytest.mark.parametrize("width", WIDTHS)
def test_all_components(show: Any, query: str, width: int) -> None:
    hold(show("/docs/components" + query, width))


@pytest.mark.parametrize("width", WIDTHS)
def test_a_bare_page(show: Any, draw: Draw, samples: dict[str, Any], width: int) -> None:
    hold(show("/drawn", width, draw(source=BARE, **samples)))


@pytest.mark.parametrize("state", ["", "paid", "unsure"])
@pytest.mark.parametrize("width", [320, 1280])
def test_an_officers_page_and_the_loud_states(
    show: Any, draw: Draw, samples: dict[str, Any], state: str, width: int
) -> None:
    page = show("/drawn", width, draw(source=OFFICER, side_nav=NAV, state=state, **samples))
    assert page.locator(".side nav").is_visible() is (width == 1280)
    hold(page)


def test_the_summary_of_errors_has_the_focus(show: Any) -> None:
    page = show("/docs/components?errors", 360)
    assert page.evaluate("document.activeElement.className") == "error-summary"
    page.locator(".error-summary a").first.click()
    assert page.evaluate("document.activeElement.id") == "phone"


def test_the_skip_link_comes_first_and_is_seen(show: Any) -> None:
    page = show("/docs/components", 360)
    page.keyboard.press("Tab")
    box = page.locator(".skip:focus").bounding_box()
    assert box["y"] >= 0
    page.keyboard.press("Enter")
    assert page.evaluate("document.activeElement.id") == "main"


@pytest.mark.parametrize("width", [320, 360])
def test_what_is_tapped_is_large_enough(show: Any, width: int) -> None:
    page = show("/docs/components", width)
    for selector, least in {".btn:not(.small)": 52, ".form-control": 52, ".choice label": 52, ".help a": 48}.items():
        heights = page.locator(selector).evaluate_all("all => all.map(e => e.getBoundingClientRect().height)")
        assert heights, selector
        assert min(heights) >= least, selector
    assert page.locator(".qr").first.bounding_box()["width"] >= 240


def test_paper_shows_no_menus(show: Any) -> None:
    page = show("/docs/components", 768)
    page.emulate_media(media="print")
    for hidden in (".bar", ".help", ".btn >> nth=0", ".skip"):
        assert not page.locator(hidden).is_visible(), hidden
    assert "/docs/components" in page.locator(".on-paper").inner_text()
