"""Walk through the pages of a lot as a phone does: each form goes where it says, with its hidden fields."""

from typing import Any

from tests.portal.onboarding.walking import soup


def press(client: Any, path: str, data: dict[str, Any] | None = None) -> Any:
    """Send the form of a page to the address that the form names."""
    form = soup(client.get(path)).find("main").find("form")
    hidden = {tag["name"]: tag.get("value", "") for tag in form.find_all("input", {"type": "hidden"})}
    return client.post(form.get("action") or path, data={**hidden, **(data or {})})


def tell(client: Any, lot: str, step: str, *answers: dict[str, Any]) -> Any:
    """Answer the questions of a step, and note it."""
    at = f"{lot}/{step}"
    for given in answers:
        answer = press(client, at, given)
        assert answer.status_code == 302, answer.get_data(as_text=True)
        at = answer.headers["Location"]
    return press(client, at)


def new_lot(client: Any, product_id: str, number: str = "L2026-114", *, harvest: str = "2026-11-20") -> str:
    """Note a lot and return the address of its page."""
    answer = press(client, lot_to_check(client, f"/my/lots/new/{product_id}", number, harvest=harvest))
    assert answer.status_code == 302, answer.get_data(as_text=True)
    return str(answer.headers["Location"])


def lot_to_check(client: Any, at: str, number: str, *, harvest: str, expiry: str = "2026-12-20") -> str:
    """Answer the questions about a lot, change its number and origin; return the address where it is checked."""
    for given in ({"day": harvest}, {"day": expiry} if expiry else {"pick": "none"}):
        answer = press(client, at, given)
        assert answer.status_code == 302, answer.get_data(as_text=True)
        at = answer.headers["Location"]
    for name, value in (("number", number), ("origin", "xã Tân Thạnh")):
        change = soup(client.get(at)).select_one(f'dd.change a[href*="/{name}?"]')
        at = press(client, str(change["href"]), {name: value}).headers["Location"]
    return at


def timeline(page: Any) -> list[str]:
    """Return the steps that a page shows."""
    return [" ".join(item.get_text(" ", strip=True).split()) for item in soup(page).select("ol.timeline li")]
