"""Which checkpoints go on a ledger, and how far each has come.

A worker drives three steps, and only the middle one leaves the process:

    with begin() as session: plan_anchor(…); claim = claim_anchor(…)     intent first, committed
    answer = call_ledger(ledger, claim)                                  no transaction
    with begin() as session: record_anchor(session, claim=claim, answer=answer)

After a crash anywhere the claim runs out, and the next one asks the ledger before it sends again.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from traceability.checkpoints import latest_checkpoint
from traceability.errors import (
    AnchorLeaseLost,
    AnchorMove,
    LedgerRefused,
    LedgerStopped,
    LedgerUnreachable,
    ReceiptDiffers,
)
from traceability.ledger.protocol import Finality, Ledger, NotAnchored, Receipt
from traceability.log import lock_log
from traceability.models import TraceAnchor, TraceCheckpoint
from traceability.notes import Checkpoint

_LONGEST_WAIT = timedelta(minutes=10)
_LONGEST_WATCH = timedelta(seconds=30)  # of what is on its way: blocks come by the second


class AnchorState(StrEnum):
    """Where an anchor stands."""

    PENDING = "pending"
    SENT = "sent"
    CONFIRMED = "confirmed"
    FINAL = "final"
    COVERED = "covered"
    FAILED = "failed"
    DISPUTED = "disputed"


_S = AnchorState
MOVES: Mapping[AnchorState, frozenset[AnchorState]] = {
    _S.PENDING: frozenset({_S.SENT, _S.COVERED}),
    _S.SENT: frozenset({_S.SENT, _S.CONFIRMED, _S.FAILED, _S.COVERED}),
    _S.CONFIRMED: frozenset({_S.FINAL, _S.SENT}),
    _S.FINAL: frozenset({_S.DISPUTED}),
    _S.COVERED: frozenset(),
    _S.FAILED: frozenset({_S.PENDING}),
    _S.DISPUTED: frozenset({_S.PENDING}),
}
UNDER_WAY = (_S.PENDING, _S.SENT)
_TO_ADVANCE = (_S.PENDING, _S.SENT, _S.CONFIRMED)
ANCHORED = (_S.CONFIRMED, _S.FINAL)


class Trouble(StrEnum):
    """Why a call to the ledger gave no receipt."""

    LATE = "late"
    STOPPED = "stopped"
    COVERED = "covered"
    REFUSED = "refused"
    GONE = "gone"


@dataclass(frozen=True, slots=True)
class AnchorClaim:
    """An anchor taken for one try; `lease` goes with everything written for it."""

    anchor: int
    lease: int
    state: AnchorState
    checkpoint: Checkpoint
    receipt: str | None = None


@dataclass(frozen=True, slots=True)
class AnchorAnswer:
    """What the ledger said: a receipt and how settled it is, or a trouble and its reason.

    `alarms` are for a person; nothing waits for them.
    """

    receipt: Receipt | None = None
    finality: Finality | None = None
    trouble: Trouble | None = None
    reason: str | None = None
    alarms: tuple[str, ...] = ()


def move(current: AnchorState, to: AnchorState) -> AnchorState:
    """Give the next state; raises AnchorMove unless the table has it."""
    if to not in MOVES[current]:
        raise AnchorMove(**{"from": current.value, "to": to.value})
    return to


def plan_anchor(
    session: Session,
    *,
    now: datetime,
    ledger: str,
    every: timedelta = timedelta(0),
    gather: timedelta = timedelta(0),
) -> int | None:
    """Make the newest checkpoint an anchor of this ledger, at most one `every` so long; gives its id, None if not due.

    `gather` waits from the first checkpoint that the ledger lacks, so that one anchor covers all that comes meanwhile.
    One anchor is under way per ledger; one that was not yet sent is replaced and covered by the newer.
    """
    log = lock_log(session)
    newest = latest_checkpoint(session)
    if newest is None:
        return None
    ours = select(TraceAnchor).where(TraceAnchor.ledger == ledger, TraceAnchor.origin == log.origin)
    last = session.scalars(ours.order_by(TraceAnchor.size.desc()).limit(1)).one_or_none()
    under_way = session.scalars(ours.where(TraceAnchor.state.in_(UNDER_WAY))).all()
    if any(row.state == _S.SENT for row in under_way):
        return None
    if last is not None and (last.size >= newest.checkpoint.size or last.created_at + every > now):
        return None
    if gather and _lacked_since(session, last.size if last else 0) + gather > now:
        return None
    row = TraceAnchor(
        ledger=ledger,
        origin=log.origin,
        size=newest.checkpoint.size,
        root=newest.checkpoint.root,
        state=_S.PENDING,
        next_attempt_at=now,
        created_at=now,
    )
    session.add(row)
    session.flush()
    for older in under_way:
        older.state, older.covered_by = move(_S(older.state), _S.COVERED), row.id
    session.flush()
    return row.id


def anchor_waits(session: Session, *, now: datetime, ledger: str, gather: timedelta = timedelta(0)) -> bool:
    """Say, by reading alone, whether `plan_anchor` and `claim_anchor` would find something."""
    rows = select(TraceAnchor.id).where(TraceAnchor.ledger == ledger)
    due = rows.where(TraceAnchor.state.in_(_TO_ADVANCE), TraceAnchor.next_attempt_at <= now)
    if session.scalar(due.limit(1)) is not None:
        return True
    newest = latest_checkpoint(session)
    if newest is None or session.scalar(rows.where(TraceAnchor.state == _S.SENT).limit(1)) is not None:
        return False
    size = session.scalar(select(func.max(TraceAnchor.size)).where(TraceAnchor.ledger == ledger)) or 0
    return newest.checkpoint.size > size and _lacked_since(session, size) + gather <= now


def _lacked_since(session: Session, size: int) -> datetime:
    return session.scalars(
        select(TraceCheckpoint.signed_at).where(TraceCheckpoint.size > size).order_by(TraceCheckpoint.size).limit(1)
    ).one()


def claim_anchor(
    session: Session, *, now: datetime, ledger: str, lease: timedelta = timedelta(minutes=1)
) -> AnchorClaim | None:
    """Take a due anchor for one try; None if none is due. Commit before calling the ledger."""
    row = session.scalars(
        select(TraceAnchor)
        .where(TraceAnchor.ledger == ledger, TraceAnchor.state.in_(_TO_ADVANCE), TraceAnchor.next_attempt_at <= now)
        .order_by(TraceAnchor.size)
        .limit(1)
        .with_for_update(skip_locked=True)
    ).one_or_none()
    if row is None:
        return None
    state = _S(row.state)
    if state is _S.PENDING:
        row.state, row.sent_at = move(state, _S.SENT), now
    row.lease += 1
    row.attempts += 1
    row.next_attempt_at = now + lease
    session.flush()
    return claim_of(row)


def claim_of(row: TraceAnchor) -> AnchorClaim:
    """Give an anchor's facts as they are taken for a try."""
    return AnchorClaim(row.id, row.lease, _S(row.state), Checkpoint(row.origin, row.size, row.root), row.receipt)


def call_ledger(ledger: Ledger, claim: AnchorClaim) -> AnchorAnswer:
    """Ask the ledger for the anchor and place it if it is not there; never inside a transaction."""
    try:
        if claim.state is _S.CONFIRMED and claim.receipt is not None:
            return _look_again(ledger, Receipt.parse(claim.receipt))
        return _place(ledger, claim.checkpoint)
    except LedgerUnreachable as error:
        return AnchorAnswer(trouble=Trouble.LATE, reason=str(error))
    except LedgerStopped as error:
        return AnchorAnswer(trouble=Trouble.STOPPED, reason=str(error))
    except LedgerRefused as error:
        holds = error.fields.get("holds", 0)
        covered = isinstance(holds, int) and holds > claim.checkpoint.size
        return AnchorAnswer(trouble=Trouble.COVERED if covered else Trouble.REFUSED, reason=str(error))


def _place(ledger: Ledger, wanted: Checkpoint) -> AnchorAnswer:
    found = ledger.find(wanted.origin, wanted.size)
    if isinstance(found, NotAnchored):
        found = ledger.anchor(wanted)
    if found.root != wanted.root:
        return AnchorAnswer(trouble=Trouble.STOPPED, reason="another root is anchored at this size")
    return AnchorAnswer(receipt=found, finality=ledger.finality(found), alarms=ledger.alarms())


def _look_again(ledger: Ledger, receipt: Receipt) -> AnchorAnswer:
    try:
        return AnchorAnswer(receipt=receipt, finality=ledger.finality(receipt), alarms=ledger.alarms())
    except ReceiptDiffers as error:
        return AnchorAnswer(trouble=Trouble.GONE, reason=str(error))


def record_anchor(session: Session, *, now: datetime, claim: AnchorClaim, answer: AnchorAnswer) -> AnchorState:
    """Write what the ledger said; raises AnchorLeaseLost if another worker has the anchor by now."""
    row = session.get(TraceAnchor, claim.anchor, with_for_update=True)
    if row is None or row.lease != claim.lease:
        raise AnchorLeaseLost(anchor=claim.anchor)
    row.reason = None if answer.reason is None else answer.reason[:300]
    longest = _LONGEST_WAIT if answer.receipt is None else _LONGEST_WATCH
    row.next_attempt_at = now + min(timedelta(seconds=2 ** min(row.attempts, 12)), longest)
    if answer.receipt is not None:
        _record_receipt(row, answer.receipt, answer.finality, now=now)
    elif answer.trouble is Trouble.GONE:
        row.state, row.receipt, row.confirmed_at = move(_S(row.state), _S.SENT), None, None
        row.next_attempt_at = now
    elif row.state != _S.SENT:  # what is confirmed stays so until its own receipt is gone
        pass
    elif answer.trouble is Trouble.COVERED:
        row.state, row.covered_by = move(_S(row.state), _S.COVERED), _anchored_above(session, row)
    elif answer.trouble is Trouble.REFUSED:
        row.state = move(_S(row.state), _S.FAILED)
    session.flush()
    return _S(row.state)


def _record_receipt(row: TraceAnchor, receipt: Receipt, finality: Finality | None, *, now: datetime) -> None:
    row.receipt = receipt.text()
    if finality is not Finality.SENT and row.state == _S.SENT:
        row.state, row.confirmed_at = move(_S(row.state), _S.CONFIRMED), now
    if finality is Finality.FINAL and row.state == _S.CONFIRMED:
        row.state, row.final_at = move(_S(row.state), _S.FINAL), now


def _anchored_above(session: Session, row: TraceAnchor) -> int | None:
    return session.scalars(
        select(TraceAnchor.id)
        .where(TraceAnchor.ledger == row.ledger, TraceAnchor.origin == row.origin, TraceAnchor.size > row.size)
        .where(TraceAnchor.state.in_(ANCHORED))
        .order_by(TraceAnchor.size)
        .limit(1)
    ).one_or_none()
