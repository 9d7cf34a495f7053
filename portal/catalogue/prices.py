"""Read prices, amounts and barcode numbers as people write them, and compute unit prices. Pure; money is whole đồng."""

import re
from dataclasses import dataclass

from portal.catalogue.errors import GoodsRefused
from traceability.gs1 import gtin_check_digit

MOST_DONG = 10_000_000_000
MOST_AMOUNT_MILLI = 1_000_000_000
LOW_DONG = 1_000  # hardly anything is sold for less; three zeros were probably left out
_GROUPED = re.compile(r"[0-9]{1,3}([.,\s][0-9]{3})+")
_CURRENCY = re.compile(r"(vnđ|vnd|đồng|dong|đ|₫)$")
_THOUSANDS = re.compile(r"(?P<number>[0-9]+([.,][0-9])?)\s*(k|n|nghìn|nghin|ngàn|ngan)")


@dataclass(frozen=True, slots=True)
class Price:
    """A price in đồng; `ask` where it was written short (60k) and should be shown for a yes."""

    amount_minor: int
    ask: bool = False

    @property
    def low(self) -> bool:
        """Say whether three zeros were probably left out."""
        return self.amount_minor < LOW_DONG


def parse_price(text: str) -> Price:
    """Return the price in a text: `60.000`, `60,000 đ`, `60000` or `60k`; raise `GoodsRefused` price.whole_dong."""
    raw = _CURRENCY.sub("", " ".join(text[:60].replace("\u00a0", " ").split()).lower()).strip()
    short = _THOUSANDS.fullmatch(raw)
    if short:
        whole, _, tenth = short["number"].replace(",", ".").partition(".")
        return _in_range(int(whole) * 1000 + int(tenth or 0) * 100, ask=True)
    if _GROUPED.fullmatch(raw):
        raw = re.sub(r"[.,\s]", "", raw)
    if not raw.isascii() or not raw.isdigit():
        raise GoodsRefused("price.whole_dong")
    return _in_range(int(raw), ask=False)


def _in_range(amount_minor: int, *, ask: bool) -> Price:
    if amount_minor <= 0:
        raise GoodsRefused("price.whole_dong")
    if amount_minor > MOST_DONG:
        raise GoodsRefused("price.too_high")
    return Price(amount_minor, ask)


def parse_milli(text: str, *, code: str, zero: bool = False) -> int:
    """Return an amount in thousandths: `1`, `0,5`, `1.5`, `1.000` (a thousand); raise `GoodsRefused` with `code`."""
    raw = "".join(text[:40].split())
    if re.fullmatch(r"[0-9]{1,3}(\.[0-9]{3})+", raw):
        raw = raw.replace(".", "")
    match = re.fullmatch(r"([0-9]{1,7})(?:[.,]([0-9]{1,3}))?", raw)
    if match is None:
        raise GoodsRefused(code)
    milli = int(match[1]) * 1000 + int((match[2] or "").ljust(3, "0"))
    if milli > MOST_AMOUNT_MILLI or (milli == 0 and not zero):
        raise GoodsRefused(code)
    return milli


def format_milli(milli: int) -> str:
    """Write an amount plainly: 1500 is `1,5`."""
    whole, rest = divmod(milli, 1000)
    return f"{whole},{rest:03d}".rstrip("0") if rest else str(whole)


def unit_price(*, price_minor: int, quantity_milli: int, content_milli: int) -> int:
    """Return đồng per base unit, rounded half up, where `quantity` units hold `content` of the base each."""
    total = quantity_milli * content_milli  # millionths of the base
    return (price_minor * 1_000_000 * 2 + total) // (2 * total)


def parse_gtin(text: str) -> str:
    """Return a barcode number as 14 digits; raise `GoodsRefused` gtin.length or gtin.check_digit."""
    digits = "".join(text.split())
    if not digits.isascii() or not digits.isdigit() or len(digits) not in (8, 12, 13, 14):
        raise GoodsRefused("gtin.length")
    expected = gtin_check_digit(digits[:-1])
    if expected != digits[-1]:
        raise GoodsRefused("gtin.check_digit", expected=expected)
    return digits.zfill(14)
