"""The accountant's pages: read a file in, explain what differs, correct by two persons, see nothing of others."""

from io import BytesIO
from typing import Any

import pypdfium2
from bs4 import BeautifulSoup
from flask import g
from python_calamine import CalamineWorkbook
from sqlalchemy import select

from payments.settlement.tables import Adjustment, Difference, SettlementFile
from portal.cashier import report_views
from portal.db import begin
from portal.people import actions as people
from portal.people.models import WebSession
from portal.people.phones import parse_mobile
from portal.people.sessions import token_hash
from tests.payments.scene import ask, books, hear, ipn, try_vnpay, vnpay
from tests.payments.settlement.days import csv, row
from tests.portal.pay.making import CLI, School, open_school


def browser_of(app: Any, world: Any, phone: str, role: str, **grant: Any) -> Any:
    """Return the browser of somebody with a role, signed in with both factors."""
    now, token = world.clock.now(), f"test-{phone}"
    with begin() as session:
        login = people.login_for(session, now=now, acting=CLI, phone=parse_mobile(phone), keys=world.field_keys)
        people.grant_role(session, now=now, acting=CLI, login_id=login.id, role=role, **grant)
        held = people.open_grants(session, login.id, now=now)
        session.add(
            WebSession(
                token_hash=token_hash(token), login_id=login.id, grant_id=held[0].id, begun_at=now, last_seen_at=now,
                signed_in_at=now, second_factor_at=now,
            )
        )  # fmt: skip
    browser = app.test_client()
    browser.set_cookie("session", token)
    browser.set_cookie("lang", "en")
    return browser


def duty(app: Any, world: Any, school: School, phone: str, *duties: str) -> Any:
    return browser_of(
        app, world, phone, "institution", organisation_id=school.organisation.id, duties=list(duties)
    )  # fmt: skip


REPORT = "/accounts/report.xlsx?from=2026-03-22&to=2026-03-22"


def paper_of(browser: Any, path: str) -> str:
    """Return what stands on a PDF."""
    answer = browser.get(path)
    assert (answer.status_code, answer.content_type) == (200, "application/pdf")
    return "\n".join(page.get_textpage().get_text_range() for page in pypdfium2.PdfDocument(answer.data))


def forget_token() -> None:
    """Let the next page make a token for its own browser: the test's one app context remembers the last."""
    for name in ("csrf_token", "csrf_valid"):
        g.pop(name, None)


def press(browser: Any, page: str, path: str, **typed: Any) -> Any:
    """Send a form of a page as its button does."""
    forget_token()
    form = BeautifulSoup(browser.get(page).data, "html5lib").select_one(f'form[action="{path}"]')
    assert form is not None, path
    data = {one["name"]: one.get("value", "") for one in form.select("input[name]")} | typed
    return browser.post(path, data=data)


def a_day(session: Any, folder: Any, payee: Any) -> Any:
    """Return a file in which one sum differs from what came, and which has one payment too many."""
    for number, amount in ((14000001, 450_000), (14000002, 600_000)):
        attempt = try_vnpay(session, ask(session, payee, amount), key=f"k{number}")
        hear(session, vnpay(), ipn(attempt, vnp_TransactionNo=str(number)))
    session.commit()
    return csv(folder, [row(14000001, 450_000), row(14000002, 60_000), row(99, 70_000)])


def read_in(officer: Any, path: Any) -> Any:
    return press(
        officer, "/accounts", "/accounts/files", provider="vnpay", file=(BytesIO(path.read_bytes()), path.name)
    )  # fmt: skip


def test_a_file_is_read_in_and_what_differs_is_put_right_by_two_persons(
    app: Any, session: Any, world: Any, tmp_path: Any
) -> None:
    school = open_school(world)
    officer = browser_of(app, world, "0912000001", "province_officer")
    path = a_day(session, tmp_path, school.payee)
    assert "No file yet" in officer.get("/accounts").get_data(as_text=True)
    cut = tmp_path / "cut.csv"
    cut.write_bytes(path.read_bytes()[:-9])
    refused = read_in(officer, cut)
    assert refused.status_code == 400
    assert "The file is not whole" in refused.get_data(as_text=True)
    sent = read_in(officer, path)
    assert sent.status_code == 303
    page = officer.get(sent.location).get_data(as_text=True)
    for words in ("Amount differs", "Missing in our books", "600,000", "60,000", "Ask the gateway which sum is right"):
        assert words in page, words
    assert read_in(officer, path).location == sent.location
    book = CalamineWorkbook.from_filelike(BytesIO(officer.get(f"{sent.location}?format=xlsx").data))
    assert len(book.get_sheet_by_index(1).to_python()) == 3
    assert session.scalars(select(SettlementFile.rows)).all() == [3]

    differs = session.scalars(select(Difference).where(Difference.payee_id == school.payee.id)).one()
    maker = duty(app, world, school, "0912000002", "reconcile")
    head = duty(app, world, school, "0912000003", "approve")
    own = f"/accounts/differences/{differs.id}"
    assert "600,000" in maker.get(own).get_data(as_text=True)
    typed = {"debit": "chargeback_hold", "credit": "provider:vnpay", "amount": "540000"}
    assert press(maker, own, f"{own}/correct", **typed).status_code == 400
    assert press(head, own, f"{own}/correct", **typed).status_code == 403
    sent = press(maker, own, f"{own}/correct", **typed, reason="VNPay, thư ngày 23/3")
    assert (sent.status_code, sent.location) == (303, "/accounts/corrections")
    one = session.scalars(select(Adjustment)).one()
    approve = f"/accounts/corrections/{one.id}/approve"
    assert "Another person decides" in maker.get("/accounts/corrections").get_data(as_text=True)
    before = books(session, school.payee)
    forget_token()
    token = BeautifulSoup(maker.get("/accounts/corrections").data, "html5lib").select_one("input[name=csrf_token]")
    assert maker.post(approve, data={"csrf_token": token["value"]}).status_code == 403
    session.expire_all()
    assert books(session, school.payee) == before
    assert press(head, "/accounts/corrections", approve).status_code == 303
    session.expire_all()
    after = books(session, school.payee)
    assert after["chargeback_hold"] == 540_000
    assert after["provider:vnpay"] == before["provider:vnpay"] - 540_000
    assert session.get_one(Difference, differs.seq).state == "explained"


def test_nobody_sees_or_settles_what_is_anothers(app: Any, session: Any, world: Any, tmp_path: Any) -> None:
    school = open_school(world)
    other = open_school(world, name="Trường khác", number="0011002233446", prefix="KH", phone="0912345679")
    officer = browser_of(app, world, "0912000001", "province_officer")
    file = read_in(officer, a_day(session, tmp_path, school.payee)).location
    own = session.scalars(select(Difference).where(Difference.payee_id == school.payee.id)).one()
    nobodys = session.scalars(select(Difference).where(Difference.payee_id.is_(None))).one()
    stranger = duty(app, world, other, "0912000004", "reconcile", "approve")
    books_of = {who: CalamineWorkbook.from_filelike(BytesIO(who.get(REPORT).data)) for who in (stranger, officer)}
    assert [len(book.sheet_names) for book in books_of.values()] == [6, 6]
    sheets = [book.get_sheet_by_index(0).to_python() for book in books_of.values()]
    assert [sheet[-1][-2:] for sheet in sheets] == [[0, 0], [1_054_400, 1_054_400]]
    for path in ("/accounts/report.xlsx", "/accounts/report.pdf", "/accounts/books"):
        refused = officer.get(f"{path}?from=2026-13-01")
        assert refused.status_code == 400
        assert "Choose a day, such as 01/11/2026." in refused.get_data(as_text=True)
    papers = [paper_of(who, REPORT.replace(".xlsx", ".pdf")) for who in (stranger, officer)]
    assert ("600,000" in papers[0], "600,000" in papers[1]) == (False, True)
    for words in ("Books from 22/03/2026 to 22/03/2026", "2 / 2", "In words: một triệu", "Chief accountant"):
        assert words in papers[1], words
    assert "Nothing moved in these days" in papers[0]
    assert "Nothing waits" in paper_of(stranger, "/accounts/suspense.pdf")
    own_file, whole_file = (
        CalamineWorkbook.from_filelike(BytesIO(who.get(f"{file}?format=xlsx").data)) for who in books_of
    )
    assert (len(own_file.sheet_names), len(whole_file.sheet_names)) == (1, 2)
    assert len(own_file.get_sheet_by_index(0).to_python()) == 1
    assert len(whole_file.get_sheet_by_index(1).to_python()) == 3
    page = stranger.get(file).get_data(as_text=True)
    assert "600,000" not in page
    assert "1,080,000" not in page
    for one in (own, nobodys):
        assert stranger.get(f"/accounts/differences/{one.id}").status_code == 404
    assert stranger.post("/accounts/files", data={}).status_code in (400, 403)
    explained = press(officer, f"/accounts/differences/{nobodys.id}", f"/accounts/differences/{nobodys.id}/explain",
                      note="thử của VNPay")  # fmt: skip
    assert explained.status_code == 303
    session.expire_all()
    assert session.get_one(Difference, nobodys.seq).state == "explained"


def test_the_books_say_what_each_account_had_and_has(
    app: Any, session: Any, world: Any, tmp_path: Any, monkeypatch: Any
) -> None:
    school = open_school(world)
    a_day(session, tmp_path, school.payee)
    keeper = duty(app, world, school, "0912000002", "reconcile")
    rows = {}
    for name, days in (("before", "from=2026-03-01&to=2026-03-21"), ("of", "from=2026-03-22&to=2026-03-22"),
                       ("after", "from=2026-03-23&to=2026-04-30")):  # fmt: skip
        page = BeautifulSoup(keeper.get(f"/accounts/books?{days}").data, "html5lib")
        found = [[cell.get_text(" ", strip=True) for cell in row.select("th,td")] for row in page.select("tbody tr")]
        rows[name] = {cells[0]: cells[1:] for cells in found}
    assert rows["before"] == {}
    assert rows["of"]["Collected for the payee"] == ["–", "–", "–", "₫1,050,000", "–", "₫1,050,000"]
    assert rows["of"]["Total"] == ["₫0", "₫0", "₫1,050,000", "₫1,050,000", "₫1,050,000", "₫1,050,000"]
    assert rows["after"]["Collected for the payee"] == ["–", "₫1,050,000", "–", "–", "–", "₫1,050,000"]
    assert "The books are empty" in keeper.get("/accounts/books?from=2026-03-01&to=2026-03-21").get_data(as_text=True)
    book = CalamineWorkbook.from_filelike(BytesIO(keeper.get(REPORT).data))
    entered, sheet, gateways = (book.get_sheet_by_index(number).to_python() for number in range(3))
    assert [one[3] for one in entered[1:]] == ["Payment"] * 4 + [""]
    assert gateways[1] == ["Trường Tiểu học Tân Thạnh", "VNPay", 2, 1_050_000]
    assert sheet[-1][3:] == [0, 0, 1_050_000, 1_050_000, 1_050_000, 1_050_000]
    monkeypatch.setattr(report_views, "_MOST_LINES", 3)
    for path in (REPORT, REPORT.replace(".xlsx", ".pdf")):
        said = keeper.get(path)
        assert (said.status_code, "choose fewer days" in said.get_data(as_text=True)) == (400, True)
    assert "more than a file holds" in keeper.get(REPORT.replace("report.xlsx", "books")).get_data(as_text=True)
