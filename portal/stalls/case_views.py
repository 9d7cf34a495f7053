"""The page of a board that shows another's code: what was found, what to do step by step, and the case's end."""

from collections.abc import Mapping
from typing import Any

from flask import flash, g, redirect, render_template, url_for
from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l

import payments
from portal.cases import CaseWork
from portal.db import begin, reading
from portal.errors import error_line
from portal.stalls import handling
from portal.stalls.errors import CaseElsewhere, CaseUnsaid, StillReplaced
from portal.stalls.forms import DoneForm
from portal.stalls.models import ALARMS
from portal.stalls.views import blueprint
from portal.stalls.waiting import last_look
from portal.world import current_world

_SHOWS: Mapping[str, Any] = {
    "other_account": _l("another's account"),
    "other_stall": _l("another stall's code"),
    "no_vietqr": _l("no code to pay by"),
}


@blueprint.get("/stalls/cases/<case_id>")
def case_page(case_id: str) -> str:
    """Show what was found on a board, the steps to put it right, and how the case ended."""
    return _page(case_id, DoneForm())


@blueprint.post("/stalls/cases/<case_id>/close")
def case_close(case_id: str) -> Any:
    """Close a case with what was done."""
    form, acting = DoneForm(), g.acting
    handling.own_case(reading(), acting, case_id)
    if not form.validate_on_submit():
        return _page(case_id, form), 400
    try:
        with begin() as rows:
            now = current_world().clock.now()
            stall = handling.close(rows, now=now, acting=acting, case_id=case_id, note=form.note.data or "")
    except (CaseElsewhere, CaseUnsaid, StillReplaced) as error:
        form.note.errors = [error_line(error.code)]
        return _page(case_id, form), 400
    flash(_("The case of stall %(number)s is closed.", number=stall.number), "success")
    return redirect(url_for("stalls.stalls"), 303)


def _page(case_id: str, form: DoneForm) -> str:
    rows = reading()
    case, stall = handling.own_case(rows, g.acting, case_id)
    work, seen = rows.get(CaseWork, case.id), last_look(rows, stall.id, ALARMS)
    return render_template(
        "stalls/case.html",
        case=case,
        stall=stall,
        seen=seen,
        words=_SHOWS[seen.result] if seen else None,
        bank=(payments.bank_name(seen.found_bin) or seen.found_bin) if seen and seen.found_bin else None,
        right_again=handling.is_right_again(rows, case, stall),
        elsewhere=handling.in_others_hands(g.acting, work),
        note=work.note if work is not None else None,
        form=form,
    )
