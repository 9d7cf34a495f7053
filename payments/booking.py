"""Writing down money that came: transaction, allocations, suspense, journal and request, all in one transaction."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime

from sqlalchemy import bindparam, select
from sqlalchemy.orm import Session

from payments import cases, journal, rows
from payments.attempts import end_with_request
from payments.credit import Credit, Standing, credit, exceptions_text
from payments.days import business_date
from payments.journal import Entry
from payments.matching import Share
from payments.models import Allocation, Payee, Request, Suspense, Transaction
from payments.money import Money
from payments.refunds.booking import Returned
from payments.states import SUSPENSE, AttemptStatus, RequestStatus, SuspenseStatus
from payments.types import new_id

PAYMENT = "payment"
OUTGOING = "outgoing"
UNMATCHED = "unmatched"
ASSIGNED, UNDONE = "assigned", "undone"
_BOOKED = select(Transaction.seq).where(
    Transaction.provider == bindparam("its_provider"), Transaction.provider_txn_id == bindparam("number")
)


@dataclass(frozen=True, slots=True)
class Allocated:
    """What was counted: which part of which transaction paid which request, on the provider's business day."""

    allocation_id: str
    transaction_id: str
    request_id: str
    payee_id: str
    amount_minor: int
    paid_at: datetime
    business_date: date
    area_ref: str | None


@dataclass(frozen=True, slots=True)
class Booked:
    """What one transaction changed: allocations to count, requests to show, cases to decide."""

    transaction_id: str
    allocations: tuple[Allocated, ...] = ()
    request_ids: tuple[str, ...] = ()
    suspense_ids: tuple[str, ...] = ()
    case_ids: tuple[str, ...] = ()
    returned: Returned | None = None
    transaction_seq: int = 0


@dataclass(frozen=True, slots=True)
class Arrived:
    """Money as a provider reported it, ready to be written down once."""

    provider: str
    provider_txn_id: str
    amount: Money
    paid_at: datetime
    source: str
    kind: str = PAYMENT
    account: str | None = None
    memo: str | None = None
    code_hint: str | None = None
    balance_after_minor: int | None = None
    bank_reference: str | None = None


def is_booked(session: Session, *, provider: str, provider_txn_id: str) -> bool:
    """Say whether a provider's transaction is in the books."""
    return session.scalar(_BOOKED, {"its_provider": provider, "number": provider_txn_id}) is not None


def record(
    session: Session, arrived: Arrived, *, payee: Payee, now: datetime, attempt_id: str | None = None
) -> Transaction | None:
    """Write the transaction's row, or return None: somebody has written it before."""
    row = Transaction(
        id=new_id("tx"),
        provider=arrived.provider,
        provider_txn_id=arrived.provider_txn_id,
        kind=arrived.kind,
        payee_id=payee.id,
        attempt_id=attempt_id,
        amount_minor=arrived.amount.amount_minor,
        currency=arrived.amount.currency,
        paid_at=arrived.paid_at,
        business_date=business_date(arrived.paid_at),
        account=arrived.account,
        bank_reference=arrived.bank_reference,
        memo=arrived.memo,
        code_hint=arrived.code_hint,
        balance_after_minor=arrived.balance_after_minor,
        area_ref=payee.area_ref,
        exceptions="",
        source=arrived.source,
        booked_at=now,
    )
    return row if rows.write_once(session, row) else None


def book(
    session: Session,
    transaction: Transaction,
    *,
    shares: Sequence[Share],
    debit: str,
    late: bool,
    now: datetime,
    actor: str,
) -> Booked:
    """Credit locked requests with a transaction: one movement, one allocation each, the rest where it belongs."""
    credits = [(share.request, _credit(share, transaction, late=late)) for share in shares]
    owed: Counter[str] = Counter()
    for request, part in credits:
        owed[request.pays_into] -= part.to_owed
        owed[request.credit_account] -= part.to_payer_credit
        owed[journal.SUSPENSE] -= part.to_suspense
    _post(session, transaction, debit=debit, credits=owed, now=now, actor=actor)
    allocations, suspended, opened = [], [], []
    for request, part in credits:
        _apply(session, request, part, paid_at=transaction.paid_at, now=now)
        if part.to_owed:
            allocations.append(_allocate(session, transaction, request, part.to_owed, now=now, actor=actor))
        if part.to_suspense:
            suspended.append(_suspend(session, transaction, part.to_suspense, request_id=request.id, now=now))
            opened.append(
                cases.open_case(
                    session,
                    kind=cases.MONEY_FOR_CANCELED,
                    subject_id=transaction.id,
                    payee_id=transaction.payee_id,
                    reason=f"request {request.id} is {request.status}",
                    now=now,
                )
            )
    session.flush()
    return Booked(
        transaction.id,
        tuple(allocations),
        tuple(request.id for request, _ in credits),
        tuple(suspended),
        tuple(case for case in opened if case is not None),
        transaction_seq=transaction.seq,
    )


def book_to_suspense(
    session: Session,
    transaction: Transaction,
    *,
    debit: str,
    case_kind: str,
    reason: str,
    now: datetime,
    actor: str,
) -> Booked:
    """Keep money that no request claims, and ask a person."""
    _post(
        session,
        transaction,
        debit=debit,
        credits=Counter({journal.SUSPENSE: -transaction.amount_minor}),
        now=now,
        actor=actor,
    )
    transaction.exceptions = UNMATCHED
    suspense_id = _suspend(session, transaction, transaction.amount_minor, request_id=None, now=now)
    case_id = cases.open_case(
        session, kind=case_kind, subject_id=transaction.id, payee_id=transaction.payee_id, reason=reason, now=now
    )
    session.flush()
    asked = (case_id,) if case_id else ()
    return Booked(transaction.id, (), (), (suspense_id,), asked, transaction_seq=transaction.seq)


def book_from_suspense(
    session: Session, transaction: Transaction, item: Suspense, request: Request, *, now: datetime, actor: str
) -> Booked:
    """Credit a locked request with a sum that waited: one movement, one allocation, what is over to the payer."""
    part = _credit(Share(request, item.amount_minor), transaction, late=False)
    allocated = _allocate(session, transaction, request, part.to_owed, now=now, actor=actor, suspense_id=item.id)
    amounts = Counter({journal.SUSPENSE: item.amount_minor})
    amounts[request.pays_into] -= part.to_owed
    amounts[request.credit_account] -= part.to_payer_credit
    journal.post(
        session,
        payee_id=item.payee_id,
        kind=ASSIGNED,
        source_kind="allocation",
        source_id=allocated.allocation_id,
        entries=[Entry(name, Money(amount, transaction.currency)) for name, amount in amounts.items() if amount],
        business_date=transaction.business_date,
        booked_at=now,
        actor=actor,
    )
    _apply(session, request, part, paid_at=transaction.paid_at, now=now)
    session.flush()
    return Booked(transaction.id, (allocated,), (request.id,))


def _credit(share: Share, transaction: Transaction, *, late: bool) -> Credit:
    request = share.request
    standing = Standing(
        status=request.status,
        amount_minor=request.amount_minor,
        allocated_minor=request.allocated_minor,
        over_minor=request.over_left_minor,
        exceptions=frozenset(request.exceptions.split()),
    )
    after_time = request.expires_at is not None and transaction.paid_at > request.expires_at
    return credit(standing, sum_minor=share.amount_minor, late=late or after_time)


def _apply(session: Session, request: Request, part: Credit, *, paid_at: datetime, now: datetime) -> None:
    becomes_paid = part.after.status == RequestStatus.PAID and request.status != RequestStatus.PAID
    request.status = part.after.status
    request.allocated_minor = part.after.allocated_minor
    request.over_minor += part.to_payer_credit
    request.differs_by(exceptions_text(part.after.exceptions))
    if becomes_paid:
        request.paid_at = paid_at
        end_with_request(session, request_id=request.id, status=AttemptStatus.CANCELED, now=now)


def _allocate(
    session: Session, transaction: Transaction, request: Request, amount_minor: int, *, now: datetime, actor: str,
    suspense_id: str | None = None,
) -> Allocated:  # fmt: skip
    row = Allocation(
        id=new_id("al"),
        transaction_id=transaction.id,
        request_id=request.id,
        amount_minor=amount_minor,
        made_by=actor,
        made_at=now,
        suspense_id=suspense_id,
    )
    rows.write(session, row)
    return Allocated(
        allocation_id=row.id,
        transaction_id=transaction.id,
        request_id=request.id,
        payee_id=transaction.payee_id,
        amount_minor=amount_minor,
        paid_at=transaction.paid_at,
        business_date=transaction.business_date,
        area_ref=transaction.area_ref,
    )


def _suspend(
    session: Session, transaction: Transaction, amount_minor: int, *, request_id: str | None, now: datetime
) -> str:
    row = Suspense(
        id=new_id("su"),
        transaction_id=transaction.id,
        payee_id=transaction.payee_id,
        request_id=request_id,
        amount_minor=amount_minor,
        status=SUSPENSE.move(None, SuspenseStatus.OPEN),
        opened_at=now,
    )
    session.add(row)
    return row.id


def _post(
    session: Session, transaction: Transaction, *, debit: str, credits: Counter[str], now: datetime, actor: str
) -> None:
    currency = transaction.currency
    entries = [Entry(debit, Money(transaction.amount_minor, currency))]
    entries += [Entry(account, Money(amount, currency)) for account, amount in sorted(credits.items()) if amount]
    journal.post(
        session,
        payee_id=transaction.payee_id,
        kind=PAYMENT,
        source_kind="transaction",
        source_id=transaction.id,
        entries=entries,
        business_date=transaction.business_date,
        booked_at=now,
        actor=actor,
    )
