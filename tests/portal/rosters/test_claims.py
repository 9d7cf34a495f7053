"""An owner takes over the household that a list put on record; where that is in doubt an officer says whose it is."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import func, select

from portal.audit import AuditRow, broken_rows
from portal.onboarding import claims
from portal.onboarding.errors import OwnApproval
from portal.onboarding.models import HouseholdClaim, Organisation, Person
from portal.onboarding.persons import person_phone
from portal.people.models import Consent, Login, RoleGrant, SmsMessage
from tests.portal.onboarding.making import TAN_HOA, officer
from tests.portal.onboarding.test_shop_pages import officer_client
from tests.portal.onboarding.walking import ANSWERS, confirm_phone, soup, submit, walk
from tests.portal.rosters.conftest import HEADINGS, household
from tests.portal.rosters.test_importing import agrees, live

LISTED, OTHER = "0912 000 001", "0966 496 171"


@pytest.fixture
def listed(take: Callable[..., Any], as_csv: Callable[..., Path], province: Any) -> Organisation:
    """A household that only a list knows."""
    take(as_csv(HEADINGS, household(1)))
    return province.scalars(select(Organisation)).one()  # type: ignore[no-any-return]


@pytest.fixture
def comes(client: Any, world: Any, province: Any, monkeypatch: pytest.MonkeyPatch) -> Callable[..., Any]:
    """Let an owner register by pages; return the answer to sending."""

    def come(phone: str, *, number: str | None = "082085000001", name: str = "Nguyễn Thị Hạnh") -> Any:
        monkeypatch.setitem(ANSWERS, "id", {"id_number": number} if number else {"id_number": "", "later": "1"})
        monkeypatch.setitem(ANSWERS, "name", {"name": name})
        walked = walk(client, confirm_phone(client, world, province, phone))
        assert walked.headers["Location"] == "/register/check", soup(walked).find("main").get_text()
        answer = submit(client, "/register/check", {})
        province.expire_all()
        return answer

    return come


def main(answer: Any) -> str:
    return " ".join(soup(answer).find("main").get_text(" ").split())


def organisations(session: Any) -> int:
    return session.scalar(select(func.count()).select_from(Organisation))  # type: ignore[no-any-return]


def test_who_has_the_lists_phone_and_number_takes_the_household_over(
    listed: Organisation, comes: Callable[..., Any], client: Any, province: Any, app: Any, world: Any,
    take: Callable[..., Any], as_csv: Callable[..., Path],
) -> None:  # fmt: skip
    reference, since = listed.reference, listed.registered_at
    assert comes(LISTED).headers["Location"] == "/register/done"
    assert reference in main(client.get("/register/done"))
    assert (organisations(province), listed.state, listed.registered_at) == (1, "submitted", since)
    head = province.get_one(Person, listed.head_person_id)
    assert province.get_one(Login, head.login_id).phone_index == head.phone_index
    assert province.scalars(select(RoleGrant.organisation_id).where(RoleGrant.role == "household")).all() == [listed.id]
    assert province.scalar(select(func.count()).select_from(Consent).where(Consent.person_id == head.id)) > 0
    assert (live(province, app, "HH_ACCOUNT"), agrees(province, app)) == (1, True)
    assert broken_rows(province) == []
    assert "Chủ hộ đã nhận" in main(client.get("/my/trail"))
    again = take(as_csv(HEADINGS, household(1, phone="0977 123 456", grown="Xoài"), name="next.csv"))
    assert again.outcomes["unchanged"] == 1  # what she said stays
    assert person_phone(head, world.field_keys).e164 == "+84912000001"
    officer_of = officer_client(app, world, role="province_officer", unit=None)
    page = f"/officer/sellers/{listed.id}"
    assert submit(officer_of, page + "/approve", {}, page=page).status_code == 302
    province.expire_all()
    assert listed.state == "approved"


def test_with_another_phone_an_officer_says_whose_it_is(
    listed: Organisation, comes: Callable[..., Any], client: Any, province: Any, app: Any, world: Any
) -> None:
    assert comes(OTHER).headers["Location"] == "/register/check"
    assert "số điện thoại khác" in main(client.get("/register/check"))
    submit(client, "/register/check", {})
    claim = province.scalars(select(HouseholdClaim)).one()  # pressed twice it is one question
    assert (claim.state, listed.state, organisations(province)) == ("asked", "recorded", 1)
    far = officer_client(app, world, unit="27694@20210101", phone="0912345679")
    assert far.get(f"/officer/claims/{claim.id}").status_code == 404
    assert "Không có ai chờ" in main(far.get("/officer/claims"))
    hers = officer_client(app, world, unit=TAN_HOA)
    page = f"/officer/claims/{claim.id}"
    assert page in hers.get("/officer/claims").get_data(as_text=True)
    shown = main(hers.get(page))
    assert "0912****01" in shown
    assert "0966****71" in shown
    for hidden in ("0912000001", "082085000001"):
        assert hidden not in hers.get(page).get_data(as_text=True)
    assert submit(hers, page, {"whose": "yes", "note": ""}).status_code == 400
    assert submit(hers, page, {"whose": "yes", "note": "Bà đưa thẻ căn cước."}).status_code == 302
    submit(hers, page, {"whose": "no", "note": "Bấm nhầm."}, page="/officer/rosters/new")
    province.expire_all()
    assert claim.state == "accepted"
    told = province.scalars(select(SmsMessage).where(SmsMessage.purpose == "claim")).one()
    assert "/register" in world.field_keys.open(told.body_sealed, place=f"sms_messages.body.{told.id}")
    assert listed.state == "recorded"  # she sends it herself: her consent is hers to give
    assert submit(client, "/register/check", {}).headers["Location"] == "/register/done"
    province.expire_all()
    assert (listed.state, organisations(province)) == ("submitted", 1)
    acts = province.scalars(select(AuditRow.act).where(AuditRow.subject == listed.id).order_by(AuditRow.id)).all()
    assert [act for act in acts if act.startswith(("claim.", "household.claimed"))] == [
        "claim.asked", "claim.accepted", "household.claimed",
    ]  # fmt: skip


def test_a_claim_that_is_refused_takes_nothing_over(
    listed: Organisation, comes: Callable[..., Any], client: Any, province: Any, app: Any, world: Any
) -> None:
    comes(OTHER)
    claim = province.scalars(select(HouseholdClaim)).one()
    acting = officer(province, world)
    decided = {"now": world.clock.now(), "claim_id": claim.id, "yes": False, "text": "", "keys": world.field_keys}
    own = type(acting)(login_id=claim.login_id, role="province_officer")
    with pytest.raises(OwnApproval):
        claims.decide(province, acting=own, note="Tôi", **decided)
    claims.decide(province, acting=acting, note="Không phải hộ này.", **decided)
    province.commit()
    answer = submit(client, "/register/check", {})
    assert answer.headers["Location"] == "/register/check"
    assert "đã đăng ký" in main(client.get("/register/check"))
    province.expire_all()
    assert (listed.state, organisations(province)) == ("recorded", 1)
    assert province.get_one(Person, listed.head_person_id).login_id is None


@pytest.mark.parametrize(
    ("on_list", "number", "name", "state", "count"),
    [
        ("", "082085000001", "Nguyễn Thị Hạnh", "submitted", 1),
        ("", None, "Nguyễn Thị Hạnh", "submitted", 1),
        ("", None, "Nguyễn Văn Hai", "recorded", 2),
        ("082085000001", None, "Nguyễn Thị Hạnh", "recorded", 1),  # asked: the list has a number
        ("082085000001", "082085000002", "Nguyễn Thị Hạnh", "recorded", 2),
    ],
)
def test_without_a_number_the_name_at_the_phone_tells(
    take: Callable[..., Any], as_csv: Callable[..., Path], province: Any, comes: Callable[..., Any], on_list: str,
    number: str | None, name: str, state: str, count: int,
) -> None:  # fmt: skip
    take(as_csv(HEADINGS, household(1, id=on_list)))
    first = province.scalars(select(Organisation)).one()
    comes(LISTED, number=number, name=name)
    assert (first.state, organisations(province)) == (state, count)
    asked = province.scalar(select(func.count()).select_from(HouseholdClaim))
    assert asked == (1 if state == "recorded" and count == 1 else 0)


def test_a_household_with_an_owner_is_not_claimed(
    listed: Organisation, comes: Callable[..., Any], app: Any, province: Any, world: Any
) -> None:
    comes(LISTED)
    other = app.test_client()
    walked = walk(other, confirm_phone(other, world, province, OTHER), until="id")
    refused = submit(other, walked.headers["Location"], {"id_number": "082085000001"})
    assert (refused.status_code, "đã đăng ký" in main(refused)) == (400, True)
