"""A visitor who holds each page to what every page owes, and guests who open pages and send their forms.

A guest is a browser with one person's cookies. `get` opens a page in Chromium, where the visitor looks at it; `post`
sends a form beside it, as the page would, and tells where it leads: enough for the walks of the portal's own tests.
"""

import os
import re
import time
from collections import deque
from dataclasses import dataclass
from functools import cache
from typing import Any
from urllib.parse import parse_qsl, urlsplit

from playwright.sync_api import APIResponse, Browser, Page, Response
from werkzeug.exceptions import HTTPException
from werkzeug.routing import MapAdapter, RequestRedirect

from tests.browser import people
from tests.browser.conftest import axe, shot
from tests.portal.onboarding.walking import submit
from tests.supervisor import Portal, until
from translations import collect

WIDTHS = (360, 1280)
ALSO_WIDE = (320, 640, 768)  # px; at 640 a desk's page at 200 %, at 320 at 400 %
TABS, SCROLLED_S = 6, 20.0
STEPWISE = ("onboarding.register_step", "teams.household_step", "lots.tell")  # one route, a page for each question
WIDER = "document.documentElement.scrollWidth > window.innerWidth"
TEXTS = """() => {
  const all = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT), found = []
  while (all.nextNode()) {
    const at = all.currentNode
    if (at.parentElement.closest("[lang]").lang === "vi") found.push(at.data.trim())
  }
  return found
}"""
MENUS = """() => [...document.querySelectorAll("header:not(:has(h1)), .bar, nav, .btn, .help, .skip")]
  .filter(one => one.checkVisibility({checkVisibilityCSS: true})).map(one => one.outerHTML.slice(0, 100))"""
# Where the person's own colours are forced on a page, its grounds are gone: a border must set apart what a colour did.
FLAT = """() => [...document.querySelectorAll(".tag, .notice, .verdict, .disc, .btn:not(.plain)")]
  .filter(one => one.checkVisibility({checkVisibilityCSS: true}) && !parseFloat(getComputedStyle(one).borderTopWidth))
  .map(one => one.outerHTML.slice(0, 100))"""
# A field for a date has parts and a button of its own, which the browser marks inside it.
FOCUS = """() => {
  const at = document.activeElement
  if (at === document.body) return null
  const shown = at.matches(".choice input") ? at.nextElementSibling : at
  const box = shown.getBoundingClientRect(), style = getComputedStyle(shown)
  const marked = style.outlineStyle !== "none" || style.boxShadow !== "none" || at.matches("[type^=date]")
  return [at.outerHTML.slice(0, 100), at.matches(".skip"), marked,
    box.width > 0 && box.top < innerHeight && box.bottom > 0 && box.left < innerWidth && box.right > 0]
}"""


@dataclass(frozen=True)
class Answer:
    """What came back, in the words of the test client."""

    status_code: int
    headers: dict[str, str]
    body: bytes

    def get_data(self, *, as_text: bool = False) -> Any:
        """Return the body."""
        return self.body.decode() if as_text else self.body


class Visitor:
    """Looks once at each kind of page, whoever opened it; what is wrong is kept in `faults`."""

    def __init__(self, portal: Portal, urls: MapAdapter, machines: tuple[str, ...]) -> None:
        self.portal, self.urls, self.machines = portal, urls, machines
        self.seen: dict[str, set[Any]] = {}
        self.titles: dict[str, str] = {}
        self.found: dict[str, tuple[str, Any]] = {}
        self.faults: list[Any] = []

    def kind(self, address: str) -> tuple[str, Any] | None:
        """Return the endpoint of a page of ours and what tells its pages apart, or None for what is no page."""
        parts = urlsplit(address.removeprefix(self.portal.url))
        if parts.netloc or "format=" in parts.query or parts.path.endswith((".pdf", ".xlsx")):
            return None
        try:
            name, given = self.urls.match(parts.path, method="GET")
        except (HTTPException, RequestRedirect):
            return None
        if str(name).startswith(self.machines):
            return None
        step = (given.get("step"), *sorted(dict(parse_qsl(parts.query)))) if name in STEPWISE else ()
        return str(name), step

    def is_new(self, address: str) -> bool:
        """Say whether a page of this kind was never looked at."""
        kind = self.kind(address)
        return kind is not None and kind[1] not in self.seen.get(kind[0], ()) and f"{kind[0]} refused" not in self.seen

    def look(self, page: Page, *, refused: bool = False) -> None:
        """Hold the page that stands open to what every page owes, unless its like was seen; a refusal is its own."""
        kind = self.kind(page.url)
        if kind is None:
            return
        name, step = (f"{kind[0]} refused", ()) if refused else kind
        if step in self.seen.get(name, ()):
            return
        self.seen.setdefault(name, set()).add(step)
        self.found.setdefault(name, (page.url, page.context.storage_state()))
        wrong: list[Any] = [one for width in WIDTHS for one in self._drawn(page, width, name, step)]
        for width in ALSO_WIDE:
            page.set_viewport_size({"width": width, "height": 800})
            wrong += [(width, "scrolls sideways")] if page.evaluate(WIDER) else []
        wrong += [] if page.locator("h1").count() == 1 else ["has not one h1"]
        wrong += [("untranslated", one) for one in page.evaluate(TEXTS) if one in _english()]
        wrong += _on_paper(page) + _in_own_colours(page) + _by_keys(page)
        self.faults += [(name, step, one) for one in wrong]
        self._read_title(name, page.title())

    def _drawn(self, page: Page, width: int, name: str, step: Any) -> list[Any]:
        page.set_viewport_size({"width": width, "height": 800})
        if "SHOTS" in os.environ:  # pictures to look at take time
            shot(page, "-".join(part for part in (f"every-{name}", *map(str, step), str(width)) if part != "None"))
        return [(width, "scrolls sideways")] * bool(page.evaluate(WIDER)) + [(width, one) for one in axe(page)]

    def _read_title(self, name: str, title: str) -> None:
        if not title.removesuffix("Chợ Số").strip(" –"):
            self.faults.append((name, "has no title of its own", title))
        other = self.titles.setdefault(title, name)
        if other != name:
            self.faults.append((name, "has the title of", other, title))


@cache
def _english() -> frozenset[str]:
    """Return the English messages that read otherwise in Vietnamese."""
    every = ((one.id, one.string) for one in collect.load("vi"))
    return frozenset(words for words, said in every if isinstance(words, str) and words and words != said)


def _on_paper(page: Page) -> list[Any]:
    """Return what a sheet of paper should not show."""
    page.emulate_media(media="print")
    menus = page.evaluate(MENUS)
    page.emulate_media(media="screen")
    return [("on paper", one) for one in menus]


def _in_own_colours(page: Page) -> list[Any]:
    """Return what cannot be told apart from the text around it where colours are forced."""
    page.emulate_media(forced_colors="active")
    flat = page.evaluate(FLAT)
    page.emulate_media(forced_colors="none")
    return [("in forced colours", one) for one in flat]


def next_stop(page: Page) -> Any:
    """Press Tab; return what has the focus then, once the page has scrolled to it: HTML, skips, marked, seen."""
    page.keyboard.press("Tab")
    end = time.monotonic() + SCROLLED_S
    while (at := page.evaluate(FOCUS)) is not None and not at[3] and time.monotonic() < end:
        page.wait_for_timeout(50)
    return at


def _by_keys(page: Page) -> list[Any]:
    """Go through the first stops of the Tab key: the skip link first, each one seen and marked."""
    wrong: list[Any] = []
    page.evaluate("document.activeElement.blur()")
    for stop in range(TABS):
        at = next_stop(page)
        if at is None:
            break
        html, skips, marked, seen = at
        if (stop == 0 and not skips and page.locator("[autofocus]").count() == 0) or not marked or not seen:
            wrong.append(("by keys", stop, html, marked, seen))
    return wrong


class Guest:
    """One person's browser."""

    def __init__(self, visitor: Visitor, chromium: Browser, *, keeps: Any = None, scripts: bool = True) -> None:
        self.visitor, self.portal, self.scripts = visitor, visitor.portal, scripts
        window: Any = {"width": WIDTHS[0], "height": 800}
        context = chromium.new_context(
            viewport=window, locale="vi-VN", storage_state=keeps, java_script_enabled=scripts
        )
        context.set_default_timeout(60_000)
        self.page = context.new_page()
        self.page.on("console", self._hear)
        self.page.on("pageerror", lambda error: visitor.faults.append((self.page.url, str(error))))

    def _hear(self, message: Any) -> None:
        if message.type == "error" and "status of 4" not in message.text:
            self.visitor.faults.append((self.page.url, message.text))

    def get(self, path: str, *, wrong: bool = False) -> Answer:
        """Open a page, and let the visitor look at it; only where something is `wrong` it may say so."""
        found = self.page.goto(self.portal.url + path.removeprefix(self.portal.url))
        assert found is not None
        if (found.status >= 400) != wrong:
            self.visitor.faults.append((path, found.status))
        if self.scripts:  # axe is a script
            self.visitor.look(self.page, refused=found.status >= 400)
        return _answer(found)

    def post(self, path: str, *, data: dict[str, Any]) -> Answer:
        """Send a form, with files where values are tuples of name, kind and bytes; follow no redirect."""
        address = self.portal.url + path.removeprefix(self.portal.url)
        files = {name: value for name, value in data.items() if isinstance(value, tuple)}
        for name, (file_name, kind, body) in files.items():
            data = {**data, name: {"name": file_name, "mimeType": kind, "buffer": body}}
        form: dict[str, Any] = {"multipart": data} if files else {"form": data}
        headers = {"Origin": self.portal.url, "Referer": self.page.url, "Sec-Fetch-Site": "same-origin"}
        return _answer(self.page.request.post(address, headers=headers, max_redirects=0, timeout=60_000, **form))

    def send(self, path: str, data: dict[str, Any] | None = None, *, page: str | None = None) -> str:
        """Open a page and send its form; return where it leads."""
        sent = submit(self, path, data or {}, page=page)
        assert sent.status_code in (302, 303), (path, sent.status_code, sent.get_data(as_text=True)[:3000])
        return str(sent.headers["Location"])

    def sign_in(self, role: str, *, keys: dict[str, Any]) -> None:
        """Sign in one of the demo's people: link, and authenticator where there is one."""
        person = next(one for one in keys["sign_ins"] if one["role"] == role)
        where = self.send(person["link"].removeprefix(self.portal.url))
        if "/sign-in/second" in where:
            where = self._second_factor(where, person["phone"])
        self.get(where)

    def _second_factor(self, where: str, phone: str) -> str:
        for _step in range(4):
            codes = [one for one in people.outbox(self.portal)["authenticators"] if phone in one["label"]]
            answer = submit(self, where, {"code": codes[0]["code"]})
            if answer.status_code in (302, 303):
                return str(answer.headers["Location"])
            time.sleep(31 - time.time() % 30)  # that step's code was used already
        raise AssertionError("the second factor was not taken")

    def enter_code(self, phone: str, ask: str, data: dict[str, Any]) -> Answer:
        """Send a form that has a code sent to a phone, and then the code; return the answer to the code."""
        before = len(texts_to(self.portal, phone))
        return submit(self, self.send(ask, data), {"code": code_to(self.portal, phone, after=before)})

    def follow(self, *starts: str) -> None:
        """Open these pages, and all of a new kind that their links lead to."""
        due, opened = deque(starts), set[str]()
        while due:
            address = due.popleft().partition("#")[0].removeprefix(self.portal.url)
            if address in opened or (address not in starts and not self.visitor.is_new(address)):
                continue
            opened.add(address)
            self.get(address)
            due.extend(self.page.eval_on_selector_all("a[href]", "all => all.map(one => one.href)"))

    def close(self) -> None:
        """Close this browser."""
        self.page.context.close()


def _answer(found: Response | APIResponse) -> Answer:
    return Answer(found.status, {name.title(): value for name, value in found.headers.items()}, found.body())


def texts_to(portal: Portal, phone: str) -> list[str]:
    """Return the messages that a telephone shows, the newest first."""
    number = "+84" + phone.replace(" ", "").removeprefix("0")
    return [one["text"] for one in people.outbox(portal)["messages"] if one["to"] == number]


def code_to(portal: Portal, phone: str, *, after: int) -> str:
    """Wait for the newest code sent to a phone; `after` is how many messages it had before."""
    newest = until(lambda: texts_to(portal, phone)[: -after or None], why="no code arrived")[0]
    found = re.search(r"(?<!\d)(\d{6})(?!\d)", newest)
    assert found, newest
    return found[1]
