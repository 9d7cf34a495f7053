"""The books of a span of days, and the money that nobody claims by age, on A4 to be signed and filed."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import date

from flask_babel import gettext as _
from fpdf import FPDF

from payments.day_close import AGES
from payments.reports import Balanced, Entered, Span, Summed
from portal import paper
from portal.cashier.day_paper import age_words, ledger_words, sign, tell_in_words
from portal.cashier.report_workbook import side_names
from portal.cashier.settlement_words import account_name, gateway_name
from portal.i18n import day, money, number


@dataclass(frozen=True, slots=True)
class Books:
    """What is drawn: whose books, which days, and the sums of the journal; of a longer day book its beginning."""

    owner: str
    span: Span
    accounts: Sequence[Balanced]
    gateways: Sequence[Summed]
    items: Sequence[Summed]
    book: Sequence[Entered]
    length: int


@dataclass(frozen=True, slots=True)
class Waiting:
    """A sum that no request claims: whose, by which transaction, of which day, and how many days it has lain there."""

    payee: str
    transaction: str
    day: date
    days: int
    amount_minor: int


def draw_books(books: Books, *, drawn_on: date) -> bytes:
    """Return the PDF of the books in the page's language."""
    span = books.span
    title = _("Books from %(first)s to %(last)s", first=day(span.first), last=day(span.last))
    page = _opened(books.owner, title, drawn_on, wide=True)
    _heading(page, _("Accounts"))
    balanced: list[paper.Entry] = [((one.payee, account_name(one.name)), one.sides) for one in books.accounts]
    _ledger(page, (_("Payee"), _("Account"), *side_names()), balanced, (55, 54, *[28] * 6))
    _heading(page, _("Money that came in, by gateway"))
    gateways = [replace(one, name=gateway_name(one.name)) for one in books.gateways]
    _summed(page, gateways, _("Gateway"), "debit_minor")
    tell_in_words(page, sum(one.debit_minor for one in books.gateways))
    _heading(page, _("What it was paid for"))
    _summed(page, books.items, _("What for"), "credit_minor")
    _heading(page, _("Day book"))
    entries: list[paper.Entry] = [
        ((day(one.day), one.payee, number(one.seq), account_name(one.account)), (one.debit_minor, one.credit_minor))
        for one in books.book
    ]
    head = (_("Day"), _("Payee"), _("Number"), _("Account"), _("Debit"), _("Credit"))
    _ledger(page, head, entries, (24, 95, 22, 64, 36, 36))
    if books.length > len(books.book):
        lines = number(books.length)
        said = _("These are the first of %(lines)s lines. The XLSX file of these days has all.", lines=lines)
        paper.line(page, said, points=9)
    _signed(page)
    return bytes(page.output())


def draw_waiting(owner: str, waiting: Sequence[Waiting], *, drawn_on: date, most: int) -> bytes:
    """Return the PDF of all money that is not assigned, in the ages 0, 1, 3, 7 and 30 days.

    The sums are of all; one by one it names the first `most`, the oldest.
    """
    title = _("Money that is not assigned yet, by age")
    page = _opened(owner, title, drawn_on)
    ages: list[paper.Entry] = [
        ((age_words(begins), number(len(own))), (sum(one.amount_minor for one in own),))
        for begins, own in _by_age(waiting)
    ]
    _ledger(page, (_("Age"), _("Sums"), _("Amount")), ages, (80, 50, 60))
    tell_in_words(page, sum(one.amount_minor for one in waiting))
    if len(waiting) > most:
        paper.line(page, _("Below are the oldest %(most)s of them.", most=number(most)), points=9)
    for begins, own in _by_age(waiting[:most]):
        if own:
            _heading(page, age_words(begins))
            entries: list[paper.Entry] = [
                ((day(one.day), one.payee, one.transaction), (one.amount_minor,)) for one in own
            ]
            _ledger(page, (_("Day"), _("Payee"), _("Transaction"), _("Amount")), entries, (24, 76, 52, 38))
    if not waiting:
        paper.line(page, _("Nothing waits: all money that came is assigned."), points=11)
    _signed(page)
    return bytes(page.output())


def _opened(owner: str, title: str, drawn_on: date, *, wide: bool = False) -> FPDF:
    page = paper.a4(title, foot=f"{owner} · {title}", wide=wide)
    paper.line(page, owner, points=11)
    paper.line(page, title, points=18, bold=True)
    paper.line(page, _("Drawn up on %(day)s", day=day(drawn_on)), points=10)
    page.ln(3)
    return page


def _by_age(waiting: Sequence[Waiting]) -> list[tuple[int, list[Waiting]]]:
    """Return the sums by the days from which their age begins."""
    return [
        (begins, [one for one in waiting if one.days >= begins and (end is None or one.days < end)])
        for begins, end in zip(AGES, (*AGES[1:], None), strict=True)
    ]


def _heading(page: FPDF, text: str) -> None:
    page.ln(4)
    if page.will_page_break(25):  # no heading stands alone at the end of a page
        page.add_page()
    paper.line(page, text, points=12, bold=True)


def _summed(page: FPDF, lines: Sequence[Summed], what: str, side: str) -> None:
    entries: list[paper.Entry] = [((one.payee, one.name, number(one.count)), (getattr(one, side),)) for one in lines]
    _ledger(page, (_("Payee"), what, _("Rows"), _("Amount")), entries, (95, 100, 30, 52))


def _ledger(page: FPDF, head: Sequence[str], entries: Sequence[paper.Entry], widths: Sequence[float]) -> None:
    if entries:
        paper.ledger(page, head, entries, widths=widths, words=ledger_words(), form=money)
    else:
        paper.line(page, _("Nothing moved in these days."), points=10)


def _signed(page: FPDF) -> None:
    sign(page, _("Drawn up by (name, signature)"), _("Chief accountant (name, signature)"),
         _("Head of the institution (name, signature, seal)"))  # fmt: skip
