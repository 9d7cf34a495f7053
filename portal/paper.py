"""Papers, A6 and A4: black on white, our font with all Vietnamese letters, tables, and a code in vectors."""

from collections.abc import Sequence

import fontpkg
import qrcode
from fpdf import FPDF
from fpdf.enums import TableBordersLayout

from portal.i18n import current_language

_FAMILY = "Be Vietnam Pro"
WIDTH_MM, HEIGHT_MM = 105.0, 148.0
MARGIN_MM = 8.0
A4_MM, A4_MARGIN_MM = (210.0, 297.0), 10.0
QR_MM = 34.0
_QUIET_MODULES = 4


def a6(title: str) -> FPDF:
    """Return an empty A6 page with its title, in the page's language."""
    return _page(title, (WIDTH_MM, HEIGHT_MM), margin_mm=MARGIN_MM, breaks=False)


def a4(title: str) -> FPDF:
    """Return an empty A4 page with its title, in the page's language; long tables go on to further pages."""
    return _page(title, A4_MM, margin_mm=A4_MARGIN_MM, breaks=True)


def grid(
    paper: FPDF,
    rows: Sequence[Sequence[str]],
    *,
    widths: Sequence[float],
    heading: bool = False,
    borders: TableBordersLayout | None = TableBordersLayout.HORIZONTAL_LINES,
) -> None:
    """Write rows as a table; the last column stands on the right, a heading is repeated on each page."""
    paper.set_font(_FAMILY, size=9)
    aligned = ("LEFT",) * (len(widths) - 1) + ("RIGHT",)
    with paper.table(
        col_widths=tuple(widths), width=sum(widths), align="LEFT", text_align=aligned,
        first_row_as_headings=heading, borders_layout=borders or TableBordersLayout.NONE, line_height=5,
    ) as table:  # fmt: skip
        for cells in rows:
            row = table.row()
            for cell in cells:
                row.cell(cell)


def _page(title: str, size: tuple[float, float], *, margin_mm: float, breaks: bool) -> FPDF:
    paper = FPDF(unit="mm", format=size)
    paper.set_title(title)
    paper.set_lang(current_language())
    paper.set_margins(margin_mm, margin_mm)
    paper.set_auto_page_break(auto=breaks, margin=margin_mm)
    paper.add_font(_FAMILY, fname=fontpkg.path(_FAMILY))
    paper.add_font(_FAMILY, style="B", fname=fontpkg.path(_FAMILY, weight=700))
    paper.add_page()
    return paper


def line(paper: FPDF, text: str, *, points: float, bold: bool = False) -> None:
    """Write a line, over several where it is long."""
    paper.set_font(_FAMILY, style="B" if bold else "", size=points)
    paper.multi_cell(0, points * 0.5, text, new_x="LMARGIN", new_y="NEXT")


def code(paper: FPDF, address: str, *, text: str) -> None:
    """Draw an address at the foot of the page as a QR code of level M in vectors, and a text beside it."""
    drawn = qrcode.QRCode(error_correction=qrcode.constants.ERROR_CORRECT_M, border=_QUIET_MODULES)
    drawn.add_data(address)
    drawn.make(fit=True)
    rows = drawn.get_matrix()
    margin = paper.l_margin
    module, top = QR_MM / len(rows), paper.h - margin - QR_MM
    paper.set_fill_color(0, 0, 0)
    for y, row in enumerate(rows):
        for x, run in _runs(row):
            paper.rect(margin + x * module, top + y * module, run * module, module, style="F")
    paper.set_xy(margin + QR_MM + 3, top + 4)
    paper.set_font(_FAMILY, size=8)
    paper.multi_cell(paper.w - 2 * margin - QR_MM - 3, 4, text, align="L")


def _runs(row: list[bool]) -> list[tuple[int, int]]:
    """Return the dark stretches of a row as (start, length)."""
    found: list[tuple[int, int]] = []
    for x, dark in enumerate(row):
        if dark and found and sum(found[-1]) == x:
            found[-1] = (found[-1][0], found[-1][1] + 1)
        elif dark:
            found.append((x, 1))
    return found
