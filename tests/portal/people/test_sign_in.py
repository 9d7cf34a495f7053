"""Signing in through the real pages: code, second factor, one-time link, sign-out, limits of sessions."""

import re
from typing import Any

import pyotp
import pytest

from portal.acting import Acting
from portal.audit import AuditRow, broken_rows
from portal.db import begin
from portal.people import actions
from portal.people.models import Authenticator, SmsMessage, WebSession
from portal.people.phones import parse_mobile

CLI = Acting.system("test")


def newest_code(world: Any, session: Any) -> str:
    session.expire_all()
    row = session.query(SmsMessage).order_by(SmsMessage.created_at.desc()).first()
    text = world.field_keys.open(row.body_sealed, place=f"sms_messages.body.{row.id}")
    found = re.search(r"#(\d{6})", text)
    assert found
    return found[1]


def sign_in_by_code(client: Any, world: Any, session: Any, phone: str) -> Any:
    assert client.send("/sign-in", {"phone": phone}).status_code == 302
    return client.send("/sign-in/code", {"code": newest_code(world, session)})


def person(world: Any, *, role: str, phone: str = "0912345678", **grant: Any) -> tuple[str, str]:
    with begin() as session:
        now = world.clock.now()
        login = actions.login_for(session, now=now, acting=CLI, phone=parse_mobile(phone), keys=world.field_keys)
        actions.grant_role(session, now=now, acting=CLI, login_id=login.id, role=role, **grant)
        token = actions.make_link(session, now=now, acting=CLI, login_id=login.id)
    return login.id, token


def test_a_stranger_signs_in_by_code(client: Any, world: Any, session: Any) -> None:
    answer = sign_in_by_code(client, world, session, "0966 496 171")
    assert answer.status_code == 302
    assert client.get("/my/sessions").status_code == 200
    assert session.query(AuditRow).filter_by(act="person.signed_in").count() == 1
    assert broken_rows(session) == []


def test_a_wrong_number_keeps_what_was_typed(client: Any) -> None:
    answer = client.send("/sign-in", {"phone": "091 234 567"})
    page = answer.get_data(as_text=True)
    assert answer.status_code == 400
    assert "091 234 567" in page
    assert "<title>Lỗi:" in page


def test_known_and_unknown_numbers_get_the_same_answer(app: Any, world: Any, session: Any) -> None:
    person(world, role="household", phone="0912345678")
    bodies = []
    for phone in ("0912345678", "0987654321"):
        client = app.test_client()
        answer = client.send("/sign-in", {"phone": phone})
        bodies.append((answer.status_code, answer.location))
    assert bodies[0] == bodies[1]


def test_an_officer_needs_the_second_factor(client: Any, world: Any, session: Any, clock: Any) -> None:
    login_id, token = person(world, role="province_officer")
    assert client.get(f"/sign-in/link/{token}").status_code == 200
    assert client.send(f"/sign-in/link/{token}").location.endswith("/sign-in/second")
    assert client.get("/officer/sellers").status_code == 302
    client.send("/sign-in/authenticator/new")
    session.expire_all()
    row = session.get(Authenticator, login_id)
    secret = world.field_keys.open(row.secret_sealed, place=f"authenticators.secret.{login_id}")
    code = pyotp.TOTP(secret).at(clock.now())
    assert (
        client.send("/sign-in/authenticator", {"code": "000000" if code != "000000" else "111111"}).status_code == 400
    )
    assert client.send("/sign-in/authenticator", {"code": f"{code[:3]} {code[3:]}"}).status_code == 302
    assert client.get("/officer/sellers").status_code == 200


def test_an_authenticator_code_works_once(app: Any, client: Any, world: Any, session: Any, clock: Any) -> None:
    test_an_officer_needs_the_second_factor(client, world, session, clock)
    login = session.query(Authenticator).one().login_id
    secret = world.field_keys.open(
        session.get(Authenticator, login).secret_sealed, place=f"authenticators.secret.{login}"
    )
    with begin() as rows:
        token = actions.make_link(rows, now=clock.now(), acting=CLI, login_id=login)
    other = app.test_client()
    other.send(f"/sign-in/link/{token}")
    assert other.send("/sign-in/second", {"code": pyotp.TOTP(secret).at(clock.now())}).status_code == 400
    clock.move(seconds=31)
    assert other.send("/sign-in/second", {"code": pyotp.TOTP(secret).at(clock.now())}).status_code == 302


def test_a_link_works_once_and_only_by_post(app: Any, client: Any, world: Any) -> None:
    _login, token = person(world, role="household")
    for _ in range(3):
        assert client.get(f"/sign-in/link/{token}").status_code == 200
    assert client.send(f"/sign-in/link/{token}").status_code == 302
    assert app.test_client().get(f"/sign-in/link/{token}").status_code == 404


def test_signing_out_kills_the_session_on_the_server(app: Any, client: Any, world: Any, session: Any) -> None:
    sign_in_by_code(client, world, session, "0966496171")
    cookie = client.get_cookie("session")
    answer = client.send("/sign-out", page="/my/sessions")
    assert "storage" in answer.headers["Clear-Site-Data"]
    replay = app.test_client()
    replay.set_cookie("session", cookie.value)
    assert replay.get("/my/sessions").status_code == 302


def test_signing_in_changes_the_session_id(client: Any, world: Any, session: Any) -> None:
    client.get("/sign-in")
    before = client.get_cookie("session").value
    sign_in_by_code(client, world, session, "0966496171")
    assert client.get_cookie("session").value != before
    session.expire_all()
    assert session.query(WebSession).filter(WebSession.ended_at.is_not(None)).count() == 1


@pytest.mark.parametrize(
    ("role", "hours", "alive"), [("household", 24 * 6, True), ("household", 24 * 8, False), ("team_member", 1, False)]
)
def test_sessions_end_by_role(client: Any, world: Any, clock: Any, role: str, hours: int, alive: bool) -> None:
    _login, token = person(world, role=role)
    client.send(f"/sign-in/link/{token}")
    clock.move(hours=hours)
    assert (client.get("/my/sessions").status_code == 200) is alive


def test_taking_a_role_away_works_at_the_next_request(client: Any, world: Any, session: Any, clock: Any) -> None:
    test_an_officer_needs_the_second_factor(client, world, session, clock)
    from portal.people.models import RoleGrant

    with begin() as rows:
        rows.query(RoleGrant).update({"to_at": clock.now()})
    assert client.get("/officer/sellers").status_code == 403


@pytest.mark.parametrize(
    "target", ["//evil.example", "https://evil.example", "/\\evil", "\\evil", "javascript:alert(1)", "/ok\n/x"]
)
def test_no_open_redirect(target: str) -> None:
    from portal.people.signing_in import own_path

    assert own_path(target) is None


def test_one_changed_audit_row_is_named(client: Any, world: Any, session: Any) -> None:
    sign_in_by_code(client, world, session, "0966496171")
    row = session.query(AuditRow).order_by(AuditRow.seq).first()
    session.execute(AuditRow.__table__.update().where(AuditRow.id == row.id).values(actor="somebody"))
    assert broken_rows(session) == [f"{row.chain}:{row.seq}"]
