"""Every total of the reports is the journal's own, recomputed here from its lines."""

from collections import Counter
from datetime import date

from sqlalchemy import select

from payments import reports
from payments.journal import balances
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
    book = list(reports.day_book(session, span))
    assert len(book) == reports.day_book_length(session, span)
    assert list(reports.day_book(session, span, limit=2)) == book[:2]
    assert sum(one.debit_minor or 0 for one in book) == debits.total() == 1_120_000
    assert sum(one.credit_minor or 0 for one in book) == credits.total() == 1_120_000
    items = reports.by_item(session, span)
    assert [(one.name, one.credit_minor) for one in items] == [("Khoản 1", 450_000), ("Khoản 2", 600_000)]
    assert sum(one.credit_minor for one in items) == credits["owed"]
    assert {one.name: one.debit_minor for one in reports.by_gateway(session, span)} == {
        "vnpay": debits["provider:vnpay"], "sepay": 70_000,
    }  # fmt: skip
    assert [one.credit_minor for one in reports.not_assigned(session, span)] == [credits["suspense"]]
    assert list(reports.day_book(session, Span(DAY, DAY, []))) == []
    assert AT.date() == DAY


def test_balances_go_over_from_day_to_day_and_end_in_those_of_the_journal(session):
    payee, other = school(session), school(session, name="Trường khác", account="0011002233446", prefix="KH")
    for number, day in enumerate((22, 22, 23, 25), 1):
        attempt = try_vnpay(session, ask(session, payee, 100_000 * number), key=f"k{number}")
        hear(session, vnpay(), ipn(attempt, vnp_TransactionNo=f"{number}", vnp_PayDate=f"202603{day}120000"))
    days = [date(2026, 3, day) for day in range(21, 27)]
    before: dict[str, int] = {}
    for day in days:
        found = {one.name: one for one in reports.by_account(session, Span(day, day, [payee.id]))}
        assert {name: one.opening_minor for name, one in found.items() if one.opening_minor} == before
        before = {name: one.closing_minor for name, one in found.items()}
        for sums in zip(*(one.sides for one in found.values()), strict=True):
            assert all(each is None or each > 0 for each in sums)
        sides = [sum(one.sides[side] or 0 for one in found.values()) for side in range(6)]
        assert sides[0::2] == sides[1::2]  # opening, moved and closing balance, each
    assert before == {name: sum_ for (name, _), sum_ in balances(session, payee.id).items() if sum_}
    whole = reports.by_account(session, Span(days[0], days[-1], [payee.id]))
    assert {one.name: (one.opening_minor, one.closing_minor) for one in whole} == {
        name: (0, sum_) for name, sum_ in before.items()
    }
    assert reports.by_account(session, Span(days[0], days[-1], [other.id])) == []
    assert reports.by_account(session, Span(days[0], days[-1])) == whole
