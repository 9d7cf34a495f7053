"""A member of a team who walks through the pages with a household."""

import re
from typing import Any

from sqlalchemy import select

from portal.onboarding.models import Organisation
from portal.people.models import SmsMessage
from portal.teams import members
from portal.teams.models import Assisted, Team
from tests.portal.onboarding.making import CLI
from tests.portal.onboarding.walking import ANSWERS, soup, submit
from tests.portal.teams.making import joined, new_member, team

HOUSEHOLD = "0966 496 171"
NAM = "0938 111 222"
TYPED = {
    "name": ANSWERS["name"],
    "id": {"id_number": "082085012346"},
    "place": {"hamlet": "Ấp 3"},
    "grown": ANSWERS["grown"],
    "selling": ANSWERS["selling"],
}


def newest_text(world: Any, session: Any) -> str:
    """Return the message that was queued last."""
    session.expire_all()
    row = session.scalars(select(SmsMessage).order_by(SmsMessage.created_at.desc())).first()
    return str(world.field_keys.open(row.body_sealed, place=f"sms_messages.body.{row.id}"))


def code_in(text: str) -> str:
    """Return the six digits of a message."""
    found = re.search(r"(?<!\d)(\d{6})(?!\d)", text)
    assert found, text
    return found[1]


def helper(app: Any, world: Any, session: Any, unit: str, *, phone: str = NAM, of: Team | None = None) -> Any:
    """Return the browser of a member of a team in this commune, signed in by the code on her phone."""
    mine = of or team(session, world, unit, f"Tổ của {phone}")
    (member,) = joined(session, world, new_member(mine.id, "member", name="Trần Văn Nam", phone=phone))
    members.invite(
        session, now=world.clock.now(), acting=CLI, member_id=member.id, text="Mời vào tổ", keys=world.field_keys
    )
    session.commit()
    browser = app.test_client()
    world.clock.move(seconds=1)
    submit(browser, "/sign-in", {"phone": phone})
    answer = submit(browser, "/sign-in/code", {"code": code_in(newest_text(world, session))})
    assert answer.headers["Location"] == "/team"
    return browser


def begin(browser: Any, world: Any, session: Any, phone: str = HOUSEHOLD, **more: str) -> Any:
    """Give the household's phone and its code; return the answer to the code."""
    world.clock.move(seconds=1)
    answer = submit(browser, "/team/households/new", {"phone": phone, **more})
    assert answer.status_code == 302, soup(answer).find("main").get_text()
    path = answer.headers["Location"]
    return submit(browser, path, {"code": code_in(newest_text(world, session))})


def type_all(browser: Any, answer: Any, typed: dict[str, dict[str, str]] = TYPED) -> str:
    """Answer one question after the other; return the address of the page that is read aloud."""
    while answer.status_code == 302 and not answer.headers["Location"].endswith("/read"):
        path = answer.headers["Location"]
        answer = submit(browser, path, typed[path.rsplit("/", 1)[-1]])
    assert answer.status_code == 302, soup(answer).find("main").get_text()
    return str(answer.headers["Location"])


def help_household(browser: Any, world: Any, session: Any, phone: str = HOUSEHOLD, **more: Any) -> Assisted:
    """Register a household with all its answers; return the session."""
    typed = {**TYPED, **more.pop("typed", {})}
    read = type_all(browser, begin(browser, world, session, phone, **more), typed)
    world.clock.move(seconds=1)
    answer = submit(browser, read, ANSWERS["consents"])
    assert answer.status_code == 302, soup(answer).find("main").get_text()
    session.expire_all()
    return session.get_one(Assisted, read.split("/")[3])  # type: ignore[no-any-return]


def shop(session: Any, row: Assisted) -> Organisation:
    return session.get_one(Organisation, row.organisation_id)  # type: ignore[no-any-return]


def main(answer: Any) -> str:
    """Return what a page says."""
    return str(soup(answer).find("main").get_text(" ", strip=True))
