"""The feed: what the operations centre has not acknowledged yet goes out in order, one batch a series at a time.

Claim in one transaction, send outside any, record in a third. A batch's rows never change, so that a try whose answer
was lost is sent again as it was; the recipient knows its rows by their revisions.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from portal.acting import Acting
from portal.adoption.backlog import RECIPIENT, last_numbers, waiting
from portal.adoption.feed_models import AdoptBatch, AdoptRecipient, AdoptWatermark
from portal.adoption.feed_states import BATCH, BREAKER, FAILURES, LEASE_S, move, next_pause, next_try
from portal.adoption.feed_wire import Lgsp, Outcome, packed
from portal.adoption.models import PUBLIC, AdoptObservation
from portal.adoption.reading import note_text
from portal.audit import record
from portal.cases import open_case
from portal.counting import Catalogue
from portal.db import new_id

ROWS = 1_000
OPEN_STATES = ("due", "sending", "retry_wait")


@dataclass(frozen=True, slots=True)
class Claimed:
    """A batch that this process is to send, under a numbered lease."""

    id: str
    lease: int
    body: bytes
    prev_seq: int
    to_seq: int


def recipient(session: Session, lgsp: Lgsp) -> AdoptRecipient:
    """Return the recipient's row, locked; make it at its first use. A new address begins with a closed breaker."""
    query = select(AdoptRecipient).where(AdoptRecipient.id == RECIPIENT).with_for_update()
    row = session.scalars(query, execution_options={"populate_existing": True}).one_or_none()
    if row is None:
        row = AdoptRecipient(id=RECIPIENT, url=lgsp.url, audience=PUBLIC, breaker="closed", failures=0, pause_s=0)
        session.add(row)
        session.flush()
    if row.url != lgsp.url:
        row.url, row.gone_at, row.breaker, row.failures, row.pause_s = lgsp.url, None, "closed", 0, 0
    return row


def claim(session: Session, catalogue: Catalogue, lgsp: Lgsp, *, now: datetime, at_once: bool = False,
          past: Iterable[tuple[str, str]] = ()) -> Claimed | None:  # fmt: skip
    """Take the next batch to send, or None where nothing is due or the breaker is open.

    `at_once` is a person's wish: waits and the breaker are not kept. `past` are series that had their turn.
    """
    row = recipient(session, lgsp)
    if at_once:
        row.gone_at = None
    if row.gone_at is not None or not _may_pass(row, now=now, at_once=at_once):
        return None
    had = set(past)
    batch = _waiting(session, row, had, now=now, at_once=at_once) or _fresh(session, catalogue, row, had, now=now)
    if batch is None:
        return None
    if row.breaker == "open":
        row.breaker = move(BREAKER, row.id, row.breaker, "half_open")
    if row.breaker == "half_open":
        row.open_until = now + timedelta(seconds=LEASE_S)  # a sender that dies here blocks it no longer
    mark = session.get_one(AdoptWatermark, (row.id, batch.indicator, batch.cut))
    body, digest = _body(session, catalogue, lgsp, batch, mark, audience=row.audience)
    if batch.rows_sha256 != digest:
        batch.rows_sha256 = digest
    batch.state = move(BATCH, batch.id, batch.state, "sending")
    batch.attempts += 1
    batch.lease += 1
    batch.next_attempt_at = now + timedelta(seconds=LEASE_S)
    session.flush()
    return Claimed(batch.id, batch.lease, body, batch.prev_seq, batch.to_seq)


def settle(session: Session, lgsp: Lgsp, claimed: Claimed, outcome: Outcome, *, now: datetime) -> bool:
    """Record what became of a try; say whether its lane moved on. A late answer of an older lease changes nothing."""
    row = recipient(session, lgsp)
    batch = session.get_one(AdoptBatch, claimed.id, with_for_update=True, populate_existing=True)
    if batch.lease != claimed.lease or batch.state != "sending":
        return False
    mark = session.get_one(AdoptWatermark, (row.id, batch.indicator, batch.cut))
    batch.answer = outcome.note
    if outcome.kind == "failed":
        _failed(session, row, batch, mark, outcome, now=now)
        return False
    if outcome.kind == "refused":
        batch.state, batch.ended_at, row.gone_at = move(BATCH, batch.id, batch.state, "refused"), now, now
        open_case(session, now=now, kind="feed.recipient_gone", subject=row.id, reason=outcome.note)
        return False
    _passed(session, row, now=now)
    mark.acked_seq = max(mark.acked_seq, outcome.to)
    if outcome.kind in ("conflict", "gap"):
        batch.state, mark.held = move(BATCH, batch.id, batch.state, "conflict"), outcome.kind
        mark.left_out = sorted({*mark.left_out, *outcome.conflicts})
        conflict = {"kind": "feed.conflict", "reason": "the operations centre holds something else"}
        gap = {"kind": "feed.gap", "reason": "the operations centre misses what it had acknowledged"}
        open_case(
            session, now=now, **(conflict if outcome.kind == "conflict" else gap),
            subject=f"{batch.indicator}/{batch.cut}"[:64], detail={"answer": outcome.note},
        )  # fmt: skip
        return False
    batch.state, batch.ended_at, batch.next_attempt_at = move(BATCH, batch.id, batch.state, "acknowledged"), now, None
    mark.left_out = [seq for seq in mark.left_out if seq > mark.acked_seq]
    session.flush()
    return True


def rewind(session: Session, *, now: datetime, acting: Acting, indicator: str, cut: str, seq: int) -> int:
    """Set a series' watermark back to a number; return from which number it is sent again. Held lanes go on."""
    mark = session.get(AdoptWatermark, (RECIPIENT, indicator, cut), with_for_update=True)
    if mark is None:
        return 0
    before = mark.acked_seq
    mark.acked_seq, mark.held, mark.left_out = min(before, max(seq, 0)), "", []
    for batch in session.scalars(_of_lane(mark).where(AdoptBatch.state.in_((*OPEN_STATES, "conflict")))):
        batch.state, batch.ended_at, batch.answer = move(BATCH, batch.id, batch.state, "refused"), now, "rewound"
        batch.lease += 1
    changed: dict[str, tuple[object, object]] = {"acked_seq": (before, mark.acked_seq)}
    record(session, now=now, acting=acting, act="adoption.feed_rewound", object_id=f"{indicator}/{cut}",
           changed=changed, public=frozenset(changed))  # fmt: skip
    return mark.acked_seq + 1


def is_due(session: Session, catalogue: Catalogue, *, now: datetime) -> bool:
    """Say, by reading alone, whether anything could be sent now; the recipient may still be silent."""
    row = session.get(AdoptRecipient, RECIPIENT)
    if row is not None and (row.gone_at is not None or not _may_pass(row, now=now, at_once=False)):
        return False
    open_batches = session.scalars(select(AdoptBatch).where(AdoptBatch.state.in_(OPEN_STATES))).all()
    if any(one.next_attempt_at is None or one.next_attempt_at <= now for one in open_batches):
        return True
    busy = {(one.indicator, one.cut) for one in open_batches}
    return any(series not in busy and series[0] in catalogue for series in waiting(session))


def _may_pass(row: AdoptRecipient, *, now: datetime, at_once: bool) -> bool:
    if row.breaker == "closed" or at_once:
        return True
    return row.open_until is not None and row.open_until <= now


def _waiting(
    session: Session, row: AdoptRecipient, past: set[tuple[str, str]], *, now: datetime, at_once: bool
) -> AdoptBatch | None:
    """Return the batch that waits longest, or whose sender has died."""
    query = select(AdoptBatch).where(AdoptBatch.recipient == row.id, AdoptBatch.state.in_(OPEN_STATES))
    found = query.order_by(AdoptBatch.next_attempt_at, AdoptBatch.made_at).with_for_update(skip_locked=True)
    for batch in session.scalars(found, execution_options={"populate_existing": True}):
        due = batch.next_attempt_at is None or batch.next_attempt_at <= now or (at_once and batch.state != "sending")
        if due and (batch.indicator, batch.cut) not in past:
            return batch
    return None


def _fresh(
    session: Session, catalogue: Catalogue, row: AdoptRecipient, past: set[tuple[str, str]], *, now: datetime
) -> AdoptBatch | None:
    """Make the next batch of a series that has rows beyond its watermark and none on the way."""
    marks = {(one.indicator, one.cut): one for one in session.scalars(select(AdoptWatermark))}
    own = select(AdoptBatch.indicator, AdoptBatch.cut).where(
        AdoptBatch.recipient == row.id, AdoptBatch.state.in_(OPEN_STATES)
    )
    busy = {(code, cut) for code, cut in session.execute(own)} | past
    for (code, cut), last in sorted(last_numbers(session, row.audience).items()):
        mark = marks.get((code, cut))
        if code not in catalogue or (code, cut) in busy or last <= (mark.acked_seq if mark else 0):
            continue
        if mark is None:
            mark = AdoptWatermark(recipient=row.id, indicator=code, cut=cut, acked_seq=0, held="", left_out=[])
            session.add(mark)
        if mark.held and not _freed(session, mark, row.audience):
            continue
        mark.held = ""
        batch = AdoptBatch(
            id=new_id("ob"), recipient=row.id, indicator=code, cut=cut, prev_seq=mark.acked_seq,
            from_seq=mark.acked_seq + 1, to_seq=min(last, mark.acked_seq + ROWS), rows_sha256="", state="due",
            attempts=0, lease=0, made_at=now,
        )  # fmt: skip
        session.add(batch)
        session.flush()
        return batch
    return None


def _freed(session: Session, mark: AdoptWatermark, audience: str) -> bool:
    """Say whether every row in conflict has a newer revision: that one is sent in its place."""
    if mark.held != "conflict" or not mark.left_out:
        return False
    row = AdoptObservation
    series = (row.audience == audience, row.indicator == mark.indicator, row.cut == mark.cut)
    for one in session.scalars(select(row).where(*series, row.seq.in_(mark.left_out))):
        newer = select(row.seq).where(
            *series, row.area_id == one.area_id, row.period == one.period, row.revision > one.revision
        )
        if session.scalar(newer.limit(1)) is None:
            return False
    for batch in session.scalars(_of_lane(mark).where(AdoptBatch.state == "conflict")):
        batch.state = move(BATCH, batch.id, batch.state, "refused")
    return True


def _of_lane(mark: AdoptWatermark) -> Any:
    return select(AdoptBatch).where(
        AdoptBatch.recipient == mark.recipient, AdoptBatch.indicator == mark.indicator, AdoptBatch.cut == mark.cut
    )


def _body(
    session: Session, catalogue: Catalogue, lgsp: Lgsp, batch: AdoptBatch, mark: AdoptWatermark, *, audience: str
) -> tuple[bytes, str]:
    row = AdoptObservation
    query = select(row).where(
        row.audience == audience, row.indicator == batch.indicator, row.cut == batch.cut,
        row.seq.between(batch.from_seq, batch.to_seq),
    )  # fmt: skip
    found = session.scalars(query.order_by(row.seq)).all()
    kept = [one for one in found if one.seq not in mark.left_out] or found[-1:]
    return packed(
        batch.id, [_row(one) for one in kept], indicator=batch.indicator, cut=batch.cut,
        unit=catalogue.get(batch.indicator).unit, prev_seq=batch.prev_seq, fields=lgsp.fields,
    )  # fmt: skip


def _row(one: AdoptObservation) -> dict[str, Any]:
    return {
        "seq": one.seq,
        "area": one.area_id,
        "period": one.period,
        "revision": one.revision,
        "replaces": one.revision - 1 or None,
        "status": one.status,
        "value": one.value,
        "obs_status": one.obs_status,
        "conf_status": one.conf_status,
        "as_of": one.as_of.isoformat(timespec="microseconds").replace("+00:00", "Z"),
        "note": note_text(one.note),
        "deleted": one.deleted,
    }


def _failed(
    session: Session, row: AdoptRecipient, batch: AdoptBatch, mark: AdoptWatermark, outcome: Outcome, *, now: datetime
) -> None:
    """Wait longer each time; after the last try, and four failures in a row, spare the recipient."""
    again = next_try(batch.attempts, now=now, retry_after_s=outcome.retry_after_s)
    if again is None:
        batch.state, mark.held = move(BATCH, batch.id, batch.state, "conflict"), "tries"
        open_case(session, now=now, kind="feed.stuck", subject=f"{batch.indicator}/{batch.cut}"[:64],
                  reason="every try failed; nothing is dropped", detail={"answer": outcome.note})  # fmt: skip
    else:
        batch.state, batch.next_attempt_at = move(BATCH, batch.id, batch.state, "retry_wait"), again
    row.failures += 1
    if row.breaker == "half_open" or (row.breaker == "closed" and row.failures >= FAILURES):
        row.breaker = move(BREAKER, row.id, row.breaker, "open")
        row.pause_s = next_pause(row.pause_s)
        row.open_until = now + timedelta(seconds=row.pause_s)
    session.flush()


def _passed(session: Session, row: AdoptRecipient, *, now: datetime) -> None:
    """Close the breaker after a success; all that waited is due at once."""
    row.failures = 0
    if row.breaker == "half_open":
        row.breaker, row.pause_s, row.open_until = move(BREAKER, row.id, row.breaker, "closed"), 0, None
        held = select(AdoptBatch).where(AdoptBatch.recipient == row.id, AdoptBatch.state == "retry_wait")
        for batch in session.scalars(held):
            batch.next_attempt_at = now
