"""The pages of recalls, the same for a seller (`/my/recalls`) and an officer (`/officer/recalls`)."""

from collections.abc import Callable
from datetime import datetime
from functools import wraps
from typing import Any

from flask import Blueprint, flash, g, redirect, render_template, request, url_for
from flask_babel import gettext as _
from sqlalchemy import select

from portal.catalogue.models import Product
from portal.db import begin, reading
from portal.errors import NotFound, PortalError, error_line
from portal.recalls import actions, listing
from portal.recalls.forms import CloseForm, DangerForm, FindForm, StampsDangerForm, local_now
from portal.recalls.models import RecallFile
from portal.recalls.notices import told
from portal.sheets import csv_file, xlsx_file
from portal.stamps.models import ASKED, VoidRequest
from portal.world import current_world
from traceability import TraceabilityError, affected, get_lot, read_header
from traceability.errors import LotUnknown, StampRefused

blueprint = Blueprint("recalls", __name__)
SIDES = "<any(my,officer):side>"


def _of_side(view: Callable[..., Any]) -> Callable[..., Any]:
    """Let officers in on their side alone and sellers on theirs; the other side is missing."""

    @wraps(view)
    def wrapped(side: str, **more: Any) -> Any:
        if (side == "my") != (g.acting.organisation_id is not None):
            raise NotFound
        return view(side=side, **more)

    return wrapped


def _page(name: str, side: str, status: int = 200, **more: Any) -> Any:
    layout = "layouts/person.html" if side == "my" else "layouts/officer.html"
    page = render_template(f"recalls/{name}.html", layout=layout, side=side, now=_now(), **more)
    return page, status


def _now() -> datetime:
    return current_world().clock.now()


@blueprint.get(f"/{SIDES}/recalls")
@_of_side
def recalls(side: str) -> Any:
    """List open recalls with their clock, and the closed ones."""
    rows, closed = reading(), request.args.get("show") == "closed"
    lines = listing.files(rows, g.acting, closed=closed)
    if request.args.get("format") == "csv":
        columns = (_("Product"), _("Which goods"), _("Found at"), _("Opened"), _("Due"), _("Closed"), _("How it ended"))
        cells = [
            (one.product, one.what, one.file.found_at, one.file.opened_at, one.due_at, one.file.closed_at,
             one.recall.closed_because)
            for one in lines
        ]  # fmt: skip
        return csv_file("recalls", columns, cells)
    return _page("list", side, lines=lines, closed=closed)


@blueprint.get(f"/{SIDES}/recalls/new")
@_of_side
def new(side: str) -> Any:
    """Ask which goods: a seller chooses a lot, an officer enters what the goods carry."""
    if side == "my":
        return _page("choose", side, lots=listing.own_goods(reading(), g.acting))
    form = FindForm(request.args, meta={"csrf": False})
    if "code" not in request.args:
        return _page("find", side, form=FindForm(meta={"csrf": False}), found=[])
    found: list[listing.Goods] = []
    if form.validate():
        try:
            found = listing.find_goods(reading(), g.acting, form.code.data, keys=current_world().field_keys)
        except PortalError as error:
            form.code.errors = [error_line(error.code, **error.fields)]
    return _page("find", side, 200 if found else 400, form=form, found=found)


def _lot(lot_id: str) -> Any:
    try:
        lot = get_lot(reading(), lot_id)
    except LotUnknown:
        raise NotFound from None
    actions.check_reach(reading(), g.acting, lot.establishment)
    return lot


@blueprint.get(f"/{SIDES}/recalls/lot/<lot_id>")
@_of_side
def lot(side: str, lot_id: str) -> Any:
    """Ask what is wrong with a lot."""
    form = DangerForm(data={"contact": current_world().settings.help_phone, "found_at": local_now()})
    return _lot_page(side, _lot(lot_id), form, 200)


def _lot_page(side: str, row: Any, form: DangerForm, status: int) -> Any:
    product = reading().get_one(Product, row.product)
    what = _("Lot %(number)s", number=row.number)
    return _page("danger", side, status, form=form, product=product.name, what=what)


@blueprint.post(f"/{SIDES}/recalls/lot/<lot_id>")
@_of_side
def lot_recall(side: str, lot_id: str) -> Any:
    """Recall a lot: from here on every scan of it says so."""
    row, form, acting, world = _lot(lot_id), DangerForm(), g.acting, current_world()
    if not form.validate_on_submit():
        return _lot_page(side, row, form, 400)
    try:
        with begin() as session:
            file = actions.recall_lot(
                session, now=world.clock.now(), acting=acting, lot_id=lot_id, danger=form.danger(),
                keys=world.field_keys, public_url=world.settings.public_url,
            )  # fmt: skip
            recall_id = file.id
    except (StampRefused, PortalError) as error:
        form.instruction.errors = [error_line(error.code, **error.fields)]
        return _lot_page(side, row, form, 400)
    return redirect(url_for("recalls.recall", side=side, recall_id=recall_id))


def _batch(batch: int) -> Any:
    try:
        header = read_header(reading(), batch)
    except TraceabilityError:
        raise NotFound from None
    actions.check_reach(reading(), g.acting, header.establishment)
    return header


@blueprint.get(f"/{SIDES}/recalls/batch/<int:batch>")
@_of_side
def stamps(side: str, batch: int) -> Any:
    """Ask which stamps of a batch, and what is wrong with what carries them."""
    header, index = _batch(batch), request.args.get("stamp", 0, type=int)
    last = index if "stamp" in request.args else header.count - 1
    form = StampsDangerForm(
        data={"contact": current_world().settings.help_phone, "found_at": local_now(), "first": str(index),
              "last": str(last)}
    )  # fmt: skip
    return _stamps_page(side, header, form, 200)


def _stamps_page(side: str, header: Any, form: StampsDangerForm, status: int) -> Any:
    product = reading().get_one(Product, header.product)
    what = _("Batch %(batch)s", batch=header.batch)
    return _page("danger", side, status, form=form, product=product.name, what=what)


@blueprint.post(f"/{SIDES}/recalls/batch/<int:batch>")
@_of_side
def stamps_recall(side: str, batch: int) -> Any:
    """Recall stamps: from here on every scan of them says so."""
    header, form, acting, world = _batch(batch), StampsDangerForm(), g.acting, current_world()
    if not form.validate_on_submit():
        return _stamps_page(side, header, form, 400)
    first, last = form.range
    try:
        with begin() as session:
            file = actions.recall_range(
                session, now=world.clock.now(), acting=acting, batch=batch, first=first, last=last,
                danger=form.danger(), keys=world.field_keys, public_url=world.settings.public_url,
            )  # fmt: skip
            recall_id = file.id
    except (StampRefused, PortalError) as error:
        form.first.errors = [error_line(error.code, **error.fields)]
        return _stamps_page(side, header, form, 400)
    return redirect(url_for("recalls.recall", side=side, recall_id=recall_id))


@blueprint.get(f"/{SIDES}/recalls/<recall_id>")
@_of_side
def recall(side: str, recall_id: str) -> Any:
    """Show one recall: its clock, what it touches, who has it, how it ends; or give the lists as files."""
    rows = reading()
    file = actions.find_file(rows, g.acting, recall_id)
    wanted = request.args.get("format")
    if wanted in ("csv", "xlsx"):
        return _as_file(file, wanted)
    return _recall_page(side, file, CloseForm(), 200)


def _recall_page(side: str, file: RecallFile, form: CloseForm, status: int) -> Any:
    rows = reading()
    touched = affected(rows, file.id)
    waiting = rows.scalar(select(VoidRequest.id).where(VoidRequest.about == file.id, VoidRequest.state == ASKED))
    return _page(
        "recall", side, status, form=form, line=listing.line_of(rows, file), touched=touched,
        ranges=listing.range_rows(rows, touched), having=_having(file, touched), told=told(rows, file.id),
        waiting=waiting is not None, may_close=side == "officer" or not file.by_officer,
    )  # fmt: skip


def _having(file: RecallFile, touched: Any) -> list[listing.Having]:
    world = current_world()
    return listing.having(
        reading(), file, touched, keys=world.field_keys, public_url=world.settings.public_url,
        named=g.acting.organisation_id is None,
    )  # fmt: skip


def _as_file(file: RecallFile, wanted: str) -> Any:
    rows = reading()
    touched = affected(rows, file.id)
    ranges = (_("Ranges"), listing.range_columns(), listing.range_rows(rows, touched))
    name = f"recall-{file.id}"
    if wanted == "csv":
        return csv_file(name, *ranges[1:])
    people = [(one.name, one.how, one.place, one.since) for one in _having(file, touched)]
    scanned = (_("Scanned stamps"), listing.scanned_columns(), listing.scanned_rows(rows, file.id))
    return xlsx_file(name, ranges, scanned, (_("Who has it"), (_("Name"), _("How"), _("Where"), _("Since")), people))


@blueprint.post(f"/{SIDES}/recalls/<recall_id>/<any(lift,complete):how>")
@_of_side
def close(side: str, recall_id: str, how: str) -> Any:
    """End a recall: it was not needed, or the goods are collected and their stamps cancelled."""
    form, acting, world = CloseForm(), g.acting, current_world()
    file = actions.find_file(reading(), acting, recall_id)
    if not form.validate_on_submit():
        return _recall_page(side, file, form, 400)
    asked: dict[str, Any] = {"now": world.clock.now(), "acting": acting, "recall_id": recall_id, "note": form.note.data}
    try:
        with begin() as session:
            if how == "lift":
                actions.lift(session, **asked, public_url=world.settings.public_url)
                said = _("The recall is lifted. Scans answer as before.")
            elif isinstance(actions.complete(session, **asked), VoidRequest):
                said = _("So many stamps are cancelled when a second person agrees. We have asked.")
            else:
                said = _("The recall is closed. Its stamps are cancelled.")
    except (PortalError, TraceabilityError) as error:
        if isinstance(error, NotFound):
            raise
        flash(error_line(error.code, **error.fields), "error")
    else:
        flash(said, "success")
    return redirect(url_for("recalls.recall", side=side, recall_id=recall_id))
