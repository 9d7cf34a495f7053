"""Read names and ID numbers as people write them. Pure: a value with its notes, or `AnswerRefused` with the reason.

A citizen's number has 12 digits: province of birth (the old codes, or a country), century and sex, year, six free
ones. It has no check digit, so a disagreement is a warning for a person to look at, never a refusal.
"""

import re
import unicodedata
from dataclasses import dataclass, field
from typing import Any

from flask_babel import lazy_gettext as _l

from portal.onboarding.errors import AnswerRefused

SEXES = {"male": _l("male"), "female": _l("female")}
NAME_LENGTHS = (2, 100)
_NAME_SIGNS = frozenset(" '’.-")
_INVISIBLE = re.compile("[\u00ad\u200b-\u200f\u202a-\u202e\u2060-\u2064\ufeff]")
_SEPARATORS = re.compile(r"[\s.\-\u00a0\u202f]+")
# The two digits after the zero in the old three-digit codes: 63 provinces as they were until 2025.
_TWO_DIGITS = (
    "01 02 04 06 08 10 11 12 14 15 17 19 20 22 24 25 26 27 30 31 33 34 35 36 37 38 40 42 44 45 46 48 49 51 52 54 56 58 "
    "60 62 64 66 67 68 70 72 74 75 77 79 80 82 83 84 86 87 89 91 92 93 94 95 96"
)
_BIRTH_PROVINCES = frozenset(_TWO_DIGITS.split())


@dataclass(frozen=True, slots=True)
class Note:
    """Something to tell: a code with its sentence, the fields that it names, and `note` or `warning`."""

    code: str
    kind: str = "note"
    fields: dict[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class IdNumber:
    """An ID number: `cccd` with 12 digits, which tell sex and year of birth, or an old `cmnd` with nine."""

    kind: str
    value: str
    sex: str | None = None
    birth_year: int | None = None
    notes: tuple[Note, ...] = ()

    @property
    def masked(self) -> str:
        """Return the number with its middle hidden: `0820******46`."""
        return self.value[:4] + "*" * (len(self.value) - 6) + self.value[-2:]


def plain(text: str) -> str:
    """Return a text in NFC on one line, without invisible and control signs."""
    if text.isprintable() and "  " not in text and unicodedata.is_normalized("NFC", text):
        return text.strip(" ")  # most texts are plain already: printable means no control, no invisible sign
    seen = _INVISIBLE.sub("", unicodedata.normalize("NFC", text))
    return " ".join("".join(" " if unicodedata.category(sign) == "Cc" else sign for sign in seen).split())


def parse_name(text: str) -> str:
    """Return a person's name in NFC with single spaces, never re-capitalised."""
    if len(text) > NAME_LENGTHS[1] * 20:
        raise AnswerRefused("name.length")
    name = plain(text)
    if not name:
        raise AnswerRefused("name.empty")
    if not all(sign in _NAME_SIGNS or unicodedata.category(sign)[0] in "LM" for sign in name):
        raise AnswerRefused("name.characters")
    if not NAME_LENGTHS[0] <= len(name) <= NAME_LENGTHS[1]:
        raise AnswerRefused("name.length")
    return name


def parse_id(text: str, *, this_year: int, sex: str | None = None, birth_year: int | None = None) -> IdNumber:
    """Return the ID number in a text; warn where it disagrees with the sex or birth year that are known otherwise."""
    raw = text.strip()[:60]
    if len(raw) == 12 and raw.isascii() and raw.isdigit():  # as most are written
        return _of_twelve(raw, this_year=this_year, sex=sex, birth_year=birth_year)
    if re.fullmatch(r"[0-9]+([.,][0-9]+)?[eE]\+?[0-9]+", raw):
        raise AnswerRefused("id.digits_lost")
    digits = _SEPARATORS.sub("", raw)
    if not digits.isascii() or not digits.isdigit():
        raise AnswerRefused("id.characters")
    if len(digits) == 9:
        return IdNumber("cmnd", digits, notes=(Note("id.old_card"),))
    if len(digits) == 11:
        return _with_zero(digits, this_year=this_year, sex=sex, birth_year=birth_year)
    if len(digits) != 12:
        raise AnswerRefused("id.length", digits=len(digits))
    return _of_twelve(digits, this_year=this_year, sex=sex, birth_year=birth_year)


def _of_twelve(digits: str, *, this_year: int, sex: str | None, birth_year: int | None) -> IdNumber:
    if digits.startswith("000"):
        raise AnswerRefused("id.province_zero")
    number_sex, year = _sex_and_year(digits, this_year=this_year)
    notes = _disagreements(digits, number_sex, year, sex=sex, birth_year=birth_year)
    return IdNumber("cccd", digits, number_sex, year, notes)


def _with_zero(digits: str, *, this_year: int, sex: str | None, birth_year: int | None) -> IdNumber:
    """Put back the zero that a spreadsheet took, only if the whole number then makes sense."""
    try:
        found = parse_id("0" + digits, this_year=this_year, sex=sex, birth_year=birth_year)
    except AnswerRefused:
        raise AnswerRefused("id.length", digits=len(digits)) from None
    if any(note.kind == "warning" for note in found.notes):
        raise AnswerRefused("id.length", digits=len(digits))
    return IdNumber(found.kind, found.value, found.sex, found.birth_year, (Note("id.zero_restored"),))


def _sex_and_year(digits: str, *, this_year: int) -> tuple[str, int]:
    century, year = int(digits[3]), int(digits[4:6])
    if century > 3:
        raise AnswerRefused("id.future")
    born = (1900 if century < 2 else 2000) + year
    if born > this_year:
        raise AnswerRefused("id.unborn", year=born)
    return ("female" if century % 2 else "male"), born


def _disagreements(
    digits: str, number_sex: str, year: int, *, sex: str | None, birth_year: int | None
) -> tuple[Note, ...]:
    notes = []
    if digits[0] == "0" and digits[1:3] not in _BIRTH_PROVINCES:
        notes.append(Note("id.province", "warning", {"province": digits[:3]}))
    if sex is not None and sex != number_sex:
        notes.append(Note("id.sex", "warning", {"sex": SEXES[number_sex]}))
    if birth_year is not None and birth_year != year:
        notes.append(Note("id.birth_year", "warning", {"year": year}))
    return tuple(notes)
