"""Labels: sheets and rolls, what fits on them, and one label's drawing in vectors. Lengths in mm.

QR level M, quiet zone 4 modules, module at least 0.4 mm; the serial in words of five below; the PIN, where there is
one, in a box beside the code that the printing house covers.
"""

import math
import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import zxingcpp

from traceability.errors import LabelTooSmall, SheetUnknown
from traceability.pdf import POINTS_A_MM, Font
from traceability.serials import group_serial

QUIET_MODULES = 4
SMALLEST_MODULE_MM = 0.4
SERIAL_POINTS, SERIAL_MM = 6.0, 2.8
_ONE_LINE_MM, _TWO_LINES_MM = 30.0, 15.0
_HEAD_POINTS, HEAD_MM = 5.0, 2.4
_PIN_POINTS, PIN_WIDTH_MM, _PIN_HEIGHT_MM = 9.0, 16.0, 6.0
A4_MM = (210.0, 297.0)
_ROLL = re.compile(r"roll-([1-9][0-9]{1,2}(?:\.[0-9])?)x([1-9][0-9]{1,2}(?:\.[0-9])?)")
_DARK = re.compile(b"\x00+")


@dataclass(frozen=True, slots=True, kw_only=True)
class Sheet:
    """A sheet of labels: `left` and `top` to the first label, pitches from label to label. A roll's page is a label."""

    columns: int
    rows: int
    width: float
    height: float
    left: float
    top: float
    pitch_x: float
    pitch_y: float
    page: tuple[float, float] = A4_MM
    roll: bool = False

    @property
    def labels(self) -> int:
        """Count the labels of a page."""
        return self.columns * self.rows


SHEETS: Mapping[str, Sheet] = {
    "a4-24": Sheet(columns=3, rows=8, width=63.5, height=33.9, left=7.2, top=12.9, pitch_x=66.0, pitch_y=33.9),
    "a4-40": Sheet(columns=4, rows=10, width=45.7, height=25.4, left=9.7, top=21.5, pitch_x=48.3, pitch_y=25.4),
    "a4-65": Sheet(columns=5, rows=13, width=38.1, height=21.2, left=4.7, top=10.7, pitch_x=40.6, pitch_y=21.2),
}


def sheet_named(name: str) -> Sheet:
    """Return a sheet by name, or the roll of labels of `roll-WxH` mm, 10 to 999.9 each; raises SheetUnknown."""
    form = SHEETS.get(name)
    if form is not None:
        return form
    roll = _ROLL.fullmatch(name)
    if roll is None:
        raise SheetUnknown(sheet=name[:20])
    width, height = float(roll[1]), float(roll[2])
    return Sheet(
        columns=1, rows=1, width=width, height=height, left=0, top=0, pitch_x=width, pitch_y=height,
        page=(width, height), roll=True,
    )  # fmt: skip


@dataclass(frozen=True, slots=True, kw_only=True)
class Layout:
    """Where the parts of a label stand, from its upper left corner; `head` is where a roll's label says its number."""

    sheet: Sheet
    modules: int
    module: float
    code_x: float
    code_y: float
    lines: int
    head: str
    pin_x: float | None


def lay_out(sheet: Sheet, *, modules: int, pin: bool) -> Layout:
    """Find room for code, serial, PIN and head on a label; raises LabelTooSmall with the size needed."""
    across = modules + 2 * QUIET_MODULES
    least = across * SMALLEST_MODULE_MM
    beside = PIN_WIDTH_MM if pin else 0.0
    lines = 1 if sheet.width >= _ONE_LINE_MM else 2
    below = lines * SERIAL_MM
    head = ""
    if sheet.roll:
        on_top = sheet.height - below - HEAD_MM >= least
        head = "top" if on_top or sheet.width < least + beside + HEAD_MM else "side"
    above, aside = HEAD_MM * (head == "top"), HEAD_MM * (head == "side")
    code = min(sheet.width - beside - aside, sheet.height - below - above)
    if code < least - 1e-9 or sheet.width < _TWO_LINES_MM:
        width = max(least + beside + aside, _TWO_LINES_MM)
        raise LabelTooSmall(needed_width_mm=_up(width), needed_height_mm=_up(least + below + above))
    left = aside + (sheet.width - aside - beside - code) / 2
    top = above + (sheet.height - above - below - code) / 2 if sheet.roll else 0.0
    module = code / across
    quiet = QUIET_MODULES * module
    return Layout(
        sheet=sheet, modules=modules, module=module, code_x=left + quiet, code_y=top + quiet, lines=lines, head=head,
        pin_x=left + code if pin else None,
    )  # fmt: skip


def _up(length: float) -> float:
    return math.ceil(length * 10 - 1e-6) / 10


def draw_label(
    layout: Layout, font: Font, *, url: str, serial: str, pin: str | None, head: str, x: float, y: float
) -> bytes:
    """Draw a label whose upper left corner is at (x, y) from the page's, as page content."""
    sheet, page_height = layout.sheet, layout.sheet.page[1]

    def up(from_top: float) -> float:
        return (page_height - y - from_top) * POINTS_A_MM

    def across(from_left: float) -> float:
        return (x + from_left) * POINTS_A_MM

    parts = [_code(layout, url, left=across(layout.code_x), top=up(layout.code_y))]
    words, room = group_serial(serial), (sheet.width - 1) * POINTS_A_MM
    written = (words,) if layout.lines == 1 else (words[:11], words[12:])
    for line, text in enumerate(written):
        wide = min(font.width(text, SERIAL_POINTS), room)
        middle = (x + sheet.width / 2) * POINTS_A_MM - wide / 2
        base = up(sheet.height - 0.8 - (layout.lines - 1 - line) * SERIAL_MM)
        parts.append(font.show(text, x=middle, y=base, size=SERIAL_POINTS, most=room))
    if pin is not None and layout.pin_x is not None:
        top = (sheet.height - layout.lines * SERIAL_MM - _PIN_HEIGHT_MM) / 2
        box = (across(layout.pin_x), up(top + _PIN_HEIGHT_MM), 15 * POINTS_A_MM, _PIN_HEIGHT_MM * POINTS_A_MM)
        inside = across(layout.pin_x + 7.5) - font.width(pin, _PIN_POINTS) / 2
        parts.append(b"0.4 w %.2f %.2f %.2f %.2f re S\n" % box)
        parts.append(font.show("PIN", x=box[0], y=up(top - 0.6), size=_HEAD_POINTS))
        parts.append(font.show(pin, x=inside, y=up(top + 4.1), size=_PIN_POINTS))
    if layout.head == "top":
        parts.append(font.show(head, x=across(0.8), y=up(HEAD_MM - 0.6), size=_HEAD_POINTS, most=room))
    elif layout.head == "side":
        foot = sheet.height - layout.lines * SERIAL_MM - 0.8  # it begins above the serial, which may fill the width
        turned = b"q 0 1 -1 0 %.2f %.2f cm\n" % (across(HEAD_MM - 0.6), up(foot))
        most = (foot - 0.8) * POINTS_A_MM
        parts.append(turned + font.show(head, x=0, y=0, size=_HEAD_POINTS, most=most) + b"Q\n")
    return b"".join(parts)


def _code(layout: Layout, url: str, *, left: float, top: float) -> bytes:
    """Draw the code's dark stretches in units of one module, whose origin is the code's upper left corner."""
    modules, dots = qr_matrix(url)
    drawn = [b"q %.5f 0 0 %.5f %.3f %.3f cm" % (*(2 * (layout.module * POINTS_A_MM,)), left, top)]
    for row in range(modules):
        start = row * modules
        drawn += [
            b"%d %d %d 1 re" % (run.start() - start, -1 - row, run.end() - run.start())
            for run in _DARK.finditer(dots, start, start + modules)
        ]
    drawn.append(b"f Q\n")
    return b"\n".join(drawn)


def qr_matrix(text: str) -> tuple[int, bytes]:
    """Draw a QR code of level M without quiet zone: modules a side, and one byte a module, 0 where it is dark."""
    barcode = zxingcpp.create_barcode(text, zxingcpp.BarcodeFormat.QRCode, ec_level="M")
    image: Any = barcode.to_image(scale=1, add_quiet_zones=False)  # its stub does not tell that it is a buffer
    dots = bytes(image)
    return math.isqrt(len(dots)), dots
