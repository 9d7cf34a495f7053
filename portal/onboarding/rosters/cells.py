"""Read single cells of a roster: phones, dates, yes and no, sexes, tax codes. Pure, and fast where a cell is ordinary.

Each gives a value with what there is to tell; a problem rejects the row.
"""

import re
import unicodedata
from dataclasses import replace
from datetime import date, timedelta
from functools import lru_cache

from stdnum.exceptions import ValidationError
from stdnum.vn import mst

from portal.onboarding.errors import AnswerRefused
from portal.onboarding.rosters.fields import RowProblem
from portal.onboarding.validators import NAME_LENGTHS, IdNumber, parse_id, parse_name, plain
from portal.people.errors import PhoneError
from portal.people.phones import parse_mobile
from portal.places.names import fold

_PLAIN_NAME = re.compile(r"[A-Za-zÀ-ÖØ-öø-ɏḀ-ỿ]+(?: [A-Za-zÀ-ÖØ-öø-ɏḀ-ỿ]+)*")
_TWO_PHONES = re.compile(r"^\s*(\+?[\d .()\-]{8,}\d)\s*[/;,]\s*(\+?[\d .()\-]{8,}\d)\s*$")
_TWO_LENGTH = 19  # two numbers of nine signs and what stands between them
_DAY = re.compile(r"(\d{1,2})[/.\-](\d{1,2})[/.\-](\d{4})")
_ISO_DAY = re.compile(r"(\d{4})-(\d{1,2})-(\d{1,2})(?:[T ].*)?")
_YES = frozenset({"x", "co", "yes", "y", "1", "roi", "da xac nhan", "da duyet", "dat", "true"})
_NO = frozenset({"", "khong", "no", "n", "0", "chua", "chua co", "false"})
_FOOD = {
    "giay chung nhan": "certificate", "chung nhan": "certificate", "co giay": "certificate", "vietgap": "certificate",
    "certificate": "certificate", "cam ket": "commitment", "ban cam ket": "commitment", "commitment": "commitment",
    "co": "commitment", "x": "commitment", "chua": "not_yet", "chua co": "not_yet", "khong": "not_yet",
    "not yet": "not_yet",
}  # fmt: skip
_SEXES = {"nam": "male", "male": "male", "m": "male", "nu": "female", "female": "female", "f": "female"}
_EXCEL_EPOCH = date(1899, 12, 30)
_FIRST_YEAR = 1900


def read_name(text: str) -> str:
    """Return a person's name; most need no more than a look. Raises `AnswerRefused`."""
    if (
        NAME_LENGTHS[0] <= len(text) <= NAME_LENGTHS[1]
        and _PLAIN_NAME.fullmatch(text)
        and unicodedata.is_normalized("NFC", text)
    ):
        return text
    return parse_name(text)


@lru_cache(200_000)
def _fold_word(word: str) -> str:
    return fold(word)


def name_key(name: str) -> str:
    """Return `fold` of a name that was read: word by word, since people share most of their names' words."""
    return " ".join([key for key in map(_fold_word, name.split()) if key])


def read_phone(text: str) -> tuple[str | None, str | None, list[RowProblem]]:
    """Return the number, a second one if the cell holds two, and what there is to tell."""
    raw = text.strip()
    if not raw:
        return None, None, []
    two = _TWO_PHONES.match(raw) if len(raw) >= _TWO_LENGTH else None
    if two is not None:
        first, _, problems = read_phone(two[1])
        second, _, _ignored = read_phone(two[2])
        return first, second, [*problems, RowProblem("phone", "phone.two", "note")]
    try:
        found = parse_mobile(raw)
    except PhoneError as error:
        landline = _landline(raw)
        if landline is not None:
            return landline, None, [RowProblem("phone", "phone.landline", "note")]
        return None, None, [RowProblem("phone", error.code, "problem", error.fields)]
    return found.e164, None, [RowProblem("phone", code, "note", fields) for code, fields in found.notes]


def _landline(raw: str) -> str | None:
    digits = re.sub(r"[\s.\-()]+", "", raw)
    for start in ("+84", "0084"):
        if digits.startswith(start):
            digits = "0" + digits.removeprefix(start)
    return "+84" + digits[1:] if re.fullmatch(r"02\d{8,9}", digits) else None


def read_id(
    text: str, *, this_year: int, sex: str | None, birth_year: int | None
) -> tuple[IdNumber | None, list[RowProblem]]:
    """Return the ID number in a cell and what there is to tell."""
    if not text.strip():
        return None, []
    try:
        found = parse_id(text, this_year=this_year, sex=sex, birth_year=birth_year)
    except AnswerRefused as error:
        return None, [RowProblem("id_number", error.code, "problem", error.fields)]
    told = [RowProblem("id_number", note.code, note.kind, note.fields) for note in found.notes]
    return found, [replace(one, fields={"sex": found.sex}) if one.code == "id.sex" else one for one in told]


@lru_cache(32_768)
def read_birth(text: str, *, this_year: int) -> tuple[int | None, tuple[RowProblem, ...]]:
    """Return the year of birth in a cell: a day (never month first), a year, or the number a workbook keeps."""
    raw = text.strip()
    if not raw:
        return None, ()
    try:
        year = _year_in(raw)
    except ValueError:
        return None, (RowProblem("birth", "date.impossible"),)
    if not _FIRST_YEAR <= year <= this_year:
        return None, (RowProblem("birth", "date.no_birth", "problem", {"first": _FIRST_YEAR, "last": this_year}),)
    return year, ()


def _year_in(raw: str) -> int:
    if raw.isascii() and raw.isdigit():
        if len(raw) == 4:
            return int(raw)
        if len(raw) == 5:
            return (_EXCEL_EPOCH + timedelta(days=int(raw))).year
    return day_in(raw).year


def day_in(raw: str) -> date:
    """Return the day in a text, never month first; raise `ValueError`."""
    found, iso = _DAY.fullmatch(raw), _ISO_DAY.fullmatch(raw)
    if found is not None:
        return date(int(found[3]), int(found[2]), int(found[1]))
    if iso is not None:
        return date(int(iso[1]), int(iso[2]), int(iso[3]))
    raise ValueError(raw)


@lru_cache(4_096)
def read_sex(text: str) -> tuple[str | None, bool]:
    """Return `male`, `female` or None, and whether the cell was understood."""
    key = fold(text)
    return _SEXES.get(key), not key or key in _SEXES


@lru_cache(4_096)
def read_yes(text: str) -> bool | None:
    """Return what a cell says of a yes-or-no question: a date means yes; None where nothing was said."""
    key = fold(text)
    if not key:
        return None
    if _denies(key):
        return False
    return key in _YES or bool(re.search(r"\d", key)) or key.startswith(("da ", "co "))


@lru_cache(4_096)
def read_food_safety(text: str) -> str | None:
    """Return on what the safety of the food rests, or None where nothing was said."""
    key = fold(text)
    if not key:
        return None
    return _FOOD.get(key) or ("not_yet" if _denies(key) else "commitment")


def _denies(key: str) -> bool:
    """Say whether a folded cell says no: a date or a number after it changes nothing about that."""
    return key in _NO or key.startswith(("chua ", "khong "))


@lru_cache(4_096)
def read_text(text: str, *, most: int) -> tuple[str, bool]:
    """Return a text on one line, cut at `most`; say whether it was cut."""
    tidy = plain(text[: most * 4])
    return tidy[:most].strip(), len(tidy) > most


def read_tax_code(text: str) -> tuple[str, str] | RowProblem:
    """Return kind and digits of a tax code, or what is wrong with it."""
    digits = mst.compact(text.strip())
    if not digits:
        return RowProblem("tax_code", "tax.missing")
    if not digits.isascii() or not digits.isdigit() or len(digits) not in (10, 12, 13):
        return RowProblem("tax_code", "tax.length")
    if len(digits) == 12:
        return "personal_12", digits
    if len(digits) == 13 and digits.endswith("000"):
        return RowProblem("tax_code", "tax.unit")
    try:
        mst.validate(digits)
    except ValidationError:
        return RowProblem("tax_code", "tax.check_digit", "problem", {"expected": mst.calc_check_digit(digits)})
    return ("enterprise_10" if len(digits) == 10 else "unit_13"), digits
