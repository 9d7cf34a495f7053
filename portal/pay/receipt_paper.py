"""A receipt on paper: A6, number and word large, the code leads to its page."""

from flask_babel import gettext as _

from payments import PublicReceipt
from portal import paper
from portal.i18n import in_words, moment, money


def draw_receipt(receipt: PublicReceipt, *, word: str, address: str) -> bytes:
    """Return the PDF of a receipt in the page's language."""
    page = paper.a6(_("Receipt %(number)s", number=receipt.number_text))
    paper.line(page, receipt.payee_name, points=12, bold=True)
    paper.line(page, _("Receipt"), points=18, bold=True)
    paper.line(page, money(receipt.amount.amount_minor), points=22, bold=True)
    paper.line(page, in_words(receipt.amount.amount_minor), points=9)
    paper.line(page, receipt.item, points=11)
    paper.line(page, _("Paid at %(time)s", time=moment(receipt.paid_at)), points=9)
    paper.line(page, _("Number: %(number)s", number=receipt.number_text), points=11, bold=True)
    paper.line(page, _("Check word: %(word)s", word=word), points=11, bold=True)
    text = _("Anybody can check this receipt: scan the code, or enter number and word on the page of receipts.")
    paper.code(page, address, text=text)
    return bytes(page.output())
