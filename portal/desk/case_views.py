"""The pages of open cases: each list, one case that somebody takes and closes, and those that people closed."""

from typing import Any

from flask import current_app, flash, g, redirect, render_template, request, url_for
from flask_babel import gettext as _
from sqlalchemy import func, select
from werkzeug.wrappers import Response

from portal.cases import CaseWork
from portal.db import begin, reading
from portal.desk import cases, handling
from portal.desk.blueprint import blueprint
from portal.desk.errors import CaseRefused
from portal.desk.forms import CloseForm
from portal.desk.waiting import queues_of
from portal.errors import NotFound, error_line
from portal.paging import Page
from portal.people.actions import login_name
from portal.people.models import Login
from portal.queues import Queue
from portal.sheets import csv_file
from portal.world import current_world

ROWS = 50


def _queues() -> dict[str, Queue]:
    return {one.code: one for one in queues_of(g.acting) if one.code in cases.KINDS}


def _names(actors: set[str | None]) -> dict[str, str]:
    """Return the names of officers by the actor that they are in the trail."""
    query = select(Login).where(Login.id.in_(sorted(one for one in actors if one)))
    keys = current_world().field_keys
    return {login.id: login_name(login, keys) or _("an officer") for login in reading().scalars(query)}


@blueprint.get("/officer/cases")
def cases_page() -> Any:
    """List open cases of one kind, longest waiting first."""
    known = _queues()
    code = request.args.get("kind") or next(iter(known), "")
    if code not in known:
        raise NotFound
    found = cases.open_cases(reading(), g.acting, known[code])
    names = _names({one.taken_by for one in found})
    if request.args.get("format") == "csv":
        columns = (_("Since"), _("What it is"), _("Code"), _("About"), _("Reason"), _("Who works on it"))
        cells = [
            (one.since, one.words, one.kind, one.subject, one.reason, names.get(one.taken_by or "", ""))
            for one in found
        ]  # fmt: skip
        return csv_file("cases", columns, cells)
    return render_template(
        "desk/cases.html", found=found, queue=known[code], names=names, now=current_world().clock.now()
    )


@blueprint.get("/officer/cases/closed")
def closed_page() -> str:
    """List the cases that people closed, the newest first."""
    rows = reading()
    query = select(CaseWork).where(CaseWork.closed_at.is_not(None), CaseWork.queue.in_(sorted(_queues())))
    total = rows.scalar(select(func.count()).select_from(query.subquery())) or 0
    page: Page[CaseWork] = Page(asked=request.args.get("page", 1, type=int), total=total, rows=ROWS)
    newest = query.order_by(CaseWork.closed_at.desc(), CaseWork.case_id).limit(ROWS).offset(page.start)
    shown = page.holding(*rows.scalars(newest))
    names = _names({one.closed_by for one in shown.lines})
    words = current_app.extensions["case_words"]
    return render_template("desk/closed.html", page=shown, names=names, words=words)


@blueprint.get("/officer/cases/<case_id>")
def case_page(case_id: str) -> Any:
    """Show one case: what it is, who works on it, and how it ended."""
    return _page(case_id, CloseForm(), 200)


def _page(case_id: str, form: CloseForm, status: int) -> Any:
    one = handling.find_case(reading(), g.acting, case_id)
    work = one.work
    page = render_template(
        "desk/case.html",
        one=one,
        words=current_app.extensions["case_words"].get(one.kind),
        names=_names({work.taken_by, work.closed_by} if work is not None else set()),
        mine=work is not None and work.taken_by == g.acting.actor,
        form=form,
        now=current_world().clock.now(),
    )
    return page, status


@blueprint.post("/officer/cases/<case_id>/take")
def case_take(case_id: str) -> Response:
    """Say that one works on a case."""
    acting = g.acting
    with begin() as rows:
        handling.take(rows, now=current_world().clock.now(), acting=acting, case_id=case_id)
    return redirect(url_for("desk.case_page", case_id=case_id))


@blueprint.post("/officer/cases/<case_id>/close")
def case_close(case_id: str) -> Any:
    """Close a case with what was done."""
    form, acting = CloseForm(), g.acting
    if not form.validate_on_submit():
        return _page(case_id, form, 400)
    try:
        with begin() as rows:
            one = handling.close(
                rows, now=current_world().clock.now(), acting=acting, case_id=case_id, note=form.note.data or "",
            )  # fmt: skip
    except CaseRefused as error:
        form.note.errors = [error_line(error.code)]
        return _page(case_id, form, 400)
    flash(_("The case is closed."), "success")
    return redirect(url_for("desk.cases_page", kind=one.queue.code))
