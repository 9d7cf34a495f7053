"""What the command line and the demo do with a list: rehearse it, or import it whole, resuming what was killed."""

import time
from collections import Counter
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

from sqlalchemy import select

from portal.acting import Acting
from portal.db import begin, reading
from portal.onboarding.roster_models import RosterRun
from portal.onboarding.roster_states import NOT_TAKEN, OUTCOMES
from portal.onboarding.rosters import importing, runs
from portal.onboarding.rosters.errors import LeaseLost, RosterRefused
from portal.onboarding.rosters.fields import kind_of_list, missing_fields
from portal.onboarding.rosters.headers import Preview, inspect
from portal.onboarding.rosters.how import How
from portal.onboarding.rosters.importing import Progress, Standing
from portal.onboarding.rosters.report import Told, report_of, write_errors
from portal.uploads.sealed import SealedFiles, sha256_of
from portal.uploads.sheets import Source, open_source

if TYPE_CHECKING:
    from portal.world import World

_WAIT_S = 0.5


@dataclass(frozen=True, slots=True, kw_only=True)
class Asked:
    """A list to import: the file, its source, the day of its places, and whether old letters are converted."""

    path: Path
    source: str
    captured_on: date
    convert: bool = False
    errors_to: Path | None = None


@dataclass(frozen=True, slots=True)
class Imported:
    """What became of a list: its run (None for a rehearsal) and the number of rows by outcome."""

    run: str | None
    outcomes: Mapping[str, int]
    seconds: float

    @property
    def rows(self) -> int:
        """Return the number of rows: each has one outcome."""
        return sum(self.outcomes.values())

    def as_json(self) -> dict[str, Any]:
        """Return what the command line prints."""
        own = {outcome: self.outcomes.get(outcome, 0) for outcome in OUTCOMES}
        return {"run": self.run, "rows": self.rows, **own, "seconds": round(self.seconds, 1)}


def rehearse(world: "World", asked: Asked, *, acting: Acting, progress: Progress | None = None) -> Imported:
    """Judge a list without writing anything but the error workbook that was asked for."""
    begun = time.monotonic()
    source, preview = _look(asked)
    how = How(
        source=source, name=asked.source, first_row=preview.headings.row + preview.headings.height + 1,
        mapping=preview.headings.mapping, legacy=_legacy(preview, convert=asked.convert),
        captured_on=asked.captured_on, unit_id=acting.unit_id, keys=world.field_keys,
        province=world.settings.province, now=world.clock.now(),
    )  # fmt: skip
    outcomes, told = Counter[str](), list[Told]()
    for one in importing.rehearse(reading(), how, progress=progress):
        outcomes[one.outcome] += 1
        if asked.errors_to is not None and one.outcome in NOT_TAKEN:
            told.append(Told(one.parsed.row, one.outcome, one.problems))
    reading().rollback()
    if asked.errors_to is not None:
        write_errors(asked.errors_to, source, preview.headings, told)
    return Imported(None, dict(outcomes), time.monotonic() - begun)


def import_list(
    world: "World", asked: Asked, *, acting: Acting, progress: Progress | None = None,
    say: Callable[[str], None] = lambda _text: None,
) -> Imported:  # fmt: skip
    """Import a list to its end, or go on with its run that was killed; raises as `carry_on` does."""
    begun = time.monotonic()
    run_id = _begun(world, asked, acting=acting)
    _wait_for_lease(run_id, say=say)
    try:
        importing.carry_on(
            world, run_id, asked.path, acting=acting, machine_time=lambda: datetime.now(UTC), progress=progress
        )
    except RosterRefused as error:
        if error.code != "roster.illegal_step":
            raise
    with begin() as session:
        run = runs.locked(session, run_id)
        outcomes = {outcome: getattr(run, outcome) for outcome in OUTCOMES}
    if asked.errors_to is not None:
        _report(asked, run_id)
    return Imported(run_id, outcomes, time.monotonic() - begun)


def _begun(world: "World", asked: Asked, *, acting: Acting) -> str:
    """Return the run of this list: the unfinished one of its source, or a new one that is confirmed at once."""
    sha256 = sha256_of(asked.path)
    known = runs.unfinished(reading(), asked.source)
    reading().rollback()
    if known is not None and known.state in ("confirmed", "running"):
        if known.sha256 != sha256:
            raise RosterRefused("roster.unfinished")
        return known.id
    source, preview = _look(asked)
    headings = preview.headings
    way = runs.Reading(
        kind=kind_of_list(headings.mapping), sheet=source.sheet, header_row=headings.row,
        header_height=headings.height, encoding=source.encoding, mapping=headings.mapping,
        legacy=_legacy(preview, convert=asked.convert),
    )  # fmt: skip
    now = world.clock.now()
    with begin() as session:
        run = runs.begin_run(
            session, now=now, acting=acting, source=asked.source, file_name=asked.path.name, sha256=sha256,
            size=asked.path.stat().st_size, captured_on=asked.captured_on,
        )  # fmt: skip
        SealedFiles(world.settings.instance, world.field_keys).keep(run.id, asked.path)
        runs.read_as(session, run, way)
        runs.checked(session, run)
        runs.confirm(session, run, now=now, acting=acting)
    return run.id


def _look(asked: Asked) -> tuple[Source, Preview]:
    """Return how a list is read; raise `RosterRefused` where a column is missing or old letters wait for a yes."""
    source = open_source(asked.path)
    preview = inspect(source, known=runs.known_mapping(reading(), asked.source))
    check_columns(preview)
    reading().rollback()
    return source, preview


def check_columns(preview: Preview) -> None:
    """Raise `RosterRefused` where a needed column is missing or no row follows the headings."""
    missing = missing_fields(preview.headings.mapping)
    if missing:
        raise RosterRefused("roster.column_missing", missing=", ".join(missing))
    if not preview.rows:
        raise RosterRefused("roster.no_rows")


def _legacy(preview: Preview, *, convert: bool) -> dict[int, str]:
    used = set(preview.headings.mapping.values())
    found = {column: scheme for column, scheme in preview.legacy.items() if column in used}
    if found and not convert:
        column, scheme = min(found.items())
        raise RosterRefused(f"encoding.{scheme}", sample=preview.samples(column)[0][1])
    return found


def _wait_for_lease(run_id: str, *, say: Callable[[str], None]) -> None:
    """Wait until a lease that nobody prolongs has run out; raise `LeaseLost` where somebody does."""
    first = _lease_until(run_id)
    told = False
    while (until := _lease_until(run_id)) is not None and until > datetime.now(UTC):
        if until != first:
            raise LeaseLost
        if not told:
            say("another process held this list; waiting for its lease to end")
            told = True
        time.sleep(_WAIT_S)


def _lease_until(run_id: str) -> datetime | None:
    found = reading().scalar(select(RosterRun.lease_until).where(RosterRun.id == run_id))
    reading().rollback()
    return found


def _report(asked: Asked, run_id: str) -> None:
    """Write the workbook of the rows that were not taken."""
    assert asked.errors_to is not None  # noqa: S101
    report_of(reading(), reading().get_one(RosterRun, run_id), asked.path, to=asked.errors_to)
    reading().rollback()


def progress_line(one: Standing) -> str:
    """Return one line of progress."""
    return f"  {one.rows:,} rows, {one.per_second:,.0f} a second"
