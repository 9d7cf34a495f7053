"""Carry a roster's run on: chunk after chunk, each one transaction that moves `next_row` with it.

Killed anywhere, the same call goes on where it stood. Rehearsed, it judges all lines and writes none.
"""

import gc
import time
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import date, datetime
from itertools import islice
from pathlib import Path
from typing import TYPE_CHECKING

from sqlalchemy import select
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from portal.acting import Acting
from portal.audit import record
from portal.crypto import FieldKeys
from portal.db import begin
from portal.onboarding.roster_models import RosterRow, RosterRun
from portal.onboarding.roster_states import OUTCOMES
from portal.onboarding.rosters import runs
from portal.onboarding.rosters.changes import Changes
from portal.onboarding.rosters.chunks import Judged, Seen, judge, mark_repeated, tally
from portal.onboarding.rosters.errors import RosterRefused
from portal.onboarding.rosters.fields import GROUPS
from portal.onboarding.rosters.matching import PlaceMatcher
from portal.onboarding.rosters.rows import Parsed, RowReader
from portal.onboarding.rosters.sheets import Source, open_source
from portal.onboarding.rosters.writing import Writing, held_by
from portal.places.areas import day_of

if TYPE_CHECKING:
    from portal.world import World

CHUNK = 5_000
JUDGED_FIRST = 1_000
AGAIN = 3
CACHE_KIB = 65_536
MachineTime = Callable[[], datetime]
Progress = Callable[["Standing"], None]


@dataclass(frozen=True, slots=True)
class Standing:
    """How far a run is: rows with an outcome, by outcome, and rows a second in this process."""

    rows: int
    outcomes: dict[str, int]
    per_second: float


@dataclass(frozen=True, slots=True, kw_only=True)
class How:
    """How a list is read and judged, fixed before its first row."""

    source: Source
    name: str
    first_row: int
    mapping: dict[str, int]
    legacy: dict[int, str]
    captured_on: date
    unit_id: str | None
    keys: FieldKeys
    province: str
    now: datetime

    def reader(self, session: Session) -> RowReader:
        """Return the reader of its lines."""
        today = day_of(self.now)
        matcher = PlaceMatcher(
            session, province=self.province, captured_on=self.captured_on, today=today, unit_id=self.unit_id
        )
        return RowReader(
            mapping=self.mapping, legacy=self.legacy, keys=self.keys, matcher=matcher, this_year=today.year
        )

    def lines(self) -> Iterator[tuple[int, Sequence[str]]]:
        """Yield the lines below the headings, each with its number in the sheet, from 1."""
        return islice(enumerate(self.source.lines(), 1), self.first_row - 1, None)


def how_of(world: "World", run: RosterRun, path: Path) -> How:
    """Return how a run's list is read."""
    source = open_source(path, sheet=run.sheet)
    return How(
        source=source, name=run.source, mapping=dict(run.mapping), captured_on=run.captured_on, unit_id=run.unit_id,
        first_row=(run.header_row or 0) + int(run.checked.get("header_height", 1)) + 1,
        legacy={int(column): scheme for column, scheme in run.legacy.items()},
        keys=world.field_keys, province=world.settings.province, now=world.clock.now(),
    )  # fmt: skip


def rehearse(session: Session, how: How, *, progress: Progress | None = None) -> Iterator[Judged]:
    """Yield every line with the outcome that it would have. Reads alone."""
    reader, seen, begun, total = how.reader(session), Seen(), time.monotonic(), Counter[str]()
    lines = reader.read(how.lines())
    for chunk in _chunks(lines):
        judged = mark_repeated(chunk, seen)
        judge(session, judged, source=how.name)
        _rehearse_changes(session, how, [one for one in judged if one.outcome == "changed"])
        session.expunge_all()
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
    """Carry a run on to its end; raise `LeaseLost` where another process does, `RosterRefused` where it can't go on.

    With `longest_s` it gives the run back after the chunk in which that time ends.
    """
    with begin() as session:
        lease = runs.take_lease(session, run_id, at=machine_time())
    turn = _Run(world, run_id, lease, acting=acting, machine_time=machine_time, progress=progress)
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
        lines = self._skipping(how.lines(), reader, seen, next_row=next_row, refused=refused)
        looked_at, bad = 0, 0
        for chunk in _chunks(reader.read(lines)):
            if next_row == 0 and looked_at == 0:
                looked_at = min(len(chunk), JUDGED_FIRST)
                bad = sum(one.rejected for one in chunk[:JUDGED_FIRST])
                if looked_at == JUDGED_FIRST and bad * 2 > looked_at:
                    self._give_up()
            self._write(mark_repeated(chunk, seen), how)
            if longest_s is not None and time.monotonic() - self._begun > longest_s:
                with begin() as session:
                    runs.release(session, self._run_id, self._lease)
                return
        with begin() as session:
            run = runs.hold_lease(session, self._run_id, self._lease, at=self._machine_time())
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

    def _give_up(self) -> None:
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
            _widen_cache(session)
            run = runs.hold_lease(session, self._run_id, self._lease, at=self._machine_time())
            judge(session, judged, source=how.name)
            writing = Writing(
                run_id=run.id, source=run.source, kind=run.kind or "household", captured_on=run.captured_on,
                keys=how.keys, now=now, acting=self._acting,
            )  # fmt: skip
            writing.write(session, judged)
            outcomes = tally(judged)
            for outcome in OUTCOMES:
                setattr(run, outcome, getattr(run, outcome) + outcomes[outcome])
            run.next_row = judged[-1].parsed.row + 1
            if outcomes["created"] or outcomes["changed"]:
                self._note(session, run, judged, now=now)
            total = Counter({outcome: getattr(run, outcome) for outcome in OUTCOMES})
        self._done_here += len(judged)
        if self._progress is not None:
            self._progress(_standing(total, self._begun, done_here=self._done_here))

    def _note(self, session: Session, run: RosterRun, judged: Sequence[Judged], *, now: datetime) -> None:
        """Write the chunk's one row of the trail; its digest covers those of all its rows."""
        digests = "".join(f"{one.parsed.row}:{one.outcome}:{one.parsed.digest};" for one in judged)
        changed: dict[str, tuple[object, object]] = {
            "rows": (judged[0].parsed.row, judged[-1].parsed.row),
            "digest": (None, self._world.field_keys.index("roster.chunk", digests)),
        }
        record(
            session, now=now, acting=self._acting, act="roster.chunk", object_id=run.id, changed=changed,
            public=frozenset(changed),
        )  # fmt: skip


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


def _widen_cache(session: Session) -> None:
    """Give SQLite room for the indexes of a province; its default holds a twentieth of them."""
    if session.get_bind().dialect.name == "sqlite":
        session.connection().exec_driver_sql(f"PRAGMA cache_size = -{CACHE_KIB}")


def _standing(total: "Counter[str]", begun: float, *, done_here: int | None = None) -> Standing:
    rows = sum(total.values())
    took = max(time.monotonic() - begun, 1e-3)
    return Standing(rows, dict(total), (rows if done_here is None else done_here) / took)
