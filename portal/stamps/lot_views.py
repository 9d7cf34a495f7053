"""A new lot, one question a page. The answers travel in the address until they are checked, so "back" works.

What the shop can guess is there already: the number and where it grew are only shown, with a link to change them.
"""

from dataclasses import dataclass
from datetime import date
from typing import Any
from urllib.parse import urlencode

from flask import g, redirect, render_template, request, url_for
from sqlalchemy.orm import Session

from portal.catalogue.actions import own_product
from portal.catalogue.models import Product
from portal.db import begin, reading
from portal.errors import NotFound, error_line
from portal.onboarding.models import Organisation
from portal.onboarding.places import place_name
from portal.places.areas import day_of
from portal.stamps.lot_forms import (
    NONE,
    BeginForm,
    ExpiryForm,
    HarvestForm,
    NumberForm,
    OriginForm,
    read_day,
    read_expiry,
)
from portal.stamps.lots import begin_lot, suggested_number
from portal.stamps.my_views import blueprint, own_header
from portal.world import current_world
from traceability import LotFacts, check_lot_number
from traceability.errors import LotDiffers, LotSyntax

LotQuestion = HarvestForm | ExpiryForm | NumberForm | OriginForm
_ASKS = "<any(harvest,expiry,number,origin):asks>"
_MUST = ("harvest", "expiry")
_LONGEST_ORIGIN = 200


@dataclass(frozen=True, slots=True)
class Begun:
    """The answers so far; `open` is the first question without one that can be read."""

    number: str
    harvest: date | None
    expiry: date | None
    origin: str
    open: str | None


def _today() -> date:
    return day_of(current_world().clock.now())


def _given() -> dict[str, str]:
    """Return the answers that the address carries, and nothing else of it."""
    given = {name: request.args[name] for name in (*_MUST, "number", "origin") if name in request.args}
    batch = request.args.get("batch", type=int)
    return given if batch is None or batch < 1 else {**given, "batch": str(batch)}


def _address(product_id: str, given: dict[str, str]) -> str:
    return f"{url_for('stamps.lot_begin', product_id=product_id)}?{urlencode(given)}"


def _begun(rows: Session, product: Product) -> Begun:
    given = _given()
    said, good = given.get("harvest", ""), given.get("expiry", "")
    harvest = read_day(said, today=_today())
    expiry = read_expiry(good, harvest=harvest)
    number = given.get("number") or suggested_number(rows, product.id, today=_today())
    origin = given.get("origin", place_name(rows, _origin_place(rows, product)) or "")
    missing = None
    if len(origin) > _LONGEST_ORIGIN:
        missing = "origin"
    try:
        check_lot_number(number)
    except LotSyntax:
        missing = "number"
    if expiry is None and good != NONE:
        missing = "expiry"
    if harvest is None and said != NONE:
        missing = "harvest"
    return Begun(number, harvest, expiry, origin, missing)


def _origin_place(rows: Session, product: Product) -> str | None:
    return product.origin_unit_id or rows.get_one(Organisation, product.organisation_id).current_unit_id


def _form(asks: str, begun: Begun | None = None) -> LotQuestion:
    """Return a question's form, with the answer that was given before."""
    known = begun if begun is not None and request.method == "GET" else None
    form: LotQuestion
    if asks == "harvest":
        form = HarvestForm(data={"day": known.harvest} if known else None)
        form.today = _today()
    elif asks == "expiry":
        form = ExpiryForm(data={"day": known.expiry} if known else None)
        form.harvest = begun.harvest if begun else None
    elif asks == "number":
        form = NumberForm(data={"number": known.number} if known else None)
    else:
        form = OriginForm(data={"origin": known.origin} if known else None)
    return form


@blueprint.get("/my/stamps/<int:batch>/lot/new")
def lot_new(batch: int) -> Any:
    """Begin a lot of a batch's product; its stamps come next."""
    product = own_header(reading(), batch).product
    return redirect(url_for("stamps.lot_begin", product_id=product, batch=batch))


@blueprint.get("/my/lots/new/<product_id>")
def lot_begin(product_id: str) -> Any:
    """Ask the first question that is open; with all answered, show them for checking."""
    rows = reading()
    product = own_product(rows, g.acting, product_id)
    begun = _begun(rows, product)
    if begun.open is not None:
        return _question_page(product, begun.open, _form(begun.open, begun), 200)
    return render_template("stamps/lot/check.html", product=product, begun=begun, given=_given(), form=BeginForm())


@blueprint.get(f"/my/lots/new/<product_id>/{_ASKS}")
def lot_asks(product_id: str, asks: str) -> Any:
    """Ask one question again."""
    rows = reading()
    product = own_product(rows, g.acting, product_id)
    return _question_page(product, asks, _form(asks, _begun(rows, product)), 200)


@blueprint.post(f"/my/lots/new/<product_id>/{_ASKS}")
def lot_answer(product_id: str, asks: str) -> Any:
    """Take one answer and go on."""
    rows = reading()
    product = own_product(rows, g.acting, product_id)
    form = _form(asks, _begun(rows, product))
    if not form.validate_on_submit():
        return _question_page(product, asks, form, 400)
    return redirect(_address(product_id, {**_given(), asks: form.answer}))


def _question_page(product: Product, asks: str, form: LotQuestion, status: int) -> Any:
    number = _MUST.index(asks) + 1 if asks in _MUST else None
    return render_template(
        f"stamps/lot/{asks}.html", product=product, form=form, given=_given(), number=number, of=len(_MUST) + 1
    ), status  # fmt: skip


@blueprint.post("/my/lots/new/<product_id>")
def lot_save(product_id: str) -> Any:
    """Note the lot and tell of its harvest; the same again changes nothing."""
    rows, acting = reading(), g.acting
    product = own_product(rows, acting, product_id)
    begun, batch = _begun(rows, product), _batch(product)
    if begun.open is not None or not BeginForm().validate_on_submit():
        return redirect(_address(product_id, _given()))
    facts = LotFacts(
        number=begun.number, product=product.id, establishment=product.organisation_id,
        origin_place=_origin_place(rows, product), origin_words=" ".join(begun.origin.split()),
        produced_on=begun.harvest, expires_on=begun.expiry,
    )  # fmt: skip
    world = current_world()
    try:
        with begin() as session:
            noted = begin_lot(
                session, now=world.clock.now(), acting=acting, facts=facts, public_url=world.settings.public_url
            )
    except LotDiffers as error:
        form = NumberForm(data={"number": begun.number})
        form.number.errors = [error_line(error.code, **error.fields)]
        return _question_page(product, "number", form, 400)
    if batch is not None:
        return redirect(url_for("stamps.activate", batch=batch, lot_id=noted.id))
    return redirect(url_for("lots.lot", lot_id=noted.id))


def _batch(product: Product) -> int | None:
    """Return the batch for whose stamps the lot is, if it is for one of this product."""
    given = _given().get("batch")
    if given is None:
        return None
    if own_header(reading(), int(given)).product != product.id:
        raise NotFound
    return int(given)
