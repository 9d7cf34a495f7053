"""Sending a class list: the workbook, what it would do, the import, and its refused rows."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from flask import Response, flash, g, redirect, render_template, url_for
from flask_babel import gettext as _

from portal.db import begin, reading
from portal.errors import error_line
from portal.people.forms import PressForm
from portal.schools import actions
from portal.schools.cells import Problem
from portal.schools.errors import ListRefused
from portal.schools.forms import ListForm
from portal.schools.keeping import kept_lists
from portal.schools.models import ClassList
from portal.schools.views import blueprint, own_school
from portal.schools.workbooks import errors_workbook, open_list, reason, sample_workbook
from portal.sheets import workbook_file
from portal.uploads.errors import FileRefused
from portal.world import current_world

SHOWN = 100


@blueprint.get("/classes/lists/new")
def list_new() -> Any:
    """Ask for a class list."""
    own_school()
    return _new_page(ListForm(), 200)


def _new_page(form: ListForm, status: int) -> Any:
    return render_template("schools/list_new.html", form=form), status


@blueprint.get("/classes/lists/sample.xlsx")
def list_sample() -> Response:
    """Give a workbook with the headings and one invented row."""
    return workbook_file("class-list", sample_workbook())


@blueprint.post("/classes/lists/new")
def list_send() -> Any:
    """Rehearse a class list; nothing is asked of anybody yet."""
    form, world, acting, payee = ListForm(), current_world(), g.acting, own_school()
    if not form.validate_on_submit():
        return _new_page(form, 400)
    period, files = " ".join((form.period.data or "").split()) or None, kept_lists(world)
    try:
        with files.received(form.roster.data.stream) as path, begin() as rows:
            row = actions.take_in(
                world, rows, path, acting=acting, payee_id=payee.id, file_name=form.file_name, period=period
            )
            files.keep(row.id, path)
    except ListRefused as error:
        form.roster.errors = [error_line(error.code, **error.fields)]
        return _new_page(form, 400)
    return redirect(url_for("schools.list_page", list_id=row.id), 303)


@blueprint.get("/classes/lists/<list_id>")
def list_page(list_id: str) -> str:
    """Show what a list would do, or did, with the rows that are refused."""
    row = actions.own_list(reading(), g.acting, list_id)
    problems = [
        (number, column, reason(Problem(column, code, fields))) for number, column, code, fields in row.problems[:SHOWN]
    ]
    return render_template("schools/list.html", row=row, problems=problems, form=PressForm())


@blueprint.post("/classes/lists/<list_id>/import")
def list_import(list_id: str) -> Any:
    """Import a list that was rehearsed; a second time changes nothing."""
    world, acting = current_world(), g.acting
    with _opened(actions.own_list(reading(), acting, list_id)) as path, begin() as rows:
        actions.import_kept(world, rows, path, acting=acting, list_id=list_id)
    return redirect(url_for("schools.list_page", list_id=list_id), 303)


@blueprint.post("/classes/lists/<list_id>/stop")
def list_stop(list_id: str) -> Any:
    """Put a list aside."""
    acting, world = g.acting, current_world()
    with begin() as rows:
        actions.stop(rows, now=world.clock.now(), acting=acting, list_id=list_id)
    kept_lists(world).drop(list_id)
    flash(_("The list was put aside. Nothing was imported."), "message")
    return redirect(url_for("schools.classes"), 303)


@blueprint.get("/classes/lists/<list_id>/refused.xlsx")
def list_refused(list_id: str) -> Response:
    """Give the refused rows back with their reasons, to be corrected and sent again."""
    world, row = current_world(), actions.own_list(reading(), g.acting, list_id)
    with _opened(row) as path:
        found = open_list(path)
        judged = actions.rehearse(
            reading(), now=row.ended_at or row.uploaded_at, payee_id=row.payee, listing=found, period=row.period,
            keys=world.field_keys,
        ).judged  # fmt: skip
        return workbook_file(f"refused-{row.id}", errors_workbook(found, judged.refused))


@contextmanager
def _opened(row: ClassList) -> Iterator[Path]:
    """Give a kept list as a file. Raises `ListRefused` list.gone."""
    try:
        with kept_lists(current_world()).opened(row.id) as path:
            yield path
    except FileRefused as error:
        raise ListRefused("list.gone") from error
