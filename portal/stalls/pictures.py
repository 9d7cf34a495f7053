"""Read the codes on a picture of a board, and say whether they are the stall's own. Nothing of the picture is kept."""

import io
from collections.abc import Sequence
from dataclasses import dataclass

import zxingcpp
from PIL import Image, UnidentifiedImageError

import payments
from payments.errors import VietQrRefused
from portal.stalls.errors import PictureUnreadable

MOST_BYTES = 10 * 1024 * 1024
MOST_PIXELS = 50_000_000
_LONGEST = 2_400
_FORMATS = ("JPEG", "PNG", "WEBP")


@dataclass(frozen=True, slots=True, kw_only=True)
class Board:
    """What the code of a stall's board must say."""

    bank_bin: str
    account: str
    code: str


@dataclass(frozen=True, slots=True)
class Seen:
    """What a picture shows: own, other_account, other_stall, no_vietqr or unreadable; of another account its end."""

    result: str
    bank_bin: str | None = None
    account_end: str | None = None


def codes_in_picture(content: bytes) -> list[str]:
    """Return the texts of all QR codes on a picture. Raises `PictureUnreadable`."""
    if not content or len(content) > MOST_BYTES:
        raise PictureUnreadable
    try:
        with Image.open(io.BytesIO(content), formats=_FORMATS) as picture:  # the header alone: pixels are judged first
            if picture.width * picture.height > MOST_PIXELS:
                raise PictureUnreadable
            grey = picture.convert("L")
    except (UnidentifiedImageError, OSError, ValueError, Image.DecompressionBombError):
        raise PictureUnreadable from None
    grey.thumbnail((_LONGEST, _LONGEST))
    kinds = zxingcpp.BarcodeFormats(zxingcpp.BarcodeFormat.QRCode)
    return [one.text for one in zxingcpp.read_barcodes(grey, formats=kinds)]


def judge(texts: Sequence[str], board: Board) -> Seen:
    """Say what codes show: one that is not the stall's own is told, whatever else hangs beside it. Pure."""
    if not texts:
        return Seen("unreadable")
    return min((_judge(one, board) for one in texts), key=lambda one: _WORST.index(one.result))


_WORST = ("other_account", "other_stall", "no_vietqr", "own")


def _judge(text: str, board: Board) -> Seen:
    try:
        found = payments.read_vietqr(text)
    except VietQrRefused:
        return Seen("no_vietqr")
    if (found.bin, found.account) != (board.bank_bin, board.account):
        return Seen("other_account", found.bin, found.account[-4:])
    if found.purpose != board.code or found.amount_minor is not None:
        return Seen("other_stall", found.bin, found.account[-4:])
    return Seen("own")
