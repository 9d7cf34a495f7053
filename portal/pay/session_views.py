"""A session's own page: it asks what its maker wants to know, and begins an expired one anew where that is allowed."""

import secrets
from dataclasses import replace
from typing import Any

from flask import g, redirect, render_template, request, url_for
from sqlalchemy import select

from payments import rows
from payments.errors import LinkClosed
from payments.models import Request
from payments.states import RequestStatus
from payments.v1 import events, intents, recovering
from payments.v1.fields import waits
from payments.v1.intents import Caller
from payments.v1.session_tables import CheckoutSession
from portal.acting import Acting
from portal.audit import record
from portal.db import begin, reading
from portal.errors import NotFound
from portal.pay.blueprint import blueprint
from portal.pay.forms import visit_form
from portal.pay.owners import owner_of
from portal.pay.wiring import payer_page, simulated
from portal.world import current_world

_FORM_ID = 64


@blueprint.get("/pay/sessions/<session_id>")
def session_page(session_id: str) -> Any:
    """Ask the session's questions, offer to begin anew, or lead on to where it is paid."""
    row, one = _find(session_id)
    if one.status == RequestStatus.OPEN and waits(row.fields):
        return _page(row, one, visit_form(row.fields)(form_id=secrets.token_hex(16)))
    if recovering.may_begin_anew(reading(), row, now=current_world().clock.now()):
        return _page(row, one, visit_form(())(form_id=secrets.token_hex(16)))
    return _lead_on(one.id)


@blueprint.post("/pay/sessions/<session_id>")
def session_answer(session_id: str) -> Any:
    """Keep the answers and lead on, or begin an expired session anew, once for each form."""
    row, one = _find(session_id)
    if one.status == RequestStatus.OPEN:
        form = visit_form(row.fields)(request.form)
        if not form.validate():
            return _page(row, one, form), 422
        with begin() as session:
            own = session.scalars(select(CheckoutSession).where(CheckoutSession.id == row.id).with_for_update()).one()
            recovering.answer(session, own, form.filled)
        return _lead_on(one.id)
    form = visit_form(())(request.form)
    if not form.validate():
        return _page(row, one, form), 422
    try:
        return redirect(_begun_anew(row.id, form.form_id.data[:_FORM_ID]), 303)
    except LinkClosed:
        return _lead_on(one.id)


@blueprint.post("/pay/requests/<request_id>/done")
def done(request_id: str) -> Any:
    """Note that the payer says she has paid: the page is done with, what came is the bank's to say."""
    world = current_world()
    with begin() as session:
        if recovering.leave(session, request_id, now=world.clock.now()):
            events.tell_requests(session, [request_id], page=payer_page(world.settings), now=world.clock.now())
    return _lead_on(request_id)


def _begun_anew(session_id: str, form_id: str) -> str:
    """Make the new session, tell of it, and return the address of its page."""
    world = current_world()
    now, page = world.clock.now(), payer_page(world.settings)
    with begin() as session:
        old = session.scalars(select(CheckoutSession).where(CheckoutSession.id == session_id).with_for_update()).one()
        made = recovering.begin_anew(session, old, form_id=form_id, now=now)
        acting = replace(
            Acting.system("session", request_id=g.get("request_id")), organisation_id=owner_of(session, made.payee_id)
        )
        record(session, now=now, acting=acting, act="request.asked", object_id=made.id)
        caller = Caller(made.payee_id, old.livemode, page)
        events.tell_intent(session, caller, intents.gather(session, caller, [made])[0], now=now, created=True)
        new_id = session.scalars(select(CheckoutSession.id).where(CheckoutSession.request_id == made.id)).one()
    return url_for("pay.session_page", session_id=new_id)


def _find(session_id: str) -> tuple[CheckoutSession, Request]:
    query = select(CheckoutSession, Request).join(Request, Request.id == CheckoutSession.request_id)
    found = reading().execute(query.where(CheckoutSession.id == session_id)).one_or_none()
    if found is None:
        raise NotFound
    return found[0], found[1]


def _lead_on(request_id: str) -> Any:
    return redirect(url_for("pay.request_page", request_id=request_id), 303)


def _page(row: CheckoutSession, one: Request, form: Any) -> str:
    payee = rows.payee(reading(), row.payee_id)
    over = one.status != RequestStatus.OPEN
    play = simulated(current_world().settings)
    return render_template(
        "pay/session.html", visit=row, request_=one, payee=payee, form=form, over=over, simulated=play
    )
