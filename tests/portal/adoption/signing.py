"""A browser that is signed in with both factors."""

from typing import Any

from portal.acting import Acting
from portal.db import begin
from portal.people import actions
from portal.people.models import WebSession
from portal.people.phones import parse_mobile
from portal.people.sessions import token_hash

CLI = Acting.system("test")
_PHONES = {"province_officer": "0912345678", "commune_officer": "0912345679", "household": "0912345670"}


def sign_in(app: Any, client: Any, *, role: str, unit_id: str | None) -> None:
    """Make a person with a role and give the client their session."""
    world = app.extensions["world"]
    now, token = world.clock.now(), f"test-{role}"
    with begin() as session:
        login = actions.login_for(
            session, now=now, acting=CLI, phone=parse_mobile(_PHONES[role]), keys=world.field_keys
        )
        actions.grant_role(session, now=now, acting=CLI, login_id=login.id, role=role, unit_id=unit_id)
        grant = actions.open_grants(session, login.id, now=now)[0]
        session.add(
            WebSession(
                token_hash=token_hash(token), login_id=login.id, grant_id=grant.id, begun_at=now, last_seen_at=now,
                signed_in_at=now, second_factor_at=now,
            )
        )  # fmt: skip
    client.set_cookie("session", token)
