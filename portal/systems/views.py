"""The institution's own software: its keys, each shown once, on the page that answers the press of the button."""

from datetime import timedelta
from typing import Any

from flask import Blueprint, Response, flash, g, redirect, render_template, url_for
from flask_babel import gettext as _

from payments.v1 import endpoints
from portal.db import begin, reading
from portal.errors import NotFound, error_line
from portal.pay.owners import own_payee, own_payees
from portal.people.forms import PressForm
from portal.systems import actions
from portal.systems.errors import KeysUsedUp, NameTaken
from portal.systems.forms import HOURS, AddressForm, NameForm, RollForm
from portal.world import current_world

blueprint = Blueprint("systems", __name__, url_prefix="/systems")


@blueprint.after_request
def keep_private(answer: Response) -> Response:
    """Keep pages that may show a secret out of caches."""
    answer.headers["Cache-Control"] = "no-store"
    return answer


@blueprint.get("")
def overview() -> Any:
    """Lead to the one payee of an institution, or list them."""
    payees = own_payees(reading(), g.acting)
    if len(payees) == 1:
        return redirect(url_for("systems.payee", payee_id=payees[0].id), 303)
    return render_template("systems/payees.html", payees=payees)


@blueprint.get("/<payee_id>")
def payee(payee_id: str) -> str:
    """Show a payee's keys and the addresses that are told."""
    return payee_page(payee_id, name_form=NameForm(), address_form=AddressForm())


@blueprint.post("/<payee_id>/keys")
def make_key(payee_id: str) -> Any:
    """Make a key and show it, this once."""
    form, world = NameForm(), current_world()
    if form.validate_on_submit():
        name = " ".join(form.name.data.split())
        try:
            with begin() as session:
                key = actions.make_key(session, world, acting=g.acting, payee_id=payee_id, name=name)
        except (KeysUsedUp, NameTaken) as error:
            form.name.errors = [error_line(error.code, **error.fields)]
        else:
            return _shown_once(key, name, payee_id)
    return payee_page(payee_id, name_form=form, address_form=AddressForm()), 400


@blueprint.get("/keys/<key_id>")
def key(key_id: str) -> str:
    """Ask how a key is to be changed or ended."""
    return _key_page(key_id, RollForm())


@blueprint.post("/keys/<key_id>/roll")
def roll_key(key_id: str) -> Any:
    """Give a new key and let the old one live on for as long as was chosen."""
    form, world = RollForm(), current_world()
    if not form.validate_on_submit():
        return _key_page(key_id, form), 400
    overlap = timedelta(hours=HOURS[form.hours.data])
    with begin() as session:
        old = actions.own_key(session, g.acting, key_id)
        text = actions.roll_key(session, world, acting=g.acting, key_id=key_id, overlap=overlap)
    ends_at = world.clock.now() + overlap if overlap else None
    return _shown_once(text, old.name, old.payee_id, ends_at=ends_at)


@blueprint.post("/keys/<key_id>/end")
def end_key(key_id: str) -> Any:
    """End a key from the next call on."""
    if not PressForm().validate_on_submit():
        return redirect(url_for("systems.key", key_id=key_id), 303)
    with begin() as session:
        old = actions.own_key(session, g.acting, key_id)
        actions.end_own_key(session, current_world(), acting=g.acting, key_id=key_id)
    flash(_("This key opens nothing any more."), "success")
    return redirect(url_for("systems.payee", payee_id=old.payee_id), 303)


def payee_page(payee_id: str, *, name_form: NameForm, address_form: AddressForm) -> str:
    """Return the page of a payee's keys and addresses. Raises NotFound."""
    session, world = reading(), current_world()
    found, now = own_payee(session, g.acting, payee_id), world.clock.now()
    addresses = session.scalars(endpoints.mine(actions.caller_of(world, found))).all()
    return render_template(
        "systems/payee.html", payee=found, keys=actions.living_keys(session, found.id, now=now), addresses=addresses,
        name_form=name_form, address_form=address_form, now=now,
    )  # fmt: skip


def _key_page(key_id: str, form: RollForm) -> str:
    now = current_world().clock.now()
    row = actions.own_key(reading(), g.acting, key_id)
    if row.revoked_at is not None and row.revoked_at <= now:
        raise NotFound
    return render_template("systems/key.html", key=row, form=form, press=PressForm())


def _shown_once(text: str, name: str, payee_id: str, ends_at: Any = None) -> str:
    public = current_world().settings.public_url.rstrip("/")
    return render_template(
        "systems/key_made.html", key=text, name=name, payee_id=payee_id, ends_at=ends_at, public_url=public
    )
