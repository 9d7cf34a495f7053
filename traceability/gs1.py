"""GTINs and GS1 Digital Link paths, read strictly (pure). Follows GS1's published syntax dictionary."""

import calendar
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from urllib.parse import parse_qsl, quote, unquote

from traceability.errors import (
    AiNotAllowedInQuery,
    AiOrder,
    AiUnknown,
    DateInvalid,
    GtinCheckDigit,
    GtinLength,
    GtinNotDigits,
    LotSyntax,
    SerialSyntax,
)

_GTIN_LENGTHS = (8, 12, 13, 14)
# Charset 82 of GS1: letters, digits and these signs; 1 to 20 of them in a lot or serial.
_TEXT_20 = re.compile(r"[A-Za-z0-9!\"%&'()*+,\-./_:;<=>?]{1,20}")
_BROKEN_ESCAPE = re.compile(r"%(?![0-9A-Fa-f]{2})")
# After 01: variant, lot, serial, each optional, in this order; 235 stands alone.
_QUALIFIERS = ("22", "10", "21")
_IDENTITY = frozenset({"01", "22", "10", "21", "235"})
_DATES_WITH_DAY_00 = frozenset({"11", "13", "15", "16", "17"})
_MOST_ATTRIBUTES = 64
_DATES = _DATES_WITH_DAY_00 | {"12"}
_ATTRIBUTE = re.compile(
    r"1[1-7]|20|30|37|9[0-9]|24[0-3]|25[0-5]|40[0-3]|41[0-7]|42[0-7]|71[0-7]"
    r"|31[0-6][0-5]|32[0-9][0-5]|33[0-7][0-5]|34[0-9][0-5]|35[0-7][0-5]|36[0-9][0-5]|39[0-5][0-9]"
    r"|43[0-3][0-9]|700[1-9]|701[01]|702[0-3]|703[0-9]|7040|704[1-4]|723[0-9]|724[0-2]"
    r"|800[1-9]|801[0-37-9]|802[06]|8030|811[0-2]|8200"
)


@dataclass(frozen=True, slots=True)
class DigitalLink:
    """What a scan URL names; values decoded, attributes as they came."""

    gtin: str
    variant: str | None = None
    lot: str | None = None
    serial: str | None = None
    attributes: Mapping[str, str] = field(default_factory=dict)

    def path(self) -> str:
        """Write the path, percent-encoded where GS1 asks for it."""
        parts = [("01", self.gtin), ("22", self.variant), ("10", self.lot), ("21", self.serial)]
        return "".join(f"/{key}/{quote(value, safe='-._~')}" for key, value in parts if value is not None)

    def canonical_uri(self) -> str:
        """Write the canonical form, under id.gs1.org."""
        return "https://id.gs1.org" + self.path()


def gtin_check_digit(body: str) -> str:
    """Compute the digit that follows `body`: weights 3, 1, 3 … from the right."""
    total = sum(int(digit) * (3 if position % 2 == 0 else 1) for position, digit in enumerate(reversed(body)))
    return str(-total % 10)


def check_gtin14(text: str) -> str:
    """Accept a GTIN of exactly 14 digits; raises GtinNotDigits, GtinLength, GtinCheckDigit."""
    if text and not (text.isascii() and text.isdigit()):
        raise GtinNotDigits(value=text[:40])
    if len(text) != 14:
        raise GtinLength(length=len(text))
    if gtin_check_digit(text[:-1]) != text[-1]:
        raise GtinCheckDigit(value=text)
    return text


def to_gtin14(typed: str) -> str:
    """Pad a GTIN of 8, 12, 13 or 14 digits, as a person reads it off a barcode; raises as `check_gtin14`."""
    text = typed.replace(" ", "")
    if len(text) in _GTIN_LENGTHS:
        text = text.zfill(14)
    return check_gtin14(text)


def check_lot_number(text: str) -> str:
    """Accept 1 to 20 characters of GS1's set; raises LotSyntax."""
    if _TEXT_20.fullmatch(text) is None:
        raise LotSyntax(value=text[:40])
    return text


def check_serial(text: str) -> str:
    """Accept 1 to 20 characters of GS1's set; raises SerialSyntax."""
    if _TEXT_20.fullmatch(text) is None:
        raise SerialSyntax(value=text[:40])
    return text


def parse_digital_link(path: str, query: str = "", *, year: int) -> DigitalLink:
    """Read a percent-encoded path from `/01/` on and its query; `year` sets the window of two-digit years.

    Raises one of the CodeSyntaxErrors. One slash at the end is tolerated after a value.
    """
    segments = path.split("/")
    if len(segments) < 3 or segments[0] or segments[1] != "01":
        raise AiOrder(value=path[:60])
    gtin = check_gtin14(_decode(segments[2], GtinNotDigits))
    rest = segments[3:]
    if rest and not rest[-1] and len(rest) % 2 == 1:
        rest.pop()
    if len(rest) % 2 == 1:
        rest.append("")
    found: dict[str, str] = {}
    for key, raw in zip(rest[::2], rest[1::2], strict=True):
        _check_place(key, found)
        found[key] = _decode_qualifier(key, raw)
    return DigitalLink(
        gtin=gtin,
        variant=found.get("22"),
        lot=found.get("10"),
        serial=found.get("21"),
        attributes=_read_attributes(query, year=year),
    )


def _check_place(key: str, found: Mapping[str, str]) -> None:
    if key in _QUALIFIERS:
        earlier = [_QUALIFIERS.index(other) for other in found if other in _QUALIFIERS]
        if "235" in found or (earlier and max(earlier) >= _QUALIFIERS.index(key)):
            raise AiOrder(value=key)
    elif key == "235":
        if found:
            raise AiOrder(value=key)
    elif key == "01" or _ATTRIBUTE.fullmatch(key):
        raise AiOrder(value=key)
    else:
        raise AiUnknown(value=key[:40])


def _decode_qualifier(key: str, raw: str) -> str:
    error = SerialSyntax if key in ("21", "235") else LotSyntax
    value = _decode(raw, error)
    if _TEXT_20.fullmatch(value) is None and not (key == "235" and len(value) <= 28 and value):
        raise error(value=value[:40])
    return value


def _decode(raw: str, error: type[SerialSyntax | LotSyntax | GtinNotDigits]) -> str:
    try:
        if _BROKEN_ESCAPE.search(raw):
            raise error(value=raw[:40])
        return unquote(raw, errors="strict")
    except UnicodeDecodeError:
        raise error(value=raw[:40]) from None


def _read_attributes(query: str, *, year: int) -> dict[str, str]:
    attributes: dict[str, str] = {}
    try:
        pairs = parse_qsl(query, keep_blank_values=True, max_num_fields=_MOST_ATTRIBUTES, errors="replace")
    except ValueError:
        raise AiUnknown(value=query[:40]) from None
    for key, value in pairs:
        if key.isascii() and key.isdigit():
            if key in _IDENTITY:
                raise AiNotAllowedInQuery(value=key)
            if _ATTRIBUTE.fullmatch(key) is None:
                raise AiUnknown(value=key[:40])
            if key in _DATES:
                _check_date(key, value, year=year)
        attributes[key] = value
    return attributes


def _check_date(key: str, value: str, *, year: int) -> None:
    if not (len(value) == 6 and value.isascii() and value.isdigit()):
        raise DateInvalid(key=key, value=value[:40])
    short, month, day = int(value[:2]), int(value[2:4]), int(value[4:])
    # GS1: more than 50 years ahead is the last century, 50 or more behind the next.
    full = year - year % 100 + short
    if full - year > 50:
        full -= 100
    elif year - full >= 50:
        full += 100
    if (
        not 1 <= month <= 12
        or day > calendar.monthrange(full, month)[1]
        or (day == 0 and key not in _DATES_WITH_DAY_00)
    ):
        raise DateInvalid(key=key, value=value)
