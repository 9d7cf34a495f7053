"""The seller's own products: three screens to put one on sale, a list, and a page for each."""

from typing import Any

from flask import flash, g, redirect, render_template, request, url_for
from flask_babel import gettext as _
from sqlalchemy import select
from sqlalchemy.orm import Session
from werkzeug.wrappers import Response

from portal.catalogue import actions
from portal.catalogue.blueprint import blueprint
from portal.catalogue.errors import GoodsRefused, PhotoRefused, ProductIncomplete
from portal.catalogue.forms import PhotoForm, PriceForm, WhatForm, local_name
from portal.catalogue.market_views import storage
from portal.catalogue.models import Category, SaleUnit, Variant
from portal.catalogue.panels import own_panels
from portal.catalogue.photos import MOST_BYTES, read_picture
from portal.db import begin, reading
from portal.errors import NotFound, error_line
from portal.i18n import money
from portal.people.forms import PressForm
from portal.world import current_world

SCREENS = ("what", "price", "photo")


def _progress(screen: str) -> tuple[int, int]:
    return SCREENS.index(screen) + 1, len(SCREENS)


def _version(text: str | None) -> int | None:
    return int(text) if text and text.isascii() and text.isdigit() else None


@blueprint.get("/my/products")
def own_products() -> str:
    """List the own products."""
    return render_template("catalogue/own/products.html", products=actions.own_products(reading(), g.acting))


@blueprint.get("/my/products/new")
def new() -> Any:
    """Ask what the product is."""
    return _what_page(_what_form(), 200)


@blueprint.post("/my/products/new")
def new_save() -> Any:
    """Begin the product; the same page sent twice begins one."""
    form, acting = _what_form(), g.acting
    if acting.organisation_id is None:
        raise NotFound
    if form.validate_on_submit():
        with begin() as rows:
            product = actions.describe_product(
                rows,
                now=current_world().clock.now(),
                acting=acting,
                organisation_id=acting.organisation_id,
                name=form.name.data or "",
                category_code=form.category.data,
                description=form.description.data or "",
                client_id=form.made_once(),
            )
        return redirect(url_for("catalogue.price", product_id=product.id))
    return _what_page(form, 400)


def _what_form() -> WhatForm:
    form = WhatForm()
    form.offer(reading().scalars(select(Category).order_by(Category.position)))
    return form


def _what_page(form: WhatForm, status: int, product_id: str | None = None) -> Any:
    page = render_template(
        "catalogue/own/what.html", form=form, product_id=product_id, progress=None if product_id else _progress("what")
    )
    return page, status


@blueprint.get("/my/products/<product_id>/what")
def what(product_id: str) -> Any:
    """Show what the product is, to change it."""
    form = _what_form()
    form.fill(actions.own_product(reading(), g.acting, product_id))
    return _what_page(form, 200, product_id)


@blueprint.post("/my/products/<product_id>/what")
def what_save(product_id: str) -> Any:
    """Change what the product is."""
    form, acting = _what_form(), g.acting
    actions.own_product(reading(), acting, product_id)
    if not form.validate_on_submit():
        return _what_page(form, 400, product_id)
    with begin() as rows:
        product = actions.own_product(rows, acting, product_id, lock=True, version=_version(form.version.data))
        actions.redescribe_product(
            rows,
            now=current_world().clock.now(),
            acting=acting,
            product=product,
            name=form.name.data or "",
            category_code=form.category.data,
            description=form.description.data or "",
        )
    return redirect(url_for("catalogue.own_product", product_id=product_id))


@blueprint.get("/my/products/<product_id>/price")
def price(product_id: str) -> Any:
    """Ask for pack and price."""
    form = _price_form()
    form.fill(actions.own_product(reading(), g.acting, product_id))
    return _price_page(form, 200, product_id)


@blueprint.post("/my/products/<product_id>/price")
def price_save(product_id: str) -> Any:
    """Set pack and price."""
    form, acting = _price_form(), g.acting
    first_time = not actions.own_product(reading(), acting, product_id).photos
    if form.validate_on_submit():
        try:
            with begin() as rows:
                product = actions.own_product(rows, acting, product_id, lock=True, version=_version(form.version.data))
                variant = actions.price_product(
                    rows, now=current_world().clock.now(), acting=acting, product=product, offer=form.result()
                )
        except GoodsRefused as error:
            form.gtin.errors = [error_line(error.code, **error.fields)]
        else:
            _warn_if_low(form, variant)
            return redirect(
                url_for("catalogue.add_photo" if first_time else "catalogue.own_product", product_id=product_id)
            )
    return _price_page(form, 400, product_id)


def _warn_if_low(form: PriceForm, variant: Variant) -> None:
    if form.parsed_price is not None and form.parsed_price.low:
        better = money(form.parsed_price.amount_minor * 1000)
        unit = local_name(form.units[variant.unit_code])
        flash(error_line("price.low", price=money(form.parsed_price.amount_minor), unit=unit, better=better), "warning")


def _price_form() -> PriceForm:
    form = PriceForm()
    form.offer(_units(reading()))
    return form


def _units(rows: Session) -> list[SaleUnit]:
    return list(rows.scalars(select(SaleUnit).order_by(SaleUnit.position)))


def _price_page(form: PriceForm, status: int, product_id: str) -> Any:
    return render_template(
        "catalogue/own/price.html", form=form, product_id=product_id, progress=_progress("price")
    ), status


@blueprint.get("/my/products/<product_id>/photo")
def add_photo(product_id: str) -> Any:
    """Ask for a picture."""
    actions.own_product(reading(), g.acting, product_id)
    return _photo_page(PhotoForm(), 200, product_id)


@blueprint.post("/my/products/<product_id>/photo")
def add_photo_save(product_id: str) -> Any:
    """Keep the picture, re-encoded; a draft that is complete with it goes on sale."""
    form, acting = PhotoForm(), g.acting
    actions.own_product(reading(), acting, product_id)
    if not form.validate_on_submit():
        return _photo_page(form, 400, product_id)
    if form.later.data:
        return redirect(url_for("catalogue.own_product", product_id=product_id))
    try:
        picture = read_picture(request.files["photo"].stream.read(MOST_BYTES + 1))
        storage().put(picture)  # named by its content: kept before the row, harmless without it
        with begin() as rows:
            now = current_world().clock.now()
            product = actions.own_product(rows, acting, product_id, lock=True)
            actions.add_photo(rows, now=now, acting=acting, product=product, picture=picture)
            if product.state == "draft" and product.variants:
                actions.put_on_sale(rows, now=now, acting=acting, product=product)
    except PhotoRefused as error:
        form.photo.errors = [error_line(error.code, **error.fields)]
        return _photo_page(form, 400, product_id)
    flash(_("The picture is there."), "success")
    return redirect(url_for("catalogue.own_product", product_id=product_id))


def _photo_page(form: PhotoForm, status: int, product_id: str) -> Any:
    return render_template(
        "catalogue/own/photo.html", form=form, product_id=product_id, progress=_progress("photo")
    ), status


@blueprint.get("/my/products/<product_id>")
def own_product(product_id: str) -> str:
    """Show one own product: how it stands, what is missing, where it is offered."""
    rows = reading()
    product = actions.own_product(rows, g.acting, product_id)
    category = rows.get_one(Category, product.category_code)
    return render_template(
        "catalogue/own/product.html",
        product=product,
        category=local_name(category),
        panels=own_panels(rows, product),
        form=PressForm(),
    )


@blueprint.post("/my/products/<product_id>/<any(sell,stop):what>")
def own_product_move(product_id: str, what: str) -> Response:
    """Put a product on sale or take it off."""
    acting = g.acting
    try:
        with begin() as rows:
            now = current_world().clock.now()
            product = actions.own_product(rows, acting, product_id, lock=True)
            (actions.put_on_sale if what == "sell" else actions.take_off)(rows, now=now, acting=acting, product=product)
    except ProductIncomplete as error:
        flash(error_line(error.code, **error.fields), "error")
    else:
        flash(_("It is on sale.") if what == "sell" else _("It is no longer on sale."), "success")
    return redirect(url_for("catalogue.own_product", product_id=product_id))
