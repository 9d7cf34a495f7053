"""A person takes a case, writes what was done, closes it; colleagues see who works on it, and what was done."""

from typing import Any

import pytest
from sqlalchemy import select

from payments import cases as money
from payments.models import Case as MoneyCase
from portal.acting import Acting
from portal.audit import AuditRow, broken_rows
from portal.cases import Case, CaseWork, open_case
from portal.desk import handling
from portal.errors import NotFound
from tests.portal.desk.conftest import Scene
from tests.portal.onboarding.test_shop_pages import officer_client
from tests.portal.onboarding.walking import soup, submit


def main(answer: Any) -> str:
    return " ".join(soup(answer).find("main").get_text(" ").split())


@pytest.fixture
def officer(client: Any, app: Any, world: Any, province: Any) -> Any:
    return officer_client(app, world, role="province_officer", unit=None)


@pytest.fixture(params=["channels", "money"])
def case(request: pytest.FixtureRequest, scene: Scene, world: Any) -> tuple[str, str]:
    """The queue and id of an open case: of the portal, and of money."""
    now = world.clock.now()
    if request.param == "money":
        found = money.open_case(
            scene.session, kind=money.UNMATCHED, subject_id="tx_1", payee_id=None, reason="no code", now=now
        )
    else:
        found = open_case(
            scene.session, now=now, kind="channel.event", subject="voso:1", reason="not_json", detail={"tries": 3}
        ).id
    scene.session.commit()
    return request.param, str(found)


def closed_at(session: Any, case_id: str) -> Any:
    session.expire_all()
    one = session.get(Case, case_id) or session.get(MoneyCase, case_id)
    return one.closed_at


def test_somebody_takes_a_case_and_closes_it_with_what_was_done(
    officer: Any, province: Any, world: Any, case: tuple[str, str]
) -> None:
    queue, case_id = case
    page = f"/officer/cases/{case_id}"
    assert page in officer.get(f"/officer/cases?kind={queue}").get_data(as_text=True)
    assert page in officer.get("/officer").get_data(as_text=True)
    assert "Chưa có ai làm" in main(officer.get(page))
    early = submit(officer, page + "/close", {"note": "Xong"}, page=page)
    assert (early.status_code, closed_at(province, case_id)) == (400, None)
    for _ in range(2):
        assert submit(officer, page + "/take", {}, page=page).headers["Location"] == page
    assert submit(officer, page + "/close", {"note": " "}, page=page).status_code == 400
    data = {"note": "Đã gọi sàn, họ gửi lại."}
    assert submit(officer, page + "/close", data, page=page).headers["Location"] == f"/officer/cases?kind={queue}"
    submit(officer, page + "/close", {"note": "Lần nữa"}, page="/officer/rosters/new")  # twice is once
    assert closed_at(province, case_id) == world.clock.now()
    assert page not in officer.get(f"/officer/cases?kind={queue}").get_data(as_text=True)
    assert "Đã gọi sàn, họ gửi lại." in main(officer.get("/officer/cases/closed"))
    assert "Đã gọi sàn, họ gửi lại." in main(officer.get(page))
    rows = province.scalars(select(AuditRow).where(AuditRow.object_id == case_id).order_by(AuditRow.id)).all()
    assert [row.act for row in rows] == ["case.taken", "case.closed"]
    assert {row.actor for row in rows} == {province.get_one(CaseWork, case_id).closed_by}
    assert broken_rows(province) == []


def test_only_who_took_it_closes_it(officer: Any, province: Any, app: Any, world: Any, case: tuple[str, str]) -> None:
    page = f"/officer/cases/{case[1]}"
    submit(officer, page + "/take", {}, page=page)
    other = officer_client(app, world, role="province_officer", unit=None, phone="0912345679")
    assert "đang làm việc này" in main(other.get(page))
    refused = submit(other, page + "/close", {"note": "Xong"}, page=page)
    assert (refused.status_code, "Nhận lại" in main(refused)) == (400, True)
    assert closed_at(province, case[1]) is None
    submit(other, page + "/take", {}, page=page)
    assert submit(other, page + "/close", {"note": "Xong"}, page=page).status_code == 302
    assert closed_at(province, case[1]) is not None


def test_a_communes_officer_works_on_no_case_of_the_province(
    officer: Any, app: Any, world: Any, province: Any, commune: str, case: tuple[str, str]
) -> None:
    hers = officer_client(app, world, unit=commune, phone="0912345679")
    page = f"/officer/cases/{case[1]}"
    assert hers.get(page).status_code == 403
    assert hers.get("/officer/cases/closed").status_code == 403
    assert submit(hers, page + "/take", {}, page="/officer/rosters/new").status_code == 403
    assert submit(hers, page + "/close", {"note": "x"}, page="/officer/rosters/new").status_code == 403


def test_what_is_no_case_is_missing(officer: Any, province: Any, scene: Scene, world: Any) -> None:
    letter = open_case(scene.session, now=world.clock.now(), kind="channel.dead_letter", subject="ob_1", reason="tries")
    scene.session.commit()
    for case_id in ("ca_none", letter.id):  # a letter has a page of its own
        assert officer.get(f"/officer/cases/{case_id}").status_code == 404
    assert "Chưa có việc nào" in main(officer.get("/officer/cases/closed"))


def test_a_case_that_the_watchers_closed_is_not_taken(officer: Any, province: Any, scene: Scene, world: Any) -> None:
    now = world.clock.now()
    case = open_case(scene.session, now=now, kind="channel.event", subject="voso:2", reason="not_json")
    case.closed_at = now
    scene.session.flush()
    acting = Acting(login_id="lo_x", role="province_officer")
    with pytest.raises(NotFound):
        handling.take(scene.session, now=now, acting=acting, case_id=case.id)
