"""The seller's stamps: order them, print them, put them on a lot, cancel them. One thing a page."""

from typing import Any

from flask import Blueprint, flash, g, redirect, render_template, request, url_for
from flask_babel import gettext as _
from sqlalchemy.orm import Session

from portal.catalogue.actions import own_product, own_products
from portal.catalogue.models import Product
from portal.db import begin, reading
from portal.errors import NotFound, error_line
from portal.i18n import number
from portal.people.forms import PressForm
from portal.stamps import actions
from portal.stamps.forms import CountForm, OrderForm, RangeForm
from portal.stamps.listing import batches_of, next_free, orders_under_way, ranges_of
from portal.stamps.models import ISSUED
from portal.stamps.orders import INLINE_MOST, issue_now, own_order, place_order
from portal.stamps.prints import prints_of
from portal.stamps.voiding import open_requests
from portal.world import current_world
from traceability import BatchHeader
from traceability.errors import BatchUnknown, StampRefused

blueprint = Blueprint("stamps", __name__)


def own_header(session: Session, batch: int) -> BatchHeader:
    """Return the header of an own batch; another's and none read the same."""
    try:
        return actions.own_batch(session, g.acting, batch)
    except BatchUnknown:
        raise NotFound from None


def _organisation() -> str:
    if g.acting.organisation_id is None:
        raise NotFound
    return str(g.acting.organisation_id)


@blueprint.get("/my/stamps")
def batches() -> str:
    """List the own batches, each with its three counts apart."""
    rows, own = reading(), _organisation()
    return render_template(
        "stamps/my/batches.html",
        batches=batches_of(rows, own),
        orders=orders_under_way(rows, own),
        products=own_products(rows, g.acting),
    )


@blueprint.get("/my/stamps/order/<product_id>")
def order(product_id: str) -> Any:
    """Ask how many stamps."""
    return _count_page(CountForm(), own_product(reading(), g.acting, product_id), 200)


@blueprint.post("/my/stamps/order/<product_id>")
def order_count(product_id: str) -> Any:
    """Go on to the check of the order."""
    product, form = own_product(reading(), g.acting, product_id), CountForm()
    if not form.validate_on_submit():
        return _count_page(form, product, 400)
    pin = "yes" if form.pin.data else None
    return redirect(url_for("stamps.order_check", product_id=product_id, count=form.number, pin=pin))


def _count_page(form: CountForm, product: Product, status: int) -> Any:
    return render_template("stamps/my/count.html", form=form, product=product), status


@blueprint.get("/my/stamps/order/<product_id>/check")
def order_check(product_id: str) -> Any:
    """Show the order before it is sent."""
    product = own_product(reading(), g.acting, product_id)
    asked = CountForm(data={"count": request.args.get("count", "")}, meta={"csrf": False})
    if not asked.validate():
        return redirect(url_for("stamps.order", product_id=product_id))
    pin = "yes" if request.args.get("pin") == "yes" else ""
    form = OrderForm(data={"count": str(asked.number), "pin": pin})
    return render_template("stamps/my/check.html", form=form, product=product, count=asked.number, pin=pin)


@blueprint.post("/my/stamps/order/<product_id>/check")
def order_send(product_id: str) -> Any:
    """Order: a small batch is made at once, a large one by the worker."""
    world, acting, form = current_world(), g.acting, OrderForm()
    product = own_product(reading(), acting, product_id)
    if not form.validate_on_submit():
        return _count_page(CountForm(), product, 400)
    now, pin = world.clock.now(), form.pin.data == "yes"
    asked = {"product_id": product_id, "count": form.number, "client_id": form.client_id.data, "pin": pin}
    if form.number <= INLINE_MOST:
        order_id, _batch = issue_now(world, now=now, acting=acting, **asked)
    else:
        with begin() as session:
            order_id = place_order(
                session, now=now, acting=acting, keys=world.stamp_keys, signer=world.log_signer, **asked
            ).id
    return redirect(url_for("stamps.ordered", order_id=order_id))


@blueprint.get("/my/stamps/orders/<order_id>")
def ordered(order_id: str) -> str:
    """Show how far an order is; the page can be left."""
    rows = reading()
    found = own_order(rows, g.acting, order_id)
    page = "stamps/my/done.html" if found.state == ISSUED else "stamps/my/progress.html"
    return render_template(page, order=found, product=rows.get_one(Product, found.product_id))


@blueprint.get("/my/stamps/<int:batch>")
def batch_page(batch: int) -> str:
    """Show one batch: its counts, its ranges, what can be done."""
    rows = reading()
    header = own_header(rows, batch)
    return render_template(
        "stamps/my/batch.html",
        row=batches_of(rows, header.establishment, batch=batch)[0],
        ranges=ranges_of(rows, batch),
        free=next_free(rows, batch, count=header.count),
        asked=[one for one in open_requests(rows, g.acting) if one.batch == batch],
        own_login=g.acting.actor,
        press=PressForm(),
        prints=prints_of(rows, batch),
    )


def range_page(act: str, form: RangeForm, header: BatchHeader, status: int, **more: Any) -> Any:
    """Ask for a range of a batch."""
    return render_template(f"stamps/my/{act}.html", form=form, header=header, **more), status


@blueprint.get("/my/stamps/<int:batch>/lot")
def lot(batch: int) -> Any:
    """Ask for which lot the stamps are: one that is noted, or a new one."""
    rows = reading()
    header = own_header(rows, batch)
    return render_template("stamps/my/lots.html", header=header, lots=actions.own_lots(rows, header))


@blueprint.get("/my/stamps/<int:batch>/lot/<lot_id>")
def activate(batch: int, lot_id: str) -> Any:
    """Ask which stamps are on the goods of a lot; what the law wants shown and is missing is named."""
    rows = reading()
    header = own_header(rows, batch)
    free = next_free(rows, batch, count=header.count)
    form = RangeForm(data={"first": str(free[0]), "last": str(free[1])} if free else None)
    return _activate_page(form, header, lot_id, 200)


@blueprint.post("/my/stamps/<int:batch>/lot/<lot_id>")
def activate_save(batch: int, lot_id: str) -> Any:
    """Put a range of stamps on the lot."""
    rows, acting, form = reading(), g.acting, RangeForm()
    header = own_header(rows, batch)
    actions.own_lot(rows, header, lot_id)
    if not form.validate_on_submit():
        return _activate_page(form, header, lot_id, 400)
    first, last = form.range
    try:
        with begin() as session:
            now = current_world().clock.now()
            done = actions.activate(
                session, now=now, acting=acting, batch=batch, first=first, last=last, lot_id=lot_id
            )  # fmt: skip
    except StampRefused as error:
        form.first.errors = [error_line(error.code, **error.fields)]
        return _activate_page(form, header, lot_id, 400)
    flash(_("%(count)s stamps are on the lot now.", count=number(last - first + 1)), "success")
    if not done.changed:
        flash(_("They were on this lot already; nothing changed."), "message")
    return redirect(url_for("stamps.batch_page", batch=batch))


def _activate_page(form: RangeForm, header: BatchHeader, lot_id: str, status: int) -> Any:
    rows = reading()
    found = actions.own_lot(rows, header, lot_id)
    missing = actions.missing_facts(rows, header, found.facts)
    return range_page("activate", form, header, status, lot=found, missing=missing)
