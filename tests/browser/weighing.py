"""What a page weighs on the wire in Chromium: at the first visit with an empty cache, and at the next one."""

from dataclasses import dataclass, field
from typing import Any

from playwright.sync_api import Browser, Page

from tests.supervisor import PATIENCE_S, until

APART = "/photos/"  # pictures of goods are loaded late and have a budget of their own
ENDLESS = "EventSource"


@dataclass
class Load:
    """The requests of one visit: kind and bytes of each, as they end."""

    kinds: dict[str, tuple[str, str]] = field(default_factory=dict)
    sizes: dict[str, int] = field(default_factory=dict)

    @property
    def due(self) -> set[str]:
        """Return the requests that have not ended."""
        return {one for one, (kind, _url) in self.kinds.items() if kind != ENDLESS} - set(self.sizes)

    def bytes_of(self, *kinds: str, apart: bool = False) -> int:
        """Return the bytes of some kinds or of all, without the pictures that are weighed apart, or of these alone."""
        return sum(
            size
            for one, size in self.sizes.items()
            if (APART in self.kinds[one][1]) == apart and (not kinds or self.kinds[one][0] in kinds)
        )

    @property
    def requests(self) -> int:
        """Return how many requests there were, without those for pictures and without what listens on."""
        return sum(
            kind != ENDLESS and APART not in url and not url.startswith("data:") for kind, url in self.kinds.values()
        )


def weigh(chromium: Browser, address: str, *, keeps: Any) -> tuple[Load, Load, int]:
    """Open a page twice with these cookies; return both loads, and how long its HTML is unpacked."""
    context = chromium.new_context(viewport={"width": 360, "height": 800}, locale="vi-VN", storage_state=keeps)
    page = context.new_page()
    first = _load(page, address)
    second = _load(page, address)
    unpacked = len(page.request.get(address).body())
    context.close()
    return first, second, unpacked


def _load(page: Page, address: str) -> Load:
    load, wire = Load(), page.context.new_cdp_session(page)
    wire.on("Network.requestWillBeSent", lambda one: _sent(load, one))
    wire.on("Network.loadingFinished", lambda one: _ended(load, one["requestId"], int(one["encodedDataLength"])))
    wire.on("Network.loadingFailed", lambda one: _ended(load, one["requestId"], 0))
    wire.send("Network.enable")
    page.goto(address)
    assert page.url == address, f"{address} leads to {page.url} by now: something else would be weighed"

    def at_rest() -> bool:
        page.wait_for_timeout(50)  # Playwright hears events only while it waits
        return not load.due

    until(at_rest, seconds=PATIENCE_S, why=f"{address} never came to rest")
    wire.detach()
    return load


def _sent(load: Load, told: Any) -> None:
    load.kinds[told["requestId"]] = (str(told.get("type", "Other")), str(told["request"]["url"]))


def _ended(load: Load, number: str, size: int) -> None:
    if number in load.kinds:
        load.sizes[number] = load.sizes.get(number, 0) + size
