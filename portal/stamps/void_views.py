"""Cancelling stamps: the seller's page, and where a second person agrees when they are many."""

from typing import Any

from flask import flash, g, redirect, render_template, url_for
from flask_babel import gettext as _
from werkzeug.wrappers import Response

from portal.db import begin, reading
from portal.errors import error_line
from portal.i18n import number
from portal.onboarding.models import Organisation
from portal.onboarding.persons import seller_name
from portal.people.forms import PressForm
from portal.stamps import voiding
from portal.stamps.errors import OwnRequest, RequestDecided, SecondPersonNeeded
from portal.stamps.forms import VoidForm
from portal.stamps.models import VoidRequest
from portal.stamps.my_views import blueprint, own_header, range_page
from portal.world import current_world
from traceability import TraceabilityError
from traceability.errors import StampRefused


@blueprint.get("/my/stamps/<int:batch>/void")
def void(batch: int) -> Any:
    """Ask which stamps are cancelled for good."""
    return range_page("void", VoidForm(), own_header(reading(), batch), 200)


@blueprint.post("/my/stamps/<int:batch>/void")
def void_save(batch: int) -> Any:
    """Cancel a range of stamps; so many that two people are needed wait for the second one."""
    acting, form = g.acting, VoidForm()
    header = own_header(reading(), batch)
    if not form.validate_on_submit():
        return range_page("void", form, header, 400)
    first, last = form.range
    asked = {"batch": batch, "first": first, "last": last, "reason": form.reason.data}
    try:
        with begin() as session:
            voiding.void(session, now=current_world().clock.now(), acting=acting, **asked)
    except SecondPersonNeeded:
        with begin() as session:
            voiding.ask_void(session, now=current_world().clock.now(), acting=acting, **asked)
        flash(_("So many stamps are cancelled when a second person agrees. We have asked."), "message")
    except StampRefused as error:
        form.first.errors = [error_line(error.code, **error.fields)]
        return range_page("void", form, header, 400)
    else:
        flash(_("%(count)s stamps are cancelled.", count=number(last - first + 1)), "success")
    return redirect(url_for("stamps.batch_page", batch=batch))


@blueprint.post("/my/stamps/requests/<request_id>/<any(agree,refuse):what>")
def request_decide(request_id: str, what: str) -> Response:
    """Agree to what another person of the shop asked, or take it back."""
    asked = _decide(request_id, what)
    if asked.batch is not None:
        return redirect(url_for("stamps.batch_page", batch=asked.batch))
    return redirect(url_for("stamps.batches"))


@blueprint.get("/officer/void-requests")
def officer_requests() -> str:
    """List what waits for a second person, oldest first."""
    rows, world = reading(), current_world()
    found = voiding.open_requests(rows, g.acting)
    names = {
        one.organisation_id: seller_name(rows, rows.get_one(Organisation, one.organisation_id), world.field_keys)
        for one in found
    }
    return render_template(
        "stamps/officer/requests.html", found=found, names=names, now=world.clock.now(), press=PressForm()
    )


@blueprint.post("/officer/void-requests/<request_id>/<any(agree,refuse):what>")
def officer_request_decide(request_id: str, what: str) -> Response:
    """Agree to a request as the second person, or refuse it."""
    _decide(request_id, what)
    return redirect(url_for("stamps.officer_requests"))


def _decide(request_id: str, what: str) -> VoidRequest:
    acting = g.acting
    try:
        with begin() as session:
            now = current_world().clock.now()
            asked = voiding.decide(session, now=now, acting=acting, request_id=request_id, agreed=what == "agree")
    except (OwnRequest, RequestDecided, TraceabilityError) as error:
        flash(error_line(error.code, **error.fields), "error")
        return reading().get_one(VoidRequest, request_id)
    flash(
        _("The stamps are cancelled.") if what == "agree" else _("The request is closed. Nothing was cancelled."),
        "success",
    )
    return asked
