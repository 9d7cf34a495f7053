"""What a cashier types, read leniently and kept as it was: amounts, and for whom without a name. Pure."""

import re

MOST_DIGITS = 10
_GROUPED = re.compile(r"(?P<digits>\d{1,3}(?:(?P<gap>[., \u00a0])\d{3})(?:(?P=gap)\d{3})*|\d+)(?P<thousands>\s*k)?")
_CURRENCY = re.compile(r"\s*(?:₫|đồng|đ|vnd|vnđ)$")
_NAME_LIKE = re.compile(r"[^\W\d_]{2,}")


class AmountUnreadable(ValueError):
    """Not an amount: neither 450000 nor 450.000 nor 450k."""


class NameSuspected(ValueError):
    """This reads like a person's full name, which may stand on no page that can be forwarded."""


def read_amount(text: str) -> int:
    """Return whole đồng from 450000, 450.000, 450,000, 450 000 or 450k, with or without đ; raise AmountUnreadable."""
    found = _GROUPED.fullmatch(_CURRENCY.sub("", text.strip().lower()))
    if found is None:
        raise AmountUnreadable(text)
    digits = re.sub(r"\D", "", found["digits"])
    amount = int(digits) * (1000 if found["thousands"] else 1)
    if len(str(amount)) > MOST_DIGITS:
        raise AmountUnreadable(text)
    return amount


def read_payer(text: str) -> str:
    """Return initials and class, or a code, with single blanks; raise NameSuspected for what looks like a name.

    Two capitalised words beside each other, or any three words of letters alone, are taken for a name.
    """
    words = text.split()
    alphabetic = [bool(_NAME_LIKE.fullmatch(word)) for word in words]
    for at in range(len(words) - 1):
        both = alphabetic[at] and alphabetic[at + 1]
        if both and words[at][0].isupper() and words[at + 1][0].isupper():
            raise NameSuspected(text)
        if both and at + 2 < len(words) and alphabetic[at + 2]:
            raise NameSuspected(text)
    return " ".join(words)
