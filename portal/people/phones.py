"""Read a phone number however it was written.

Order: strip, letters O to 0, +84 / 0084 / missing zero, **then** the 2018 table of old prefixes, then `phonenumbers`
(which refuses the old numbers and takes landlines and other countries), then the mobile test.
"""

import csv
import re
from dataclasses import dataclass
from functools import cache, lru_cache
from importlib import resources

import phonenumbers

from portal.people.errors import PhoneError

_MOBILE = re.compile(r"\+84[35789][0-9]{8}")
_SEPARATORS = re.compile(r"[\s.\-()\u00a0\u200b\u202f]+")


@dataclass(frozen=True, slots=True)
class Phone:
    """A number in E.164, and notes (code, sentence fields) on how it was read."""

    e164: str
    notes: tuple[tuple[str, dict[str, str]], ...] = ()

    @property
    def masked(self) -> str:
        """Return the number with its middle hidden: `0820******46`."""
        local = "0" + self.e164[3:]
        return local[:4] + "*" * (len(local) - 6) + local[-2:]


@cache
def _changes() -> dict[str, str]:
    table = resources.files("portal.people").joinpath("data/phone-prefix-changes.csv").read_text("utf-8")
    return {row["old_prefix"]: row["new_prefix"] for row in csv.DictReader(table.splitlines())}


def parse_mobile(text: str) -> Phone:
    """Return the Vietnamese mobile number in a text; raise `PhoneError` with the reason."""
    raw = text.strip()
    if len(raw) == 10 and raw.isascii() and raw.isdigit() and raw[0] == "0" and raw[1] in "35789":
        return Phone(_modern(raw, []))
    if re.search(r"\d{8,}\s*[/;,]\s*\d{8,}", raw):
        raise PhoneError("phone.two")
    notes: list[tuple[str, dict[str, str]]] = []
    digits = _SEPARATORS.sub("", raw)
    if re.fullmatch(r"[+0-9OoQ]+", digits) and re.search(r"[OoQ]", digits):
        digits = re.sub(r"[OoQ]", "0", digits)
        notes.append(("phone.letter_o", {}))
    if digits.startswith("+") and not digits.startswith("+84"):
        raise PhoneError("phone.not_vn_mobile")
    for start in ("+84", "0084"):
        if digits.startswith(start):
            digits = "0" + digits.removeprefix(start).removeprefix("0")
    if not digits.isascii() or not digits.isdigit():
        raise PhoneError("phone.length", digits=sum(c.isdigit() for c in digits))
    if not digits.startswith("0") and (len(digits) == 9 or (len(digits) == 10 and digits[0] == "1")):
        if len(digits) == 9 and digits[0] not in "35789":
            raise PhoneError("phone.length", digits=len(digits))
        digits = "0" + digits
        notes.append(("phone.zero_restored", {}))
    return Phone(_modern(digits, notes), tuple(notes))


def _modern(digits: str, notes: list[tuple[str, dict[str, str]]]) -> str:
    if len(digits) == 11 and digits.startswith("01"):
        new = _changes().get(digits[:4])
        if new is None:
            raise PhoneError("phone.prefix", prefix=digits[:4])
        notes.append(("phone.prefix_2018", {"old": digits[:4], "new": new}))
        digits = new + digits[4:]
    if len(digits) == 11 and digits.startswith("02"):
        raise PhoneError("phone.not_vn_mobile")
    if len(digits) != 10:
        raise PhoneError("phone.length", digits=len(digits))
    e164 = "+84" + digits[1:]
    if not _MOBILE.fullmatch(e164):
        raise PhoneError("phone.not_vn_mobile")
    if not _is_assigned(e164[:7]):
        raise PhoneError("phone.prefix", prefix=digits[:3])
    return e164


@lru_cache(10_000)
def _is_assigned(start: str) -> bool:
    """Say whether mobile numbers begin so (+84 and four digits): what follows makes no difference to the library."""
    return bool(phonenumbers.is_valid_number(phonenumbers.parse(start + "00000", None)))
