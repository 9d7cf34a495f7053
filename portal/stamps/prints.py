"""Large print runs: a row that the worker advances part by part, until the parts become one file to fetch.

    with begin() as session: asked = ask_print(session, …)
    with begin() as session: claim = claim_print(session, now=…)      a lease: who makes the next part now
    make_part(…)                                                      outside any transaction; the same bytes every time
    with begin() as session: note_part(session, claim=claim, …)

A process that dies in between leaves the row due, and the next one makes that one part again.
"""

import shutil
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path

from sqlalchemy import select
from sqlalchemy.orm import Session

from portal.acting import Acting
from portal.audit import record
from portal.config import Settings
from portal.db import begin, new_id, reading
from portal.errors import NotFound
from portal.stamps.actions import label_look, own_batch
from portal.stamps.errors import OrderLeaseLost, PrintNotReady
from portal.stamps.models import DUE, FAILED, PRINTED, SWEPT, StampPrint
from portal.stamps.wiring import book_of
from portal.worker import Step
from portal.world import World
from traceability import PrintRun, TraceabilityError, join_parts, plan_run, write_part
from traceability.errors import PrintRunTooLong

INLINE_MOST = 400  # drawn within the request: a third of a second
MOST_LABELS = 200_000
KEPT = timedelta(days=7)
LEASE = timedelta(seconds=60)
MOST_ATTEMPTS = 6
FILE = "labels.pdf"


@dataclass(frozen=True, slots=True)
class Claim:
    """A file of labels taken for its next part; `lease` goes with everything written for it."""

    print_id: str
    lease: int
    batch: int
    first: int
    last: int
    sheet: str
    language: str
    done: int


def ask_print(
    session: Session, *, now: datetime, acting: Acting, run: PrintRun, sheet: str, language: str, client_id: str
) -> StampPrint:
    """Ask for a file of labels; the same `client_id` again is the same file. Raises PrintRunTooLong, NotFound."""
    known = session.scalars(select(StampPrint).where(StampPrint.client_id == client_id)).one_or_none()
    if known is not None:
        return _reached(acting, known)
    header = own_batch(session, acting, run.batch)
    if run.labels > MOST_LABELS:
        raise PrintRunTooLong(count=run.labels, most=MOST_LABELS)
    asked = StampPrint(
        id=new_id("sp"),
        organisation_id=header.establishment,
        batch=run.batch,
        first=run.first,
        last=run.last,
        sheet=sheet,
        language=language,
        state=DUE,
        pages=run.pages,
        client_id=client_id,
        ordered_by=acting.actor,
        ordered_at=now,
        next_attempt_at=now,
    )
    session.add(asked)
    changed: dict[str, tuple[object, object]] = {"range": (None, f"{run.first}-{run.last}")}
    record(
        session, now=now, acting=acting, act="stamps.printed", object_id=str(run.batch), subject=header.establishment,
        changed=changed, public=frozenset(changed),
    )  # fmt: skip
    return asked


def own_print(session: Session, acting: Acting, print_id: str) -> StampPrint:
    """Return a file of the acting seller; anybody else's is missing."""
    found = session.get(StampPrint, print_id)
    if found is None:
        raise NotFound
    return _reached(acting, found)


def _reached(acting: Acting, found: StampPrint) -> StampPrint:
    if acting.role != "system" and found.organisation_id != acting.organisation_id:
        raise NotFound
    return found


def prints_of(session: Session, batch: int, *, most: int = 5) -> list[StampPrint]:
    """Return the newest files of a batch that can be fetched, are being made, or could not be."""
    query = select(StampPrint).where(StampPrint.batch == batch, StampPrint.state != SWEPT)
    return list(session.scalars(query.order_by(StampPrint.ordered_at.desc(), StampPrint.id).limit(most)))


def file_of(found: StampPrint, settings: Settings) -> Path:
    """Return where a finished file lies; raises PrintNotReady."""
    path = _folder(settings, found.id) / FILE
    if found.state != PRINTED or not path.exists():
        raise PrintNotReady
    return path


def _folder(settings: Settings, print_id: str) -> Path:
    return Path(settings.instance) / "prints" / print_id


def claim_print(session: Session, *, now: datetime) -> Claim | None:
    """Take the file that has waited longest for its next part; None if none is due."""
    due = select(StampPrint).where(StampPrint.state == DUE, StampPrint.next_attempt_at <= now)
    found = session.scalars(
        due.order_by(StampPrint.next_attempt_at, StampPrint.id).limit(1).with_for_update(skip_locked=True)
    ).one_or_none()
    if found is None:
        return None
    found.lease, found.attempts, found.next_attempt_at = found.lease + 1, found.attempts + 1, now + LEASE
    session.flush()
    return Claim(
        found.id, found.lease, found.batch, found.first, found.last, found.sheet, found.language, found.done
    )  # fmt: skip


def make_part(world: World, claim: Claim) -> tuple[int, int | None]:
    """Make the next part; return the labels done, and with the last part the file's length in bytes."""
    rows, book = reading(), book_of(world.stamp_keys)
    run = plan_run(rows, book=book, batch=claim.batch, first=claim.first, last=claim.last, sheet=claim.sheet)
    look = label_look(claim.language)
    folder = _folder(world.settings, claim.print_id)
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    parts = [folder / f"{number}.part" for number in range(run.parts)]
    number = next(number for number in range(run.parts) if run.printed_after(number) >= claim.done)
    write_part(rows, run, number, book=book, look=look, out=parts[number])
    done = run.printed_after(number + 1)
    if done < run.labels:
        return done, None
    file = folder / FILE
    join_parts(run, parts, look=look, out=file)
    for part in parts:
        part.unlink(missing_ok=True)
    return done, file.stat().st_size


def note_part(session: Session, *, now: datetime, claim: Claim, done: int, length: int | None) -> None:
    """Write how far a file is; raises `OrderLeaseLost` if another process has it."""
    found = _claimed(session, claim)
    found.done, found.attempts, found.reason, found.next_attempt_at = done, 0, None, now
    if length is not None:
        found.state, found.bytes, found.printed_at = PRINTED, length, now
    session.flush()


def put_back(session: Session, *, now: datetime, claim: Claim, reason: str) -> None:
    """Let a file try again later, ever later; after the last try its seller is told that it failed."""
    found = _claimed(session, claim)
    found.reason, found.next_attempt_at = reason[:64], now + timedelta(seconds=5 * 2**found.attempts)
    if found.attempts >= MOST_ATTEMPTS:
        found.state = FAILED
    session.flush()


def _claimed(session: Session, claim: Claim) -> StampPrint:
    found = session.get(StampPrint, claim.print_id, with_for_update=True, populate_existing=True)
    if found is None or found.lease != claim.lease or found.state != DUE:
        raise OrderLeaseLost
    return found


def print_step(world: World) -> bool:
    """Make one part of one file; say whether there was any."""
    now = world.clock.now()
    waits = select(StampPrint.id).where(StampPrint.state == DUE, StampPrint.next_attempt_at <= now).limit(1)
    if reading().scalar(waits) is None:
        return False
    with begin() as session:
        claim = claim_print(session, now=now)
    if claim is None:
        return False
    try:
        done, length = make_part(world, claim)
    except (OSError, TraceabilityError) as error:  # a full disk, a missing key: later, and others first
        with begin() as session:
            put_back(session, now=world.clock.now(), claim=claim, reason=getattr(error, "code", type(error).__name__))
        return True
    with begin() as session:
        note_part(session, now=world.clock.now(), claim=claim, done=done, length=length)
    return True


def sweep_prints(world: World) -> bool:
    """Delete files and parts that are a week old: codes are stock, and lie about no longer than needed."""
    now = world.clock.now()
    old = select(StampPrint.id).where(
        StampPrint.state.in_((PRINTED, FAILED)), StampPrint.ordered_at < now - KEPT
    )  # fmt: skip
    found = list(reading().scalars(old.limit(100)))
    for print_id in found:
        shutil.rmtree(_folder(world.settings, print_id), ignore_errors=True)
        with begin() as session:
            session.get_one(StampPrint, print_id).state = SWEPT
    return bool(found)


STEPS = (
    Step("stamps.print", print_step, priority=7),
    Step("stamps.sweep", sweep_prints, priority=9, every_s=3600),
)
