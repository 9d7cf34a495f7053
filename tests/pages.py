"""A client that reads every page it fetches: one h1, title, language, labels, tokens, unique ids, no inline script."""

import re
from typing import Any

from bs4 import BeautifulSoup
from flask import g
from flask.testing import FlaskClient

REQUIRED = (
    "Content-Security-Policy",
    "X-Content-Type-Options",
    "Referrer-Policy",
    "Cross-Origin-Opener-Policy",
    "Permissions-Policy",
)


class CheckedClient(FlaskClient):
    """Fetches pages and holds each to the rules for all pages."""

    def open(self, *args: Any, **kwargs: Any) -> Any:
        for name in list(g):  # the test's app context outlives a request; its `g` must not
            g.pop(name)
        answer = super().open(*args, **kwargs)
        missing = [name for name in REQUIRED if name not in answer.headers]
        assert not missing, f"headers missing: {missing}"
        if answer.mimetype == "text/html" and answer.status_code not in (301, 302, 303, 307, 308) and answer.get_data():
            answer.soup = check_page(answer.get_data(as_text=True), answer.request.path)
        if "Content-Disposition" in answer.headers and answer.content_length is not None:
            # A whole file, no stream: it is read and closed as a server does it.
            answer.get_data()
            answer.close()
        return answer

    def token(self, path: str) -> str:
        """Return the form token of a page."""
        return str(self.get(path).soup.find("input", {"name": "csrf_token"})["value"])

    def send(self, path: str, data: dict[str, Any] | None = None, *, page: str | None = None, **more: Any) -> Any:
        """Post a form with the token of its page."""
        return self.post(path, data={"csrf_token": self.token(page or path), **(data or {})}, **more)


def parsed(answer: Any) -> BeautifulSoup:
    """Return a page parsed, as the checks of all pages parsed it where they did: to be read, not to be changed."""
    checked = getattr(answer, "soup", None)
    return BeautifulSoup(answer.get_data(as_text=True), "html5lib") if checked is None else checked


def check_page(html: str, path: str) -> BeautifulSoup:
    """Hold one page to the rules for all pages; return it parsed."""
    soup = BeautifulSoup(html, "html5lib")
    assert len(soup.find_all("h1")) == 1, f"{path}: {len(soup.find_all('h1'))} h1"
    assert soup.title and soup.title.get_text(strip=True), f"{path}: no title"
    assert soup.html.get("lang") in ("vi", "en"), f"{path}: no language"
    ids = [tag["id"] for tag in soup.find_all(id=True)]
    assert len(ids) == len(set(ids)), f"{path}: doubled ids {sorted({i for i in ids if ids.count(i) > 1})}"
    for field in soup.find_all(["input", "select", "textarea"]):
        if field.get("type") in ("hidden", "submit", "button"):
            continue
        labelled = (
            field.get("aria-label")
            or field.get("aria-labelledby")
            or (field.get("id") and soup.find("label", {"for": field["id"]}))
            or field.find_parent("label")
        )
        assert labelled, f"{path}: {field.get('name')} has no label"
    for form in soup.find_all("form", method=re.compile("post", re.I)):
        assert form.find("input", {"name": "csrf_token"}) or form.has_attr("data-payer"), (
            f"{path}: a form without token"
        )
    for tag in soup.find_all(True):
        bad = [name for name in tag.attrs if name.startswith("on") or name == "style"]
        assert not bad, f"{path}: {tag.name} has {bad}"
    for script in soup.find_all("script"):
        inline = script.get("type") in ("application/ld+json",) or script.get("src") or script.get("nonce")
        assert inline, f"{path}: inline script"
    for link in soup.find_all(["link", "script", "img"]):
        target = link.get("href") or link.get("src") or ""
        assert not re.match(r"(https?:)?//", target) or link.get("rel") in (["canonical"], ["alternate"]), (
            f"{path}: asset from {target}"
        )
    return soup
