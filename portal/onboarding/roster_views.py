"""The officer's list of imports: what waits for a person, what runs, how the last ones ended."""

from typing import Any

from flask import g, render_template, request
from flask_babel import gettext as _
from sqlalchemy import select
from sqlalchemy.orm import Session

from portal.acting import Acting
from portal.db import reading
from portal.onboarding.blueprint import blueprint
from portal.onboarding.officers import reached_units
from portal.onboarding.roster_models import RosterRun
from portal.onboarding.roster_states import ENDED, FOR_A_PERSON
from portal.sheets import csv_file
from portal.world import current_world

MOST_ROWS = 50


def runs(session: Session, acting: Acting) -> list[RosterRun]:
    """Return the imports within reach, those that wait or run first and of these the longest; then the newest ended."""
    query, units = select(RosterRun), reached_units(session, acting)
    if units is not None:
        query = query.where(RosterRun.unit_id.in_(units))
    ended = RosterRun.state.in_(ENDED)
    waiting = session.scalars(query.where(~ended).order_by(RosterRun.uploaded_at, RosterRun.id).limit(MOST_ROWS))
    done = session.scalars(query.where(ended).order_by(RosterRun.uploaded_at.desc(), RosterRun.id).limit(MOST_ROWS))
    return [*waiting, *done]


def run_words(state: str) -> tuple[str, str]:
    """Return how an import stands, with a tone."""
    if state in FOR_A_PERSON:
        return _("waits for a person"), "amber"
    words = {"confirmed": _("will begin soon"), "running": _("is running"), "done": _("finished")}
    tones = {"confirmed": "grey", "running": "grey", "done": "green"}
    return words.get(state, _("stopped")), tones.get(state, "red")


@blueprint.get("/officer/rosters")
def officer_rosters() -> Any:
    """List the imports."""
    found = [(one, *run_words(one.state)) for one in runs(reading(), g.acting)]
    if request.args.get("format") == "csv":
        columns = (
            _("List"), _("Source"), _("How it stands"), _("Uploaded"), _("Rows"), _("New"), _("Changed"),
            _("Unchanged"), _("Double"), _("Refused"),
        )  # fmt: skip
        cells = [
            (one.file_name, one.source, words, one.uploaded_at, one.rows, one.created, one.changed, one.unchanged,
             one.duplicate, one.rejected)
            for one, words, _tone in found
        ]  # fmt: skip
        return csv_file("rosters", columns, cells)
    return render_template("onboarding/officer/rosters.html", found=found, now=current_world().clock.now())
