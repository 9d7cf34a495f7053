"""What a page says of a form that comes back with nothing filled in."""

from typing import Any

from bs4 import BeautifulSoup, Tag
from playwright.sync_api import Browser

ASKS = "input:not([type=hidden]):not([type=submit]), textarea, select"


def send_empty(chromium: Browser, address: str, *, keeps: Any) -> list[tuple[str, int, list[str]]]:
    """Send each form of a page that asks for something with nothing in it.

    Return for each where it went, the status, and what the page that came back owes.
    """
    context = chromium.new_context(locale="vi-VN", storage_state=keeps)
    told = []
    shown = context.request.get(address)
    if shown.ok and "text/html" in shown.headers.get("content-type", ""):
        for form in BeautifulSoup(shown.text(), "html5lib").select("main form[method=post]"):
            if form.select(ASKS):
                told.append(_sent(context.request, str(shown.url), form))
    context.close()
    return told


def _sent(request: Any, address: str, form: Tag) -> tuple[str, int, list[str]]:
    data = {str(one["name"]): _left(one) for one in form.select("input[name], textarea[name], select[name]")}
    data = {name: value for name, value in data.items() if value is not None}
    path = str(form.get("action") or address)
    where = path if path.startswith("http") else "/".join(address.split("/")[:3]) + path
    files = form.get("enctype") == "multipart/form-data"
    headers = {"Origin": "/".join(address.split("/")[:3]), "Referer": address, "Sec-Fetch-Site": "same-origin"}
    answer = request.post(where, headers=headers, max_redirects=0, **{"multipart" if files else "form": data})
    page = BeautifulSoup(answer.text(), "html5lib") if answer.status in (400, 422) else None
    return where, int(answer.status), [] if page is None else _owed(page)


def _left(field: Tag) -> str | None:
    """Return what an empty field sends: hidden ones as they are, boxes and choices nothing."""
    kind = field.get("type")
    if kind == "hidden":
        return str(field.get("value", ""))
    return None if kind in ("checkbox", "radio", "submit", "file") or field.name == "select" else ""


def _owed(page: BeautifulSoup) -> list[str]:
    """Return what is missing on a page that refuses: the title's first word, the summary, where its links lead."""
    title = page.title.get_text(strip=True) if page.title else ""
    summary = page.select_one(".error-summary")
    links = summary.select("a[href]") if summary else []
    owed = [] if title.startswith("Lỗi: ") else [f"title {title}"]
    owed += [] if links else ["no summary with links"]
    return owed + [f"{one['href']} leads nowhere" for one in links if not page.find(id=str(one["href"]).lstrip("#"))]
