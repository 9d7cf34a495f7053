"""A school whose manager is signed in."""

from typing import Any

import pytest

from portal.db import begin
from portal.people import actions as people
from portal.people.models import WebSession
from portal.people.phones import parse_mobile
from portal.people.sessions import token_hash
from tests.portal.pay.making import CLI, School, standing_school


@pytest.fixture
def school(on_a_school: None, world: Any) -> School:
    return standing_school()


@pytest.fixture
def manager(app: Any, world: Any, school: School) -> Any:
    return manager_browser(app, world, school, phone="0987654321")


def manager_browser(app: Any, world: Any, school: School, *, phone: str) -> Any:
    """Return the browser of a school's manager, signed in with both factors, reading English."""
    now, token = world.clock.now(), f"manager-{phone}"
    with begin() as session:
        login = people.login_for(session, now=now, acting=CLI, phone=parse_mobile(phone), keys=world.field_keys)
        people.grant_role(
            session, now=now, acting=CLI, login_id=login.id, role="institution",
            organisation_id=school.organisation.id,
        )  # fmt: skip
        grant = people.open_grants(session, login.id, now=now)[0]
        session.add(
            WebSession(
                token_hash=token_hash(token), login_id=login.id, grant_id=grant.id, begun_at=now, last_seen_at=now,
                signed_in_at=now, second_factor_at=now,
            )
        )  # fmt: skip
    browser = app.test_client()
    browser.set_cookie("session", token)
    browser.set_cookie("lang", "en")
    return browser
