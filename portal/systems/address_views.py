"""The addresses of an institution's software that are told: noted, watched, switched, and each message sent again."""

from typing import Any

from flask import flash, g, redirect, render_template, request, url_for
from flask_babel import gettext as _
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from payments.v1 import deliveries, endpoints
from payments.v1.delivery_tables import Delivery, Endpoint
from payments.v1.tables import Told
from portal.db import begin, reading
from portal.errors import error_line
from portal.paging import Page
from portal.people.forms import PressForm
from portal.systems import actions
from portal.systems.errors import AddressesUsedUp, AddressRefused
from portal.systems.forms import KINDS, AddressForm, NameForm
from portal.systems.views import blueprint, payee_page
from portal.systems.words import reason_of, state_of
from portal.world import current_world

_ROWS = 20


@blueprint.post("/<payee_id>/addresses")
def add_address(payee_id: str) -> Any:
    """Note an address, and show the secret that its calls are signed with, this once."""
    form, world = AddressForm(), current_world()
    if form.validate_on_submit():
        url = form.url.data.strip()
        try:
            actions.check_address(world, url)
            with begin() as session:
                row, secret = actions.add_address(
                    session, world, acting=g.acting, payee_id=payee_id, url=url, kinds=KINDS[form.kinds.data]
                )
        except (AddressRefused, AddressesUsedUp) as error:
            form.url.errors = [error_line(error.code, **error.fields)]
        else:
            return render_template("systems/secret_made.html", secret=secret, row=row, rolled=False)
    return payee_page(payee_id, name_form=NameForm(), address_form=form), 400


@blueprint.get("/addresses/<endpoint_id>")
def address(endpoint_id: str) -> str:
    """Show how an address stands and what it was told, with each try."""
    session, world = reading(), current_world()
    row = actions.own_address(session, g.acting, endpoint_id)
    page = _messages(session, row)
    ids = [delivery.id for delivery, _told in page.lines]
    tries: dict[str, list[Any]] = {}
    for one in deliveries.tries_of(session, ids):
        tries.setdefault(one.delivery_id, []).append(one)
    return render_template(
        "systems/address.html", row=row, page=page, tries=tries, press=PressForm(), now=world.clock.now(),
        enabled=row.status == endpoints.ENABLED, state_of=state_of, reason_of=reason_of,
    )  # fmt: skip


@blueprint.post("/addresses/<endpoint_id>/secret")
def roll_secret(endpoint_id: str) -> Any:
    """Give a new secret and show it, this once; for a day calls carry both signatures."""
    with begin() as session:
        secret = actions.roll_secret(session, current_world(), acting=g.acting, endpoint_id=endpoint_id)
        row = actions.own_address(session, g.acting, endpoint_id)
    return render_template("systems/secret_made.html", secret=secret, row=row, rolled=True)


@blueprint.post("/addresses/<endpoint_id>/switch")
def switch(endpoint_id: str) -> Any:
    """Switch an address on or off."""
    on = request.form.get("on") == "yes"
    with begin() as session:
        actions.switch(session, current_world(), acting=g.acting, endpoint_id=endpoint_id, on=on)
    flash(_("This address is told again.") if on else _("This address is told nothing more."), "success")
    return redirect(url_for("systems.address", endpoint_id=endpoint_id), 303)


@blueprint.post("/addresses/<endpoint_id>/remove")
def remove_address(endpoint_id: str) -> Any:
    """Take an address away."""
    with begin() as session:
        row = actions.own_address(session, g.acting, endpoint_id)
        actions.remove_address(session, current_world(), acting=g.acting, endpoint_id=endpoint_id)
    flash(_("The address is gone."), "success")
    return redirect(url_for("systems.payee", payee_id=row.payee_id), 303)


@blueprint.post("/messages/<delivery_id>/again")
def send_again(delivery_id: str) -> Any:
    """Send a message again, whatever became of it."""
    with begin() as session:
        row, again = actions.send_again(session, current_world(), acting=g.acting, delivery_id=delivery_id)
    flash(_("It is sent again in a moment.") if again else _("It is on its way already."), "success")
    return redirect(url_for("systems.address", endpoint_id=row.id), 303)


def _messages(session: Session, row: Endpoint) -> Page[Any]:
    of_address = select(Delivery, Told).join(Told, Told.id == Delivery.event_id).where(Delivery.endpoint_id == row.id)
    total = session.scalar(select(func.count()).select_from(Delivery).where(Delivery.endpoint_id == row.id)) or 0
    page: Page[Any] = Page(asked=request.args.get("page", 1, int), total=total, rows=_ROWS)
    newest = of_address.order_by(Delivery.seq.desc()).offset(page.start).limit(_ROWS)
    return page.holding(*session.execute(newest).all())
