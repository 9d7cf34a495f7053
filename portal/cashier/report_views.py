"""The books of a span of days: balances on a page, all of it as one workbook, or on paper to be signed."""

from datetime import date, timedelta
from typing import Any

from flask import Response, g, render_template, request
from flask_babel import gettext as _
from sqlalchemy import select
from sqlalchemy.orm import Session

from payments import business_date, reports
from payments.models import Payee, Suspense, Transaction
from payments.reports import Span
from payments.states import SuspenseStatus
from portal.cashier import settlement
from portal.cashier.errors import BooksTooLong
from portal.cashier.report_paper import Books, Waiting, draw_books, draw_waiting
from portal.cashier.report_workbook import sheets_of, side_names
from portal.cashier.settlement_views import blueprint
from portal.cashier.settlement_words import account_name
from portal.db import reading
from portal.i18n import number
from portal.paging import Page
from portal.pay.period_form import PeriodForm
from portal.sheets import LINES, xlsx_file
from portal.world import current_world

ROWS = 50
# What a workbook's day book holds beside its headings and its sums, and what a paper does.
_MOST_LINES = LINES - 2
_MOST_ON_PAPER = 2_000
_MONTHS = 4


@blueprint.get("/accounts/books")
def books() -> Any:
    """Show what each account had before some days, what moved on it, and what it has after them."""
    form = _form()
    if not form.validate():
        return _refused(form)
    rows, span = reading(), _span(form)
    found = reports.by_account(rows, span)
    page: Page[reports.Balanced] = Page(asked=request.args.get("page", 1, type=int), total=len(found), rows=ROWS)
    length = reports.day_book_length(rows, span)
    return render_template(
        "cashier/books.html", form=form, span=span, found=found, length=length, most=_MOST_LINES,
        page=page.holding(*found[page.start : page.start + ROWS]), account_name=account_name, months=_months(),
        several=len({one.payee for one in found}) > 1,
        sides=side_names(), sums=[sum(one.sides[side] or 0 for one in found) for side in range(6)],
    )  # fmt: skip


@blueprint.get("/accounts/report.xlsx")
def report() -> Any:
    """Return the same days as a workbook: with the day book, gateways, items, what nobody claims and what differs."""
    form = _form()
    if not form.validate():
        return _refused(form)
    rows, span = reading(), _span(form)
    _bound(rows, span)
    return xlsx_file(f"so-sach-{span.first}-{span.last}", *sheets_of(rows, span))


@blueprint.get("/accounts/report.pdf")
def report_paper() -> Any:
    """Return the same books on A4, to be signed."""
    form = _form()
    if not form.validate():
        return _refused(form)
    rows, span = reading(), _span(form)
    drawn = Books(
        _owner(), span, reports.by_account(rows, span), reports.by_gateway(rows, span), reports.by_item(rows, span),
        list(reports.day_book(rows, span, limit=_MOST_ON_PAPER)), length=_bound(rows, span),
    )  # fmt: skip
    return _pdf(draw_books(drawn, drawn_on=_today()), f"so-sach-{span.first}-{span.last}")


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
        for item, money, name in rows.execute(query.order_by(Suspense.opened_at, Transaction.seq))
    ]
    return _pdf(draw_waiting(_owner(), waiting, drawn_on=_today(), most=_MOST_ON_PAPER), f"tien-cho-xu-ly-{_today()}")


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


def _form() -> PeriodForm:
    """Return the days that the address names, this month where it names none."""
    today = _today()
    return PeriodForm.asked(request.args, first=today.replace(day=1), last=today)


def _refused(form: PeriodForm) -> tuple[str, int]:
    return render_template("cashier/books.html", form=form, span=None, months=_months()), 400


def _span(form: PeriodForm) -> Span:
    return Span(form.first.data, form.last.data, settlement.reach(reading(), g.acting))


def _bound(rows: Session, span: Span) -> int:
    """Return how many lines the day book has; raise BooksTooLong where no workbook holds them."""
    length = reports.day_book_length(rows, span)
    if length > _MOST_LINES:
        raise BooksTooLong(lines=number(length), most=number(_MOST_LINES))
    return length


def _months() -> list[tuple[date, date]]:
    """Return the first and the last day of this month, to today, and of the three before it."""
    found, last = [], _today()
    for _month in range(_MONTHS):
        first = last.replace(day=1)
        found.append((first, last))
        last = first - timedelta(days=1)
    return found
