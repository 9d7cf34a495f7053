"""What an officer does with a list: send it, say what its columns hold, begin, stop, and take back what was refused."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime
from pathlib import Path
from typing import TYPE_CHECKING

from sqlalchemy import Select, select
from sqlalchemy.orm import Session

from portal.acting import Acting
from portal.audit import record
from portal.db import begin, reading
from portal.errors import NotFound
from portal.onboarding.officers import reached_units
from portal.onboarding.roster_models import RosterRun
from portal.onboarding.rosters import runs
from portal.onboarding.rosters.errors import RosterRefused
from portal.onboarding.rosters.fields import kind_of_list, missing_fields
from portal.onboarding.rosters.headers import Preview, inspect
from portal.uploads.sealed import SealedFiles, sha256_of
from portal.uploads.sheets import Source, open_source

if TYPE_CHECKING:
    from portal.world import World

STARTED = ("confirmed", "running", "done")


@dataclass(frozen=True, slots=True, kw_only=True)
class Sent:
    """A list as an officer sends it: whose it is, the file's own name, and the day on which its communes were valid."""

    source: str
    file_name: str
    captured_on: date


def find_run(session: Session, acting: Acting, run_id: str, *, lock: bool = False) -> RosterRun:
    """Return a run within an officer's grant, locked where it will change; a foreign one is missing."""
    run = runs.locked(session, run_id) if lock else session.get(RosterRun, run_id)
    units = reached_units(session, acting)
    if run is None or (units is not None and run.unit_id not in units):
        raise NotFound
    return run


def take_in(world: "World", path: Path, sent: Sent, *, acting: Acting) -> str:
    """Begin a run with a list, sealed; where its headings say everything it is rehearsed at once. Return its id.

    Raises `FileRefused`, and `RosterRefused` roster.no_rows or roster.unfinished; then nothing is kept.
    """
    source, name = open_source(path), _name_of(acting, sent.source)
    preview = look(source, known=runs.known_mapping(reading(), name))
    sha256, now = sha256_of(path), world.clock.now()
    with begin() as session:
        run = runs.begin_run(
            session, now=now, acting=acting, source=name, file_name=sent.file_name, sha256=sha256,
            size=path.stat().st_size, captured_on=sent.captured_on,
        )  # fmt: skip
        SealedFiles(world.settings.instance, world.field_keys).keep(run.id, path)
        if preview is not None and not missing_fields(preview.headings.mapping) and not old_letters(preview):
            read(session, run, source, preview)
        elif preview is not None:
            runs.inspected(session, run, header_row=preview.headings.row)
    return run.id


def look(source: Source, *, known: Mapping[str, int], header_row: int | None = None) -> Preview | None:
    """Return the headings and first rows of a list, or None where no row looks like headings.

    Raises `RosterRefused` roster.no_rows.
    """
    try:
        preview = inspect(source, header_row=header_row, known=known)
    except RosterRefused as error:
        if error.code != "roster.no_header":
            raise
        return None
    if not preview.rows:
        raise RosterRefused("roster.no_rows")
    return preview


def old_letters(preview: Preview, mapping: Mapping[str, int] | None = None) -> dict[int, str]:
    """Return the columns in old letters that hold a field."""
    used = set((preview.headings.mapping if mapping is None else mapping).values())
    return {column: scheme for column, scheme in preview.legacy.items() if column in used}


def read(
    session: Session, run: RosterRun, source: Source, preview: Preview, mapping: Mapping[str, int] | None = None
) -> None:
    """Fix how a list is read, old letters converted: the worker rehearses it next."""
    chosen = preview.headings.mapping if mapping is None else mapping
    way = runs.Reading(
        kind=kind_of_list(chosen), sheet=source.sheet, header_row=preview.headings.row,
        header_height=preview.headings.height, encoding=source.encoding, mapping=chosen,
        legacy=old_letters(preview, chosen),
    )  # fmt: skip
    runs.read_as(session, run, way)


def start(session: Session, *, now: datetime, acting: Acting, run_id: str) -> RosterRun:
    """Let a list that was rehearsed be imported; a second time changes nothing."""
    run = find_run(session, acting, run_id, lock=True)
    if run.state not in STARTED:
        runs.confirm(session, run, now=now, acting=acting)
    return run


def stop(session: Session, *, now: datetime, acting: Acting, run_id: str, note: str = "") -> RosterRun:
    """Stop a run for good; a second time changes nothing."""
    run = find_run(session, acting, run_id, lock=True)
    if run.state != "aborted":
        runs.abort(session, run, now=now, acting=acting, note=note)
    return run


def note_report(session: Session, *, now: datetime, acting: Acting, run_id: str) -> RosterRun:
    """Note that somebody took the rows that a run did not take: they hold people's own words."""
    run = find_run(session, acting, run_id)
    record(session, now=now, acting=acting, act="roster.report_taken", object_id=run.id)
    return run


def within_reach(session: Session, acting: Acting) -> Select[RosterRun]:
    """Select the runs within an officer's grant."""
    units = reached_units(session, acting)
    return select(RosterRun) if units is None else select(RosterRun).where(RosterRun.unit_id.in_(units))


def _name_of(acting: Acting, typed: str) -> str:
    """Return the name of a source: two communes may call theirs alike, and each knows its own rows again."""
    return f"{acting.unit_id} {typed}" if acting.role == "commune_officer" else typed


def source_name(run: RosterRun) -> str:
    """Return the name of a source as it was typed."""
    return run.source.removeprefix(f"{run.unit_id} ")
