"""Papers, A6 and A4: black on white, our font with all Vietnamese letters, tables, and a code in vectors."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

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
_LINE_MM, _FOOT_MM = 5.0, 16.0
_LEAST_POINTS = 7.0

# Texts, and then the sums beside them; None leaves a place empty.
Entry = tuple[Sequence[str], Sequence[int | None]]


@dataclass(frozen=True, slots=True)
class Words:
    """What a ledger calls the sums that go over to the next page, those that come from the last, and all of them."""

    carried: str
    brought: str
    total: str


class _Footed(FPDF):
    """A paper that may end each page with a line and its number."""

    foot = ""

    def footer(self) -> None:
        """Write the last line of a page."""
        if self.foot:
            self.set_y(6 - _FOOT_MM)
            self.set_font(_FAMILY, size=8)
            self.cell(0, 4, self.foot)
            self.set_x(self.l_margin)
            self.cell(0, 4, f"{self.page_no()} / {{nb}}", align="R")


def a6(title: str) -> FPDF:
    """Return an empty A6 page with its title, in the page's language."""
    return _page(title, (WIDTH_MM, HEIGHT_MM), margin_mm=MARGIN_MM, breaks=False)


def a4(title: str, *, foot: str = "", wide: bool = False) -> FPDF:
    """Return an empty A4 page with its title, in the page's language; long tables go on to further pages.

    With `foot` each page ends with it and with its number, as in "3 / 7"; a wide one lies on its side.
    """
    size = (A4_MM[1], A4_MM[0]) if wide else A4_MM
    return _page(title, size, margin_mm=A4_MARGIN_MM, breaks=True, foot=foot)


def grid(
    paper: FPDF,
    rows: Sequence[Sequence[str]],
    *,
    widths: Sequence[float],
    heading: bool = False,
    borders: TableBordersLayout | None = TableBordersLayout.HORIZONTAL_LINES,
    right: int = 1,
) -> None:
    """Write rows as a table; the last columns stand on the right, a heading is repeated on each page."""
    paper.set_font(_FAMILY, size=9)
    aligned = ("LEFT",) * (len(widths) - right) + ("RIGHT",) * right
    with paper.table(
        col_widths=tuple(widths), width=sum(widths), align="LEFT", text_align=aligned,
        first_row_as_headings=heading, borders_layout=borders or TableBordersLayout.NONE, line_height=_LINE_MM,
    ) as table:  # fmt: skip
        for cells in rows:
            row = table.row()
            for cell in cells:
                row.cell(cell)


def ledger(
    paper: FPDF,
    heading: Sequence[str],
    entries: Sequence[Entry],
    *,
    widths: Sequence[float],
    words: Words,
    form: Callable[[int], str],
) -> None:
    """Write entries as a table that ends in their sums; at each page's end they are carried forward to the next."""
    count = len(entries[0][1]) if entries else 1
    texts = len(widths) - count
    sums = [0] * count
    page: list[Sequence[str]] = [heading]

    def summed(name: str) -> Sequence[str]:
        widest = max(range(texts), key=widths.__getitem__)
        return (*(name if place == widest else "" for place in range(texts)), *map(form, sums))

    paper.set_font(_FAMILY, size=9)
    room = _room(paper)
    for cells, amounts in entries:
        line = (*cells, *("" if one is None else form(one) for one in amounts))
        needed = _LINE_MM * max(_lines(paper, text, width) for text, width in zip(line, widths, strict=True))
        if room < needed and len(page) > 1:
            grid(paper, [*page, summed(words.carried)], widths=widths, heading=True, right=count)
            paper.add_page()
            page = [heading, summed(words.brought)]
            room = _room(paper) - _LINE_MM
        page.append(line)
        room -= needed
        sums = [had + (more or 0) for had, more in zip(sums, amounts, strict=True)]
    grid(paper, [*page, summed(words.total)], widths=widths, heading=True, right=count)


def _room(paper: FPDF) -> float:
    """Return how many millimetres are left on a page below a heading and above the line of sums."""
    return float(paper.page_break_trigger - paper.get_y() - 4 * _LINE_MM)


def _lines(paper: FPDF, text: str, width: float) -> int:
    found: Any = paper.multi_cell(width, _LINE_MM, text, dry_run=True, output="LINES") if text else ()
    return len(found) or 1


def _page(title: str, size: tuple[float, float], *, margin_mm: float, breaks: bool, foot: str = "") -> FPDF:
    paper = _Footed(unit="mm", format=size)
    paper.foot = foot
    paper.set_title(title)
    paper.set_lang(current_language())
    paper.set_margins(margin_mm, margin_mm)
    paper.set_auto_page_break(auto=breaks, margin=_FOOT_MM if foot else margin_mm)
    paper.add_font(_FAMILY, fname=fontpkg.path(_FAMILY))
    paper.add_font(_FAMILY, style="B", fname=fontpkg.path(_FAMILY, weight=700))
    paper.add_page()
    return paper


def line(paper: FPDF, text: str, *, points: float, bold: bool = False, most: int | None = None) -> None:
    """Write a line, over several where it is long; in smaller letters where it would take more than `most`."""
    style = "B" if bold else ""
    paper.set_font(_FAMILY, style=style, size=points)
    while most is not None and points > _LEAST_POINTS and _lines(paper, text, paper.epw) > most:
        points -= 0.5
        paper.set_font(_FAMILY, style=style, size=points)
    paper.multi_cell(0, points * 0.5, text, new_x="LMARGIN", new_y="NEXT")


def code(paper: FPDF, address: str, *, text: str) -> None:
    """Draw an address at the foot of the page as a QR code of level M in vectors, and a text beside it."""
    drawn = qrcode.QRCode(error_correction=qrcode.constants.ERROR_CORRECT_M, border=_QUIET_MODULES)
    drawn.add_data(address)
    drawn.make(fit=True)
    rows = drawn.get_matrix()
    margin = paper.l_margin
    module, top = QR_MM / len(rows), paper.h - margin - QR_MM
    if paper.get_y() > top:  # a code with letters across it is read by no app
        paper.add_page()
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
