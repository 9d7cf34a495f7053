"""The school's pages: classes with paid and unpaid, one class, and the papers and messages that go to families."""

from typing import Any

from flask import Blueprint, Response, flash, g, redirect, render_template, request, send_file, url_for
from flask_babel import gettext as _
from flask_babel import ngettext
from werkzeug.wrappers import Response as WerkzeugResponse

from payments.models import Payee
from portal.db import begin, reading
from portal.errors import NotFound
from portal.i18n import number
from portal.pay.owners import own_payees
from portal.people.forms import PressForm
from portal.places.areas import day_of
from portal.schools import actions, listing
from portal.schools.forms import TimeForm
from portal.schools.letters import letters_pdf
from portal.sheets import xlsx_file
from portal.world import current_world

blueprint = Blueprint("schools", __name__)
STANDING_TONES = {"paid": "green", "part": "amber", "unpaid": "grey"}


def own_school() -> Payee:
    """Return the school for whose organisation somebody acts; raise `NotFound` where it takes no money."""
    payee = next(iter(own_payees(reading(), g.acting)), None)
    if payee is None:
        raise NotFound
    return payee


def standing_words(standing: str) -> str:
    """Return how a pupil stands, in words."""
    return {"paid": _("paid"), "part": _("part paid")}.get(standing, _("not paid"))


@blueprint.get("/classes")
def classes() -> Any:
    """Show the classes of a period: how many have paid, in part or not."""
    payee, rows = own_school(), reading()
    periods = listing.periods(rows, payee.id)
    period = _period(periods)
    found = listing.classes(rows, payee_id=payee.id, period=period) if period else []
    if request.args.get("format") == "xlsx":
        columns = [
            _("Class"), _("Pupils"), _("Paid"), _("Part paid"), _("Not paid"), _("Asked"), _("Money received"),
            _("Still due"),
        ]  # fmt: skip
        cells = [
            [one.name, one.pupils, one.paid, one.part, one.unpaid, one.asked_minor, one.received_minor, one.due_minor]
            for one in found
        ]
        return xlsx_file(f"classes-{period}", (_("Classes"), columns, cells))
    return render_template("schools/classes.html", payee=payee, periods=periods, period=period, found=found)


@blueprint.get("/classes/<path:class_name>")
def one_class(class_name: str) -> Any:
    """Show the pupils of a class and what each still owes."""
    return _class_page(class_name, TimeForm(), 200)


def _class_page(class_name: str, form: TimeForm, status: int) -> Any:
    payee, rows = own_school(), reading()
    period = _period(listing.periods(rows, payee.id))
    pupils = listing.owing(
        rows, payee_id=payee.id, period=period, class_name=class_name, keys=current_world().field_keys
    )
    if not pupils:
        raise NotFound
    if request.args.get("format") == "xlsx":
        return _pupils_file(class_name, period, pupils)
    lines = [(one, standing_words(one.standing), STANDING_TONES[one.standing]) for one in pupils]
    late = any(each.status == "expired" for one in pupils for each in one.requests)
    page = render_template(
        "schools/class.html", name=class_name, period=period, lines=lines, form=form, press=PressForm(), late=late,
        reachable=sum(1 for one in pupils if one.has_phone and one.payable),
        owing=any(one.payable for one in pupils),
    )  # fmt: skip
    return page, status


def _pupils_file(class_name: str, period: str, pupils: list[listing.Owing]) -> Response:
    columns = [_("Pupil code"), _("Pupil"), _("State"), _("Money received"), _("Still due")]
    cells: list[list[object]] = [
        [one.code, one.name, standing_words(one.standing), one.received_minor, one.due_minor] for one in pupils
    ]
    return xlsx_file(f"class-{class_name}-{period}", (class_name, columns, cells))


@blueprint.get("/classes/letters.pdf")
def letters() -> WerkzeugResponse:
    """Give one letter for each pupil who still has to pay, of one class or all, as one file."""
    payee, rows, class_name = own_school(), reading(), request.args.get("class")
    period = _period(listing.periods(rows, payee.id))
    pupils = listing.owing(rows, payee_id=payee.id, period=period, class_name=class_name)
    if not any(one.payable for one in pupils):
        flash(_("Nobody has anything to pay now, so there is no letter."), "message")
        return redirect(url_for("schools.classes", period=period))
    file = letters_pdf(payee, pupils, period=period)
    answer = send_file(
        file, mimetype="application/pdf", download_name=f"letters-{class_name or 'all'}-{period}.pdf", max_age=0
    )
    answer.headers["Cache-Control"] = "no-store"
    return answer


@blueprint.post("/classes/<path:class_name>/remind")
def remind(class_name: str) -> Any:
    """Send the families of a class who have not paid a message without a sum."""
    payee, acting, world = own_school(), g.acting, current_world()
    period = _period(listing.periods(reading(), payee.id))
    with begin() as rows:
        sent = actions.remind(world, rows, acting=acting, payee_id=payee.id, class_name=class_name, period=period)
    if sent:
        flash(ngettext("%(num)s family gets a message.", "%(num)s families get a message.", sent), "success")
    else:
        flash(_("No message was sent: nobody owes, or all were reminded within three days."), "message")
    return redirect(url_for("schools.one_class", class_name=class_name, period=period), 303)


@blueprint.post("/classes/<path:class_name>/time")
def more_time(class_name: str) -> Any:
    """Let a class still pay what it did not pay in time."""
    form, payee, acting = TimeForm(), own_school(), g.acting
    now = current_world().clock.now()
    form.today = day_of(now)
    if not form.validate_on_submit():
        return _class_page(class_name, form, 400)
    period = _period(listing.periods(reading(), payee.id))
    with begin() as rows:
        count = actions.give_time(
            rows, now=now, acting=acting, payee_id=payee.id, class_name=class_name, period=period, until=form.day
        )
    flash(_("%(count)s requests can be paid again.", count=number(count)), "success")
    return redirect(url_for("schools.one_class", class_name=class_name, period=period), 303)


def _period(known: list[str]) -> str:
    """Return the period that was asked for, else the newest."""
    asked = request.args.get("period", "")
    return asked if asked in known else (known[0] if known else "")
