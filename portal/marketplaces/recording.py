"""What a receipt does to a message, its listing or account, and its channel. One transaction after the call."""

from collections.abc import Sequence
from dataclasses import asdict
from datetime import datetime, timedelta

from sqlalchemy import select
from sqlalchemy.orm import Session

from portal.acting import Acting
from portal.audit import record
from portal.bulk import among
from portal.cases import open_case
from portal.marketplaces.channels.protocol import Problem, Receipt
from portal.marketplaces.models import Attempt, ChannelAccount, Listing, Outbox
from portal.marketplaces.outbox import WITHDRAW_AGAIN_S, Claim, delay_s, lines_of, locked_entities
from portal.marketplaces.states import ACCOUNT, LISTING, OUTBOX, step
from portal.marketplaces.switches import locked_switch, note_failure, note_success, note_throttle

RETRY_S = 60
WORKER = Acting.system("worker")


def record_batch(
    session: Session, *, now: datetime, channel: str, claims: Sequence[Claim], receipts: Sequence[Receipt], ms: int
) -> bool:
    """Record a call, each receipt to the claim of its id, never by position; say whether the channel worked with us."""
    by_id = {one.delivery: one for one in receipts}
    missing = Receipt("", "unknown", note="no_receipt")
    matched = [(one, by_id.get(one.delivery.id, missing)) for one in claims]
    holders = locked_entities(session, (one.delivery.ref for one in claims))
    switch = locked_switch(session, channel)
    mine = _still_mine(session, claims)
    lines = lines_of(session, entities=holders, statuses=("due",))
    for one, receipt in matched:
        holder, held = holders.get(one.delivery.ref), mine.get(one.delivery.id)
        if holder is not None and held is not None:
            row, attempt = held
            attempt.ms, attempt.status, attempt.outcome = ms, receipt.status, receipt.outcome
            attempt.excerpt = receipt.note[:2048]
            waiting = lines.get((row.entity, row.flow), [])
            _record_one(session, now=now, row=row, holder=holder, receipt=receipt, waiting=waiting)
    throttled = [receipt for _, receipt in matched if receipt.outcome == "throttled"]
    if throttled:
        locked_out = throttled[0].note == "locked_out"
        wait = max(receipt.retry_after_s or RETRY_S for receipt in throttled)
        note_throttle(switch, now=now, seconds=wait, reason="locked_out" if locked_out else "asked_to_wait")
        if locked_out:
            open_case(
                session, now=now, kind="channel.locked_out", subject=channel, reason="the channel refuses our key"
            )
        return False
    if all(receipt.outcome == "unknown" for _, receipt in matched):
        note_failure(switch, now=now)
        return False
    note_success(switch)
    return True


def _still_mine(session: Session, claims: Sequence[Claim]) -> dict[str, tuple[Outbox, Attempt]]:
    """Return the rows whose lease is still ours, with its attempt, by their ids.

    Of the others the lease went to another, or the message was overtaken: a late worker writes nothing.
    """
    leases = {one.delivery.id: one.lease for one in claims}
    query = (
        select(Outbox, Attempt)
        .join(Attempt, (Attempt.outbox_id == Outbox.id) & (Attempt.number == Outbox.lease))
        .where(among(session, Outbox.id, leases), Outbox.status == "leased")
    )
    rows = session.execute(query, execution_options={"populate_existing": True})
    return {row.id: (row, attempt) for row, attempt in rows if row.lease == leases[row.id]}


def _record_one(
    session: Session, *, now: datetime, row: Outbox, holder: Listing | ChannelAccount, receipt: Receipt,
    waiting: Sequence[Outbox],
) -> None:  # fmt: skip
    if receipt.outcome == "throttled":
        row.attempts -= 1
        _again(row, holder, now=now, seconds=receipt.retry_after_s or RETRY_S)
    elif receipt.outcome == "unknown":
        _unknown(session, now=now, row=row, holder=holder)
    else:
        row.status, row.ended_at = step(OUTBOX, row.status, "settled"), now
        if isinstance(holder, ChannelAccount):
            _account_answer(session, now=now, account=holder, receipt=receipt)
        elif row.flow == "price_stock":
            _price_answer(session, now=now, listing=holder, receipt=receipt)
        else:
            _content_answer(session, now=now, row=row, listing=holder, receipt=receipt, waiting=waiting)


def _again(row: Outbox, holder: Listing | ChannelAccount, *, now: datetime, seconds: float) -> None:
    row.status, row.next_attempt_at = step(OUTBOX, row.status, "unsettled"), now + timedelta(seconds=seconds)
    if row.flow != "price_stock" and holder.state == "sent":
        holder.state = step(ACCOUNT if isinstance(holder, ChannelAccount) else LISTING, holder.state, "unsettled")


def _unknown(session: Session, *, now: datetime, row: Outbox, holder: Listing | ChannelAccount) -> None:
    """Try again on the schedule; after the last try a person looks at it, and a withdrawal goes on daily."""
    wait = delay_s(row.id, row.attempts)
    if wait is not None:
        _again(row, holder, now=now, seconds=wait)
        return
    open_case(
        session, now=now, kind="channel.dead_letter", subject=row.id, reason=f"{row.channel}: all tries are spent"
    )
    if row.act == "withdraw":
        _again(row, holder, now=now, seconds=WITHDRAW_AGAIN_S)
        return
    row.status, row.ended_at = step(OUTBOX, row.status, "spent"), now
    if isinstance(holder, ChannelAccount):
        holder.state = step(ACCOUNT, holder.state, "unsettled")
    elif row.flow == "content":
        holder.state = step(LISTING, holder.state, "spent")


def _account_answer(session: Session, *, now: datetime, account: ChannelAccount, receipt: Receipt) -> None:
    if receipt.outcome != "refused" or account.state != "sent":
        return  # accepted or known: that the account exists is said by the channel's own message
    account.state, account.problems, account.changed_at = step(ACCOUNT, account.state, "refused"), _rows(receipt), now
    record(
        session, now=now, acting=WORKER, act="account.refused", object_id=account.id, subject=account.organisation_id
    )


def _price_answer(session: Session, *, now: datetime, listing: Listing, receipt: Receipt) -> None:
    if receipt.outcome == "refused":
        listing.problems, listing.changed_at = _rows(receipt), now
        open_case(session, now=now, kind="channel.price_refused", subject=listing.id, reason=listing.channel)


def _content_answer(
    session: Session, *, now: datetime, row: Outbox, listing: Listing, receipt: Receipt, waiting: Sequence[Outbox]
) -> None:
    if listing.state != "sent":
        return
    listing.changed_at = now
    if receipt.outcome == "accepted":
        listing.accepted_version = max(row.version, listing.accepted_version or 0)
        listing.remote_id = listing.remote_id or receipt.remote_id
        listing.state = step(LISTING, listing.state, "withdrawal_accepted" if row.act == "withdraw" else "accepted")
        if waiting:
            listing.state = step(LISTING, listing.state, "edited")
        return
    if receipt.outcome == "stale" and waiting:
        listing.state = step(LISTING, listing.state, "unsettled")
        return
    listing.state = step(LISTING, listing.state, "refused")
    listing.problems = _rows(receipt)
    if receipt.outcome == "stale":
        listing.problems = [asdict(Problem("version", "version.stale", "The marketplace holds a newer version."))]
        open_case(
            session, now=now, kind="channel.stale", subject=listing.id, reason="the channel holds a newer version"
        )
    record(
        session, now=now, acting=WORKER, act="listing.rejected", object_id=listing.id, subject=listing.organisation_id
    )
    if waiting:  # a newer wish is in line already: it goes out as if published now
        for event in ("checked_good", "publish"):
            listing.state = step(LISTING, listing.state, event)


def _rows(receipt: Receipt) -> list[dict[str, str]]:
    return [asdict(problem) for problem in receipt.problems]
