"""The officer's pages of imports: all of them; and one: how it stands, what it would do or did, what it refused."""

from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from flask import Response as Download
from flask import flash, g, redirect, render_template, request, url_for
from flask_babel import gettext as _
from sqlalchemy import func, select
from sqlalchemy.orm import Session
from werkzeug.wrappers import Response

from portal.acting import Acting
from portal.db import begin, reading
from portal.errors import error_line
from portal.onboarding.blueprint import blueprint
from portal.onboarding.roster_models import RosterRun
from portal.onboarding.roster_states import ENDED, FOR_A_PERSON, OUTCOMES, UNFINISHED
from portal.onboarding.rosters import runs, uploads
from portal.onboarding.rosters.report import Told, not_taken, reasons, report_of
from portal.paging import Page
from portal.people.forms import PressForm
from portal.sheets import csv_file
from portal.uploads.sealed import SealedFiles
from portal.world import current_world

MOST_ROWS = 50
_WORKBOOK = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"


@dataclass(frozen=True, slots=True)
class Pace:
    """How far a run is: rows with an outcome, of how many where that is known, and the minutes that are left."""

    done: int
    rows: int | None
    minutes_left: int | None


def listed(session: Session, acting: Acting) -> list[RosterRun]:
    """Return the imports within reach, those that wait or run first and of these the longest; then the newest ended."""
    query, ended = uploads.within_reach(session, acting), RosterRun.state.in_(ENDED)
    waiting = session.scalars(query.where(~ended).order_by(RosterRun.uploaded_at, RosterRun.id).limit(MOST_ROWS))
    done = session.scalars(query.where(ended).order_by(RosterRun.uploaded_at.desc(), RosterRun.id).limit(MOST_ROWS))
    return [*waiting, *done]


def run_words(state: str) -> tuple[str, str]:
    """Return how an import stands, with a tone."""
    if state in FOR_A_PERSON:
        return _("waits for a person"), "amber"
    words = {
        "mapped": _("is being checked"), "confirmed": _("will begin soon"), "running": _("is running"),
        "done": _("finished"),
    }  # fmt: skip
    tones = {"mapped": "grey", "confirmed": "grey", "running": "grey", "done": "green"}
    return words.get(state, _("stopped")), tones.get(state, "red")


def pace(run: RosterRun, *, at: datetime) -> Pace:
    """Return how far a run is at the machine's time."""
    done = sum(getattr(run, outcome) for outcome in OUTCOMES)
    if run.state != "running" or run.running_at is None or not done or not run.rows:
        return Pace(done, run.rows, None)
    took = max((at - run.running_at).total_seconds(), 1.0)
    return Pace(done, run.rows, max(1, round((run.rows - done) * took / done / 60)))


@blueprint.get("/officer/rosters")
def officer_rosters() -> Any:
    """List the imports."""
    found = [(one, uploads.source_name(one), *run_words(one.state)) for one in listed(reading(), g.acting)]
    if request.args.get("format") == "csv":
        columns = (
            _("List"), _("Source"), _("How it stands"), _("Uploaded"), _("Rows"), _("New"), _("Changed"),
            _("Unchanged"), _("Double"), _("Refused"),
        )  # fmt: skip
        cells = [
            (one.file_name, source, words, one.uploaded_at, one.rows, one.created, one.changed, one.unchanged,
             one.duplicate, one.rejected)
            for one, source, words, _tone in found
        ]  # fmt: skip
        return csv_file("rosters", columns, cells)
    return render_template("onboarding/officer/rosters.html", found=found)


@blueprint.get("/officer/rosters/<run_id>")
def officer_roster(run_id: str) -> str:
    """Show one import: how it stands, what is next, and the rows that were not taken."""
    rows = reading()
    run = uploads.find_run(rows, g.acting, run_id)
    words, tone = run_words(run.state)
    seen = runs.seen_before(rows, run) if run.state == "checked" else None
    return render_template(
        "onboarding/officer/roster.html",
        run=run,
        source=uploads.source_name(run),
        words=words,
        tone=tone,
        unfinished=run.state in UNFINISHED,
        pace=pace(run, at=datetime.now(UTC)),
        seen=seen,
        ended=_end_words(run),
        page=_lines(rows, run),
        form=PressForm(),
    )


def _end_words(run: RosterRun) -> str:
    """Return why a run was stopped, where that is known."""
    note = run.end_note or ""
    if note.startswith("encoding."):
        return _("The old letters were not converted. Nothing was imported.")
    words = error_line(note) if note.startswith(("roster.", "file.")) else ""
    return "" if "%(" in words else words


def _lines(session: Session, run: RosterRun) -> Page[tuple[int, str, str]]:
    """Return a page of the rows that were not taken: line, outcome, reasons."""
    query = not_taken(run)
    total = session.scalar(select(func.count()).select_from(query.order_by(None).subquery())) or 0
    page: Page[tuple[int, str, str]] = Page(
        asked=request.args.get("page", 1, type=int), total=total, rows=MOST_ROWS
    )  # fmt: skip
    rows = session.scalars(query.limit(MOST_ROWS).offset(page.start))
    return page.holding(*((row.row, row.outcome, reasons(Told.of_row(row).problems)) for row in rows))


@blueprint.post("/officer/rosters/<run_id>/start")
def officer_roster_start(run_id: str) -> Response:
    """Let a list that was checked be imported."""
    acting = g.acting
    with begin() as rows:
        uploads.start(rows, now=current_world().clock.now(), acting=acting, run_id=run_id)
    return redirect(url_for("onboarding.officer_roster", run_id=run_id))


@blueprint.post("/officer/rosters/<run_id>/stop")
def officer_roster_stop(run_id: str) -> Response:
    """Stop an import for good."""
    acting = g.acting
    with begin() as rows:
        uploads.stop(rows, now=current_world().clock.now(), acting=acting, run_id=run_id)
    flash(_("The import is stopped. What it wrote before stays."))
    return redirect(url_for("onboarding.officer_roster", run_id=run_id))


@blueprint.post("/officer/rosters/<run_id>/report")
def officer_roster_report(run_id: str) -> Download:
    """Give the rows that were not taken as a workbook, to be corrected and sent again."""
    world, acting = current_world(), g.acting
    with begin() as rows:
        run = uploads.note_report(rows, now=world.clock.now(), acting=acting, run_id=run_id)
    files = SealedFiles(world.settings.instance, world.field_keys)
    with files.opened(run_id) as path, files.room() as folder:
        report_of(reading(), run, path, to=folder / "report.xlsx")
        body = (folder / "report.xlsx").read_bytes()
    headers = {"Content-Disposition": f'attachment; filename="{run_id}.xlsx"', "Cache-Control": "no-store"}
    return Download(body, mimetype=_WORKBOOK, headers=headers)
