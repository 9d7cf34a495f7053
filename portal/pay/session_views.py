"""A session's own page: what its maker wants to know and how many the payer takes, asked before she chooses how to pay.

Where that is allowed, it begins an expired one anew.
"""

import secrets
from collections.abc import Sequence
from dataclasses import replace
from typing import Any

from flask import g, redirect, render_template, request, url_for
from sqlalchemy import select

from payments import rows
from payments.errors import AmountTooLarge, AmountTooSmall, LinkClosed
from payments.models import Request
from payments.states import RequestStatus
from payments.v1 import events, intents, recovering
from payments.v1.fields import untouched
from payments.v1.intents import Caller
from payments.v1.links import Line
from payments.v1.session_tables import CheckoutSession
from portal.acting import Acting
from portal.audit import record
from portal.db import begin, reading
from portal.errors import NotFound
from portal.pay.blueprint import blueprint
from portal.pay.forms import VisitForm, visit_form
from portal.pay.owners import owner_of
from portal.pay.wiring import payer_page, simulated
from portal.world import current_world

_FORM_ID = 64


@blueprint.get("/pay/sessions/<session_id>")
def session_page(session_id: str) -> Any:
    """Ask what the session asks and may still be told, offer to begin anew, or lead on to where it is paid."""
    row, one = _find(session_id)
    lines = recovering.choosable(reading(), row, one)
    if lines or recovering.asks(reading(), row, one):
        return _page(row, one, _form(row, lines)(form_id=secrets.token_hex(16)))
    if recovering.may_begin_anew(reading(), row, now=current_world().clock.now()):
        return _page(row, one, visit_form(())(form_id=secrets.token_hex(16)))
    return _lead_on(one.id)


@blueprint.post("/pay/sessions/<session_id>")
def session_answer(session_id: str) -> Any:
    """Keep answers and quantities and lead on, or begin an expired session anew, once for each form."""
    row, one = _find(session_id)
    if one.status == RequestStatus.OPEN:
        form = _form(row, recovering.choosable(reading(), row, one))(request.form)
        if not form.validate():
            return _page(row, one, form), 422
        try:
            _answer(one.id, form)
        except (AmountTooSmall, AmountTooLarge):
            form.refuse_sum()
            return _page(row, one, form), 422
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


def _answer(request_id: str, form: VisitForm) -> None:
    """Keep what the payer said; the request's lock holds back whoever begins to pay meanwhile."""
    with begin() as session:
        one = rows.lock_request(session, request_id)
        before = one.amount_minor
        recovering.answer(session, one, filled=form.filled, wanted=form.quantities)
        if one.amount_minor == before:
            return
        acting = replace(
            Acting.system("payer", request_id=g.get("request_id")), organisation_id=owner_of(session, one.payee_id)
        )
        figures: dict[str, tuple[object, object]] = {"amount_minor": (before, one.amount_minor)}
        record(
            session, now=current_world().clock.now(), acting=acting, act="request.changed", object_id=one.id,
            changed=figures, public=frozenset(figures),
        )  # fmt: skip


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


def _form(row: CheckoutSession, lines: Sequence[Line]) -> type[VisitForm]:
    """Return the form of what is still open: questions that were answered are not asked again."""
    return visit_form(row.fields if untouched(row.fields) else (), lines)


def _page(row: CheckoutSession, one: Request, form: Any) -> str:
    payee = rows.payee(reading(), row.payee_id)
    over = one.status != RequestStatus.OPEN
    play = simulated(current_world().settings)
    return render_template(
        "pay/session.html", visit=row, request_=one, payee=payee, form=form, over=over, simulated=play
    )
