"""One page: ask, and the file comes; the same for a seller and an officer."""

from typing import Any

from flask import Blueprint, Response, g, render_template, stream_with_context
from sqlalchemy import select

from portal.db import reading
from portal.errors import NotFound, PortalError, error_line
from portal.onboarding.models import Organisation
from portal.recalls.actions import own
from portal.supply.actions import supply
from portal.supply.collecting import Scope
from portal.supply.errors import NothingToSupply
from portal.supply.forms import SupplyForm
from portal.world import current_world
from traceability import decode_serial, fold_serial
from traceability.errors import CodeSyntaxError
from traceability.models import TraceBatch, TraceLot

blueprint = Blueprint("supply", __name__)
SIDES = "<any(my,officer):side>"


@blueprint.get(f"/{SIDES}/supply")
def ask(side: str) -> Any:
    """Ask what is wanted."""
    return _page(side, SupplyForm(), 200)


def _page(side: str, form: SupplyForm, status: int) -> Any:
    if (side == "my") != (g.acting.organisation_id is not None):
        raise NotFound
    layout = "layouts/person.html" if side == "my" else "layouts/officer.html"
    return render_template("supply/ask.html", form=form, side=side, layout=layout), status


@blueprint.post(f"/{SIDES}/supply")
def give(side: str) -> Any:
    """Give everything as one file."""
    form, acting, world = SupplyForm(), g.acting, current_world()
    if not form.validate_on_submit():
        return _page(side, form, 400)
    try:
        request_id, pieces = supply(world, acting=acting, scope=_scope(form))
    except PortalError as error:
        form.code.errors = [error_line(error.code, **error.fields)]
        return _page(side, form, 400)
    answer = Response(stream_with_context(pieces), mimetype="application/zip")
    answer.headers["Content-Disposition"] = f'attachment; filename="traceability-{request_id}.zip"'
    answer.headers["Cache-Control"] = "no-store"
    return answer


def _scope(form: SupplyForm) -> Scope:
    text = (form.code.data or "").strip()
    if not text:
        return Scope(since=form.since.data, until=form.until.data)
    rows = reading()
    sellers = select(Organisation.id).where(own(rows, g.acting))
    lots = select(TraceLot.id).where(TraceLot.number == text, TraceLot.establishment.in_(sellers))
    lot_id = rows.scalar(lots.order_by(TraceLot.recorded_at.desc()).limit(1))
    if lot_id is not None:
        return Scope(lot_id=lot_id)
    if text.isascii() and text.isdigit() and len(text) <= 8:
        number = int(text)
    else:
        try:
            parts = decode_serial(fold_serial(text.rpartition("/")[2].replace(" ", "")))
        except CodeSyntaxError:
            raise NothingToSupply from None
        if parts is None:
            raise NothingToSupply
        number = parts.batch
    if rows.scalar(select(TraceBatch.batch).where(TraceBatch.batch == number)) is None:
        raise NothingToSupply
    return Scope(batch=number)
