"""What must hold on a live system, from the rows: I1, books and requests; I5, the trail and what it covers."""

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass

from sqlalchemy import func, select, union_all
from sqlalchemy.orm import Session

import payments
from payments.models import Account, Allocation, Balance, CreditUse, Request
from payments.states import Purpose, RequestStatus
from portal.audit import AuditRow, broken_rows
from portal.crypto import FieldKeys
from portal.onboarding.rosters.proof import altered_chunks


@dataclass(frozen=True, slots=True)
class Held:
    """One invariant: how many rows were read, and every row that breaks it."""

    checked: int
    breaches: tuple[str, ...]


def check_invariants(session: Session, *, keys: FieldKeys | None = None) -> dict[str, Held]:
    """Return what was found for each invariant; with `keys` the rows of imported lists are held against the trail."""
    books = payments.check(session)
    requests, wrong = _requests(session)
    broken = (*(f"{one.invariant} {one.payee_id}: {one.what}" for one in books.breaches), *_credits(session))
    trail = session.scalar(select(func.count()).select_from(AuditRow)) or 0
    altered = () if keys is None else altered_chunks(session, keys)
    return {
        "I1": Held(books.movements + requests, broken + wrong),
        "I5": Held(trail, (*broken_rows(session), *altered)),
    }


def _requests(session: Session) -> tuple[int, tuple[str, ...]]:
    """Hold each request's figures and status against what is allocated to it."""
    money = select(Allocation.request_id, Allocation.amount_minor).where(Allocation.undone_at.is_(None))
    used = select(CreditUse.request_id, CreditUse.amount_minor).where(CreditUse.undone_at.is_(None))
    parts = union_all(money, used).subquery()
    live = (
        select(parts.c.request_id, func.sum(parts.c.amount_minor).label("sum")).group_by(parts.c.request_id).subquery()
    )
    query = select(
        Request.id, Request.status, Request.amount_minor, Request.allocated_minor, func.coalesce(live.c.sum, 0)
    )
    count, wrong = 0, []
    for request_id, status, asked, kept, allocated in session.execute(
        query.outerjoin(live, live.c.request_id == Request.id).order_by(Request.seq).execution_options(yield_per=1000)
    ):
        count += 1
        if kept != int(allocated):
            wrong.append(f"{request_id}: {kept} kept, {allocated} allocated")
        if (status == RequestStatus.PAID) != (int(allocated) >= asked):
            wrong.append(f"{request_id}: {status} with {allocated} of {asked}")
    return count, tuple(wrong)


def _credits(session: Session) -> Iterator[str]:
    """Hold what lies in each payer's credit against the advances and overpayments that are left of it."""
    left: Counter[tuple[str, str]] = Counter()
    advances = (
        select(Request, Allocation)
        .join(Allocation, Allocation.request_id == Request.id)
        .where(Request.purpose == Purpose.ADVANCE, Allocation.undone_at.is_(None))
    )
    for request, paid in session.execute(advances):
        left[request.payee_id, request.credit_account] += paid.left_minor
    for request in session.scalars(select(Request).where(Request.over_minor > Request.over_settled_minor)):
        left[request.payee_id, request.credit_account] += request.over_left_minor
    kept = (
        select(Account.payee_id, Account.name, Balance.balance_minor)
        .join(Balance, Balance.account_id == Account.id)
        .where(Account.name.like("payer_credit:%"))
    )
    booked = {(payee_id, name): -int(minor) for payee_id, name, minor in session.execute(kept)}
    for payee_id, name in sorted(left.keys() | booked.keys()):
        if left[payee_id, name] != booked.get((payee_id, name), 0):
            yield f"{payee_id} {name}: {booked.get((payee_id, name), 0)} booked, {left[payee_id, name]} left"
