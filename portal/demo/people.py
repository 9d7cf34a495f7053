"""The demo's people: logins with roles, and second factors kept by the sandbox's telephone."""

import pyotp
import requests

from portal.demo.cast import PEOPLE
from portal.demo.stage import Stage
from portal.people import actions, factors
from portal.people.phones import parse_mobile


def person(stage: Stage, role_name: str, *, role: str, **grant: object) -> str:
    """Make one of the demo's people with a role; return the login's id. Roles with two factors get an authenticator."""
    phone, name = PEOPLE[role_name]
    with stage.act() as (session, now):
        login = actions.login_for(
            session, now=now, acting=stage.acting, phone=parse_mobile(phone), keys=stage.world.field_keys, name=name
        )
        actions.grant_role(session, now=now, acting=stage.acting, login_id=login.id, role=role, **grant)  # type: ignore[arg-type]
    _authenticator(stage, login.id, label=f"{name} {phone}")
    return login.id


def _authenticator(stage: Stage, login_id: str, *, label: str) -> None:
    """Confirm an authenticator in the demo's time and hand its secret to the sandbox's telephone."""
    with stage.act() as (session, now):
        if factors.confirmed(session, login_id):
            return
        secret = factors.enrol(session, login_id=login_id, keys=stage.world.field_keys)
        code = pyotp.TOTP(secret).at(now)
        factors.check_authenticator(
            session, now=now, acting=stage.acting, login_id=login_id, code=code, keys=stage.world.field_keys
        )
    settings = stage.world.settings
    answer = requests.post(
        f"{settings.sandbox_url}/authenticator",
        json={"label": label, "secret": secret},
        headers={"Authorization": f"Bearer {settings.sms_token}"},
        timeout=8,
        allow_redirects=False,
    )
    answer.raise_for_status()
