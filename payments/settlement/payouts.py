"""The third way: what a batch comes to against one line of the bank; fees as lines of their own, never netted.

At import: fees → provider, for each payee. When the bank's line is seen: bank → provider for each payee's net, and the
line itself leaves the suspense in which it lay. What nobody's row explains stands in the house's books until somebody
has put it right.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Mapping
from datetime import date, datetime, timedelta
from typing import TYPE_CHECKING

from sqlalchemy import select
from sqlalchemy.orm import Session

from payments import cases, journal, rows
from payments.booking import PAYMENT
from payments.days import business_date
from payments.journal import Entry
from payments.models import Account, Chain, Suspense, Transaction
from payments.money import Money
from payments.payees import HOUSE_PAYEE_ID, house_payee
from payments.settlement.tables import Difference, Outcome, Payout, PayoutShare, SettlementFile
from payments.states import PAYOUT, SUSPENSE, DifferenceState, PayoutStatus, SuspenseStatus
from payments.types import new_id

if TYPE_CHECKING:
    from payments.settlement.met import Met

_WAITS_WORKING_DAYS = 2
_SATURDAY = 5
_LEAST_NAME = 6
_AWAITED = (PayoutStatus.EXPECTED, PayoutStatus.MISSING)


def take_turn(session: Session, *, now: datetime) -> None:
    """Let settlement's writers follow each other, each taking the house's chain before any payee's.

    Two files that overlap must see each other's rows, and nobody waits for another in a circle.
    """
    house_payee(session, now=now)
    head = select(Chain).where(Chain.payee_id == HOUSE_PAYEE_ID).with_for_update()
    session.execute(head, execution_options=rows.FRESH)


def expect(
    session: Session, file: SettlementFile, met: Met, *, settles: Mapping[str, str], now: datetime, actor: str
) -> None:
    """Expect one payout for each batch of a file, and book each payee's fees."""
    nets, shares = _sums(session, met)
    made = {
        batch_id: _payout(session, file, batch_id, net, settles.get(batch_id, ""), now=now)
        for batch_id, net in sorted(nets.items())
    }
    for (payee_id, batch_id), (fee, net) in sorted(shares.items()):
        add_share(session, made[batch_id], file, payee_id, fee=fee, net=net, now=now, actor=actor)
    for batch_id, net in sorted(met.own_fees().items()):
        add_share(session, made[batch_id], file, HOUSE_PAYEE_ID, fee=-net, net=net, now=now, actor=actor)


def _sums(session: Session, met: Met) -> tuple[Mapping[str, int], Mapping[tuple[str, str], tuple[int, int]]]:
    """Return a file's net by batch, and fee and net by payee and batch."""
    payees = {one.id: one.payee_id for one in session.execute(select(Account.id, Account.payee_id))}
    nets = Counter[str]()
    shares: dict[tuple[str, str], tuple[int, int]] = {}
    for batch_id, account_id, outcome, fee, net in met.sums():
        nets[batch_id] += net
        if account_id is not None and outcome != Outcome.DUPLICATE:
            key = payees[account_id], batch_id
            had = shares.get(key, (0, 0))
            shares[key] = had[0] + fee, had[1] + net
    return nets, shares


def add_share(
    session: Session,
    payout: Payout,
    file: SettlementFile,
    payee_id: str,
    *,
    fee: int,
    net: int,
    now: datetime,
    actor: str,
) -> None:
    """Note what of a batch belongs to a payee, and book its fee; if the batch is paid, its payout too."""
    share = PayoutShare(
        id=new_id("ps"), payout_seq=payout.seq, payee_id=payee_id, fee_minor=fee, net_minor=net
    )  # fmt: skip
    session.add(share)
    session.flush()
    provider = f"provider:{file.provider}"
    if fee:
        _post(
            session, share, "fee", debit="fees", credit=provider, minor=fee, day=file.business_date, now=now, by=actor
        )
    if payout.transaction_seq is not None:
        _pay_out_late(session, payout, share, provider, now=now, actor=actor)


def payout_of(session: Session, file: SettlementFile, batch_id: str) -> Payout:
    """Return the payout that a row of a file belongs to."""
    name = batch_id or file.business_date.isoformat()
    query = select(Payout).where(Payout.provider == file.provider, Payout.batch_id.in_((name, _again(name, file.no))))
    return session.scalars(query.order_by(Payout.seq.desc()).limit(1)).one()


def take_bank_lines(session: Session, *, now: datetime, actor: str) -> int:
    """Look for the bank's line of each payout that is awaited; return how many were found."""
    awaited = session.scalars(
        select(Payout).where(Payout.status.in_(_AWAITED)).order_by(Payout.seq).with_for_update(),
        execution_options=rows.FRESH,
    ).all()
    found = 0
    for payout in awaited:
        line = _line_of(session, payout)
        if line is not None:
            _pay(session, payout, *line, now=now, actor=actor)
            found += 1
        elif payout.status == PayoutStatus.EXPECTED and is_overdue(payout.expected_on, today=business_date(now)):
            _move(payout, PayoutStatus.MISSING, now=now)
            _tell(session, payout, cases.PAYOUT_MISSING, "no line of the bank for two working days", now=now)
    session.flush()
    return found


def reconcile(session: Session, *, now: datetime) -> int:
    """End the payouts all of whose rows are matched or explained; return how many."""
    waits = (
        select(Difference.seq)
        .where(
            Difference.file_no == Payout.file_no,
            Difference.state.in_((DifferenceState.WAITING, DifferenceState.OPEN)),
        )
        .exists()
    )
    query = select(Payout).where(Payout.status.in_((PayoutStatus.PAID, PayoutStatus.EXPLAINED)), ~waits)
    done = session.scalars(query.order_by(Payout.seq).with_for_update(), execution_options=rows.FRESH).all()
    for payout in done:
        _move(payout, PayoutStatus.RECONCILED, now=now)
    session.flush()
    return len(done)


def explain_payout(session: Session, payout_id: str, *, now: datetime, actor: str) -> None:
    """Note that an approved adjustment explains what a payout lacks or has too much."""
    payout = session.scalars(select(Payout).where(Payout.id == payout_id).with_for_update()).one()
    _move(payout, PayoutStatus.EXPLAINED, now=now)
    cases.close_cases(session, kind=cases.PAYOUT_DIFFERS, subject_id=payout.id, actor=actor, now=now)
    session.flush()


def is_overdue(expected_on: date, *, today: date) -> bool:
    """Say whether two working days have gone by since a date; Saturdays and Sundays are none."""
    days = (expected_on + timedelta(days=n) for n in range(1, (today - expected_on).days + 1))
    return sum(day.weekday() < _SATURDAY for day in days) > _WAITS_WORKING_DAYS


def _payout(
    session: Session, file: SettlementFile, batch_id: str, net: int, settle_time: str, *, now: datetime
) -> Payout:
    name = batch_id or file.business_date.isoformat()
    known = session.scalar(select(Payout.seq).where(Payout.provider == file.provider, Payout.batch_id == name))
    try:
        expected_on = date.fromisoformat(settle_time[:10])
    except ValueError:
        expected_on = file.business_date + timedelta(days=1)
    payout = Payout(
        id=new_id("po"), provider=file.provider, batch_id=name if known is None else _again(name, file.no),
        file_no=file.no, net_minor=int(net), expected_on=expected_on, status=PAYOUT.move(None, PayoutStatus.EXPECTED),
        status_at=now,
    )  # fmt: skip
    session.add(payout)
    session.flush()
    return payout


def _again(name: str, file_no: int) -> str:
    """Return how a batch is called whose name an earlier file has used: each file's part is a payout of its own."""
    return f"{name[:50]}/{file_no}"


def _line_of(session: Session, payout: Payout) -> tuple[Suspense, Transaction] | None:
    """Return the open credit that names the batch, or the provider and just this sum; a sum alone proves nothing."""
    query = (
        select(Suspense, Transaction)
        .join(Transaction, Transaction.id == Suspense.transaction_id)
        .where(
            Suspense.status == SuspenseStatus.OPEN,
            Suspense.request_id.is_(None),
            Transaction.kind == PAYMENT,
            Transaction.provider != payout.provider,
            Transaction.business_date >= payout.expected_on - timedelta(days=1),
            Transaction.account.is_not(None),
        )
    )  # unsorted: for the order SQLite would go through all transactions
    batch, provider = _plain(payout.batch_id.partition("/")[0]), _plain(payout.provider)
    named = []
    for suspense, line in sorted(session.execute(query).all(), key=lambda one: one[1].seq):
        memo = _plain(line.memo or "")
        by_batch = len(batch) >= _LEAST_NAME and batch in memo
        exact = line.amount_minor == payout.net_minor
        if by_batch and exact:
            return suspense, line
        if by_batch or (exact and provider in memo):
            named.append((suspense, line))
    return named[0] if len(named) == 1 else None


def _plain(text: str) -> str:
    return re.sub("[^A-Z0-9]", "", text.upper())


def _pay(session: Session, payout: Payout, suspense: Suspense, line: Transaction, *, now: datetime, actor: str) -> None:
    """Book a payout that came: out of suspense, into each payee's books; the rest stands in the house's."""
    payout.transaction_seq, payout.came_minor = line.seq, line.amount_minor
    exact = line.amount_minor == payout.net_minor
    _move(payout, PayoutStatus.PAID if exact else PayoutStatus.DIFFERS, now=now)
    suspense.status = SUSPENSE.move(suspense.status, SuspenseStatus.PAYOUT)
    line.exceptions = ""
    for kind in (cases.UNMATCHED, cases.ACCOUNT_UNKNOWN):
        cases.close_cases(session, kind=kind, subject_id=line.id, actor=actor, now=now)
    cases.close_cases(session, kind=cases.PAYOUT_MISSING, subject_id=payout.id, actor=actor, now=now)
    if not exact:
        _tell(session, payout, cases.PAYOUT_DIFFERS, f"{line.amount_minor} of {payout.net_minor}", now=now)
    bank, provider = f"bank:{line.account}", f"provider:{payout.provider}"
    session.flush()
    journal.post(
        session,
        payee_id=line.payee_id,
        kind="payout_line",
        source_kind="payout",
        source_id=payout.id,
        entries=_entries(journal.SUSPENSE, bank, line.amount_minor),
        business_date=line.business_date,
        booked_at=now,
        actor=actor,
    )
    own = session.scalars(select(PayoutShare).where(PayoutShare.payout_seq == payout.seq)).all()
    rest = line.amount_minor - sum(share.net_minor for share in own)
    if rest:
        share = PayoutShare(
            id=new_id("ps"), payout_seq=payout.seq, payee_id=HOUSE_PAYEE_ID, fee_minor=0, net_minor=rest
        )
        session.add(share)
        own = [*own, share]
    session.flush()
    for share in sorted(own, key=lambda one: (one.payee_id, one.id)):
        if share.net_minor:
            _post(
                session, share, "payout", debit=bank, credit=provider, minor=share.net_minor, day=line.business_date,
                now=now, by=actor,
            )  # fmt: skip


def _pay_out_late(
    session: Session, payout: Payout, share: PayoutShare, provider: str, *, now: datetime, actor: str
) -> None:
    """Move a share that was found after its batch had come from the house's books to its payee's."""
    line = session.scalars(select(Transaction).where(Transaction.seq == payout.transaction_seq)).one()
    given_back = PayoutShare(
        id=new_id("ps"), payout_seq=payout.seq, payee_id=HOUSE_PAYEE_ID, fee_minor=0, net_minor=-share.net_minor
    )
    session.add(given_back)
    session.flush()
    for one in (given_back, share):
        _post(
            session, one, "payout", debit=f"bank:{line.account}", credit=provider, minor=one.net_minor,
            day=business_date(now), now=now, by=actor,
        )  # fmt: skip


def _post(
    session: Session,
    share: PayoutShare,
    kind: str,
    *,
    debit: str,
    credit: str,
    minor: int,
    day: date,
    now: datetime,
    by: str,
) -> None:
    journal.post(
        session,
        payee_id=share.payee_id,
        kind=kind,
        source_kind="payout_share",
        source_id=share.id,
        entries=_entries(debit, credit, minor),
        business_date=day,
        booked_at=now,
        actor=by,
    )


def _entries(debit: str, credit: str, minor: int) -> list[Entry]:
    return [Entry(debit, Money(minor)), Entry(credit, Money(-minor))]


def _move(payout: Payout, status: PayoutStatus, *, now: datetime) -> None:
    payout.status = PAYOUT.move(payout.status, status)
    payout.status_at = now


def _tell(session: Session, payout: Payout, kind: str, reason: str, *, now: datetime) -> None:
    cases.open_case(session, kind=kind, subject_id=payout.id, payee_id=None, reason=reason, now=now)
