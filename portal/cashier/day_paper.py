"""The close of a day on A4, to be signed: figures, every line, suspense by age, two places for a name."""

from flask_babel import gettext as _
from fpdf import FPDF

from portal import paper
from portal.cashier.days import Day
from portal.i18n import day as day_text
from portal.i18n import in_words, moment, money

_WIDTHS = (24, 24, 74, 30, 38)
_SIGNED_MM, _MOST_IN_WORDS = 45, 10**12


def kind_words(kind: str) -> str:
    """Return what a line of a close is called."""
    known = {"paid": _("Paid"), "undone": _("Taken back"), "refund": _("Refund"), "returned": _("Refund came back")}
    return known[kind]


def draw_day(one: Day) -> bytes:
    """Return the PDF of a day in the page's language."""
    stands = one.standing
    title = _("Close of day %(day)s", day=day_text(stands.day))
    page = paper.a4(title, foot=f"{one.payee.name} · {title}")
    paper.line(page, one.payee.name, points=11)
    paper.line(page, title, points=18, bold=True)
    paper.line(page, _("Desk: %(name)s", name=one.desk.name), points=11)
    if one.close is not None:
        paper.line(page, _("Closed at %(time)s", time=moment(one.close.closed_at)), points=10)
    page.ln(3)
    figures = (
        (_("Opening"), stands.opening_minor), (_("In"), stands.in_minor), (_("Out"), -stands.out_minor),
        (_("Closing"), stands.closing_minor),
    )  # fmt: skip
    paper.grid(page, [(name, money(sum_)) for name, sum_ in figures], widths=(60, 60))
    tell_in_words(page, stands.closing_minor)
    page.ln(4)
    head = (_("Day"), _("Code"), _("What for"), _("Kind"), _("Amount"))
    entries: list[paper.Entry] = [
        (
            (
                day_text(line.business_date) + (" *" if line.after_close else ""), line.code, line.item,
                kind_words(line.kind),
            ),
            (line.amount_minor,),
        )
        for line in stands.lines
    ]  # fmt: skip
    paper.ledger(page, head, entries, widths=_WIDTHS, words=ledger_words(), form=money)
    if any(line.after_close for line in stands.lines):
        paper.line(page, _("* after close: paid on a day that was closed already."), points=9)
    page.ln(4)
    paper.line(page, _("Money that is not assigned yet, by age"), points=11, bold=True)
    paper.grid(page, [(age_words(age.from_days), str(age.count), money(age.amount_minor)) for age in one.ages],
               widths=(60, 30, 40))  # fmt: skip
    sign(page, _("Cashier (name, signature)"), _("Manager (name, signature)"))
    return bytes(page.output())


def ledger_words() -> paper.Words:
    """Return what the sums at the end of a page, at the beginning of one, and at the end of all are called."""
    return paper.Words(_("Carried forward"), _("Brought forward"), _("Total"))


def tell_in_words(page: FPDF, amount_minor: int) -> None:
    """Write a sum in words, as no digit can be added to them."""
    if 0 <= amount_minor < _MOST_IN_WORDS:
        paper.line(page, _("In words: %(words)s", words=in_words(amount_minor)), points=10)


def sign(page: FPDF, *names: str) -> None:
    """Leave places for names and signatures side by side, all on one page."""
    if page.will_page_break(_SIGNED_MM):
        page.add_page()
    page.ln(12)
    paper.grid(page, [names], widths=(page.epw / len(names),) * len(names), borders=None, right=0)
    page.ln(_SIGNED_MM - 20)


def age_words(from_days: int) -> str:
    """Return an age of suspense in words."""
    if from_days == 0:
        return _("Today")
    return _("From %(days)s days on", days=from_days)
