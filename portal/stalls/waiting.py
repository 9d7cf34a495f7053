"""What waits for a market's manager: boards that show another's code, and odd money of the market's accounts."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from payments.models import Attempt, Suspense
from payments.models import Case as MoneyCase
from portal.cases import Case
from portal.stalls.models import ALARMS, Stall, StallCheck

REPLACED = "stall.code_replaced"
MOST = 20


@dataclass(frozen=True, slots=True, kw_only=True)
class Waits:
    """One open case: its stall where it is a board's; of money what is worked on, and the sum where one waits."""

    id: str
    kind: str
    since: datetime
    subject: str
    stall: Stall | None = None
    suspense_id: str | None = None
    request_id: str | None = None
    amount_minor: int | None = None


def waiting(session: Session, payee_ids: Sequence[str]) -> list[Waits]:
    """Return the open cases of a market: boards first, then money, each longest waiting first, `MOST` of a sort."""
    return [*_boards(session, payee_ids), *_money(session, payee_ids)]


def last_look(session: Session, stall_id: str, results: Collection[str] = ("own", *ALARMS)) -> StallCheck | None:
    """Return the last look at a board whose picture could be read, or which found one of these."""
    looks = select(StallCheck).where(StallCheck.stall_id == stall_id, StallCheck.result.in_(results))
    return session.scalar(looks.order_by(StallCheck.at.desc(), StallCheck.id.desc()).limit(1))


def _boards(session: Session, payee_ids: Sequence[str]) -> list[Waits]:
    query = (
        select(Case, Stall)
        .join(Stall, Stall.id == Case.subject)
        .where(Case.kind == REPLACED, Case.closed_at.is_(None), Stall.payee.in_(payee_ids))
        .order_by(Case.opened_at, Case.id)
        .limit(MOST)
    )
    return [
        Waits(id=case.id, kind=case.kind, since=case.opened_at, subject=case.subject, stall=stall)
        for case, stall in session.execute(query)
    ]


def _money(session: Session, payee_ids: Sequence[str]) -> list[Waits]:
    query = select(MoneyCase).where(MoneyCase.payee_id.in_(payee_ids), MoneyCase.closed_at.is_(None))
    found = session.scalars(query.order_by(MoneyCase.opened_at, MoneyCase.id).limit(MOST)).all()
    about = [one.subject_id for one in found]
    open_sums = select(Suspense).where(Suspense.transaction_id.in_(about), Suspense.status == "open")
    sums = {one.transaction_id: one for one in session.scalars(open_sums)}
    tries = {one.id: one for one in session.scalars(select(Attempt).where(Attempt.id.in_(about)))}
    return [_waits(one, sums.get(one.subject_id), tries.get(one.subject_id)) for one in found]


def _waits(case: MoneyCase, item: Suspense | None, attempt: Attempt | None) -> Waits:
    return Waits(
        id=case.id, kind=case.kind, since=case.opened_at, subject=case.subject_id,
        suspense_id=item.id if item else None, amount_minor=item.amount_minor if item else None,
        request_id=attempt.request_id if attempt else None,
    )  # fmt: skip
