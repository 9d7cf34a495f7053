"""The books of a span of days as one workbook or on paper: day book, accounts, gateways, items, what nobody claims."""

from datetime import date, timedelta
from typing import Any

from flask import Response, g, request
from flask_babel import gettext as _
from sqlalchemy import select

from payments import business_date, reports
from payments.models import Payee, Suspense, Transaction
from payments.reports import Span, Summed
from payments.settlement import differences
from payments.states import SuspenseStatus
from portal.cashier import settlement
from portal.cashier.report_paper import Books, Waiting, draw_books, draw_waiting
from portal.cashier.settlement_views import blueprint
from portal.cashier.settlement_words import OUTCOMES, account_name, to_do
from portal.db import reading
from portal.errors import NotFound
from portal.pay.typed import read_day
from portal.sheets import xlsx_file
from portal.world import current_world

_MOST_LINES = 200_000
_MOST_ON_PAPER = 2_000
_MOST_DAYS = 366


@blueprint.get("/accounts/report.xlsx")
def report() -> Any:
    """Return the workbook of `from` to `to`, the last 31 days where none are named."""
    rows, span = reading(), _span()
    book = reports.day_book(rows, span, limit=_MOST_LINES)
    entered = [
        (f"{one.day:%d/%m/%Y}", one.payee, one.seq, one.kind, account_name(one.account), one.debit_minor,
         one.credit_minor)
        for one in book
    ]  # fmt: skip
    debit, credit = _("Debit"), _("Credit")
    total = ("", _("Total"), None, "", "", sum(one.debit_minor or 0 for one in book),
             sum(one.credit_minor or 0 for one in book))  # fmt: skip
    head = (_("Day"), _("Payee"), _("Number"), _("Kind"), _("Account"), debit, credit)
    return xlsx_file(
        f"so-sach-{span.first}-{span.last}",
        (_("Day book"), head, [*entered, total]),
        (_("Accounts"), (_("Payee"), _("Account"), _("Rows"), debit, credit),
         _summed(reports.by_account(rows, span), named=True)),
        (_("Gateways"), (_("Payee"), _("Gateway"), _("Payments"), _("In"), ""),
         _summed(reports.by_gateway(rows, span))),
        (_("Items"), (_("Payee"), _("What for"), _("Payments"), "", _("Amount")), _summed(reports.by_item(rows, span))),
        (_("Not yet assigned"), (_("Payee"), _("Transaction"), _("Payments"), "", _("Amount")),
         _summed(reports.not_assigned(rows, span))),
        (_("Differences"), (_("What differs"), _("In our books"), _("In the file"), _("What to do")), _differing(span)),
    )  # fmt: skip


@blueprint.get("/accounts/report.pdf")
def report_paper() -> Response:
    """Return the same books on A4, to be signed."""
    rows, span = reading(), _span()
    book = reports.day_book(rows, span, limit=_MOST_ON_PAPER + 1)
    books = Books(
        _owner(), span, reports.by_account(rows, span), reports.by_gateway(rows, span), reports.by_item(rows, span),
        book[:_MOST_ON_PAPER], cut=len(book) > _MOST_ON_PAPER,
    )  # fmt: skip
    return _pdf(draw_books(books, drawn_on=_today()), f"so-sach-{span.first}-{span.last}")


@blueprint.get("/accounts/suspense.pdf")
def suspense_paper() -> Response:
    """Return all money that is not assigned, by age, on A4."""
    rows, now = reading(), current_world().clock.now()
    query = select(Suspense, Transaction, Payee.name).join(Transaction, Transaction.id == Suspense.transaction_id)
    query = query.join(Payee, Payee.id == Suspense.payee_id).where(Suspense.status == SuspenseStatus.OPEN)
    own = settlement.reach(rows, g.acting)
    if own is not None:
        query = query.where(Suspense.payee_id.in_(own))
    waiting = [
        Waiting(name, money.bank_number, money.business_date, (now - item.opened_at).days, item.amount_minor)
        for item, money, name in rows.execute(query.order_by(Suspense.opened_at, Transaction.seq).limit(_MOST_LINES))
    ]
    return _pdf(draw_waiting(_owner(), waiting, drawn_on=_today()), f"tien-cho-xu-ly-{_today()}")


def _pdf(drawn: bytes, name: str) -> Response:
    answer = Response(drawn, content_type="application/pdf")
    answer.headers["Content-Disposition"] = f'inline; filename="{name}.pdf"'
    return answer


def _owner() -> str:
    """Return whose books a paper shows, for its head."""
    own = settlement.reach(reading(), g.acting)
    if own is None:
        return _("All institutions")
    names = reading().scalars(select(Payee.name).where(Payee.id.in_(own)).order_by(Payee.created_at, Payee.id))
    return ", ".join(names)


def _today() -> date:
    return business_date(current_world().clock.now())


def _span() -> Span:
    """Return the days that are asked for, `from` to `to`, the last 31 days where none are named."""
    last = _day("to", _today())
    first = _day("from", last - timedelta(days=30))
    if not timedelta() <= last - first < timedelta(days=_MOST_DAYS):
        raise NotFound
    return Span(first, last, settlement.reach(reading(), g.acting))


def _summed(lines: list[Summed], *, named: bool = False) -> list[tuple[object, ...]]:
    found: list[tuple[object, ...]] = [
        (one.payee, account_name(one.name) if named else one.name, one.count, one.debit_minor, one.credit_minor)
        for one in lines
    ]
    sums = [sum(getattr(one, name) for one in lines) for name in ("count", "debit_minor", "credit_minor")]
    return [*found, ("", _("Total"), *sums)]


def _differing(span: Span) -> list[tuple[object, ...]]:
    found = differences.open_differences(reading(), payee_ids=span.payee_ids, limit=_MOST_LINES)
    return [
        (str(OUTCOMES[one.word]), one.ours_minor, one.theirs_minor, str(to_do(one.outcome, one.state)))
        for one, file, *_more in found
        if span.first <= file.business_date <= span.last
    ]


def _day(name: str, otherwise: date) -> date:
    text = request.args.get(name)
    if not text:
        return otherwise
    day = read_day(text)
    if day is None:
        raise NotFound
    return day
