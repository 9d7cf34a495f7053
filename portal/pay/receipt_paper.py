"""A receipt on paper: A6, black on white, number and word large, the code leads to its page."""

import fontpkg
import qrcode
from flask_babel import gettext as _
from fpdf import FPDF

from payments import PublicReceipt
from portal.i18n import current_language, in_words, moment, money

_FAMILY = "Be Vietnam Pro"
_WIDTH_MM, _HEIGHT_MM = 105.0, 148.0
_MARGIN_MM = 8.0
_QR_MM = 34.0
_QUIET_MODULES = 4


def draw_receipt(receipt: PublicReceipt, *, word: str, address: str) -> bytes:
    """Return the PDF of a receipt in the page's language."""
    paper = FPDF(unit="mm", format=(_WIDTH_MM, _HEIGHT_MM))
    paper.set_title(_("Receipt %(number)s", number=receipt.number_text))
    paper.set_lang(current_language())
    paper.set_margins(_MARGIN_MM, _MARGIN_MM)
    paper.set_auto_page_break(auto=False)
    paper.add_font(_FAMILY, fname=fontpkg.path(_FAMILY))
    paper.add_font(_FAMILY, style="B", fname=fontpkg.path(_FAMILY, weight=700))
    paper.add_page()
    _line(paper, receipt.payee_name, points=12, bold=True)
    _line(paper, _("Receipt"), points=18, bold=True)
    _line(paper, money(receipt.amount.amount_minor), points=22, bold=True)
    _line(paper, in_words(receipt.amount.amount_minor), points=9)
    _line(paper, receipt.item, points=11)
    _line(paper, _("Paid at %(time)s", time=moment(receipt.paid_at)), points=9)
    _line(paper, _("Number: %(number)s", number=receipt.number_text), points=11, bold=True)
    _line(paper, _("Check word: %(word)s", word=word), points=11, bold=True)
    _code(paper, address, top=_HEIGHT_MM - _MARGIN_MM - _QR_MM)
    return bytes(paper.output())


def _line(paper: FPDF, text: str, *, points: float, bold: bool = False) -> None:
    paper.set_font(_FAMILY, style="B" if bold else "", size=points)
    paper.multi_cell(0, points * 0.5, text, new_x="LMARGIN", new_y="NEXT")


def _code(paper: FPDF, address: str, *, top: float) -> None:
    """Draw the address as a QR code of level M in vectors, and where to check beside it."""
    code = qrcode.QRCode(error_correction=qrcode.constants.ERROR_CORRECT_M, border=_QUIET_MODULES)
    code.add_data(address)
    code.make(fit=True)
    rows = code.get_matrix()
    module = _QR_MM / len(rows)
    paper.set_fill_color(0, 0, 0)
    for y, row in enumerate(rows):
        for x, run in _runs(row):
            paper.rect(_MARGIN_MM + x * module, top + y * module, run * module, module, style="F")
    paper.set_xy(_MARGIN_MM + _QR_MM + 3, top + 4)
    paper.set_font(_FAMILY, size=8)
    text = _("Anybody can check this receipt: scan the code, or enter number and word on the page of receipts.")
    paper.multi_cell(_WIDTH_MM - 2 * _MARGIN_MM - _QR_MM - 3, 4, text, align="L")


def _runs(row: list[bool]) -> list[tuple[int, int]]:
    """Return the dark stretches of a row as (start, length)."""
    found: list[tuple[int, int]] = []
    for x, dark in enumerate(row):
        if dark and found and sum(found[-1]) == x:
            found[-1] = (found[-1][0], found[-1][1] + 1)
        elif dark:
            found.append((x, 1))
    return found
