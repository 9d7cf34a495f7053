"""A link's page: what it is for, and either its sum or a field for one; sent, it becomes a request of one's own.

A sum that the payer typed is shown to her once more, with whom and what for, before it becomes one.
"""

import secrets
from dataclasses import replace
from typing import Any

from flask import Response, g, redirect, render_template, request, url_for
from sqlalchemy import select

from payments import rows
from payments.errors import AmountTooLarge, AmountTooSmall, LinkClosed
from payments.v1 import events, intents, links, shapes, visits
from payments.v1.catalog_tables import Link
from payments.v1.intents import Caller
from payments.v1.links import Shown
from payments.v1.visits import Chosen
from portal.acting import Acting
from portal.audit import record
from portal.db import begin, reading
from portal.errors import NotFound
from portal.i18n import number
from portal.pay.blueprint import blueprint
from portal.pay.forms import LinkForm, link_form
from portal.pay.owners import owner_of
from portal.pay.wiring import payer_page, simulated
from portal.world import current_world

_FORM_ID = 64


@blueprint.get("/pay/links/<link_id>")
def link_page(link_id: str) -> Any:
    """Show what a link is for, and what it costs."""
    shown = _find(link_id)
    if not shown.open_:
        return _closed(shown)
    form = link_form(shown.link.fields, shown.lines)(form_id=secrets.token_hex(16))
    preset = (shown.typed or {}).get("preset")
    form.amount.data = number(preset) if preset else ""
    return _page(shown, form)


@blueprint.post("/pay/links/<link_id>")
def visit_link(link_id: str) -> Any:
    """Make a request of this visit, once for each form, and lead on to its page; a typed sum is checked before."""
    shown = _find(link_id)
    form = link_form(shown.link.fields, shown.lines)(request.form, bounds=shown.typed)
    if "change" in request.form:
        return _page(shown, form) if shown.open_ else _closed(shown)
    if not form.validate():
        return _page(shown, form), 422
    if form.amount_minor is not None and request.form.get("checked") != str(form.amount_minor):
        return _check(shown, form) if shown.open_ else _closed(shown)
    now = current_world().clock.now()
    try:
        with begin() as session:
            made = visits.visit(
                session, shown.link.id, form_id=form.form_id.data[:_FORM_ID], now=now,
                chosen=Chosen(form.amount_minor, form.quantities, form.filled),
            )  # fmt: skip
            acting = Acting.system("link", request_id=g.get("request_id"))
            own = replace(acting, organisation_id=owner_of(session, made.payee_id))
            figures: dict[str, tuple[object, object]] = {"amount_minor": (None, made.amount_minor)}
            record(
                session, now=now, acting=own, act="request.asked", object_id=made.id, changed=figures,
                public=frozenset(figures),
            )  # fmt: skip
            caller = Caller(made.payee_id, shown.link.livemode, payer_page(current_world().settings))
            facts = intents.gather(session, caller, [made])[0]
            events.tell_intent(session, caller, facts, now=now, created=True)
    except LinkClosed:
        return _closed(_find(link_id))
    except (AmountTooSmall, AmountTooLarge):
        form.refuse_sum()
        return _page(shown, form), 422
    return redirect(url_for("pay.request_page", request_id=made.id), 303)


def _find(link_id: str) -> Shown:
    session = reading()
    row = session.scalar(select(Link).where(Link.id == shapes.renamed(link_id, links.LINK)))
    if row is None or not link_id.startswith(f"{links.PAGE}_"):
        raise NotFound
    return links.show(session, row)


def _page(shown: Shown, form: LinkForm) -> str:
    payee = rows.payee(reading(), shown.link.payee_id)
    play = simulated(current_world().settings)
    return render_template("pay/link.html", shown=shown, payee=payee, form=form, simulated=play)


def _check(shown: Shown, form: LinkForm) -> str:
    """Ask whether the typed sum is right, under a new form's id: another sum typed later is another request."""
    form.form_id.data = secrets.token_hex(16)
    payee = rows.payee(reading(), shown.link.payee_id)
    play = simulated(current_world().settings)
    return render_template("pay/link_check.html", shown=shown, payee=payee, form=form, simulated=play)


def _closed(shown: Shown) -> Response:
    payee = rows.payee(reading(), shown.link.payee_id)
    return Response(render_template("pay/link_closed.html", shown=shown, payee=payee), status=410)
