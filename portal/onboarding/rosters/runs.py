"""A roster's run as a row: begun once a source, mapped, checked, confirmed, carried on under a lease, ended.

Each step here is one act in the caller's transaction.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime, timedelta

from sqlalchemy import delete, or_, select
from sqlalchemy.orm import Session

from portal.acting import Acting
from portal.audit import record
from portal.db import new_id
from portal.errors import NotFound
from portal.onboarding.errors import IllegalTransition
from portal.onboarding.roster_models import RosterRow, RosterRun
from portal.onboarding.roster_states import FOR_THE_WORKER, OUTCOMES, RUN, UNFINISHED
from portal.onboarding.rosters.errors import LeaseLost, RosterRefused
from portal.onboarding.states import follow

LEASE = timedelta(seconds=20)
SOURCE_LENGTH = 60


@dataclass(frozen=True, slots=True, kw_only=True)
class Reading:
    """How a list is read: sheet, heading row and how many rows the headings take, letters, columns, old fonts."""

    kind: str
    sheet: str | None
    header_row: int
    header_height: int
    encoding: str | None
    mapping: Mapping[str, int]
    legacy: Mapping[int, str]


def unfinished(session: Session, source: str) -> RosterRun | None:
    """Return the run of a source that is not finished."""
    query = select(RosterRun).where(RosterRun.source == source, RosterRun.state.in_(UNFINISHED))
    return session.scalars(query, execution_options={"populate_existing": True}).one_or_none()


def seen_before(session: Session, run: RosterRun) -> RosterRun | None:
    """Return the last run of the same office that took in this very file."""
    same = (RosterRun.sha256 == run.sha256, RosterRun.unit_id.is_not_distinct_from(run.unit_id))
    query = select(RosterRun).where(*same, RosterRun.state == "done", RosterRun.id != run.id)
    return session.scalars(query.order_by(RosterRun.ended_at.desc()).limit(1)).one_or_none()


def known_mapping(session: Session, source: str) -> dict[str, int]:
    """Return the columns that were chosen for a source the last time."""
    query = select(RosterRun.mapping).where(RosterRun.source == source, RosterRun.state == "done")
    return dict(session.scalar(query.order_by(RosterRun.ended_at.desc()).limit(1)) or {})


def begin_run(
    session: Session,
    *,
    now: datetime,
    acting: Acting,
    source: str,
    file_name: str,
    sha256: str,
    size: int,
    captured_on: date,
) -> RosterRun:
    """Begin a run; raise `RosterRefused` roster.unfinished while the source has another."""
    if unfinished(session, source) is not None:
        raise RosterRefused("roster.unfinished")
    run = RosterRun(
        id=new_id("rr"), source=source[:SOURCE_LENGTH], file_name=file_name[:200], sha256=sha256, size=size,
        captured_on=captured_on, unit_id=acting.unit_id if acting.role == "commune_officer" else None,
        state="uploaded", started_by=acting.actor, uploaded_at=now, next_row=0, lease=0,
        **dict.fromkeys(OUTCOMES, 0),
    )  # fmt: skip
    session.add(run)
    record(session, now=now, acting=acting, act="roster.uploaded", object_id=run.id)
    return run


def read_as(session: Session, run: RosterRun, reading: Reading) -> None:
    """Fix how a run's list is read; what was found by reading it otherwise is forgotten."""
    for event in ("inspect", "map") if run.state == "uploaded" else ("map",):
        run.state = follow(RUN, run.state, event)
    _begin_anew(session, run)
    run.kind, run.sheet, run.encoding = reading.kind, reading.sheet, reading.encoding
    run.header_row, run.mapping = reading.header_row, dict(reading.mapping)
    run.checked = {"header_height": reading.header_height}
    run.legacy = {str(column): scheme for column, scheme in reading.legacy.items()}
    session.flush()


def _begin_anew(session: Session, run: RosterRun) -> None:
    session.execute(delete(RosterRow).where(RosterRow.run_id == run.id))
    run.next_row, run.rows, run.lease, run.lease_until = 0, None, run.lease + 1, None
    for outcome in OUTCOMES:
        setattr(run, outcome, 0)


def inspected(session: Session, run: RosterRun, *, header_row: int) -> None:
    """Note where the headings are of a list of which a person must say more."""
    if run.state == "uploaded":
        run.state = follow(RUN, run.state, "inspect")
    run.header_row = header_row
    session.flush()


def checked(session: Session, run: RosterRun) -> None:
    """Keep what a dry run found."""
    run.state = follow(RUN, run.state, "check")
    run.rows = sum(getattr(run, outcome) for outcome in OUTCOMES)
    run.lease_until = None
    session.flush()


def confirm(session: Session, run: RosterRun, *, now: datetime, acting: Acting) -> None:
    """Let a run that was checked be carried out; of the dry run only the number of its rows is kept."""
    run.state = follow(RUN, run.state, "confirm")
    rows = run.rows
    _begin_anew(session, run)
    run.rows = rows
    record(session, now=now, acting=acting, act="roster.confirmed", object_id=run.id)


def abort(session: Session, run: RosterRun, *, now: datetime, acting: Acting, note: str = "") -> None:
    """Stop a run for good: what it wrote stays, and the source may begin another."""
    run.state = follow(RUN, run.state, "abort")
    run.ended_at, run.lease, run.lease_until, run.end_note = now, run.lease + 1, None, note[:200] or None
    record(session, now=now, acting=acting, act="roster.aborted", object_id=run.id)


def finish(session: Session, run: RosterRun, *, now: datetime, acting: Acting) -> None:
    """End a run whose last row has its outcome."""
    run.state = follow(RUN, run.state, "finish")
    run.rows = sum(getattr(run, outcome) for outcome in OUTCOMES)
    run.ended_at, run.lease_until = now, None
    changed: dict[str, tuple[object, object]] = {outcome: (None, getattr(run, outcome)) for outcome in OUTCOMES}
    record(
        session, now=now, acting=acting, act="roster.done", object_id=run.id, changed=changed,
        public=frozenset(changed),
    )  # fmt: skip


def locked(session: Session, run_id: str) -> RosterRun:
    """Lock and return a run."""
    query = select(RosterRun).where(RosterRun.id == run_id).with_for_update()
    run = session.scalars(query, execution_options={"populate_existing": True}).one_or_none()
    if run is None:
        raise NotFound
    return run


def take_lease(session: Session, run_id: str, *, at: datetime) -> RosterRun:
    """Take over a run that nobody carries on, or its rehearsal; raise `LeaseLost` while somebody does.

    `at` is the machine's time.
    """
    run = locked(session, run_id)
    if run.lease_until is not None and run.lease_until > at:
        raise LeaseLost
    try:
        run.state = follow(RUN, run.state, "rehearse" if run.state == "mapped" else "run")
    except IllegalTransition:
        raise RosterRefused("roster.illegal_step") from None
    run.lease, run.lease_until = run.lease + 1, at + LEASE
    if run.state == "running":
        run.running_at = run.running_at or at
    session.flush()
    return run


def hold_lease(session: Session, run_id: str, lease: int, *, at: datetime) -> RosterRun:
    """Return the locked run with its lease prolonged; raise `LeaseLost` where it went to another."""
    run = locked(session, run_id)
    if run.lease != lease or run.state not in ("mapped", "running"):
        raise LeaseLost
    run.lease_until = at + LEASE
    return run


def release(session: Session, run_id: str, lease: int) -> None:
    """Give a run back, so that the next process need not wait."""
    run = locked(session, run_id)
    if run.lease == lease:
        run.lease_until = None


def stalled(session: Session, *, at: datetime) -> RosterRun | None:
    """Return the oldest run that is to be rehearsed or carried out and that nobody carries on."""
    free = or_(RosterRun.lease_until.is_(None), RosterRun.lease_until <= at)
    query = select(RosterRun).where(RosterRun.state.in_(FOR_THE_WORKER), free)
    return session.scalars(query.order_by(RosterRun.uploaded_at).limit(1)).one_or_none()
