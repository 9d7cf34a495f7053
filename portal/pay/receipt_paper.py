"""A receipt on paper, A6 or A4: number and word large, which copy it is, and a code that leads to its page."""

from flask_babel import gettext as _
from fpdf import FPDF

from payments import PublicReceipt
from portal import paper
from portal.i18n import in_words, moment, money

_LARGER = 1.25


def draw_receipt(
    receipt: PublicReceipt, *, word: str, address: str, large: bool = False, copy: int | None = None
) -> bytes:
    """Return the PDF of a receipt in the page's language, A4 if `large`; a print after the first says its `copy`."""
    title = _("Receipt %(number)s", number=receipt.number_text)
    page = paper.a4(title) if large else paper.a6(title)
    scale = _LARGER if large else 1.0
    paper.line(page, receipt.payee_name, points=12 * scale, bold=True, most=2)
    paper.line(page, _("Receipt"), points=18 * scale, bold=True)
    if copy is not None:
        paper.line(page, _("Copy %(number)s", number=copy), points=11 * scale, bold=True)
    paper.line(page, money(receipt.amount.amount_minor), points=22 * scale, bold=True)
    paper.line(page, in_words(receipt.amount.amount_minor), points=9 * scale)
    if receipt.returned.amount_minor:
        returned = money(receipt.returned.amount_minor)
        paper.line(page, _("Paid back since: %(sum)s", sum=returned), points=11 * scale, bold=True)
    paper.line(page, receipt.item, points=11 * scale, most=2)
    paper.line(page, _("Paid at %(time)s", time=moment(receipt.paid_at)), points=9 * scale)
    paper.line(page, _("Number: %(number)s", number=receipt.number_text), points=11 * scale, bold=True)
    paper.line(page, _("Check word: %(word)s", word=word), points=11 * scale, bold=True)
    if large:
        _signatures(page)
    text = _("Anybody can check this receipt: scan the code, or enter number and word on the page of receipts.")
    paper.code(page, address, text=text)
    return bytes(page.output())


def _signatures(page: FPDF) -> None:
    """Leave room for two hands, as accountants file it."""
    page.ln(12)
    paper.grid(page, [[_("Who paid (sign and write the name)"), _("Who received it (sign and write the name)")]],
               widths=(95, 95), borders=None)  # fmt: skip
