"""Carry a roster's run on: chunk after chunk, each one transaction that moves `next_row` with it.

Killed anywhere, the same call goes on where it stood. Rehearsed, it judges all lines and writes none.
"""

import gc
import time
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from contextlib import closing, contextmanager
from dataclasses import dataclass
from datetime import datetime
from itertools import islice
from pathlib import Path
from typing import TYPE_CHECKING

from sqlalchemy import select
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from portal.acting import Acting
from portal.audit import record
from portal.db import begin, reading
from portal.onboarding.roster_models import RosterRow, RosterRun
from portal.onboarding.roster_states import NOT_TAKEN, OUTCOMES
from portal.onboarding.rosters import runs
from portal.onboarding.rosters.changes import Changes
from portal.onboarding.rosters.chunks import Judged, Seen, judge, mark_repeated, tally
from portal.onboarding.rosters.errors import RosterRefused
from portal.onboarding.rosters.fields import GROUPS
from portal.onboarding.rosters.how import How, how_of
from portal.onboarding.rosters.parsed import Parsed
from portal.onboarding.rosters.proof import ACT, digest_of
from portal.onboarding.rosters.rows import RowReader
from portal.onboarding.rosters.writing import Writing, held_by, write_rows
from portal.uploads.ahead import ReadAhead

if TYPE_CHECKING:
    from portal.world import World

CHUNK = 5_000
JUDGED_FIRST = 1_000
AGAIN = 3
WIDE, USUAL = (-49_152, 48_000), (-2_000, 1_000)  # SQLite's cache (negative: KiB), and pages until a checkpoint
MachineTime = Callable[[], datetime]
Progress = Callable[["Standing"], None]


@dataclass(frozen=True, slots=True)
class Standing:
    """How far a run is: rows with an outcome, by outcome, and rows a second in this process."""

    rows: int
    outcomes: dict[str, int]
    per_second: float


def rehearse(session: Session, how: How, *, progress: Progress | None = None) -> Iterator[Judged]:
    """Yield every line with the outcome that it would have. Reads alone."""
    reader, seen, begun, total = how.reader(session), Seen(), time.monotonic(), Counter[str]()
    lines = reader.read(how.lines())
    for chunk in _chunks(lines):
        judged = mark_repeated(chunk, seen)
        judge_as_if(session, how, judged)
        total.update(tally(judged))
        if progress is not None:
            progress(_standing(total, begun))
        yield from judged


def carry_on(
    world: "World",
    run_id: str,
    path: Path,
    *,
    acting: Acting,
    machine_time: MachineTime,
    progress: Progress | None = None,
    longest_s: float | None = None,
) -> None:
    """Carry a run on to its end, or its rehearsal; raise `LeaseLost` where another process does, `RosterRefused` where
    it can't go on.

    With `longest_s` it gives the run back after the chunk in which that time ends.
    """
    with begin() as session:
        run = runs.take_lease(session, run_id, at=machine_time())
        kind, lease = _Rehearsal if run.state == "mapped" else _Run, run.lease
    turn = kind(world, run_id, lease, acting=acting, machine_time=machine_time, progress=progress)
    with _without_searching():
        turn.to_the_end(path, longest_s=longest_s)


class _Run:
    """One process's turn at a run, under its lease."""

    def __init__(
        self, world: "World", run_id: str, lease: int, *, acting: Acting, machine_time: MachineTime,
        progress: Progress | None,
    ) -> None:  # fmt: skip
        self._world, self._run_id, self._lease, self._acting = world, run_id, lease, acting
        self._machine_time, self._progress = machine_time, progress
        self._begun, self._done_here = time.monotonic(), 0
        self._fetch_next: Callable[[], None] = lambda: None

    def to_the_end(self, path: Path, *, longest_s: float | None = None) -> None:
        """Write chunk after chunk, then end the run; or give it back when the time is up."""
        seen = Seen()
        with begin() as session:
            run = runs.hold_lease(session, self._run_id, self._lease, at=self._machine_time())
            how, next_row = how_of(self._world, run, path), run.next_row
            reader = how.reader(session)
            refused = set(
                session.scalars(
                    select(RosterRow.row).where(RosterRow.run_id == run.id, RosterRow.outcome == "rejected")
                )
            )
        looked_at = False
        with closing(ReadAhead(how.lines(), most=CHUNK)) as ahead:
            self._fetch_next = ahead.fetch
            lines = self._skipping(ahead, reader, seen, next_row=next_row, refused=refused)
            for chunk in _chunks(reader.read(lines)):
                if next_row == 0 and not looked_at:
                    looked_at = True
                    self._look(chunk[:JUDGED_FIRST])
                self._write(mark_repeated(chunk, seen), how)
                if longest_s is not None and time.monotonic() - self._begun > longest_s:
                    with begin() as session:
                        runs.release(session, self._run_id, self._lease)
                        _set_cache(session, USUAL)
                    return
        with begin() as session:
            self._end(session, runs.hold_lease(session, self._run_id, self._lease, at=self._machine_time()))
            _set_cache(session, USUAL)

    def _end(self, session: Session, run: RosterRun) -> None:
        now = self._world.clock.now()
        runs.finish(session, run, now=now, acting=self._acting)
        for group in GROUPS.values():
            group.finished(session, now=now)

    def _skipping(
        self, lines: Iterator[tuple[int, Sequence[str]]], reader: RowReader, seen: Seen, *, next_row: int,
        refused: set[int],
    ) -> Iterator[tuple[int, Sequence[str]]]:  # fmt: skip
        """Leave out the lines that have their outcome, noting their keys: later lines may repeat them."""
        for row, line in lines:
            if row >= next_row:
                yield row, line
            elif (known := reader.skim(row, line, refused=row in refused)) is not None:
                seen.note(known)

    def _look(self, first: Sequence[Parsed]) -> None:
        """Give up where most of the first lines are refused: whoever began it has not looked at the headings."""
        if len(first) < JUDGED_FIRST or sum(one.rejected for one in first) * 2 <= len(first):
            return
        with begin() as session:
            run = runs.hold_lease(session, self._run_id, self._lease, at=self._machine_time())
            runs.abort(session, run, now=self._world.clock.now(), acting=self._acting, note="roster.mostly_bad")
        raise RosterRefused("roster.mostly_bad")

    def _write(self, judged: list[Judged], how: How) -> None:
        """Write a chunk; one that another's registration crossed is judged again."""
        for attempt in range(1, AGAIN + 1):
            try:
                self._write_once(judged, how)
                return
            except IntegrityError:
                if attempt == AGAIN:
                    raise

    def _write_once(self, judged: list[Judged], how: How) -> None:
        now = self._world.clock.now()
        with begin() as session:
            _set_cache(session, WIDE)
            run = runs.hold_lease(session, self._run_id, self._lease, at=self._machine_time())
            judge(session, judged, source=how.name, within=how.within(session))
            writing = Writing(
                run_id=run.id, source=run.source, kind=run.kind or "household", captured_on=run.captured_on,
                keys=how.keys, now=now, started_by=run.started_by,
            )  # fmt: skip
            writing.write(session, judged)
            outcomes = _move_on(run, judged)
            if outcomes["created"] or outcomes["changed"]:
                self._note(session, run, judged, now=now)
            total = Counter({outcome: getattr(run, outcome) for outcome in OUTCOMES})
            session.flush()
            self._fetch_next()
        self._done_here += len(judged)
        if self._progress is not None:
            self._progress(_standing(total, self._begun, done_here=self._done_here))

    def _note(self, session: Session, run: RosterRun, judged: Sequence[Judged], *, now: datetime) -> None:
        """Write the chunk's one row of the trail; its digest covers those of all its rows."""
        rows = ((one.parsed.row, one.outcome, one.parsed.digest) for one in judged)
        changed: dict[str, tuple[object, object]] = {
            "rows": (judged[0].parsed.row, judged[-1].parsed.row),
            "digest": (None, digest_of(rows, self._world.field_keys)),
        }
        record(
            session, now=now, acting=self._acting, act=ACT, object_id=run.id, changed=changed,
            public=frozenset(changed),
        )  # fmt: skip


class _Rehearsal(_Run):
    """One process's turn at judging a list before it is imported: it writes the run and its report alone."""

    def _look(self, first: Sequence[Parsed]) -> None:
        """Go on whatever the first lines are: who reads the report decides."""

    def _write(self, judged: list[Judged], how: How) -> None:
        session = reading()
        judge_as_if(session, how, judged)
        session.rollback()
        bad = [one for one in judged if one.outcome in NOT_TAKEN]
        with begin() as session:
            run = runs.hold_lease(session, self._run_id, self._lease, at=self._machine_time())
            write_rows(session, run.id, bad)
            _move_on(run, judged)
            session.flush()
            self._fetch_next()

    def _end(self, session: Session, run: RosterRun) -> None:
        runs.checked(session, run)


def judge_as_if(session: Session, how: How, judged: list[Judged]) -> None:
    """Give lines the outcome that they would have. Reads alone."""
    judge(session, judged, source=how.name, within=how.within(session))
    _rehearse_changes(session, how, [one for one in judged if one.outcome == "changed"])
    session.expunge_all()


def _move_on(run: RosterRun, judged: Sequence[Judged]) -> "Counter[str]":
    outcomes = tally(judged)
    for outcome in OUTCOMES:
        setattr(run, outcome, getattr(run, outcome) + outcomes[outcome])
    run.next_row = judged[-1].parsed.row + 1
    return outcomes


def _chunks(lines: Iterator[Parsed]) -> Iterator[list[Parsed]]:
    while chunk := list(islice(lines, CHUNK)):
        yield chunk


def _rehearse_changes(session: Session, how: How, lines: Sequence[Judged]) -> None:
    """Find which known organisations a chunk would really change."""
    if not lines:
        return
    changes = Changes(session, keys=how.keys, now=how.now, captured_on=how.captured_on, rehearsing=True)
    changes.load([one.organisation_id or "" for one in lines])
    changed = {one.organisation_id or "" for one in lines if changes.apply(one)}
    for name, group in GROUPS.items():
        held = held_by(lines, name)
        changed |= group.differs(session, held) if held else set()
    changed |= changes.reach(lines) | changes.enter(lines)
    for one in lines:
        if one.organisation_id not in changed:
            one.outcome = "unchanged"


@contextmanager
def _without_searching() -> Iterator[None]:
    """Hold back the search for circular garbage: rows make none, and it takes a fifth of an import."""
    searching = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if searching:
            gc.enable()


def _set_cache(session: Session, size: tuple[int, int]) -> None:
    """Give SQLite room for the indexes of a province while a list is written; its defaults hold a twentieth of them.

    Keys lie all over their indexes: copied back after every chunk, each page would be written thirty times.
    """
    if session.get_bind().dialect.name == "sqlite":
        connection = session.connection()
        connection.exec_driver_sql(f"PRAGMA cache_size = {size[0]}")
        connection.exec_driver_sql(f"PRAGMA wal_autocheckpoint = {size[1]}")


def _standing(total: "Counter[str]", begun: float, *, done_here: int | None = None) -> Standing:
    rows = sum(total.values())
    took = max(time.monotonic() - begun, 1e-3)
    return Standing(rows, dict(total), (rows if done_here is None else done_here) / took)
