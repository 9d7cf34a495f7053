"""The payments of a market, or of one stall, as they come, over all the accounts that the market has."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

import payments
from payments import CreditShown
from payments.models import Payee
from portal.pay.typed import read_number
from portal.stalls.models import Stall


@dataclass(frozen=True, slots=True, kw_only=True)
class Came:
    """One payment on the board: which stall, the exact sum, when, how the bank's number of it ends, and its mark."""

    mark: str
    seq: int
    stall: Stall | None
    amount_minor: int
    paid_at: datetime
    ends: str


def mark_now(session: Session, accounts: Sequence[Payee]) -> str:
    """Return the mark after which only what is new comes: the last movement of each account, `12.7`."""
    return ".".join(str(payments.last_seq(session, payee_id=one.id)) for one in accounts)


def read_mark(text: str, accounts: Sequence[Payee]) -> list[int] | None:
    """Return how far each account was seen; one opened since was not seen at all. None for what is no mark. Pure."""
    numbers = [read_number(one) for one in text.split(".")]
    seen = [one for one in numbers if one is not None]
    if len(seen) < len(numbers) or len(seen) > len(accounts):
        return None
    return seen + [0] * (len(accounts) - len(seen))


def came_after(
    session: Session, accounts: Sequence[Payee], seen: Sequence[int], *, desk_ref: str | None = None
) -> list[Came]:
    """Return the payments that came after what was seen of each account; one account's in their order."""
    at, credits = list(seen), []
    for place, account in enumerate(accounts):
        for credit in payments.credits_after(session, payee_id=account.id, after=at[place], desk_ref=desk_ref):
            at[place] = credit.seq
            credits.append((credit, ".".join(map(str, at))))
    stalls = _stalls(session, accounts) if credits else {}
    return [_came(credit, stalls, mark) for credit, mark in credits]


def latest(
    session: Session, accounts: Sequence[Payee], *, on: date, desk_ref: str | None = None, rows: int = 10
) -> list[Came]:
    """Return a business day's last payments of a market or one stall, the newest first."""
    stalls = _stalls(session, accounts)
    found = [
        _came(credit, stalls, "")
        for account in accounts
        for credit in payments.newest_credits(session, payee_id=account.id, on=on, desk_ref=desk_ref, limit=rows)
    ]
    if len(accounts) > 1:
        found.sort(key=lambda one: one.paid_at, reverse=True)
    return found[:rows]


def _stalls(session: Session, accounts: Sequence[Payee]) -> dict[str, Stall]:
    found = session.scalars(select(Stall).where(Stall.payee.in_([one.id for one in accounts])))
    return {one.desk_ref: one for one in found}


def _came(credit: CreditShown, stalls: dict[str, Stall], mark: str) -> Came:
    desks = (one.desk_ref or "" for one in credit.requests)
    return Came(
        mark=mark, seq=credit.seq, stall=next((stalls[one] for one in desks if one in stalls), None),
        amount_minor=credit.came_minor, paid_at=credit.paid_at, ends=credit.bank_number[-4:],
    )  # fmt: skip
