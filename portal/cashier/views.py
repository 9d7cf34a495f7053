"""The till: ask on one page, show the code, turn green when the bank has said so."""

from typing import Any

from flask import Blueprint, Response, flash, g, redirect, render_template, request, session, url_for
from flask_babel import gettext as _
from wtforms.fields.choices import SelectChoice

import payments
from payments.errors import FormReused, PaymentsError
from portal.acting import Acting
from portal.cashier import actions, going_on, tills
from portal.cashier.errors import FormSent
from portal.cashier.forms import AskForm, CancelForm
from portal.cashier.slips import asks_for_a_face, draw_slip
from portal.db import begin, reading
from portal.errors import NotFound, PortalError, error_line
from portal.i18n import current_language
from portal.pay import live
from portal.pay.checking import check_again
from portal.pay.showing import shown
from portal.pay.standing import aloud, detail, says, standing_of
from portal.pay.starting import start
from portal.people.forms import PressForm
from portal.qr import qr_svg
from portal.world import current_world

blueprint = Blueprint("cashier", __name__)


@blueprint.get("/till")
def till() -> str:
    """Show the form for a new request, with the last receipts below."""
    return _till_page(AskForm())


@blueprint.post("/till")
def till_ask() -> Any:
    """Ask for a payment and show its code; the same form twice leads to the same request."""
    form, world, acting = AskForm(), current_world(), g.acting
    form.desk.choices = [SelectChoice(desk.desk_ref, desk.name) for desk in tills.active_desks(reading(), acting)]
    if not form.validate_on_submit():
        return _till_page(form), 400
    try:
        with begin() as rows:
            one = actions.ask(
                rows,
                now=world.clock.now(),
                acting=acting,
                desk_ref=form.desk.data,
                amount_minor=form.amount_minor,
                item=form.item.data,
                payer=form.payer_label,
                form_id=form.form_id.data,
            )
    except (PortalError, PaymentsError) as error:
        if isinstance(error, NotFound):
            raise
        form.form_errors.append(error_line(error.code, **error.fields))
        if isinstance(error, (FormReused, FormSent)):
            form.begin_anew()
        return _till_page(form), 400
    session["desk"] = form.desk.data
    show_code(one.id, acting)
    return redirect(url_for("cashier.asked", request_id=one.id), 303)


@blueprint.get("/till/<request_id>")
def asked(request_id: str) -> str:
    """Show one request: the code while the bank is silent, the whole page green when it has paid."""
    return _asked_page(request_id, CancelForm())


@blueprint.get("/till/<request_id>/slip.pdf")
def slip(request_id: str) -> Response:
    """Give a slip whose picture a relative can pay; once nothing is due any more there is none."""
    page = tills.asked(reading(), g.acting, request_id, world=current_world()).shown
    if page.final or "vietqr" not in page.ways:
        raise NotFound
    answer = Response(draw_slip(page.payee, page.request), mimetype="application/pdf")
    answer.headers["Content-Disposition"] = f'inline; filename="{page.request.code}.pdf"'
    answer.headers["Cache-Control"] = "no-store"
    return answer


@blueprint.post("/till/<request_id>/code")
def code(request_id: str) -> Any:
    """Make a code for what is still due."""
    acting = g.acting
    actions.own_request(reading(), acting, request_id)
    show_code(request_id, acting)
    return redirect(url_for("cashier.asked", request_id=request_id), 303)


@blueprint.post("/till/<request_id>/check")
def check(request_id: str) -> Any:
    """Have the bank asked again at once."""
    world, acting = current_world(), g.acting
    with begin() as rows:
        mine = actions.own_request(rows, acting, request_id)
        check_again(rows, request=mine, now=world.clock.now())
    flash(_("We are asking the bank again."), "message")
    return redirect(url_for("cashier.asked", request_id=request_id), 303)


@blueprint.post("/till/<request_id>/cancel")
def cancel(request_id: str) -> Any:
    """Withdraw a request for a written reason."""
    form, world, acting = CancelForm(), current_world(), g.acting
    actions.own_request(reading(), acting, request_id)
    if not form.validate_on_submit():
        return _asked_page(request_id, form), 400
    with begin() as rows:
        actions.cancel(rows, now=world.clock.now(), acting=acting, request_id=request_id, reason=form.reason.data)
    return redirect(url_for("cashier.asked", request_id=request_id), 303)


@blueprint.get("/cashier/live")
def live_till() -> Response:
    """Send the payments that came after a number, each beside what was asked, and end."""
    rows, world = reading(), current_world()
    payee = tills.payee_of_till(rows, g.acting, request.args.get("desk"))
    seen = live.last_number()
    if payee is None or seen is None:
        return live.stream(())
    events = []
    for credit in payments.credits_after(rows, payee_id=payee.id, after=seen):
        for one in credit.requests:
            standing = standing_of(one, now=world.clock.now())
            receipt = payments.current_receipt(rows, one.id)
            link = (
                url_for("pay.receipt", receipt_id=receipt.id)
                if receipt
                else url_for("cashier.asked", request_id=one.id)
            )
            news = {
                "about": one.id, "tone": str(standing.state), "says": says(standing), "detail": detail(standing),
                "link": link, "aloud": aloud(standing),
            }  # fmt: skip
            events.append(live.Event(str(credit.seq), news))
    return live.stream(events)


def _till_page(form: AskForm) -> str:
    rows = reading()
    desks = tills.active_desks(rows, g.acting)
    form.desk.choices = [SelectChoice(desk.desk_ref, desk.name) for desk in desks]
    if not form.is_submitted() and session.get("desk") in {desk.desk_ref for desk in desks}:
        form.desk.data = session["desk"]
    here = next((desk for desk in desks if desk.desk_ref == form.desk.data), desks[0] if desks else None)
    return render_template("cashier/till.html", form=form, desks=desks, receipts=tills.last_receipts(rows, here))


def _asked_page(request_id: str, form: CancelForm) -> str:
    rows, world = reading(), current_world()
    one = tills.asked(rows, g.acting, request_id, world=world)
    page = one.shown
    link = world.settings.public_url.rstrip("/") + url_for("pay.request_page", request_id=request_id)
    return render_template(
        "cashier/asked.html",
        form=form,
        press=PressForm(),
        page=page,
        face=asks_for_a_face(page.request.due_minor, at=world.clock.now()),
        parts=going_on.offered_parts(page.request, at=world.clock.now()),
        plan=[(each, standing_of(each, now=world.clock.now())) for each in going_on.plan_of(rows, page.request)],
        now=world.clock.now(),
        asked=page.request,
        payee=page.payee,
        state=str(page.standing.state),
        says=says(page.standing),
        detail=detail(page.standing),
        desk=one.desk,
        seq=one.seq,
        qr=qr_svg(page.code.qr) if page.code is not None and page.code.qr else None,
        bank=payments.bank_name(page.payee.bin),
        link=link,
        link_qr=qr_svg(link),
        receipts=tills.last_receipts(rows, one.desk),
    )


def show_code(request_id: str, acting: Acting) -> None:
    """Begin the try by VietQR whose code the till shows, where the payee takes money so."""
    world = current_world()
    page = shown(reading(), request_id, world=world)
    if "vietqr" in page.ways and page.code is None and not page.final:
        start(
            world, acting=acting, request_id=request_id, way="vietqr", payer_ip=request.remote_addr or "127.0.0.1",
            language=current_language(),
        )  # fmt: skip
