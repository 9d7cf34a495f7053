"""The accountant's bank statement: read in on the page and by the command, counted and told, nobody else's account."""

import json
from io import BytesIO
from typing import Any

from bs4 import BeautifulSoup
from sqlalchemy import select

from payments import business_date
from payments.models import Allocation, Receipt
from payments.settlement.statement_tables import BankStatement
from portal.audit import AuditRow
from tests.payments.scene import ask
from tests.payments.settlement.test_statements import lines_of, written
from tests.portal.cashier.test_accounts_pages import browser_of, duty, forget_token, press
from tests.portal.pay.making import School, open_school

PAGE, SEND = "/accounts", "/accounts/statements"


def send(browser: Any, school: School, path: Any, **more: Any) -> Any:
    file = (BytesIO(path.read_bytes()), path.name)
    return press(browser, PAGE, SEND, **({"account": school.payee.id, "statement": file} | more))


def test_an_accountant_reads_her_banks_statement_in(app: Any, session: Any, world: Any, tmp_path: Any) -> None:
    school, now = open_school(world, phone="0912000009"), world.clock.now()
    other = open_school(world, name="Trường khác", number="2221933430", prefix="TH", phone="0912000010")
    asked = ask(session, school.payee, 450_000, now=now)
    session.commit()
    day, account = business_date(now).isoformat(), school.payee.account
    lines = [[str(cell).replace("15:35:00", "00:00:01") for cell in line] for line in lines_of(
        [("FT01", f"{asked.code} NGUYEN VAN A", 450_000), ("FT02", "nop tien", 70_000)], account=account, day=day
    )]  # fmt: skip
    assert lines[0][2] == school.payee.bin
    path = written(tmp_path, lines)
    accountant = duty(app, world, school, "0912345678", "reconcile")
    assert b"Bank statements" in accountant.get(PAGE).data
    answer = send(accountant, school, path)
    assert answer.status_code == 303, answer.data
    page = accountant.get(answer.headers["Location"]).get_data(as_text=True)
    for text in ("The statement is read in.", "New: they pay what their code says", "nop tien", "/exceptions/su_"):
        assert text in page, text
    session.expire_all()
    assert session.scalars(select(Allocation.amount_minor)).all() == [450_000]
    assert len(session.scalars(select(Receipt.id)).all()) == 1
    assert len(session.scalars(select(AuditRow.seq).where(AuditRow.act == "statement.imported")).all()) == 1
    assert send(accountant, school, path).headers["Location"] == answer.headers["Location"]
    again = accountant.get(answer.headers["Location"]).get_data(as_text=True)
    assert "Nothing was changed" in again
    ran = app.test_cli_runner().invoke(
        args=["settlement", "statement", str(path), "--payee", school.payee.id, "--json"]
    )
    assert (ran.exit_code, json.loads(ran.stdout)["already_imported"]) == (0, True)
    refused(app, session, world, school=school, other=other, path=path, seen_at=answer.headers["Location"])


def refused(app: Any, session: Any, world: Any, *, school: School, other: School, path: Any, seen_at: str) -> None:
    """See that a file is refused by name, and that nobody else reads or sends it."""
    stranger = duty(app, world, other, "0912345679", "reconcile")
    assert stranger.get(seen_at).status_code == 404
    assert send(stranger, school, path).status_code == 400  # the account is not among hers
    wrong = send(stranger, other, path)
    assert (wrong.status_code, b"another account" in wrong.data) == (400, True)
    cut = path.with_name("cut.csv")
    cut.write_bytes(b"\n".join(path.read_bytes().split(b"\n")[:-2]) + b"\n")
    answer = send(stranger, other, cut)
    assert (answer.status_code, b"ends at row 4" in answer.data) == (400, True)
    cashier = duty(app, world, school, "0912345670", "collect")
    assert f'action="{SEND}"' not in cashier.get(PAGE).get_data(as_text=True)
    forget_token()
    token = BeautifulSoup(cashier.get(PAGE).data, "html5lib").select_one('input[name="csrf_token"]')
    assert token is not None
    assert cashier.post(SEND, data={"csrf_token": token["value"]}).status_code == 403
    officer = browser_of(app, world, "0912345671", "province_officer")
    assert officer.get(seen_at).status_code == 200
    command = ["settlement", "statement", str(path), "--payee", other.payee.id]
    ran = app.test_cli_runner().invoke(args=command)
    assert (ran.exit_code, "foreign_account" in ran.output) == (1, True)
    session.expire_all()
    assert len(session.scalars(select(BankStatement.no)).all()) == 1
