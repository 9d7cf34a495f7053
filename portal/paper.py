"""Small papers: A6, black on white, our font with all Vietnamese letters, and a code in vectors."""

import fontpkg
import qrcode
from fpdf import FPDF

from portal.i18n import current_language

_FAMILY = "Be Vietnam Pro"
WIDTH_MM, HEIGHT_MM = 105.0, 148.0
MARGIN_MM = 8.0
QR_MM = 34.0
_QUIET_MODULES = 4


def a6(title: str) -> FPDF:
    """Return an empty A6 page with its title, in the page's language."""
    paper = FPDF(unit="mm", format=(WIDTH_MM, HEIGHT_MM))
    paper.set_title(title)
    paper.set_lang(current_language())
    paper.set_margins(MARGIN_MM, MARGIN_MM)
    paper.set_auto_page_break(auto=False)
    paper.add_font(_FAMILY, fname=fontpkg.path(_FAMILY))
    paper.add_font(_FAMILY, style="B", fname=fontpkg.path(_FAMILY, weight=700))
    paper.add_page()
    return paper


def line(paper: FPDF, text: str, *, points: float, bold: bool = False) -> None:
    """Write a line, over several where it is long."""
    paper.set_font(_FAMILY, style="B" if bold else "", size=points)
    paper.multi_cell(0, points * 0.5, text, new_x="LMARGIN", new_y="NEXT")


def code(paper: FPDF, address: str, *, text: str) -> None:
    """Draw an address at the foot as a QR code of level M in vectors, and a text beside it."""
    drawn = qrcode.QRCode(error_correction=qrcode.constants.ERROR_CORRECT_M, border=_QUIET_MODULES)
    drawn.add_data(address)
    drawn.make(fit=True)
    rows = drawn.get_matrix()
    module, top = QR_MM / len(rows), HEIGHT_MM - MARGIN_MM - QR_MM
    paper.set_fill_color(0, 0, 0)
    for y, row in enumerate(rows):
        for x, run in _runs(row):
            paper.rect(MARGIN_MM + x * module, top + y * module, run * module, module, style="F")
    paper.set_xy(MARGIN_MM + QR_MM + 3, top + 4)
    paper.set_font(_FAMILY, size=8)
    paper.multi_cell(WIDTH_MM - 2 * MARGIN_MM - QR_MM - 3, 4, text, align="L")


def _runs(row: list[bool]) -> list[tuple[int, int]]:
    """Return the dark stretches of a row as (start, length)."""
    found: list[tuple[int, int]] = []
    for x, dark in enumerate(row):
        if dark and found and sum(found[-1]) == x:
            found[-1] = (found[-1][0], found[-1][1] + 1)
        elif dark:
            found.append((x, 1))
    return found
