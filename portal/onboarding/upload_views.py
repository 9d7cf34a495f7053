"""Sending a list: the file, then, where its headings don't say it, what its columns hold."""

import re
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from flask import flash, g, redirect, render_template, request, url_for
from flask_babel import gettext as _

from portal.db import begin, reading
from portal.errors import error_line
from portal.onboarding.blueprint import blueprint
from portal.onboarding.roster_forms import SAMPLES, ColumnsForm, UploadForm
from portal.onboarding.roster_models import RosterRun
from portal.onboarding.roster_states import FOR_A_PERSON
from portal.onboarding.rosters import runs, uploads
from portal.onboarding.rosters.errors import RosterRefused
from portal.onboarding.rosters.headers import SEARCHED, Preview, first_lines
from portal.places.areas import day_of
from portal.uploads.errors import FileRefused
from portal.uploads.sealed import SealedFiles
from portal.uploads.sheets import Source, open_source
from portal.world import current_world

SHOWN_CELLS = 6
_MIDDLE = re.compile(r"(?<=\d{4})\d(?=\d{2})")


@blueprint.get("/officer/rosters/new")
def officer_roster_new() -> Any:
    """Ask for a list."""
    form = UploadForm()
    form.on.data = f"{day_of(current_world().clock.now()):%d/%m/%Y}"
    return _new_page(form, 200)


def _new_page(form: UploadForm, status: int) -> Any:
    return render_template("onboarding/officer/roster_new.html", form=form), status


@blueprint.post("/officer/rosters/new")
def officer_roster_upload() -> Any:
    """Keep a list sealed and begin to check it; nothing is imported yet."""
    form, world, acting = UploadForm(), current_world(), g.acting
    form.today = day_of(world.clock.now())
    if form.validate_on_submit():
        files = SealedFiles(world.settings.instance, world.field_keys)
        try:
            with files.received(form.roster.data.stream) as path:
                run_id = uploads.take_in(world, path, form.sent(), acting=acting)
        except (FileRefused, RosterRefused) as error:
            at = form.source if error.code == "roster.unfinished" else form.roster
            at.errors = [error_line(error.code, **error.fields)]
        else:
            return redirect(url_for("onboarding.officer_roster", run_id=run_id))
    return _new_page(form, 400)


@contextmanager
def _opened(run: RosterRun, header_row: int | None) -> Iterator[tuple[Source, Preview | None]]:
    """Give a kept list for the time of a block: how it is read, and its headings where there are any."""
    world = current_world()
    with SealedFiles(world.settings.instance, world.field_keys).opened(run.id) as path:
        source = open_source(path, sheet=run.sheet)
        yield source, uploads.look(source, header_row=header_row, known=runs.known_mapping(reading(), run.source))


@blueprint.get("/officer/rosters/<run_id>/columns")
def officer_roster_columns(run_id: str) -> Any:
    """Ask what the columns of a list hold, or first, in which row its headings are."""
    run = uploads.find_run(reading(), g.acting, run_id)
    if run.state not in FOR_A_PERSON:
        return redirect(url_for("onboarding.officer_roster", run_id=run_id))
    row = request.args.get("row", type=int)
    header_row = row - 1 if row is not None and 1 <= row <= SEARCHED else run.header_row
    with _opened(run, header_row) as (source, preview):
        if preview is None or request.args.get("choose"):
            lines = [
                [_masked(cell) for cell in line if cell.strip()][:SHOWN_CELLS]
                for line in first_lines(source)[:SEARCHED]
            ]
            return render_template("onboarding/officer/roster_headings.html", run=run, lines=lines)
        form = ColumnsForm.asking(preview)()
        form.row.data = str(preview.headings.row + 1)
        return _columns_page(run, form, preview, 200)


def _masked(cell: str) -> str:
    """Return a cell without the middle of its long numbers: enough to know what a column holds."""
    return _MIDDLE.sub("*", cell)


def _columns_page(run: RosterRun, form: ColumnsForm, preview: Preview, status: int) -> Any:
    def samples(column: int) -> list[str]:
        cells = [row[column].strip() for row in preview.rows if column < len(row)]
        return [_masked(cell) for cell in cells if cell][:SAMPLES]

    old = [(preview.headings.texts[column], preview.samples(column)) for column in sorted(preview.legacy)]
    page = render_template(
        "onboarding/officer/roster_columns.html", run=run, form=form, samples=samples, old=old,
        row=preview.headings.row + 1,
    )  # fmt: skip
    return page, status


@blueprint.post("/officer/rosters/<run_id>/columns")
def officer_roster_read(run_id: str) -> Any:
    """Fix what the columns hold and begin to check the list; without a yes to converting, nothing is imported."""
    acting, run = g.acting, uploads.find_run(reading(), g.acting, run_id)
    row = request.form.get("row", type=int) or 1
    with _opened(run, min(max(1, row), SEARCHED) - 1) as (source, preview):
        if preview is None:
            raise RosterRefused("roster.no_header")
        form = ColumnsForm.asking(preview)()
        if not form.validate_on_submit() or not form.complete():
            return _columns_page(run, form, preview, 400)
        now, mapping = current_world().clock.now(), form.mapping()
        old = uploads.old_letters(preview, mapping)
        with begin() as rows:
            if old and form.convert.data == "no":
                note = f"encoding.{min(old.items())[1]}"
                uploads.stop(rows, now=now, acting=acting, run_id=run_id, note=note)
                flash(_("Nothing was imported."))
            else:
                locked = uploads.find_run(rows, acting, run_id, lock=True)
                uploads.read(rows, locked, source, preview, mapping)
    return redirect(url_for("onboarding.officer_roster", run_id=run_id))
