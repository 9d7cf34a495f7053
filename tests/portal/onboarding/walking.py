"""A person who walks through the pages of registering."""

from typing import Any

from bs4 import BeautifulSoup

from tests.pages import parsed
from tests.portal.people.test_sign_in import newest_code

ANSWERS: dict[str, dict[str, str]] = {
    "name": {"name": "Nguyễn Thị Hạnh"},
    "id": {"id_number": "082085012346"},
    "place": {"place": "Tân Thạnh", "hamlet": "Ấp 3"},
    "grown": {"grown": "Thanh long, 5 tấn một năm"},
    "selling": {"food_safety": "commitment", "payment": "yes"},
    "consents": {
        "service": "yes",
        "public_page": "yes",
        "photo": "yes",
        "notices": "no",
        "share_postmart": "yes",
        "share_voso": "no",
    },
}


def soup(answer: Any) -> BeautifulSoup:
    return parsed(answer)


def hidden(client: Any, path: str) -> dict[str, str]:
    """Return the hidden fields of a page's first form."""
    form = soup(client.get(path)).find("main").find("form", method="post")
    return {tag["name"]: tag.get("value", "") for tag in form.find_all("input", type="hidden")}


def submit(client: Any, path: str, data: dict[str, Any], *, page: str | None = None, **more: Any) -> Any:
    """Send a page's form with its hidden fields."""
    return client.post(path, data={**hidden(client, page or path), **data}, **more)


def confirm_phone(client: Any, world: Any, session: Any, phone: str = "0966 496 171") -> Any:
    """Go through the first two screens; return the answer to the code."""
    world.clock.move(seconds=1)  # the newest message is the one for this code
    assert submit(client, "/register", {"phone": phone}).headers["Location"] == "/register/code"
    return submit(client, "/register/code", {"code": newest_code(world, session)})


def walk(client: Any, answer: Any, *, until: str = "check") -> Any:
    """Answer one question after the other, as the pages lead; return the last answer."""
    while answer.status_code == 302 and not answer.headers["Location"].endswith(until):
        path = answer.headers["Location"]
        step = path.rsplit("/", 1)[-1].partition("?")[0]
        data = dict(ANSWERS[step])
        if "choose" in path:
            data["unit"] = soup(client.get(path)).find("input", {"name": "unit"})["value"]
        answer = submit(client, path, data)
    return answer
