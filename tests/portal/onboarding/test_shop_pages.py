"""The shop's home and the officer's pages: consents, trail, approval with a second factor, foreign ids."""

from typing import Any

import pyotp
import pytest
from sqlalchemy import select

from portal.audit import AuditRow
from portal.db import begin
from portal.onboarding.models import Organisation
from portal.onboarding.trail import _WORDS, done_in_name_of
from portal.people import actions as people
from portal.people import factors
from portal.people.models import Authenticator, Consent, RoleGrant
from portal.people.phones import parse_mobile
from tests.portal.onboarding.conftest import commune_named
from tests.portal.onboarding.making import CLI, household
from tests.portal.onboarding.making import registered as register
from tests.portal.onboarding.walking import confirm_phone, soup, submit, walk


def register_by_pages(client: Any, world: Any, session: Any, phone: str = "0966 496 171") -> Organisation:
    walk(client, confirm_phone(client, world, session, phone))
    submit(client, "/register/check", {})
    client.get("/register/done")
    session.expire_all()
    return session.scalars(select(Organisation).order_by(Organisation.registered_at.desc())).first()  # type: ignore[no-any-return]


def officer_client(
    app: Any, world: Any, *, role: str = "commune_officer", unit: str | None, phone: str = "0912345678"
) -> Any:
    """Return the browser of an officer who signed in by link and authenticator."""
    now = world.clock.now()
    with begin() as session:
        login = people.login_for(session, now=now, acting=CLI, phone=parse_mobile(phone), keys=world.field_keys)
        people.grant_role(session, now=now, acting=CLI, login_id=login.id, role=role, unit_id=unit)
        token = people.make_link(session, now=now, acting=CLI, login_id=login.id)
        factors.enrol(session, login_id=login.id, keys=world.field_keys)
        row = session.get_one(Authenticator, login.id)
        secret = world.field_keys.open(row.secret_sealed, place=f"authenticators.secret.{login.id}")
        row.confirmed_at = now
    browser = app.test_client()
    submit(browser, f"/sign-in/link/{token}", {})
    submit(browser, "/sign-in/second", {"code": pyotp.TOTP(secret).at(now)})
    return browser


def test_an_officer_with_a_second_factor_approves(client: Any, app: Any, world: Any, province: Any) -> None:
    organisation = register_by_pages(client, world, province)
    officer = officer_client(app, world, unit=organisation.current_unit_id)
    page = soup(officer.get("/officer/sellers"))
    link = page.find("main").find("table").find("a")
    assert link.get_text() == "N.T. Hạnh"
    seller = soup(officer.get(link["href"]))
    assert "082085012346" not in seller.get_text()
    assert "0820******46" in seller.get_text()
    answer = submit(officer, link["href"] + "/approve", {}, page=link["href"])
    assert answer.headers["Location"] == "/officer/sellers"
    province.expire_all()
    assert organisation.state == "approved"
    row = province.scalars(select(AuditRow).where(AuditRow.act == "household.approved")).one()
    assert (row.subject, row.role) == (organisation.id, "commune_officer")
    assert soup(officer.get("/officer/sellers")).find(class_="empty") is not None
    late = {"csrf_token": officer.token("/my/sessions"), "note": "Quá muộn"}
    assert officer.post(link["href"] + "/return", data=late).status_code == 409


def test_without_the_second_factor_an_officer_sees_nothing(app: Any, world: Any, province: Any) -> None:
    now = world.clock.now()
    with begin() as session:
        login = people.login_for(session, now=now, acting=CLI, phone=parse_mobile("0912345678"), keys=world.field_keys)
        people.grant_role(session, now=now, acting=CLI, login_id=login.id, role="province_officer")
        token = people.make_link(session, now=now, acting=CLI, login_id=login.id)
    browser = app.test_client()
    submit(browser, f"/sign-in/link/{token}", {})
    assert browser.get("/officer/sellers").status_code == 302


def test_another_communes_officer_finds_nothing(client: Any, app: Any, world: Any, province: Any) -> None:
    organisation = register_by_pages(client, world, province)
    officer = officer_client(app, world, unit=commune_named(province, "Mộc Hóa"))
    assert officer.get(f"/officer/sellers/{organisation.id}").status_code == 404
    token = {"csrf_token": officer.token("/my/sessions")}
    for act in ("approve", "return"):
        answer = officer.post(f"/officer/sellers/{organisation.id}/{act}", data={**token, "note": "x"})
        assert answer.status_code == 404
    province.expire_all()
    assert organisation.state == "submitted"


def test_a_returned_registration_is_put_right(client: Any, app: Any, world: Any, province: Any) -> None:
    organisation = register_by_pages(client, world, province)
    officer = officer_client(app, world, role="province_officer", unit=None)
    page = f"/officer/sellers/{organisation.id}"
    empty = submit(officer, page + "/return", {"note": ""}, page=page)
    assert empty.status_code == 400
    assert soup(empty).find(class_="error-summary") is not None
    submit(officer, page + "/return", {"note": "Bà ghi rõ tên xã."}, page=page)
    home = client.get("/my")
    assert "Bà ghi rõ tên xã." in home.get_data(as_text=True)
    again = submit(client, "/my/correct", {}, page="/my")
    assert again.headers["Location"] == "/register/check"
    submit(client, "/register/name", {"name": "Nguyễn Thị Hoa"})
    assert submit(client, "/register/check", {}).headers["Location"] == "/register/done"
    province.expire_all()
    assert organisation.state == "submitted"
    assert "Nguyễn Thị Hoa" in client.get("/my").get_data(as_text=True)
    acts = set(province.scalars(select(AuditRow.act).where(AuditRow.subject == organisation.id)))
    assert {"household.returned", "household.corrected", "household.submitted"} <= acts


def test_a_consent_is_given_and_taken_back_as_easily(client: Any, world: Any, province: Any) -> None:
    register_by_pages(client, world, province)
    page = soup(client.get("/my/consents"))
    assert len(page.find_all("section", class_="card")) == 6
    submit(client, "/my/consents/share:voso/give", {}, page="/my/consents")
    assert "share:voso" in open_purposes(province)
    submit(client, "/my/consents/share:voso/withdraw", {}, page="/my/consents")
    assert "share:voso" not in open_purposes(province)
    assert submit(client, "/my/consents/share:nobody/give", {}, page="/my/consents").status_code == 404
    assert submit(client, "/my/consents/share:nobody/withdraw", {}, page="/my/consents").status_code == 404


def test_the_owner_reads_what_was_done(client: Any, app: Any, world: Any, province: Any) -> None:
    organisation = register_by_pages(client, world, province)
    officer = officer_client(app, world, role="province_officer", unit=None)
    page = f"/officer/sellers/{organisation.id}"
    submit(officer, page + "/approve", {}, page=page)
    done = done_in_name_of(province, organisation)
    assert (done[0].sentence, done[0].by) == (_WORDS["household.approved"], "officer")
    assert _WORDS["registration.saved"] not in [one.sentence for one in done]
    purposes = [one.purpose for one in done if one.sentence == _WORDS["consent.given"]]
    assert sorted(purposes) == ["photo", "public_page", "service", "share:postmart"]
    listed = soup(client.get("/my/trail")).find("ol", class_="timeline").find_all("li")
    assert len(listed) == len(done)


def test_a_closed_shop_says_so(client: Any, world: Any, province: Any) -> None:
    organisation = register_by_pages(client, world, province)
    submit(client, "/my/consents/service/withdraw", {}, page="/my/consents")
    province.expire_all()
    assert organisation.state == "closed"
    assert client.get("/my").status_code == 200


@pytest.mark.parametrize("role", ["household", "cashier"])
def test_no_other_role_reads_the_officers_pages(
    client: Any, world: Any, province: Any, commune: str, role: str
) -> None:
    organisation, owner = register(world, province, household(unit=commune))
    if role == "cashier":
        province.add(
            RoleGrant(login_id=owner.login_id, role=role, organisation_id=organisation.id, from_at=world.clock.now())
        )
    province.commit()
    token = people.make_link(province, now=world.clock.now(), acting=CLI, login_id=owner.login_id or "")
    province.commit()
    submit(client, f"/sign-in/link/{token}", {})
    assert client.get("/officer/sellers").status_code == 403
    assert client.get(f"/officer/sellers/{organisation.id}").status_code == 403


def open_purposes(session: Any) -> set[str]:
    session.expire_all()
    return set(session.scalars(select(Consent.purpose).where(Consent.withdrawn_at.is_(None))))
