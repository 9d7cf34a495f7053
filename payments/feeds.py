"""A bank account's lines, pushed or pulled: each booked once, and a balance that does not add up noticed at once."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import select
from sqlalchemy.orm import Session

from payments import attempts, booking, cases, rows
from payments.booking import Arrived, Booked
from payments.errors import FeedUnknown, LeaseLost
from payments.gateways.protocol import BankLine
from payments.matching import Share, shares_of
from payments.models import Attempt, Feed, Payee, Request
from payments.payees import house_payee
from payments.refunds import leaving
from payments.settlement.told import told_before
from payments.standing import standing_share
from payments.states import FEED, AttemptStatus, FeedStatus

PULL_EVERY = timedelta(minutes=5)
_LEASE = timedelta(seconds=60)
_QR_GATEWAY = "vietqr"


@dataclass(frozen=True, slots=True)
class Taken:
    """What became of one line: booked None if it was known before; gap if the balance shows that one is missing."""

    seen: bool
    gap: bool
    booked: Booked | None


@dataclass(frozen=True, slots=True)
class Pull:
    """A feed that is due to be pulled, with the lease that its answer must carry.

    Wanted are lines numbered above `after`; all that came until `since` are known.
    """

    feed_id: str
    provider: str
    account: str
    after: int | None
    lease_no: int
    claimed_at: datetime
    since: datetime | None


def take_notified(session: Session, *, provider: str, line: BankLine, now: datetime, actor: str) -> Taken:
    """Book a line that a notice brought, and compare its balance with the last one."""
    feed = _lock_live_feed(session, provider=provider, account=line.account)
    if feed is None:
        return _take_for_nobody(session, provider=provider, line=line, now=now, actor=actor)
    gap = _walk(session, feed, line, now=now)
    booked = _book_line(session, feed=feed, line=line, source="notice", now=now, actor=actor)
    return Taken(seen=booked is None, gap=gap, booked=booked)


def claim_pull(session: Session, *, now: datetime) -> Pull | None:
    """Take the feed that is due longest, for a minute; the pulling itself is done outside the transaction."""
    statement = (
        select(Feed)
        .where(Feed.status != FeedStatus.CLOSED, Feed.next_pull_at <= now)
        .order_by(Feed.next_pull_at)
        .limit(1)
        .with_for_update(skip_locked=True)
    )
    feed = session.scalar(statement, execution_options=rows.FRESH)
    if feed is None:
        return None
    feed.lease_no += 1
    feed.next_pull_at = now + _LEASE
    session.flush()
    return Pull(
        feed.id, feed.provider, feed.account, feed.last_line, feed.lease_no, claimed_at=now, since=feed.complete_until
    )


def record_pull(
    session: Session, *, pull: Pull, lines: Sequence[BankLine], now: datetime, actor: str
) -> tuple[Taken, ...]:
    """Book what a pull brought, each line once, and close the gap if the balances add up; raises LeaseLost."""
    feed = _lock_leased(session, pull)
    ordered = sorted(lines, key=lambda line: line.number)
    sound = _walk_pulled(feed, ordered)
    taken = []
    for line in ordered:
        if line.paid_at < feed.created_at.replace(microsecond=0):  # banks tell whole seconds
            # The account's life before it was ours is no business of these books; it only gives the first balance.
            continue
        booked = _book_line(session, feed=feed, line=line, source="pull", now=now, actor=actor)
        taken.append(Taken(seen=booked is None, gap=False, booked=booked))
    if not sound:
        _open_gap(session, feed, now=now)
    elif feed.status == FeedStatus.GAP and ordered:
        feed.status = FEED.move(feed.status, FeedStatus.LIVE)
        cases.close_cases(session, kind=cases.FEED_GAP, subject_id=feed.id, actor=actor, now=now)
    if feed.status != FeedStatus.GAP:
        feed.complete_until = pull.claimed_at
    feed.next_pull_at = now + PULL_EVERY
    session.flush()
    return tuple(taken)


def record_pull_failed(session: Session, *, pull: Pull, now: datetime) -> None:
    """Note that a pull had no answer: the next one is due as usual; raises LeaseLost."""
    feed = _lock_leased(session, pull)
    feed.next_pull_at = now + PULL_EVERY
    session.flush()


def _lock_live_feed(session: Session, *, provider: str, account: str) -> Feed | None:
    statement = (
        select(Feed)
        .where(Feed.provider == provider, Feed.account == account, Feed.status != FeedStatus.CLOSED)
        .with_for_update()
    )
    return session.scalar(statement, execution_options=rows.FRESH)


def _lock_leased(session: Session, pull: Pull) -> Feed:
    statement = select(Feed).where(Feed.id == pull.feed_id).with_for_update()
    feed = session.scalar(statement, execution_options=rows.FRESH)
    if feed is None:
        raise FeedUnknown(feed_id=pull.feed_id)
    if feed.lease_no != pull.lease_no:
        raise LeaseLost(feed_id=feed.id)
    return feed


def _walk(session: Session, feed: Feed, line: BankLine, *, now: datetime) -> bool:
    """Follow the balance by one notified line; return whether it shows a missing one.

    A line is the last one known only where its balance shows that none is missing before it: before the first pull,
    while a gap is open and without balances nobody can say so, and a pull goes on from where it was.
    """
    if feed.status == FeedStatus.GAP or (feed.last_line is not None and line.number <= feed.last_line):
        return False
    if feed.last_line is None and booking.is_booked(session, provider=feed.provider, provider_txn_id=str(line.number)):
        return False  # a copy of what was told
    if not _adds_up(feed.last_balance_minor, line):
        _open_gap(session, feed, now=now)
        return True
    if feed.last_line is None:
        feed.last_balance_minor = _balance(feed.last_balance_minor, line)
    elif feed.last_balance_minor is not None and line.balance_after_minor is not None:
        feed.last_line, feed.last_balance_minor = line.number, line.balance_after_minor
    return False


def _walk_pulled(feed: Feed, ordered: Sequence[BankLine]) -> bool:
    """Follow the balance over pulled lines; move on only if all of them add up. The first pull has all there are."""
    number, balance = feed.last_line, feed.last_balance_minor if feed.last_line is not None else None
    for line in ordered:
        if number is not None and line.number <= number:
            continue
        if not _adds_up(balance, line):
            return False
        number, balance = line.number, _balance(balance, line)
    feed.last_line, feed.last_balance_minor = number, balance
    return True


def _adds_up(balance: int | None, line: BankLine) -> bool:
    if balance is None or line.balance_after_minor is None:
        return True
    return balance + _signed(line) == line.balance_after_minor


def _balance(balance: int | None, line: BankLine) -> int | None:
    if line.balance_after_minor is not None:
        return line.balance_after_minor
    return None if balance is None else balance + _signed(line)


def _signed(line: BankLine) -> int:
    return line.amount.amount_minor if line.incoming else -line.amount.amount_minor


def _open_gap(session: Session, feed: Feed, *, now: datetime) -> None:
    if feed.status != FeedStatus.GAP:
        feed.status = FEED.move(feed.status, FeedStatus.GAP)
    feed.next_pull_at = now
    cases.open_case(
        session,
        kind=cases.FEED_GAP,
        subject_id=feed.id,
        payee_id=feed.payee_id,
        reason="the balance does not add up: a line is missing",
        now=now,
    )


def _book_line(
    session: Session, *, feed: Feed, line: BankLine, source: str, now: datetime, actor: str
) -> Booked | None:
    """Book one line of a known account, or return None if it is in the books, by whoever told it."""
    if told_before(session, feed=feed, line=line, now=now):
        return None
    payee = rows.payee(session, feed.payee_id)
    return book_line(session, payee=payee, arrived=_arrived(feed.provider, line, source), now=now, actor=actor)


def book_line(session: Session, *, payee: Payee, arrived: Arrived, now: datetime, actor: str) -> Booked | None:
    """Book one line of a payee's account, or return None if it is in the books under its number."""
    incoming, memo, minor = arrived.kind == booking.PAYMENT, arrived.memo or "", arrived.amount.amount_minor
    shares = shares_of(session, payee=payee, memo=memo, amount_minor=minor) if incoming else ()
    transaction = booking.record(session, arrived, payee=payee, now=now, attempt_id=None)
    if transaction is None:
        return None
    if not incoming:
        # Money that leaves is no payment: it stays on record, and ends the refund by hand whose code it carries.
        returned = leaving.settle_outgoing(session, payee=payee, line=transaction, now=now, actor=actor)
        return Booked(transaction.id, returned=returned, transaction_seq=transaction.seq)
    debit = f"bank:{arrived.account}"
    if not shares:
        board = standing_share(session, payee=payee, memo=memo, amount_minor=minor, now=now)
        shares = (board,) if board is not None else ()
    if not shares:
        return booking.book_to_suspense(
            session,
            transaction,
            debit=debit,
            case_kind=cases.UNMATCHED,
            reason="no payment code, or several that owe another sum",
            now=now,
            actor=actor,
        )
    for share in shares:
        _close_qr(session, share, now=now)
    return booking.book(session, transaction, shares=shares, debit=debit, late=False, now=now, actor=actor)


def _close_qr(session: Session, share: Share, *, now: datetime) -> None:
    """End the QR that this money answers, as succeeded with what came; a new one asks for the rest."""
    qr = _live_qr(session, share.request)
    if qr is not None:
        qr.received_minor += share.amount_minor
        attempts.move(qr, AttemptStatus.SUCCEEDED, now=now)


def _live_qr(session: Session, request: Request) -> Attempt | None:
    for attempt in attempts.live_attempts(session, request.id):
        if attempt.gateway == _QR_GATEWAY:
            return rows.lock_attempt(session, attempt.id)
    return None


def _take_for_nobody(session: Session, *, provider: str, line: BankLine, now: datetime, actor: str) -> Taken:
    """Keep an authentic credit to an account that no feed of ours names; it is money all the same."""
    house: Payee = house_payee(session, now=now)
    transaction = booking.record(session, _arrived(provider, line, "notice"), payee=house, now=now)
    if transaction is None:
        return Taken(seen=True, gap=False, booked=None)
    if not line.incoming:
        return Taken(seen=False, gap=False, booked=Booked(transaction.id))
    booked = booking.book_to_suspense(
        session,
        transaction,
        debit=f"bank:{line.account}",
        case_kind=cases.ACCOUNT_UNKNOWN,
        reason="no live feed has this account",
        now=now,
        actor=actor,
    )
    return Taken(seen=False, gap=False, booked=booked)


def _arrived(provider: str, line: BankLine, source: str) -> Arrived:
    return Arrived(
        provider=provider,
        provider_txn_id=str(line.number),
        amount=line.amount,
        paid_at=line.paid_at,
        source=source,
        kind=booking.PAYMENT if line.incoming else booking.OUTGOING,
        account=line.account,
        memo=line.memo,
        code_hint=line.code_hint,
        balance_after_minor=line.balance_after_minor,
        bank_reference=line.reference or None,
    )
