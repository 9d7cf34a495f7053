"""Label sheets as vector PDF: QR level M, quiet zone 4 modules, module at least 0.4 mm, the serial in words of five."""

import math
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from itertools import islice
from pathlib import Path
from typing import Any

import zxingcpp
from fpdf import FPDF
from sqlalchemy.orm import Session

from traceability.batches import BatchBook, StampCode, stamp_codes
from traceability.errors import LabelTooSmall, PrintRunTooLong, SheetUnknown
from traceability.serials import group_serial

QUIET_MODULES = 4
SMALLEST_MODULE_MM = 0.4
# fpdf2 holds a file's pages in memory until it is written, about 10 kB a label.
MOST_LABELS = 8_000
_SERIAL_POINTS = 6.0
_SERIAL_MM = 2.8
_HEADING_POINTS = 8.0
_HEADING_MM = 6.0
_A4_MM = (210.0, 297.0)
_DARK = re.compile(b"\x00+")


@dataclass(frozen=True, slots=True, kw_only=True)
class Sheet:
    """A sheet of labels; lengths in mm, `left` and `top` to the first label, pitches from label to label."""

    columns: int
    rows: int
    width: float
    height: float
    left: float
    top: float
    pitch_x: float
    pitch_y: float

    @property
    def labels(self) -> int:
        """Count the labels of a page."""
        return self.columns * self.rows


SHEETS: Mapping[str, Sheet] = {
    "a4-24": Sheet(columns=3, rows=8, width=63.5, height=33.9, left=7.2, top=12.9, pitch_x=66.0, pitch_y=33.9),
    "a4-40": Sheet(columns=4, rows=10, width=45.7, height=25.4, left=9.7, top=21.5, pitch_x=48.3, pitch_y=25.4),
    "a4-65": Sheet(columns=5, rows=13, width=38.1, height=21.2, left=4.7, top=10.7, pitch_x=40.6, pitch_y=21.2),
}


@dataclass(frozen=True, slots=True)
class Printed:
    """What was written."""

    labels: int
    pages: int


def print_sheets(
    session: Session,
    *,
    book: BatchBook,
    batch: int,
    first: int,
    last: int,
    sheet: str,
    out: Path,
    font: Path,
    title: str = "Batch",
) -> Printed:
    """Write stamps first..last (both included) to a PDF; `title` heads each page before batch and indexes.

    Raises SheetUnknown, PrintRunTooLong, LabelTooSmall (with the size needed), and as `stamp_codes`; then no file.
    """
    form = SHEETS.get(sheet)
    if form is None:
        raise SheetUnknown(sheet=sheet[:20])
    codes = stamp_codes(session, book=book, batch=batch, first=first, last=last)
    if last - first + 1 > MOST_LABELS:
        raise PrintRunTooLong(count=last - first + 1, most=MOST_LABELS)
    pdf = FPDF(unit="mm", format=_A4_MM)
    pdf.set_auto_page_break(False)
    pdf.set_margin(0)
    pdf.add_font("label", fname=str(font))
    pages = 0
    for page in _pages(codes, form.labels):
        pages += 1
        pdf.add_page()
        pdf.set_font("label", size=_HEADING_POINTS)
        pdf.text(form.left, _HEADING_MM, f"{title} {batch} · {page[0].index} – {page[-1].index}")
        pdf.set_font("label", size=_SERIAL_POINTS)
        for place, code in enumerate(page):
            row, column = divmod(place, form.columns)
            _draw_label(pdf, form, code, x=form.left + column * form.pitch_x, y=form.top + row * form.pitch_y)
    pdf.output(str(out))
    return Printed(last - first + 1, pages)


def _pages(codes: Iterator[StampCode], size: int) -> Iterator[list[StampCode]]:
    while page := list(islice(codes, size)):
        yield page


def _draw_label(pdf: FPDF, form: Sheet, code: StampCode, *, x: float, y: float) -> None:
    modules, dots = qr_matrix(code.url)
    across = modules + 2 * QUIET_MODULES
    module = min(form.width, form.height - _SERIAL_MM) / across
    if module < SMALLEST_MODULE_MM:
        needed = across * SMALLEST_MODULE_MM
        raise LabelTooSmall(needed_width_mm=round(needed, 1), needed_height_mm=round(needed + _SERIAL_MM, 1))
    left = x + (form.width - modules * module) / 2
    top = y + QUIET_MODULES * module
    for row in range(modules):
        for run in _DARK.finditer(dots, row * modules, (row + 1) * modules):
            start = run.start() - row * modules
            pdf.rect(left + start * module, top + row * module, len(run[0]) * module, module, style="F")
    words = group_serial(code.serial)
    pdf.text(x + (form.width - pdf.get_string_width(words)) / 2, y + form.height - 0.8, words)


def qr_matrix(text: str) -> tuple[int, bytes]:
    """Draw a QR code of level M without quiet zone: modules a side, and one byte a module, 0 where it is dark."""
    barcode = zxingcpp.create_barcode(text, zxingcpp.BarcodeFormat.QRCode, ec_level="M")
    image: Any = barcode.to_image(scale=1, add_quiet_zones=False)  # its stub does not tell that it is a buffer
    dots = bytes(image)
    return math.isqrt(len(dots)), dots
