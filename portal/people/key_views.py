"""The shop's keys for its own software: list, make one (shown once), end one."""

from typing import Any

from flask import flash, g, redirect, render_template, url_for
from flask_babel import gettext as _
from werkzeug.wrappers import Response

from portal.db import begin, reading
from portal.errors import NotFound, error_line
from portal.people.errors import KeyNameTaken, TooManyKeys
from portal.people.forms import KeyForm
from portal.people.keys import end_shop_key, live_keys, make_shop_key
from portal.people.partners import forbid_partner, partners_of
from portal.people.views import blueprint
from portal.world import current_world

__all__ = ["blueprint"]


@blueprint.get("/my/keys")
def my_keys() -> Any:
    """List the shop's keys and ask for a new one's name."""
    return _page(KeyForm(), 200)


@blueprint.post("/my/keys")
def my_keys_make() -> Any:
    """Make a key and show it, this once: only its hash is kept."""
    form, now = KeyForm(), current_world().clock.now()
    if form.validate_on_submit():
        name = " ".join(form.name.data.split())
        try:
            with begin() as session:
                key = make_shop_key(session, now=now, acting=g.acting, name=name, scopes=form.may.data)
        except (KeyNameTaken, TooManyKeys) as error:
            form.name.errors = [error_line(error.code, **error.fields)]
        else:
            return render_template("people/key_made.html", key=key, name=name)
    return _page(form, 400)


@blueprint.post("/my/keys/<key_hash>/end")
def my_keys_end(key_hash: str) -> Response:
    """End a key from the next call on."""
    with begin() as session:
        end_shop_key(session, now=current_world().clock.now(), acting=g.acting, key_hash=key_hash)
    flash(_("This key opens nothing any more."), "success")
    return redirect(url_for("people.my_keys"))


@blueprint.post("/my/keys/<key_hash>/forbid")
def my_keys_forbid(key_hash: str) -> Response:
    """Let a partner tell of the shop's goods no longer, from the next call on."""
    with begin() as session:
        forbid_partner(session, now=current_world().clock.now(), acting=g.acting, key_hash=key_hash)
    flash(_("This partner notes nothing about your goods any more."), "success")
    return redirect(url_for("people.my_keys"))


def _page(form: KeyForm, status: int) -> Any:
    own, now = g.acting.organisation_id, current_world().clock.now()
    if own is None:
        raise NotFound
    keys = live_keys(reading(), now=now, organisation_id=own)
    partners = partners_of(reading(), now=now, organisation_id=own)
    return render_template("people/keys.html", form=form, keys=keys, partners=partners), status
