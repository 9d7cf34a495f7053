"""Inbound notices: stored raw, judged by five checks in one function, applied exactly once.

The hook's two steps: `store` (tx 1, then commit) → `apply_notice` (tx 2, then answer). If the second fails, the worker
takes the row with `claim_notice` and does it again; `park` notes our own fault.
"""

from __future__ import annotations

import hashlib
import json
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from payments import cases, feeds, rows
from payments.booking import Allocated, Booked
from payments.gateways.protocol import MISCONFIGURED, Authenticity, Raw, Sender, Verdict
from payments.models import StoredNotice
from payments.refunds.booking import Returned
from payments.settling import Settled, settle
from payments.states import NOTICE, NoticeStatus

_HOOK_HEAD_START = timedelta(seconds=5)
_LEASE = timedelta(seconds=60)
_MOST_TRIES = 3
_MOST_REFUSED_PER_HOUR = 100
REFUSED_KEPT = timedelta(days=30)
_FORGED = (Verdict.NOT_AUTHENTIC, Verdict.UNREADABLE)


@dataclass(frozen=True, slots=True)
class Applied:
    """What a notice came to: the verdict to answer with, and what to count, show and record in the same transaction.

    `repeated` says that the row had been applied before; then nothing is listed a second time. `misconfigured`: the
    provider says that our keys or our messages are wrong.
    """

    notice_id: int
    provider: str
    verdict: Verdict
    status: str
    repeated: bool = False
    allocations: tuple[Allocated, ...] = ()
    request_ids: tuple[str, ...] = ()
    case_ids: tuple[str, ...] = ()
    returned: Returned | None = None
    ask_attempt_id: str | None = None
    feed_gap: bool = False
    misconfigured: bool = False

    @property
    def security_event(self) -> bool:
        """Say whether somebody sent what was not the provider's."""
        return self.verdict in _FORGED and not self.repeated


def store(session: Session, *, sender: Sender, raw: Raw, now: datetime) -> int:
    """Keep a notice as it came, before anybody looks at it; return its number."""
    kept = {name: value for name, value in raw.headers.items() if name in sender.kept_headers}
    row = StoredNotice(
        provider=sender.provider,
        method=raw.method,
        headers=json.dumps(kept, sort_keys=True),
        query=raw.query,
        body=raw.body,
        sha256=hashlib.sha256(raw.query + b"\n" + raw.body).hexdigest(),
        received_at=now,
        status=NOTICE.move(None, NoticeStatus.RECEIVED),
        tries=0,
        next_try_at=now + _HOOK_HEAD_START,
    )
    rows.write(session, row)
    return row.id


def apply_notice(session: Session, *, notice_id: int, sender: Sender, now: datetime, actor: str) -> Applied:
    """Judge and apply a stored notice, once; a row that is applied gives its verdict again and changes nothing."""
    row = rows.lock_notice(session, notice_id)
    if row.status not in (NoticeStatus.RECEIVED, NoticeStatus.PARKED):
        verdict = Verdict(row.verdict or Verdict.SEEN)
        return Applied(row.id, row.provider, verdict, row.status, repeated=True)
    raw = Raw(row.method, json.loads(row.headers), row.query or b"", row.body or b"")
    # Judged as of its arrival: a notice that waited for us has not become too old by it.
    notice = sender.parse_notice(raw, now=row.received_at)
    if notice.line is not None and notice.authenticity is Authenticity.AUTHENTIC:
        taken = feeds.take_notified(session, provider=row.provider, line=notice.line, now=now, actor=actor)
        verdict = Verdict.SEEN if taken.seen else Verdict.RECORDED
        settled = Settled(verdict, taken.booked, (), None)
        gap = taken.gap
    else:
        settled = settle(session, provider=row.provider, notice=notice, source="notice", now=now, actor=actor)
        gap = False
    _finish(session, row, settled, now=now)
    booked = settled.booked or Booked("")
    return Applied(
        notice_id=row.id,
        provider=row.provider,
        verdict=settled.verdict,
        status=row.status,
        allocations=booked.allocations,
        request_ids=booked.request_ids or settled.request_ids,
        case_ids=booked.case_ids + settled.case_ids,
        returned=booked.returned,
        ask_attempt_id=settled.ask_attempt_id,
        feed_gap=gap,
        misconfigured=notice.finding is not None and notice.finding.reason == MISCONFIGURED,
    )


def claim_notice(session: Session, *, now: datetime) -> tuple[int, str] | None:
    """Take the oldest notice that nobody has finished, for a minute; return its number and provider.

    A row that was taken three times and never finished is left to a person, so that it blocks no other.
    """
    while True:
        row = session.scalar(
            select(StoredNotice)
            .where(
                StoredNotice.status.in_((NoticeStatus.RECEIVED, NoticeStatus.PARKED)),
                StoredNotice.next_try_at <= now,
            )
            .order_by(StoredNotice.next_try_at, StoredNotice.id)
            .limit(1)
            .with_for_update(skip_locked=True),
            execution_options=rows.FRESH,
        )
        if row is None:
            return None
        if row.tries < _MOST_TRIES:
            break
        _leave_to_person(session, row, now=now)
    row.tries += 1
    row.next_try_at = now + _LEASE * row.tries
    session.flush()
    return row.id, row.provider


def _leave_to_person(session: Session, row: StoredNotice, *, now: datetime) -> None:
    """Open the case of a row that was never finished; it is tried again each day."""
    cases.open_case(
        session,
        kind=cases.NOTICE_STUCK,
        subject_id=f"notice:{row.id}",
        payee_id=None,
        reason=f"{row.provider}: taken {row.tries} times, never finished",
        now=now,
    )
    row.tries = _MOST_TRIES - 1
    row.next_try_at = now + timedelta(days=1)
    session.flush()


def park(session: Session, *, notice_id: int, reason: str, now: datetime) -> None:
    """Note that applying failed by our own fault; the worker tries again."""
    row = rows.lock_notice(session, notice_id)
    if row.status == NoticeStatus.RECEIVED:
        row.status = NOTICE.move(row.status, NoticeStatus.PARKED)
    if row.status == NoticeStatus.PARKED:
        row.reason = reason[:200]
        row.next_try_at = max(row.next_try_at, now + _HOOK_HEAD_START)
    session.flush()


def forget_refused(session: Session, *, now: datetime, limit: int = 500) -> int:
    """Empty the raw bytes of forged notices older than 30 days, keeping their hash; return how many."""
    statement = (
        select(StoredNotice)
        .where(
            StoredNotice.verdict.in_(_FORGED),
            StoredNotice.received_at < now - REFUSED_KEPT,
            StoredNotice.body.is_not(None),
        )
        .limit(limit)
    )
    old = list(session.scalars(statement))
    for row in old:
        _strip(row)
    session.flush()
    return len(old)


def _finish(session: Session, row: StoredNotice, settled: Settled, *, now: datetime) -> None:
    status = {
        Verdict.RECORDED: NoticeStatus.APPLIED,
        Verdict.SEEN: NoticeStatus.DUPLICATE,
    }.get(settled.verdict, NoticeStatus.REFUSED)
    row.status = NOTICE.move(row.status, status)
    row.verdict = settled.verdict
    row.applied_at = now
    if settled.booked is not None:
        row.transaction_id = settled.booked.transaction_id
    session.flush()
    if settled.verdict in _FORGED and _refused_lately(session, row.provider, now=now) > _MOST_REFUSED_PER_HOUR:
        _strip(row)
        session.flush()


def _refused_lately(session: Session, provider: str, *, now: datetime) -> int:
    statement = select(func.count()).where(
        StoredNotice.provider == provider,
        StoredNotice.verdict.in_(_FORGED),
        StoredNotice.received_at > now - timedelta(hours=1),
    )
    return session.scalar(statement) or 0


def _strip(row: StoredNotice) -> None:
    row.query, row.body, row.headers = None, None, "{}"
