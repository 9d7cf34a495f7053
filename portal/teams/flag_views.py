"""The officer's list of what looks odd in helping."""

from typing import Any

from flask import flash, g, redirect, render_template, url_for
from flask_babel import gettext as _

from portal.db import begin, reading
from portal.onboarding.places import place_name
from portal.teams import flags
from portal.teams.blueprint import blueprint
from portal.teams.forms import ReviewForm
from portal.teams.words import flag_words
from portal.world import current_world


@blueprint.get("/officer/flags")
def officer_flags() -> Any:
    """List what nobody looked at yet, oldest first."""
    return _page(ReviewForm(), "", 200)


def _page(form: ReviewForm, wrong: str, status: int) -> Any:
    rows = reading()
    listed = [
        (flag, flag_words(flag.kind, flag.detail), place_name(rows, flag.unit_id))
        for flag in flags.open_flags(rows, g.acting)
    ]
    return render_template("teams/officer/flags.html", listed=listed, form=form, wrong=wrong), status


@blueprint.post("/officer/flags/<flag_id>")
def officer_flag_review(flag_id: str) -> Any:
    """Note what was found out."""
    form, acting = ReviewForm(), g.acting
    if not form.validate_on_submit():
        return _page(form, flag_id, 400)
    with begin() as rows:
        now = current_world().clock.now()
        flags.review(rows, now=now, acting=acting, flag_id=flag_id, note=form.note.data or "")
    flash(_("Your note is kept."), "success")
    return redirect(url_for("teams.officer_flags"))
