"""GS1 attributes of a Digital Link's query: known keys, their forms, dates of the calendar, check digits (pure)."""

import calendar
import re
from collections.abc import Collection
from urllib.parse import parse_qsl

from traceability.errors import AiNotAllowedInQuery, AiUnknown, AiValueInvalid, DateInvalid

# Charset 82 of GS1: letters, digits and these signs; 1 to 20 of them in a lot or serial.
TEXT_82 = r"[A-Za-z0-9!\"%&'()*+,\-./_:;<=>?]"
TEXT_20 = re.compile(TEXT_82 + "{1,20}")
_MOST_ATTRIBUTES = 64
_DATES_WITH_DAY_00 = frozenset({"11", "13", "15", "16", "17"})
_DATES = _DATES_WITH_DAY_00 | {"12"}
_PLACES = frozenset({"410", "411", "412", "413", "415", "416", "417"})
_ATTRIBUTE = re.compile(
    r"1[1-7]|20|30|37|9[0-9]|24[0-3]|25[0-5]|40[0-3]|41[0-7]|42[0-7]|71[0-7]"
    r"|31[0-6][0-5]|32[0-9][0-5]|33[0-7][0-5]|34[0-9][0-5]|35[0-7][0-5]|36[0-9][0-5]|39[0-5][0-9]"
    r"|43[0-3][0-9]|700[1-9]|701[01]|702[0-3]|703[0-9]|7040|704[1-4]|723[0-9]|724[0-2]"
    r"|800[1-9]|801[0-37-9]|802[06]|8030|811[0-2]|8200"
)
# The forms of what is on food: weights and measures, count, origin, harvest, internal keys, signature.
_FORMS = tuple(
    (re.compile(key), re.compile(value))
    for key, value in (
        (r"3[1-6][0-9]{2}", r"[0-9]{6}"),
        (r"20", r"[0-9]{2}"),
        (r"30|37", r"[0-9]{1,8}"),
        (r"24[01]|25[014]|403", TEXT_82 + "{1,30}"),
        (r"422|424|425|426", r"[0-9]{3}(?:[0-9]{3}){0,4}"),
        (r"423", r"[0-9]{3,15}"),
        (r"9[0-9]", TEXT_82 + "{1,90}"),
        (r"8030", r"[A-Za-z0-9_-]{1,90}"),
    )
)
_HARVEST = "7007"


def gs1_check_digit(body: str) -> str:
    """Compute the digit that follows `body`: weights 3, 1, 3 … from the right."""
    total = sum(int(digit) * (3 if position % 2 == 0 else 1) for position, digit in enumerate(reversed(body)))
    return str(-total % 10)


def is_place_number(text: str) -> bool:
    """Tell whether a text is a GLN: 13 digits, the last of which follows from the others."""
    return re.fullmatch(r"[0-9]{13}", text) is not None and gs1_check_digit(text[:-1]) == text[-1]


def is_attribute(key: str) -> bool:
    """Tell whether GS1 knows this key as an attribute."""
    return _ATTRIBUTE.fullmatch(key) is not None


def read_attributes(query: str, *, year: int, identity: Collection[str]) -> dict[str, str]:
    """Read a query strictly where its keys are numeric; `identity` belongs into the path, other keys pass.

    Raises AiNotAllowedInQuery, AiUnknown, AiValueInvalid, DateInvalid.
    """
    attributes: dict[str, str] = {}
    try:
        pairs = parse_qsl(query, keep_blank_values=True, max_num_fields=_MOST_ATTRIBUTES, errors="replace")
    except ValueError:
        raise AiUnknown(value=query[:40]) from None
    for key, value in pairs:
        if key.isascii() and key.isdigit():
            if key in identity:
                raise AiNotAllowedInQuery(value=key)
            _check_value(key, value, year=year)
        attributes[key] = value
    return attributes


def _check_value(key: str, value: str, *, year: int) -> None:
    if not is_attribute(key):
        raise AiUnknown(value=key[:40])
    if key in _DATES:
        _check_date(key, value, year=year)
    elif key == _HARVEST:  # one day, or the first and the last
        for part in (value[:6], value[6:])[: 1 if len(value) == 6 else 2]:
            _check_date(key, part, year=year)
    elif key in _PLACES:
        if not is_place_number(value):
            raise AiValueInvalid(key=key, value=value[:40])
    else:
        form = next((form for names, form in _FORMS if names.fullmatch(key)), None)
        if not value or (form is not None and form.fullmatch(value) is None):
            raise AiValueInvalid(key=key, value=value[:40])


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
