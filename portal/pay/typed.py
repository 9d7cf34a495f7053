"""Sums and days as people type them, and numbers as their browsers send them back. Pure."""

import re
from datetime import date

MOST_DIGITS = 10
# So many a row's number has at most.
_MOST_NUMBER = 18
# Whoever asks for a day outside asks for nothing of ours, and a calendar has its own ends.
_YEARS = range(1975, 2200)
_GROUPED = re.compile(r"(?P<digits>\d{1,3}(?:(?P<gap>[., \u00a0])\d{3})(?:(?P=gap)\d{3})*|\d+)(?P<thousands>\s*k)?")
_CURRENCY = re.compile(r"\s*(?:₫|đồng|đ|vnd|vnđ)$")


class AmountUnreadable(ValueError):
    """Not an amount: neither 450000 nor 450.000 nor 450k."""


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


def read_number(text: str) -> int | None:
    """Return a number that a page of ours gave and its browser sends back, or None where it is none."""
    return int(text) if text.isascii() and text.isdecimal() and len(text) <= _MOST_NUMBER else None


def read_day(text: str) -> date | None:
    """Return a day written as 2026-11-23, or None where it is none that books could hold."""
    try:
        day = date.fromisoformat(text)
    except ValueError:
        return None
    return day if day.year in _YEARS else None
