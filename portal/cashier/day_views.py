"""The close of a desk's day: what it counts now, closing it, the list to sign, and the days that are closed."""

from datetime import date
from typing import Any

from flask import Response, flash, g, redirect, render_template, request, url_for
from flask_babel import gettext as _

from payments import business_date
from payments.errors import PaymentsError
from portal.cashier import days, tills
from portal.cashier.day_paper import age_words, draw_day, kind_words
from portal.cashier.views import blueprint
from portal.db import begin, reading
from portal.errors import NotFound, error_line
from portal.pay.typed import read_day
from portal.people.forms import PressForm
from portal.world import current_world


@blueprint.get("/till/day")
def day() -> str:
    """Show what closing a desk's day would count."""
    return _open_page()


@blueprint.post("/till/day")
def day_close() -> Any:
    """Close the day of a desk."""
    world, acting = current_world(), g.acting
    try:
        with begin() as rows:
            row = days.close(
                rows, now=world.clock.now(), acting=acting, desk_ref=request.form.get("desk", ""),
                day=_day(request.form.get("day")),
            )  # fmt: skip
    except PaymentsError as error:
        flash(error_line(error.code, **error.fields), "error")
        return redirect(url_for("cashier.day", desk=request.form.get("desk", "")), 303)
    flash(_("The day is closed."))
    return redirect(url_for("cashier.closed_day", close_id=row.id), 303)


@blueprint.get("/till/days")
def days_page() -> str:
    """List the closed days of one's own institution."""
    return render_template("cashier/days.html", closes=days.closed_days(reading(), g.acting))


@blueprint.get("/till/days/<close_id>")
def closed_day(close_id: str) -> Any:
    """Show a closed day, or its paper to sign."""
    one = days.closed_day(reading(), g.acting, close_id, now=current_world().clock.now())
    if request.args.get("format") == "pdf":
        answer = Response(draw_day(one), content_type="application/pdf")
        answer.headers["Content-Disposition"] = f'inline; filename="chot-ngay-{one.standing.day}.pdf"'
        return answer
    return _page(one, None)


def _open_page() -> str:
    rows, world = reading(), current_world()
    desks = tills.active_desks(rows, g.acting)
    wanted = request.args.get("desk") or (desks[0].desk_ref if desks else None)
    if wanted is None:
        return render_template("cashier/day.html", one=None)
    asked = _day(request.args.get("day"))
    one = days.standing_day(rows, g.acting, desk_ref=wanted, day=asked, now=world.clock.now())
    return _page(one, PressForm(), desks=desks)


def _page(one: days.Day, press: PressForm | None, **more: Any) -> str:
    return render_template(
        "cashier/day.html", one=one, stands=one.standing, press=press, kind_words=kind_words, age_words=age_words,
        **more,
    )  # fmt: skip


def _day(text: str | None) -> date:
    """Read a day, today where none is named."""
    if not text:
        return business_date(current_world().clock.now())
    day = read_day(text)
    if day is None:
        raise NotFound
    return day
