"""Vietnam's banks by BIN, and which can receive by VietQR: dated data in banks.csv, not code."""

from __future__ import annotations

import csv
from dataclasses import dataclass
from functools import cache
from importlib import resources


@dataclass(frozen=True, slots=True)
class Bank:
    """One bank: `receives` is yes, no, or listed_once when only one of two lists names it."""

    bin: str
    name: str
    receives: str


@cache
def banks() -> dict[str, Bank]:
    """Return all banks by BIN."""
    lines = (resources.files("payments.gateways") / "banks.csv").read_text(encoding="utf-8").splitlines()
    return {row["bin"]: Bank(row["bin"], row["name"], row["receives"]) for row in csv.DictReader(lines)}


def bank_name(bank_bin: str) -> str:
    """Return a bank's short name, or its BIN when the list does not know it."""
    found = banks().get(bank_bin)
    return found.name if found is not None else bank_bin


def can_receive(bank_bin: str) -> bool:
    """Say whether a transfer by QR reaches this bank; one that only one list names is believed."""
    found = banks().get(bank_bin)
    return found is not None and found.receives != "no"
