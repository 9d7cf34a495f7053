"""What waits for a market's manager: a board with another's code until a new picture shows its own, and odd money."""

from typing import Any

import pytest
from sqlalchemy import select

import payments
from payments import cases
from payments.models import Payee
from portal.audit import AuditRow
from portal.cases import Case, CaseWork, open_cases
from portal.db import begin
from portal.desk.cases import KINDS
from portal.stalls import handling
from portal.stalls.case_words import _TODO
from portal.stalls.errors import StillReplaced
from portal.stalls.models import Stall
from portal.stalls.waiting import MOST
from tests.portal.cashier.test_accounts_pages import browser_of
from tests.portal.pay.making import School, open_school, pay_by_transfer, soup, text
from tests.portal.stalls.test_stalls import desk, look, market, opened, picture, token  # noqa: F401  two fixtures

NOTE = "Đã gỡ miếng dán, in bảng mới"


@pytest.fixture
def pasted(desk: Any, world: Any, market: School) -> Stall:  # noqa: F811
    """A stall over whose code another's was pasted."""
    stall = opened(world, market)
    theirs = payments.encode_vietqr(bank_bin="970418", account="99887766", amount_minor=None, purpose=stall.code)
    assert look(desk, stall, picture(theirs)).status_code == 200
    world.clock.move(minutes=5)
    return stall


def own_code(market: School, stall: Stall) -> str:  # noqa: F811
    return payments.static_vietqr(market.payee, stall.code)


def links(page: Any) -> dict[str, str]:
    """Return the links of the list of what waits: what each says, and where it leads."""
    rows = soup(page).select("table")[0].select("a")
    return {" ".join(one.get_text(" ").split()): str(one["href"]) for one in rows}


def test_a_replaced_code_waits_until_a_new_picture_is_right(
    desk: Any, world: Any, session: Any, market: School, pasted: Stall  # noqa: F811
) -> None:  # fmt: skip
    case = open_cases(session)[0]
    page = desk.get("/stalls")
    assert "The board shows another's code" in text(page) and "Needs you" in text(page)
    where = links(page)["Step by step , The board shows another's code, Stall 12"]
    assert where == f"/stalls/cases/{case.id}"
    shown = text(desk.get(where))
    assert "BIDV" in shown and "7766" in shown and "You can close this case once" in shown
    told = {"csrf_token": token(desk, f"/stalls/{pasted.id}/check"), "note": NOTE}
    early = desk.post(f"{where}/close", data=told)
    assert early.status_code == 400 and "Check the code first." in text(early)
    look(desk, pasted, picture())
    assert desk.post(f"{where}/close", data=told).status_code == 400
    assert where in desk.get("/stalls").get_data(as_text=True)
    world.clock.move(minutes=5)
    look(desk, pasted, picture(own_code(market, pasted)))
    for note in ("", " \u200b ", "x" * 501):
        assert desk.post(f"{where}/close", data={**told, "note": note}).status_code == 400
    for _twice in range(2):
        assert desk.post(f"{where}/close", data=told).status_code == 303
    session.expire_all()
    assert open_cases(session) == [] and session.get_one(Case, case.id).closed_note == NOTE
    assert "Needs you" not in text(desk.get("/stalls")) and NOTE in text(desk.get(where))
    rows = session.scalars(select(AuditRow).where(AuditRow.act == "case.closed")).all()
    assert [(one.object_id, one.chain) for one in rows] == [(case.id, market.organisation.id)]


def test_a_picture_that_went_bad_again_keeps_the_case(
    desk: Any, world: Any, session: Any, market: School, pasted: Stall  # noqa: F811
) -> None:  # fmt: skip
    case = open_cases(session)[0]
    look(desk, pasted, picture(own_code(market, pasted)))
    world.clock.move(minutes=5)
    look(desk, pasted, picture("https://example.org/pay"))
    assert [one.id for one in open_cases(session)] == [case.id]
    with pytest.raises(StillReplaced), begin() as rows:
        handling.close(rows, now=world.clock.now(), acting=market.cashier, case_id=case.id, note=NOTE)
    with begin() as rows:
        rows.get_one(Stall, pasted.id).closed_at = world.clock.now()
    with begin() as rows:  # its board is down
        handling.close(rows, now=world.clock.now(), acting=market.cashier, case_id=case.id, note=NOTE)
    session.expire_all()
    assert open_cases(session) == []


def test_the_province_sees_it_open_and_closed(
    app: Any, desk: Any, world: Any, session: Any, market: School, pasted: Stall  # noqa: F811
) -> None:  # fmt: skip
    officer = browser_of(app, world, "0912000001", "province_officer")
    case = open_cases(session)[0]
    assert case.id in officer.get("/officer/cases?kind=others").get_data(as_text=True)
    taken = {"csrf_token": token(officer, f"/officer/cases/{case.id}")}
    assert officer.post(f"/officer/cases/{case.id}/take", data=taken).status_code == 302
    look(desk, pasted, picture(own_code(market, pasted)))
    where = f"/stalls/cases/{case.id}"
    assert "The province's desk works on this case" in text(desk.get(where))
    told = {"csrf_token": token(desk, f"/stalls/{pasted.id}/check"), "note": NOTE}
    assert desk.post(f"{where}/close", data=told).status_code == 400
    with begin() as rows:
        rows.get_one(CaseWork, case.id).taken_by = None
    assert desk.post(f"{where}/close", data=told).status_code == 303
    assert NOTE in text(officer.get(f"/officer/cases/{case.id}"))
    assert handling.QUEUE in KINDS


def test_anothers_case_and_a_cashier(
    app: Any, desk: Any, world: Any, session: Any, market: School, pasted: Stall  # noqa: F811
) -> None:  # fmt: skip
    where = f"/stalls/cases/{open_cases(session)[0].id}"
    other = open_school(world, name="Chợ khác", number="99887766", prefix="KH", phone="0987654321", kind="market")
    manager = browser_of(
        app, world, "0912000002", "market_manager", organisation_id=other.organisation.id, duties=["read"]
    )  # fmt: skip
    assert "Needs you" not in text(manager.get("/stalls")) and manager.get(where).status_code == 404
    told = {"csrf_token": token(manager, "/stalls"), "note": NOTE}
    assert manager.post(f"{where}/close", data=told).status_code == 404
    cashier = browser_of(
        app, world, "0912000003", "cashier", organisation_id=market.organisation.id, duties=["collect"]
    )  # fmt: skip
    page = text(cashier.get("/stalls"))
    assert "Stall 12: the board shows another's code." in page and "Needs you" not in page
    assert cashier.get(where).status_code == 403


def test_odd_money_is_told_with_the_page_where_it_is_worked_on(
    app: Any, client: Any, desk: Any, world: Any, session: Any, market: School  # noqa: F811
) -> None:  # fmt: skip
    pay_by_transfer(client, world, market, memo="tien rau", amount=60_000)
    other = open_school(world, name="Chợ khác", number="99887766", prefix="KH", phone="0987654321", kind="market")
    with begin() as rows:
        for kind, payee in (("feed_gap", market.payee), ("refund_stuck", market.payee), ("feed_gap", other.payee)):
            cases.open_case(
                rows, kind=kind, subject_id=f"x_{payee.id}", payee_id=payee.id, reason="r", now=world.clock.now()
            )  # fmt: skip
    page = desk.get("/stalls")
    assert "₫60,000" in text(page) and "Give the sum to the payment that it belongs to" in text(page)
    assert sorted(links(page).values()) == sorted(["/exceptions", "/accounts", f"/refunds/x_{market.payee.id}"])
    manager = browser_of(
        app, world, "0912000002", "market_manager", organisation_id=market.organisation.id, duties=["reconcile"]
    )  # fmt: skip
    waits = payments.open_cases(session, payee_id=market.payee.id)
    to_work = [one for one in links(manager.get("/stalls")).values() if one.startswith("/exceptions/")]
    assert len(to_work) == 1 and len(waits) == 3 and manager.get(to_work[0]).status_code == 200


def test_every_kind_of_case_says_what_to_do(desk: Any, world: Any, market: School) -> None:  # noqa: F811
    with begin() as rows:
        payee = rows.get_one(Payee, market.payee.id)
        for kind in cases.KINDS:
            cases.open_case(
                rows, kind=kind, subject_id=f"x_{kind}", payee_id=payee.id, reason="r", now=payee.created_at
            )
    rows_shown = soup(desk.get("/stalls")).select("table")[0].select("tbody tr")
    assert len(rows_shown) == MOST and "More may wait" in text(desk.get("/stalls"))
    assert all("A case without a name" not in one.get_text() for one in rows_shown)
    assert set(_TODO) <= set(cases.KINDS)
