"""The code of a transfer as a picture to save: who pays on the phone that shows the code opens it in her bank's app."""

import io
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache, lru_cache

import fontpkg
import qrcode
from flask_babel import gettext as _
from PIL import Image, ImageDraw, ImageFont

import payments
from payments.models import Payee
from portal.i18n import money
from portal.printing import showable

WIDTH = 720
_FAMILY = "Be Vietnam Pro"
_MARGIN, _QUIET_MODULES = 32, 4
# Sixteen greys are enough for the edges of letters, and take half the bytes.
_FEW_GREYS = [value // 17 * 17 for value in range(256)]
_WHITE, _BLACK = 255, 0
_LEADING = 1.35


@dataclass(frozen=True, slots=True)
class Line:
    """One paragraph below the code, and its height in pixels."""

    words: str
    size: int
    bold: bool = False


def lines_of(payee: Payee, *, amount_minor: int, code: str, simulated: bool) -> tuple[Line, ...]:
    """Return what stands below the code; not what it is for, since that may name a class and initials."""
    play = (Line(_("SANDBOX – simulation: no real money moves."), 28, bold=True),) if simulated else ()
    return (
        *play,
        Line(payee.name, 34, bold=True),
        Line(money(amount_minor), 60, bold=True),
        Line(payee.holder_name, 28),
        Line(f"{payments.bank_name(payee.bin)} · {payee.account}", 28),
        Line(_("Transfer text: %(code)s", code=code), 34, bold=True),
        Line(_("Scan with any bank's app. Don't change amount or text."), 26),
    )


@lru_cache(maxsize=64)  # drawing one costs a hundred times what sending it does
def draw(payload: str, lines: tuple[Line, ...]) -> bytes:
    """Return a PNG of a code of level M with lines below it."""
    code = qrcode.QRCode(error_correction=qrcode.constants.ERROR_CORRECT_M, border=_QUIET_MODULES)
    code.add_data(payload)
    code.make(fit=True)
    matrix = code.get_matrix()
    side = WIDTH // len(matrix) * len(matrix)
    rows = [(row, line) for line in lines for row in _wrapped(line)]
    height = side + sum(_high(line) for _row, line in rows) + _MARGIN
    picture = Image.new("L", (WIDTH, height), _WHITE)
    small = Image.new("L", (len(matrix), len(matrix)), _WHITE)
    small.putdata([_BLACK if dark else _WHITE for row in matrix for dark in row])
    picture.paste(small.resize((side, side), Image.Resampling.NEAREST), ((WIDTH - side) // 2, 0))
    pen, top = ImageDraw.Draw(picture), side
    for row, line in rows:
        pen.text((WIDTH // 2, top), row, fill=_BLACK, font=_font(line.size, bold=line.bold), anchor="ma")
        top += _high(line)
    file = io.BytesIO()
    picture.point(_FEW_GREYS).save(file, "PNG")
    return file.getvalue()


def _wrapped(line: Line) -> Iterator[str]:
    """Break a paragraph between words, and within a word that alone is too wide."""
    font, row = _font(line.size, bold=line.bold), ""
    for word in showable(line.words).split():
        longer = f"{row} {word}".strip()
        if font.getlength(longer) <= WIDTH - 2 * _MARGIN:
            row = longer
            continue
        if row:
            yield row
        row = word
        while font.getlength(row) > WIDTH - 2 * _MARGIN:
            cut = next(n for n in range(len(row), 0, -1) if font.getlength(row[:n]) <= WIDTH - 2 * _MARGIN)
            yield row[:cut]
            row = row[cut:]
    if row:
        yield row


def _high(line: Line) -> int:
    return round(line.size * _LEADING)


@cache
def _font(size: int, *, bold: bool) -> ImageFont.FreeTypeFont:
    return ImageFont.truetype(str(fontpkg.path(_FAMILY, weight=700 if bold else 400)), size)
