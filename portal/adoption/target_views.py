"""The officers' page of targets, and the approved ones for everybody, as JSON and CSV."""

import csv
import io
import json
from typing import Any

from flask import Response, current_app, flash, g, redirect, render_template, request, url_for
from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from flask_wtf import FlaskForm
from wtforms import SelectField, StringField
from wtforms.fields.choices import SelectChoice
from wtforms.validators import InputRequired, Length

from portal.adoption.api import answered, ground
from portal.adoption.api import blueprint as api
from portal.adoption.query import Ground, find_indicator
from portal.adoption.targets import SOURCE_LENGTH, approve_target, draft_target, drop_target, targets
from portal.adoption.views import blueprint
from portal.adoption.words import figure_text, indicator_name, period_name, unit_name
from portal.counting.periods import Period, parse_period
from portal.db import begin, reading
from portal.errors import PortalError, error_line
from portal.people.forms import PressForm
from portal.world import current_world

__all__ = ["blueprint"]

COLUMNS = ("indicator", "cut", "area", "period", "target", "unit", "source", "approved_at")
_FIGURE = _l("Write a whole number above 0.")
_PERIOD = _l("Write a year or a part of it: 2026, 2026-S2, 2026-Q4 or 2026-10.")
_SOURCE = _l("Say in at most 200 letters where the target is written.")


class TargetForm(FlaskForm):
    """Asks for one target of the province."""

    indicator = SelectField(_l("What is counted"))
    period = StringField(_l("Period"), validators=[InputRequired(_PERIOD)])
    value = StringField(_l("Target"), validators=[InputRequired(_FIGURE)])
    source = StringField(
        _l("Where it is written"), validators=[InputRequired(_SOURCE), Length(max=SOURCE_LENGTH, message=_SOURCE)]
    )

    def number(self) -> int | None:
        """Return the figure, points and spaces between thousands left out; or None with the field's error."""
        digits = (self.value.data or "").replace(".", "").replace(" ", "").replace("\u00a0", "")
        if not (digits.isascii() and digits.isdigit() and len(digits) <= 16 and int(digits)):
            self.value.errors = [_FIGURE]
            return None
        return int(digits)

    def when(self) -> Period | None:
        """Return the period, or None with the field's error."""
        try:
            return parse_period((self.period.data or "").strip())
        except ValueError:
            self.period.errors = [_PERIOD]
            return None


@blueprint.get("/officer/targets")
def officer_targets() -> str:
    """List what waits for a second person and what counts, with the form for another target."""
    return _page(ground(), _form(ground()))


@blueprint.post("/officer/targets")
def officer_target_set() -> Any:
    """Write a target down; another officer approves it."""
    on, acting = ground(), g.acting
    form = _form(on)
    if form.validate_on_submit():
        value, period = form.number(), form.when()
        then = on.areas.then(period) if period is not None else None
        if period is not None and then is None:
            form.period.errors = [_PERIOD]
        elif value is not None and period is not None and then is not None:
            with begin() as session:
                draft_target(
                    session, now=on.now, acting=acting, indicator=find_indicator(on.catalogue, form.indicator.data),
                    area_id=then.id, period=period, value=value, source=(form.source.data or "").strip(),
                )  # fmt: skip
            flash(_("The target is written down. It counts when another officer has approved it."), "success")
            return redirect(url_for("adoption.officer_targets"))
    return _page(on, form), 400


@blueprint.post("/officer/targets/<target_id>/<any(approve,drop):what>")
def officer_target_settle(target_id: str, what: str) -> Response:
    """Approve a target that somebody else wrote down, or put it away."""
    act, now, acting = {"approve": approve_target, "drop": drop_target}[what], current_world().clock.now(), g.acting
    try:
        with begin() as session:
            act(session, now=now, acting=acting, target_id=target_id)
        flash(_("The target counts now.") if what == "approve" else _("The target was put away."), "success")
    except PortalError as error:
        flash(error_line(error.code, **error.fields), "error")
    return redirect(url_for("adoption.officer_targets"))  # type: ignore[return-value]


@api.get("/api/v1/targets")
@api.doc(summary="Targets that two officers agreed on", description="`format=csv` or JSON.")
def public_targets() -> Response:
    """Return every target that counts, of the whole province."""
    catalogue = current_app.extensions["catalogue"]
    rows = [
        {
            "indicator": one.indicator, "cut": one.cut, "area": one.area_id, "period": one.period, "target": one.value,
            "unit": catalogue.get(one.indicator).unit, "source": one.source,
            "approved_at": one.approved_at.isoformat() if one.approved_at else None,
        }
        for one in targets(reading(), "approved") if one.indicator in catalogue
    ]  # fmt: skip
    if request.args.get("format") != "csv":
        return answered(json.dumps({"targets": rows}, ensure_ascii=False), "application/json")
    text = io.StringIO()
    writer = csv.DictWriter(text, COLUMNS, lineterminator="\r\n")
    writer.writeheader()
    writer.writerows({**row, "source": _inert(str(row["source"]))} for row in rows)
    return answered(text.getvalue(), "text/csv; charset=utf-8")


def _inert(text: str) -> str:
    """Return a text that a spreadsheet never takes for a formula."""
    return f"'{text}" if text[:1] in tuple("=+-@\t\r") else text


def _form(on: Ground) -> TargetForm:
    form = TargetForm()
    form.indicator.choices = [SelectChoice(one.code, indicator_name(one)) for one in on.catalogue if one.kind != "R"]
    return form


def _page(on: Ground, form: TargetForm) -> str:
    return render_template(
        "adoption/officer_targets.html",
        form=form,
        press=PressForm(),
        waiting=_lines(on, "draft"),
        counting=_lines(on, "approved"),
    )


def _lines(on: Ground, state: str) -> list[dict[str, Any]]:
    found = []
    for row in targets(reading(), state):
        if row.indicator in on.catalogue:
            one = on.catalogue.get(row.indicator)
            found.append(
                {
                    "row": row,
                    "own": row.set_by == g.acting.login_id,
                    "name": indicator_name(one),
                    "text": f"{figure_text(one, row.value)} {unit_name(one)}",
                    "period": period_name(parse_period(row.period)),
                }
            )
    return found
