"""What goes on at the till beside asking: finding an earlier payment, more time to pay, a large sum in parts."""

from datetime import datetime
from typing import Any

from flask import flash, g, redirect, render_template, request, url_for
from flask_babel import gettext as _

from portal.cashier import finding, going_on
from portal.cashier.actions import own_request
from portal.cashier.views import blueprint, show_code
from portal.db import begin, reading
from portal.pay.standing import says, standing_of
from portal.pay.typed import read_day
from portal.world import current_world


@blueprint.get("/till/search")
def search() -> str:
    """Find what was asked for, by code, sum, words, last four digits or day."""
    text, day = request.args.get("q", "")[:80], read_day(request.args.get("on", ""))
    now = current_world().clock.now()
    found = finding.find(reading(), g.acting, text=text, on=day)
    lines = [(one, standing_of(one, now=now)) for one in found]
    return render_template(
        "cashier/search.html", text=text, day=day, asked_for=bool(text.strip() or day), most=finding.MOST,
        lines=[(one, standing, says(standing)) for one, standing in lines],
    )  # fmt: skip


@blueprint.post("/till/<request_id>/time")
def more_time(request_id: str) -> Any:
    """Give more time to pay, with a code that goes on."""
    acting = g.acting
    own_request(reading(), acting, request_id)
    with begin() as rows:
        going_on.more_time(
            rows, now=current_world().clock.now(), acting=acting, request_id=request_id,
            ends=_moment(request.form.get("ends")),
        )  # fmt: skip
    show_code(request_id, acting)
    return redirect(url_for("cashier.asked", request_id=request_id), 303)


@blueprint.post("/till/<request_id>/parts")
def in_parts(request_id: str) -> Any:
    """Ask for a large sum in parts and show the first one's code."""
    acting = g.acting
    own_request(reading(), acting, request_id)
    with begin() as rows:
        first = going_on.in_parts(
            rows, now=current_world().clock.now(), acting=acting, request_id=request_id, reason=_("Asked for in parts")
        )
    show_code(first.id, acting)
    flash(_("This sum is asked for in parts. Here is the first."), "message")
    return redirect(url_for("cashier.asked", request_id=first.id), 303)


def _moment(text: str | None) -> datetime | None:
    try:
        at = datetime.fromisoformat(text or "")
    except ValueError:
        return None
    return at if at.tzinfo is not None else None
