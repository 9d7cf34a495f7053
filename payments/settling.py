"""What a gateway says about one attempt, by notice or by query: five checks, then one effect for each outcome."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy.orm import Session

from payments import attempts, booking, cases, rows
from payments.booking import Arrived, Booked
from payments.gateways.protocol import Authenticity, Finding, Notice, Outcome, Verdict
from payments.matching import Share
from payments.models import Attempt, Request, Transaction
from payments.money import Money
from payments.payees import house_payee
from payments.schedule import is_stuck
from payments.states import LIVE_ATTEMPTS, AttemptStatus

_ENDS = {
    Outcome.FAILED: AttemptStatus.FAILED,
    Outcome.CANCELED: AttemptStatus.CANCELED,
    Outcome.EXPIRED: AttemptStatus.EXPIRED,
}


@dataclass(frozen=True, slots=True)
class Known:
    """What our books say about the order that a notice names; fixed is the amount it must have, if one."""

    exists: bool
    fixed: Money | None = None
    status: str | None = None
    booked: bool = False


@dataclass(frozen=True, slots=True)
class Settled:
    """The verdict, and what changed by it."""

    verdict: Verdict
    booked: Booked | None
    case_ids: tuple[str, ...]
    ask_attempt_id: str | None
    request_ids: tuple[str, ...] = ()


def decide(notice: Notice, known: Known) -> Verdict:
    """Judge a notice by the five checks, in their order: authentic, order known, amount equal, not final, apply."""
    if notice.authenticity is Authenticity.AUTHENTIC and notice.moneyless:
        return Verdict.SEEN
    if notice.authenticity is Authenticity.UNREADABLE or (
        notice.authenticity is Authenticity.AUTHENTIC and notice.finding is None
    ):
        return Verdict.UNREADABLE
    if notice.authenticity is not Authenticity.AUTHENTIC or notice.finding is None:
        return Verdict.NOT_AUTHENTIC
    if not known.exists:
        return Verdict.ORDER_UNKNOWN
    if known.fixed is not None and notice.finding.amount != known.fixed:
        return Verdict.AMOUNT_DIFFERS
    if known.booked or known.status == AttemptStatus.SUCCEEDED:
        return Verdict.SEEN
    if known.status not in LIVE_ATTEMPTS and notice.finding.outcome not in (Outcome.PAID, Outcome.HINT):
        return Verdict.SEEN
    return Verdict.RECORDED


def settle(session: Session, *, provider: str, notice: Notice, source: str, now: datetime, actor: str) -> Settled:
    """Judge what a gateway says and write down what follows."""
    finding = notice.finding
    if notice.authenticity is not Authenticity.AUTHENTIC or finding is None:
        return Settled(decide(notice, Known(exists=False)), None, (), None)
    request, attempt = _lock_order(session, provider, finding)
    if request is None or attempt is None:
        booked = _book_for_nobody(session, provider, finding, source=source, now=now, actor=actor)
        return Settled(decide(notice, Known(exists=False)), booked, (), None)
    known = Known(
        exists=True,
        fixed=None if attempt.any_amount else Money(attempt.amount_minor, attempt.currency),
        status=attempt.status,
        booked=finding.provider_txn_id is not None
        and booking.is_booked(session, provider=provider, provider_txn_id=finding.provider_txn_id),
    )
    verdict = decide(notice, known)
    act = _Act(session, provider, request, attempt, finding, source, now, actor)
    if verdict is Verdict.RECORDED:
        return act.record()
    if verdict is Verdict.AMOUNT_DIFFERS and finding.outcome in (Outcome.PAID, Outcome.HINT):
        return Settled(verdict, None, act.open_case(cases.AMOUNT_DIFFERS, "paid another amount than asked"), None)
    if verdict is Verdict.SEEN and attempt.status == AttemptStatus.SUCCEEDED and not known.booked:
        return act.after_success()
    return Settled(verdict, None, (), None)


@dataclass(frozen=True, slots=True)
class _Act:
    """One verdict being carried out; request and attempt are locked."""

    session: Session
    provider: str
    request: Request
    attempt: Attempt
    finding: Finding
    source: str
    now: datetime
    actor: str

    def record(self) -> Settled:
        """Carry out the fifth check."""
        outcome = self.finding.outcome
        if outcome is Outcome.PAID:
            return self._pay()
        if outcome is Outcome.HINT:
            if self.attempt.status in LIVE_ATTEMPTS:
                self._to(AttemptStatus.UNKNOWN)
            self.attempt.next_query_at = self.now if self.attempt.queryable else None
            self.session.flush()
            return self._done(ask=self.attempt.id)
        if outcome is Outcome.UNKNOWN:
            self._to(AttemptStatus.UNKNOWN)
            suspected = self.finding.reason == cases.SUSPECTED
            opened = self.open_case(cases.SUSPECTED, "the provider suspects fraud") if suspected else ()
            return self._done(case_ids=opened)
        self._to(AttemptStatus.PENDING if outcome is Outcome.PENDING else _ENDS[outcome])
        return self._done()

    def after_success(self) -> Settled:
        """Keep what is said after a success: never a downgrade, never lost money."""
        if self.finding.outcome in _ENDS:
            opened = self.open_case(cases.CONTRADICTION, f"said {self.finding.outcome} after paid")
            return Settled(Verdict.SEEN, None, opened, None, (self.request.id,))
        if self.finding.outcome is not Outcome.PAID:
            return Settled(Verdict.SEEN, None, (), None)
        if self.attempt.any_amount:
            return self._pay()
        transaction = self._transaction()
        if transaction is None:
            return Settled(Verdict.SEEN, None, (), None)
        booked = booking.book_to_suspense(
            self.session,
            transaction,
            debit=self._debit,
            case_kind=cases.PAID_AGAIN,
            reason="a second payment of one attempt",
            now=self.now,
            actor=self.actor,
        )
        return Settled(Verdict.SEEN, booked, (), None)

    def open_case(self, kind: str, reason: str) -> tuple[str, ...]:
        """Open a case about the attempt."""
        case_id = cases.open_case(
            self.session,
            kind=kind,
            subject_id=self.attempt.id,
            payee_id=self.request.payee_id,
            reason=reason,
            now=self.now,
        )
        return (case_id,) if case_id else ()

    def _pay(self) -> Settled:
        transaction = self._transaction()
        if transaction is None:
            return Settled(Verdict.SEEN, None, (), None)
        self._answer_stuck()
        given_up = self.attempt.status not in (*LIVE_ATTEMPTS, AttemptStatus.SUCCEEDED)
        self.attempt.received_minor += transaction.amount_minor
        attempts.move(self.attempt, AttemptStatus.SUCCEEDED, now=self.now)
        booked = booking.book(
            self.session,
            transaction,
            shares=(Share(self.request, transaction.amount_minor),),
            debit=self._debit,
            late=given_up,
            now=self.now,
            actor=self.actor,
        )
        return Settled(Verdict.RECORDED, booked, (), None, (self.request.id,))

    @property
    def _debit(self) -> str:
        return f"provider:{self.provider}"

    def _transaction(self) -> Transaction | None:
        return booking.record(
            self.session,
            _arrived(self.provider, self.finding, self.source, self.now),
            payee=rows.payee(self.session, self.request.payee_id),
            now=self.now,
            attempt_id=self.attempt.id,
        )

    def _to(self, status: AttemptStatus) -> None:
        """Move the attempt; what was never noted as started has been, since the provider knows it."""
        if status in _ENDS.values():
            self._answer_stuck()
        if self.attempt.status == AttemptStatus.CREATED and status == AttemptStatus.EXPIRED:
            attempts.move(self.attempt, AttemptStatus.PENDING, now=self.now)
        attempts.move(self.attempt, status, now=self.now, reason=self.finding.reason or None)
        self.session.flush()

    def _answer_stuck(self) -> None:
        """Close the case of an attempt that nobody knew about for a day; a younger one has none."""
        if is_stuck(since=self.attempt.created_at, now=self.now):
            cases.close_cases(
                self.session, kind=cases.STUCK, subject_id=self.attempt.id, actor=self.actor, now=self.now
            )

    def _done(self, *, case_ids: tuple[str, ...] = (), ask: str | None = None) -> Settled:
        return Settled(Verdict.RECORDED, None, case_ids, ask, (self.request.id,))


def _lock_order(session: Session, provider: str, finding: Finding) -> tuple[Request | None, Attempt | None]:
    if not finding.merchant_ref:
        return None, None
    named = attempts.by_merchant_ref(session, gateway=provider, merchant_ref=finding.merchant_ref)
    if named is None:
        return None, None
    return rows.lock_request(session, named.request_id), rows.lock_attempt(session, named.id)


def _book_for_nobody(
    session: Session, provider: str, finding: Finding, *, source: str, now: datetime, actor: str
) -> Booked | None:
    """Keep an authentic "paid" for an order that we do not know: whatever the answer, it is money."""
    if finding.outcome is not Outcome.PAID or finding.amount is None or finding.provider_txn_id is None:
        return None
    house = house_payee(session, now=now)
    transaction = booking.record(session, _arrived(provider, finding, source, now), payee=house, now=now)
    if transaction is None:
        return None
    return booking.book_to_suspense(
        session,
        transaction,
        debit=f"provider:{provider}",
        case_kind=cases.ORDER_UNKNOWN,
        reason="paid for an order that we do not know",
        now=now,
        actor=actor,
    )


def _arrived(provider: str, finding: Finding, source: str, now: datetime) -> Arrived:
    if finding.amount is None or finding.provider_txn_id is None:
        raise ValueError("a payment without amount or transaction was judged as paid")
    return Arrived(
        provider=provider,
        provider_txn_id=finding.provider_txn_id,
        amount=finding.amount,
        paid_at=finding.paid_at or now,
        source=source,
    )
