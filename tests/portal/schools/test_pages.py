"""The cashier's pages of a school: send a list, see what it would do, import it, see who paid, print, remind."""

import io
from pathlib import Path
from typing import Any

import pypdfium2
from python_calamine import CalamineWorkbook
from sqlalchemy import select

import payments
from payments.models import Request
from portal.people.models import SmsMessage
from portal.schools import letters
from portal.schools.models import ClassList
from tests.codes import codes_on, words_on
from tests.portal.pay.making import School, cashier_browser, open_school, pay_by_transfer, soup, text
from tests.portal.schools.lists import AN, BE, end_what_is_over, imported, write_list


def token(desk: Any, address: str) -> str:
    return str(soup(desk.get(address)).find("input", {"name": "csrf_token"})["value"])


def send(desk: Any, path: Path, **more: str) -> Any:
    data = {"csrf_token": token(desk, "/classes/lists/new"), "roster": (path.open("rb"), "lớp 1.xlsx"), **more}
    return desk.post("/classes/lists/new", data=data, content_type="multipart/form-data")


def sheet(answer: Any) -> list[list[Any]]:
    return CalamineWorkbook.from_filelike(io.BytesIO(answer.data)).get_sheet_by_index(0).to_python()


def test_a_list_is_rehearsed_then_imported_once(desk: Any, session: Any, tmp_path: Path) -> None:
    assert "No class list yet" in text(desk.get("/classes"))
    no_period = {**AN, "period": ""}
    path = write_list(
        tmp_path / "a.xlsx",
        [no_period, {**BE, "amount": "x", "reduction": "1"}, {**AN, "item": "Quỹ của Nguyễn Văn An"}],
    )
    answer = send(desk, path, period="2026-11")
    page = soup(desk.get(answer.location))
    assert page.h1.get_text() == "lớp 1.xlsx" and session.scalars(select(Request)).all() == []
    said = page.get_text(" ")
    assert "What would happen" in said and "Enter whole đồng, at least 1,000." in said
    assert "The pupil's name stands in what everybody can read." in said
    refused = sheet(desk.get(f"{answer.location}/refused.xlsx"))
    assert refused[0][-4:] == ["Row", "Column", "Code", "Reason"] and refused[0][0] == "class"
    assert [(one[-4], one[-3], one[-2]) for one in refused[1:]] == [
        (3.0, "amount", "row.amount"), (4.0, "item", "row.name_shown"),
    ]  # fmt: skip
    pressed = {"csrf_token": token(desk, answer.location)}
    for _twice in range(2):
        assert desk.post(f"{answer.location}/import", data=pressed).location == answer.location
    assert len(session.scalars(select(Request)).all()) == 1
    row = session.scalars(select(ClassList)).one()
    assert (row.state, row.created, row.rejected, row.requests, row.period) == ("done", 1, 2, 1, "2026-11")
    assert desk.post(f"{answer.location}/stop", data=pressed).status_code == 409
    assert "Nguyễn Văn An" in text(desk.get("/classes/1A"))
    assert sheet(desk.get("/classes?format=xlsx"))[1][:5] == ["1A", 1.0, 0.0, 0.0, 1.0]


def test_what_is_no_class_list_is_refused_whole(desk: Any, session: Any, tmp_path: Path) -> None:
    (tmp_path / "b.xlsx").write_bytes(b"no workbook")
    (tmp_path / "c.csv").write_text("class,pupil_code\n1A,1\n", "utf-8")
    said = []
    for path in (
        tmp_path / "b.xlsx",
        tmp_path / "c.csv",
        write_list(tmp_path / "d.xlsx", [AN], headings=("class", "item")),
    ):
        answer = send(desk, path)
        assert answer.status_code == 400
        said.append(soup(answer).find(class_="error-summary").get_text(" "))
    assert "This is no workbook that we can open." in said[0] and "This is no workbook that we can open." in said[1]
    assert "Columns are missing: pupil_code, pupil_name, amount, due_date." in said[2]
    assert session.scalars(select(ClassList)).all() == []
    assert desk.post("/classes/lists/new", data={"csrf_token": token(desk, "/classes/lists/new")}).status_code == 400
    sample = sheet(desk.get("/classes/lists/sample.xlsx"))
    assert sample[0][:3] == ["class", "pupil_code", "pupil_name"] and len(sample) == 2


def test_every_code_of_the_letters_decodes_and_no_name_is_on_them(
    desk: Any, world: Any, session: Any, school: School, tmp_path: Path
) -> None:
    fees = [{**AN, "item": f"Khoản {number}", "amount": 100_000 + number} for number in range(5)]
    imported(world, school, tmp_path, [*fees, BE])
    answer = desk.get("/classes/letters.pdf?class=1A")
    assert answer.mimetype == "application/pdf" and answer.headers["Cache-Control"] == "no-store"
    pdf = answer.data
    answer.close()
    cuts = [(letters.CODE_X_MM, letters.TOP_MM + 1 + place * letters.BLOCK_MM, letters.CODE_MM) for place in range(4)]
    with pypdfium2.PdfDocument(pdf) as document:
        assert len(document) == 3
    read = [one for page in range(3) for one in codes_on(pdf, page, cuts, folder=tmp_path)]
    assert [bool(one) for one in read] == [True] * 5 + [False] * 3 + [True] + [False] * 3
    told = [payments.read_vietqr(one) for one in read if one]
    rows = session.scalars(select(Request).order_by(Request.seq)).all()
    assert [(one.purpose, one.amount_minor) for one in told] == [(one.code, one.amount_minor) for one in rows]
    assert {(one.bin, one.account) for one in told} == {(school.payee.bin, school.payee.account)}
    words = words_on(pdf)
    assert "N.V.A." in words and "Nguyễn" not in words and "Bé" not in words and "HS01" not in words


def test_families_are_reminded_once_and_without_a_sum(
    app: Any, client: Any, world: Any, session: Any, clock: Any, school: School, tmp_path: Path
) -> None:
    clock.move(hours=11)  # nine in the evening: the day ends while the cashier is still signed in
    desk, today = cashier_browser(app, world, school), {**AN, "due_date": "22/11/2026"}
    imported(
        world,
        school,
        tmp_path,
        [
            today,
            {**today, **{name: BE[name] for name in ("pupil_code", "pupil_name", "guardian_phone")}},
            {**AN, "pupil_code": "HS03", "pupil_name": "Lê Cúc", "class": "1/2"},
        ],
    )
    pressed = {"csrf_token": token(desk, "/classes/1A")}
    for _twice in range(2):
        desk.post("/classes/1A/remind", data=pressed)
    sms = session.scalars(select(SmsMessage)).one()
    body = world.field_keys.open(sms.body_sealed, place=f"sms_messages.body.{sms.id}")
    assert "lớp 1A (N.V.A.)" in body and "600" not in body and "An" not in body.split() and "/pay/requests/pr_" in body
    assert world.field_keys.open(sms.phone_sealed, place=f"sms_messages.phone.{sms.id}") == "+84912345678"
    assert "Lê Cúc" in text(desk.get("/classes/1/2"))
    assert "Give more time" not in text(desk.get("/classes/1A"))
    clock.move(hours=4)
    end_what_is_over(world)
    data = {"csrf_token": token(desk, "/classes/1A"), "until": "1/1/2026"}
    assert "This day has passed." in text(desk.post("/classes/1A/time", data=data))
    desk.post("/classes/1A/time", data={**data, "until": "31/12/2026"})
    session.expire_all()
    found = session.scalars(select(Request).order_by(Request.seq)).all()
    assert [one.expires_at.day for one in found] == [31, 31, 30]
    assert [one.status for one in found] == ["open", "open", "open"]
    pay_by_transfer(client, world, school, memo=found[0].code, amount=600_000)
    assert sheet(desk.get("/classes/1A?format=xlsx"))[1][2:] == ["paid", 600_000.0, 0.0]


def test_another_schools_lists_are_not_there(app: Any, client: Any, desk: Any, world: Any, tmp_path: Path) -> None:
    address = send(desk, write_list(tmp_path / "a.xlsx", [AN])).location
    other = open_school(world, name="Trường khác", number="99887766", prefix="KH", phone="0987654321")
    theirs = cashier_browser(app, world, other)
    assert [theirs.get(one).status_code for one in (address, f"{address}/refused.xlsx", "/classes/1A")] == [404] * 3
    assert theirs.post(f"{address}/import", data={"csrf_token": token(theirs, "/classes/lists/new")}).status_code == 404
    assert client.get("/classes").status_code in (302, 303, 401)


def test_a_class_of_any_name_can_be_kept_as_a_file(
    school: School, desk: Any, world: Any, tmp_path: Path, session: Any
) -> None:
    imported(world, school, tmp_path, [{**AN, "class": "Chồi 10/2"}])
    answer = desk.get("/classes/Chồi 10/2?format=xlsx")
    assert answer.status_code == 200
    assert sheet(answer)[1][:2] == ["HS01", "Nguyễn Văn An"]
    assert "filename*=UTF-8''class-Ch%E1%BB%93i%2010-2-2026-11.xlsx" in answer.headers["Content-Disposition"]
    with desk.get("/classes/letters.pdf?class=Chồi 10/2") as letter:
        assert letter.status_code == 200
        assert letter.data.startswith(b"%PDF")
