"""Every total of the reports is the journal's own, recomputed here from its lines."""

from collections import Counter
from datetime import date

from sqlalchemy import select

from payments import reports
from payments.models import Account, Line, Movement
from payments.reports import Span
from tests.payments.scene import AT, ask, bank_notice, hear, ipn, school, sepay, try_vnpay, vnpay

DAY = date(2026, 3, 22)


def test_totals_agree_with_the_journal_to_the_dong(session):
    payee = school(session)
    for number, amount in ((1, 450_000), (2, 600_000)):
        attempt = try_vnpay(session, ask(session, payee, amount, item=f"Khoản {number}"), key=f"k{number}")
        hear(session, vnpay(), ipn(attempt, vnp_TransactionNo=str(number)))
    hear(session, sepay(), bank_notice(number=9, amount=70_000, memo="khong ro"))
    other = ask(session, payee, 90_000)
    late = try_vnpay(session, other, key="k3")
    hear(session, vnpay(), ipn(late, vnp_TransactionNo="3", vnp_PayDate="20260323000003"))
    span = Span(DAY, DAY, [payee.id])
    debits, credits = Counter(), Counter()
    query = select(Account.name, Line.amount_minor).join(Line, Line.account_id == Account.id)
    own = query.join(Movement, Movement.id == Line.movement_id).where(Movement.business_date == DAY)
    for name, amount in session.execute(own):
        (debits if amount > 0 else credits)[name] += abs(amount)
    summed = reports.by_account(session, span)
    assert {one.name: one.debit_minor for one in summed if one.debit_minor} == dict(debits)
    assert {one.name: one.credit_minor for one in summed if one.credit_minor} == dict(credits)
    book = reports.day_book(session, span, limit=1_000)
    assert sum(one.debit_minor or 0 for one in book) == debits.total() == 1_120_000
    assert sum(one.credit_minor or 0 for one in book) == credits.total() == 1_120_000
    items = reports.by_item(session, span)
    assert [(one.name, one.credit_minor) for one in items] == [("Khoản 1", 450_000), ("Khoản 2", 600_000)]
    assert sum(one.credit_minor for one in items) == credits["owed"]
    assert {one.name: one.debit_minor for one in reports.by_gateway(session, span)} == {
        "vnpay": debits["provider:vnpay"], "sepay": 70_000,
    }  # fmt: skip
    assert [one.credit_minor for one in reports.not_assigned(session, span)] == [credits["suspense"]]
    assert reports.day_book(session, Span(DAY, DAY, []), limit=9) == []
    assert AT.date() == DAY
