"""GS1 numbers and Digital Links, read strictly (pure). Follows GS1's published syntax dictionary."""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from urllib.parse import quote, unquote

from traceability.errors import (
    AiOrder,
    AiUnknown,
    CodeSyntaxError,
    GtinCheckDigit,
    GtinLength,
    GtinNotDigits,
    LotSyntax,
    PlaceNumberInvalid,
    SerialSyntax,
    ShipmentNumberInvalid,
    UriSyntax,
)
from traceability.gs1_attributes import TEXT_20, gs1_check_digit, is_attribute, is_place_number, read_attributes

_GTIN_LENGTHS = (8, 12, 13, 14)
_BROKEN_ESCAPE = re.compile(r"%(?![0-9A-Fa-f]{2})")
# After 01: variant, lot, serial, each optional, in this order; 235 stands alone.
_QUALIFIERS = ("22", "10", "21")
_PRIMARY = ("01", "414", "00")
_CANONICAL = "https://id.gs1.org"
# All lower or all upper case, as a QR code in alphanumeric mode has it; mixed is refused.
_ORIGIN = re.compile(r"(?:https?|HTTPS?)://[^\s/?#]+")


@dataclass(frozen=True, slots=True)
class DigitalLink:
    """What a product's link names; values decoded, attributes as they came."""

    gtin: str
    variant: str | None = None
    lot: str | None = None
    serial: str | None = None
    attributes: Mapping[str, str] = field(default_factory=dict)
    extension: str | None = None

    def path(self) -> str:
        """Write the path, percent-encoded where GS1 asks for it."""
        parts = (
            ("01", self.gtin), ("22", self.variant), ("10", self.lot), ("21", self.serial), ("235", self.extension)
        )  # fmt: skip
        return _path(parts)

    def canonical_uri(self) -> str:
        """Write the canonical form, under id.gs1.org."""
        return _CANONICAL + self.path() + _query(self.attributes)


@dataclass(frozen=True, slots=True)
class PlaceLink:
    """What a place's link names: its number (GLN), and the part of the place."""

    gln: str
    extension: str | None = None
    attributes: Mapping[str, str] = field(default_factory=dict)

    def canonical_uri(self) -> str:
        """Write the canonical form, under id.gs1.org."""
        return _CANONICAL + _path((("414", self.gln), ("254", self.extension))) + _query(self.attributes)


@dataclass(frozen=True, slots=True)
class ShipmentLink:
    """What a logistic unit's link names: its number (SSCC)."""

    sscc: str
    attributes: Mapping[str, str] = field(default_factory=dict)

    def canonical_uri(self) -> str:
        """Write the canonical form, under id.gs1.org."""
        return _CANONICAL + _path((("00", self.sscc),)) + _query(self.attributes)


def _path(parts: tuple[tuple[str, str | None], ...]) -> str:
    return "".join(f"/{key}/{quote(value, safe='-._~')}" for key, value in parts if value is not None)


def _query(attributes: Mapping[str, str]) -> str:
    pairs = (f"{quote(key, safe='-._~')}={quote(value, safe='-._~')}" for key, value in attributes.items())
    return "?" + "&".join(pairs) if attributes else ""


def gtin_check_digit(body: str) -> str:
    """Compute the digit that follows `body`: weights 3, 1, 3 … from the right."""
    return gs1_check_digit(body)


def check_gtin14(text: str) -> str:
    """Accept a GTIN of exactly 14 digits; raises GtinNotDigits, GtinLength, GtinCheckDigit."""
    if text and not (text.isascii() and text.isdigit()):
        raise GtinNotDigits(value=text[:40])
    if len(text) != 14:
        raise GtinLength(length=len(text))
    if gs1_check_digit(text[:-1]) != text[-1]:
        raise GtinCheckDigit(value=text)
    return text


def to_gtin14(typed: str) -> str:
    """Pad a GTIN of 8, 12, 13 or 14 digits, as a person reads it off a barcode; raises as `check_gtin14`."""
    text = typed.replace(" ", "")
    if len(text) in _GTIN_LENGTHS:
        text = text.zfill(14)
    return check_gtin14(text)


def check_gln(text: str) -> str:
    """Accept a place's number of 13 digits; raises PlaceNumberInvalid."""
    if not is_place_number(text):
        raise PlaceNumberInvalid(value=text[:40])
    return text


def check_sscc(text: str) -> str:
    """Accept a logistic unit's number of 18 digits; raises ShipmentNumberInvalid."""
    if re.fullmatch(r"[0-9]{18}", text) is None or gs1_check_digit(text[:-1]) != text[-1]:
        raise ShipmentNumberInvalid(value=text[:40])
    return text


def check_lot_number(text: str) -> str:
    """Accept 1 to 20 characters of GS1's set; raises LotSyntax."""
    if TEXT_20.fullmatch(text) is None:
        raise LotSyntax(value=text[:40])
    return text


def check_serial(text: str) -> str:
    """Accept 1 to 20 characters of GS1's set; raises SerialSyntax."""
    if TEXT_20.fullmatch(text) is None:
        raise SerialSyntax(value=text[:40])
    return text


def parse_digital_link(path: str, query: str = "", *, year: int) -> DigitalLink:
    """Read a product's percent-encoded path from `/01/` on and its query; `year` sets the window of two-digit years.

    Raises one of the CodeSyntaxErrors. One slash at the end is tolerated after a value.
    """
    segments = path.split("/")
    if len(segments) < 3 or segments[0] or segments[1] != "01":
        raise AiOrder(value=path[:60])
    gtin = check_gtin14(_decode(segments[2], GtinNotDigits))
    found: dict[str, str] = {}
    for key, raw in _pairs(segments[3:]):
        _check_place(key, found)
        found[key] = _decode_qualifier(key, raw)
    return DigitalLink(
        gtin=gtin,
        variant=found.get("22"),
        lot=found.get("10"),
        serial=found.get("21"),
        attributes=read_attributes(query, year=year, identity=("01", *_QUALIFIERS, "235")),
        extension=found.get("235"),
    )


def parse_uri(uri: str, *, year: int) -> DigitalLink | PlaceLink | ShipmentLink:
    """Read a whole Digital Link of any host and stem; its fragment is ignored. Raises one of the CodeSyntaxErrors."""
    origin = _ORIGIN.match(uri)
    if origin is None:
        raise UriSyntax(value=uri[:60])
    path, _, query = uri[origin.end() :].partition("#")[0].partition("?")
    segments = path.removesuffix("/").split("/")
    # The key stands an even number of segments before the end, and what stands before it is the stem.
    starts = [place for place in range(len(segments) - 2, 0, -2) if segments[place] in _PRIMARY]
    if not starts:
        raise UriSyntax(value=uri[:60])
    key, value, *rest = segments[starts[0] :]
    if key == "01":
        return parse_digital_link("/" + "/".join(segments[starts[0] :]), query, year=year)
    qualifiers = _pairs(rest)
    if key == "414":
        if any(name != "254" for name, _ in qualifiers) or len(qualifiers) > 1:
            raise AiOrder(value=path[:60])
        gln = check_gln(_decode(value, PlaceNumberInvalid))
        extension = _decode_qualifier("254", qualifiers[0][1]) if qualifiers else None
        return PlaceLink(gln, extension, read_attributes(query, year=year, identity=("414", "254")))
    if qualifiers:
        raise AiOrder(value=path[:60])
    sscc = check_sscc(_decode(value, ShipmentNumberInvalid))
    return ShipmentLink(sscc, read_attributes(query, year=year, identity=("00",)))


def _pairs(segments: list[str]) -> list[tuple[str, str]]:
    rest = list(segments)
    if rest and not rest[-1] and len(rest) % 2 == 1:
        rest.pop()
    if len(rest) % 2 == 1:
        rest.append("")
    return list(zip(rest[::2], rest[1::2], strict=True))


def _check_place(key: str, found: Mapping[str, str]) -> None:
    if key in _QUALIFIERS:
        earlier = [_QUALIFIERS.index(other) for other in found if other in _QUALIFIERS]
        if "235" in found or (earlier and max(earlier) >= _QUALIFIERS.index(key)):
            raise AiOrder(value=key)
    elif key == "235":
        if found:
            raise AiOrder(value=key)
    elif key == "01" or is_attribute(key):
        raise AiOrder(value=key)
    else:
        raise AiUnknown(value=key[:40])


def _decode_qualifier(key: str, raw: str) -> str:
    error = SerialSyntax if key in ("21", "235") else LotSyntax
    value = _decode(raw, error)
    if TEXT_20.fullmatch(value) is None and not (key == "235" and 20 < len(value) <= 28 and _is_text(value)):
        raise error(value=value[:40])
    return value


def _is_text(value: str) -> bool:
    return all(TEXT_20.fullmatch(sign) for sign in value)


def _decode(raw: str, error: type[CodeSyntaxError]) -> str:
    try:
        if _BROKEN_ESCAPE.search(raw):
            raise error(value=raw[:40])
        return unquote(raw, errors="strict")
    except UnicodeDecodeError:
        raise error(value=raw[:40]) from None
