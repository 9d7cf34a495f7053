"""Payment codes (HP00000013) and finding them again in what a bank makes of a memo (pure)."""

from __future__ import annotations

import re
import unicodedata
from dataclasses import dataclass

from stdnum import damm

from payments.errors import CodesUsedUp, PayeeInvalid

_PREFIX = re.compile(r"[A-Z]{2,4}")
_MOST_DIGITS = 12


@dataclass(frozen=True, slots=True)
class CodeForm:
    """How a payee's codes look: prefix of 2 to 4 letters, so many digits, then a Damm check digit or none."""

    prefix: str
    digits: int = 7
    check_digit: bool = True

    def __post_init__(self) -> None:
        """Refuse a form that a memo could not carry."""
        if not _PREFIX.fullmatch(self.prefix):
            raise PayeeInvalid(field="prefix")
        if not 1 <= self.digits <= _MOST_DIGITS:
            raise PayeeInvalid(field="code_digits")


def make_code(form: CodeForm, number: int) -> str:
    """Return the code of a payee's n-th request; raises CodesUsedUp when it has more digits than the form."""
    digits = f"{number:0{form.digits}d}"
    if number < 1 or len(digits) > form.digits:
        raise CodesUsedUp(prefix=form.prefix)
    return form.prefix + digits + (damm.calc_check_digit(digits) if form.check_digit else "")


def plain(text: str) -> str:
    """Take off diacritics (đ too) and upper-case, as banks do."""
    text = text.replace("đ", "d").replace("Đ", "D")
    return "".join(c for c in unicodedata.normalize("NFD", text) if not unicodedata.combining(c)).upper()


def codes_in(memo: str, form: CodeForm) -> tuple[str, ...]:
    """Return the codes of this form in a memo, each once, in order.

    A code may be split by at most two separators after its prefix; only if no such is found, everything but
    letters and digits is removed and the search is made again. A longer run of digits is never taken for a code.
    """
    length = form.digits + (1 if form.check_digit else 0)
    text = plain(memo)
    hits = re.findall(rf"{form.prefix}[^A-Z0-9]{{0,2}}([0-9]{{{length}}})(?![0-9])", text)
    if not hits:
        hits = re.findall(rf"{form.prefix}([0-9]{{{length}}})(?![0-9])", re.sub("[^A-Z0-9]", "", text))
    if form.check_digit:
        hits = [hit for hit in hits if damm.is_valid(hit)]
    return tuple(form.prefix + hit for hit in dict.fromkeys(hits))
