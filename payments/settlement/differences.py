"""What does not agree: one row each, with both figures, until the system or a person has explained it.

missing_at_provider waits for the file of the next day; missing_here has the gateway asked, and money that it confirms
is booked once, late; the others are for a person. Nothing is changed by itself but what a provider confirms.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any

from sqlalchemy import insert, select
from sqlalchemy.orm import Session

from payments import attempts, cases, rows
from payments.booking import PAYMENT
from payments.errors import ReasonMissing
from payments.models import Account, Request, Transaction
from payments.payees import HOUSE_PAYEE_ID
from payments.refunds.tables import Refund
from payments.settlement import comparing
from payments.settlement.errors import DifferenceUnknown
from payments.settlement.tables import Difference, FileRow, Match, Outcome, SettlementFile
from payments.states import DIFFERENCE, DifferenceState, RefundStatus
from payments.types import new_id

if TYPE_CHECKING:
    from payments.settlement.met import Met

_PAGE = 1_000
# Beyond this the file as a whole is wrong, and one case says so.
MOST_CASES = 100
_MOST_NOTE = 200
_FOR_PERSONS = (Outcome.AMOUNT_DIFFERS, Outcome.STATUS_DIFFERS, Outcome.DUPLICATE)


@dataclass(frozen=True, slots=True)
class _Act:
    """One file being gone through."""

    session: Session
    file: SettlementFile
    met: Met
    now: datetime

    def note(self, values: Iterable[dict[str, Any]]) -> None:
        """Write differences, and a case for each that is open."""
        lines = [self._whole(one) for one in values]
        if not lines:
            return
        self.session.execute(insert(Difference), lines)
        to_tell = [one for one in lines if one["state"] == DifferenceState.OPEN]
        for one in to_tell[:MOST_CASES]:
            _open_case(self.session, one["id"], one["payee_id"], Outcome(one["outcome"]), now=self.now)

    def _whole(self, given: dict[str, Any]) -> dict[str, Any]:
        own = {
            "id": new_id("sd"), "file_no": self.file.no, "row_no": None, "transaction_seq": None, "attempt_id": None,
            "payee_id": None, "ours_minor": None, "theirs_minor": None, "state": DifferenceState.OPEN,
            "state_at": self.now, "next_query_at": None, "tries": 0,
        }  # fmt: skip
        return own | given


def note_differences(session: Session, file: SettlementFile, met: Met, *, now: datetime) -> None:
    """Go through all of a compared file that does not agree."""
    act = _Act(session, file, met, now)
    _note_unmet(act)
    _note_met(act)
    _settle_found(act)
    _note_missing_at_provider(act)


def explain(session: Session, *, difference_id: str, note: str, now: datetime, actor: str) -> Difference:
    """Close an open difference with a person's reason; raises DifferenceUnknown, ReasonMissing, IllegalTransition."""
    row = lock_difference(session, difference_id)
    if not note.strip():
        raise ReasonMissing
    row.closed_by = actor
    _end(session, row, DifferenceState.EXPLAINED, note=note.strip(), now=now, actor=actor)
    return row


def settle_difference(session: Session, row: Difference, *, note: str, now: datetime, actor: str) -> None:
    """Close a difference that has resolved itself."""
    _end(session, row, DifferenceState.SETTLED, note=note, now=now, actor=actor)


def lock_difference(session: Session, difference_id: str) -> Difference:
    """Return a difference, locked and fresh, or raise DifferenceUnknown."""
    statement = select(Difference).where(Difference.id == difference_id).with_for_update()
    found = session.scalar(statement, execution_options=rows.FRESH)
    if found is None:
        raise DifferenceUnknown(difference_id=difference_id)
    return found


def _end(session: Session, row: Difference, state: DifferenceState, *, note: str, now: datetime, actor: str) -> None:
    row.state = DIFFERENCE.move(row.state, state)
    row.state_at, row.note, row.next_query_at = now, note[:_MOST_NOTE], None
    cases.close_cases(session, kind=cases.FILE_DIFFERS, subject_id=row.id, actor=actor, now=now)
    session.flush()


def _open_case(session: Session, difference_id: str, payee_id: str | None, outcome: Outcome, *, now: datetime) -> None:
    cases.open_case(
        session, kind=cases.FILE_DIFFERS, subject_id=difference_id, payee_id=payee_id, reason=outcome.word, now=now
    )


def _note_unmet(act: _Act) -> None:
    """Judge the rows that met no transaction of ours, some at a time; each leaves its match row."""
    if act.met.is_whole:
        return
    seen: set[tuple[str, str]] = set()
    last = 0
    while page := comparing.unmet(act.session, act.file, after=last, limit=_PAGE):
        last = page[-1].row_no
        found = [_judge(act, row, seen) for row in page]
        comparing.note_matches(act.session, act.file, act.met, [match for match, _ in found])
        act.note(difference for _, difference in found if difference is not None)


def _judge(act: _Act, row: FileRow, seen: set[tuple[str, str]]) -> tuple[dict[str, Any], dict[str, Any] | None]:
    """Return the match of a row that met nothing, and the difference that it is, if it is one."""
    match: dict[str, Any] = {"row_no": row.row_no, "transaction_seq": None, "account_id": None}
    difference: dict[str, Any] = {"row_no": row.row_no, "theirs_minor": row.net_minor}
    key = (row.type, row.provider_txn_id)
    if row.provider_txn_id and key in seen:
        outcome = Outcome.DUPLICATE
    elif row.type == "fee" or (row.type == PAYMENT and row.status != "ok"):
        # A fee is the provider's to say; a payment that failed there and was never booked here agrees.
        return match | {"outcome": Outcome.MATCHED.value}, None
    elif row.type == PAYMENT:
        outcome = Outcome.MISSING_HERE
        difference |= {"theirs_minor": row.amount_minor} | _asked(act, row)
    elif row.type == "refund" and (refund := _refund_of(act, row)) is not None:
        match["account_id"] = comparing.account_id(act.session, refund.payee_id, refund.pays_account)
        outcome = _judge_refund(row, refund)
        if outcome is Outcome.MATCHED:
            return match | {"outcome": outcome.value}, None
        difference |= {
            "payee_id": refund.payee_id, "ours_minor": refund.amount_minor, "theirs_minor": row.amount_minor,
        }  # fmt: skip
    else:
        outcome, ours = _of_original(act, row)
        difference |= ours
    seen.add(key)
    return match | {"outcome": outcome.value}, difference | {"outcome": outcome.value}


def _asked(act: _Act, row: FileRow) -> dict[str, Any]:
    """Return the attempt that a missing payment names, to be asked about at once."""
    named = attempts.by_merchant_ref(act.session, gateway=act.file.provider, merchant_ref=row.merchant_ref)
    if named is None:
        return {}
    payee_id = act.session.scalar(select(Request.payee_id).where(Request.id == named.request_id))
    return {
        "attempt_id": named.id, "payee_id": payee_id, "ours_minor": named.amount_minor,
        "next_query_at": act.now if named.queryable else None,
    }  # fmt: skip


def _refund_of(act: _Act, row: FileRow) -> Refund | None:
    query = select(Refund).where(Refund.gateway == act.file.provider, Refund.merchant_ref == row.merchant_ref)
    return act.session.scalar(query) if row.merchant_ref else None


def _judge_refund(row: FileRow, refund: Refund) -> Outcome:
    """Hold a refund of the file against ours; the one that we still ask about is asked about again in its own time."""
    if row.status != "ok" or refund.status != RefundStatus.SUCCEEDED:
        return Outcome.STATUS_DIFFERS
    return Outcome.MATCHED if row.amount_minor == refund.amount_minor else Outcome.AMOUNT_DIFFERS


def _of_original(act: _Act, row: FileRow) -> tuple[Outcome, dict[str, Any]]:
    """Hold a refund, chargeback or adjustment against the payment that it names."""
    original = act.session.scalar(
        select(Transaction).where(
            Transaction.provider == act.file.provider, Transaction.provider_txn_id == row.original_ref
        )
    )
    if original is None:
        return Outcome.MISSING_HERE, {}
    ours = {"transaction_seq": original.seq, "payee_id": original.payee_id, "ours_minor": original.amount_minor}
    return (Outcome.STATUS_DIFFERS if row.type == "chargeback" else Outcome.MISSING_HERE), ours


def _note_met(act: _Act) -> None:
    """Make a difference of each row that met a transaction and does not agree with it."""
    if not act.met.counts().keys() & {one.value for one in _FOR_PERSONS}:
        return
    query = (
        select(Match, Transaction, FileRow)
        .join(Transaction, Transaction.seq == Match.transaction_seq)
        .join(FileRow, (FileRow.file_no == Match.file_no) & (FileRow.row_no == Match.row_no))
        .where(Match.file_no == act.file.no, Match.outcome.in_([one.value for one in _FOR_PERSONS]))
        .order_by(Match.row_no)
    )
    act.note(
        {
            "row_no": row.row_no, "transaction_seq": transaction.seq, "payee_id": transaction.payee_id,
            "outcome": match.outcome, "ours_minor": transaction.amount_minor, "theirs_minor": row.amount_minor,
        }
        for match, transaction, row in act.session.execute(query)
    )  # fmt: skip


def _settle_found(act: _Act) -> None:
    """Close what earlier files lacked and this one has."""
    first, last = act.met.seqs
    query = select(Difference).where(
        Difference.row_no.is_(None),
        Difference.state.in_((DifferenceState.WAITING, DifferenceState.OPEN)),
        Difference.transaction_seq.between(first, last),
    )
    for row in act.session.scalars(query).all() if first is not None else ():
        if row.transaction_seq is not None and act.met.has_met(row.transaction_seq):
            note = f"in the file of {act.file.business_date}"
            settle_difference(act.session, row, note=note, now=act.now, actor=act.file.imported_by)


def _note_missing_at_provider(act: _Act) -> None:
    """Note our payments of the file's day that it lacks; who was lacked the day before as well is now for a person."""
    session, file = act.session, act.file
    next_day = _has_file(session, file, days=1)
    act.note(
        {
            "transaction_seq": transaction.seq, "attempt_id": transaction.attempt_id,
            "payee_id": transaction.payee_id, "outcome": Outcome.MISSING_AT_PROVIDER.value,
            "ours_minor": transaction.amount_minor,
            "state": DifferenceState.OPEN if next_day else DifferenceState.WAITING,
            "next_query_at": act.now if next_day and transaction.attempt_id else None,
        }
        for transaction, _ in comparing.missing_at_provider(session, file, act.met)
    )  # fmt: skip
    before = (
        select(Difference)
        .join(SettlementFile, SettlementFile.no == Difference.file_no)
        .where(
            SettlementFile.provider == file.provider,
            SettlementFile.business_date == file.business_date - timedelta(days=1),
            Difference.row_no.is_(None),
            Difference.state == DifferenceState.WAITING,
        )
    )
    for row in session.scalars(before).all():
        row.state = DIFFERENCE.move(row.state, DifferenceState.OPEN)
        row.state_at, row.next_query_at = act.now, act.now if row.attempt_id else None
        session.flush()
        _open_case(session, row.id, row.payee_id, Outcome.MISSING_AT_PROVIDER, now=act.now)


def _has_file(session: Session, file: SettlementFile, *, days: int) -> bool:
    query = select(SettlementFile.no).where(
        SettlementFile.provider == file.provider,
        SettlementFile.business_date == file.business_date + timedelta(days=days),
    )
    return session.scalar(query.limit(1)) is not None


def payee_of(session: Session, row: Difference) -> str:
    """Return in whose books a difference is put right: the payee's, or those of money that is nobody's whom we know."""
    match = session.get(Match, (row.file_no, row.row_no)) if row.row_no is not None else None
    if row.payee_id is None and match is not None and match.account_id is not None:
        return session.get_one(Account, match.account_id).payee_id
    return row.payee_id or HOUSE_PAYEE_ID
