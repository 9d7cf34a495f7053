"""The market: what is on sale, one product, its pictures. Reading sets no cookie."""

from typing import Any

from flask import Response, g, render_template, request, url_for

from portal.catalogue.blueprint import blueprint
from portal.catalogue.jsonld import product_jsonld
from portal.catalogue.models import Product
from portal.catalogue.panels import public_panels, warnings_on
from portal.catalogue.search import MOST_SIGNS, on_sale, shelf
from portal.catalogue.storage import DiskPhotos, PhotoStorage
from portal.db import reading
from portal.errors import NotFound
from portal.limits import SEARCHES, limited
from portal.onboarding.persons import seller_name
from portal.onboarding.places import place_name
from portal.world import current_world


def storage() -> PhotoStorage:
    """Return where pictures lie."""
    return DiskPhotos(current_world().settings.instance / "photos")


@blueprint.get("/")
@limited(SEARCHES, by="q")
def market() -> str:
    """Show what is on sale, or what a search finds."""
    text = " ".join(request.args.get("q", "").split())[:MOST_SIGNS]
    page = shelf(reading(), text, after=request.args.get("after"))
    return render_template("catalogue/market.html", rows=page.rows, after=page.after, text=text)


@blueprint.get("/products/<product_id>")
def product(product_id: str) -> Any:
    """Show one product that is on sale; a stranger's cache asks again each time, and keeps what has not changed."""
    rows, world = reading(), current_world()
    found = on_sale(rows, product_id)
    if found is None:
        raise NotFound
    goods, seller = found
    name = seller_name(rows, seller, world.field_keys)
    page = render_template(
        "catalogue/product.html",
        product=goods,
        seller=name,
        place=place_name(rows, seller.current_unit_id),
        panels=public_panels(rows, goods),
        warnings=warnings_on(rows, goods),
        jsonld=_jsonld(goods, seller=name),
        unscripted=g.acting is None,
    )
    if g.acting is not None:
        return page
    answer = Response(page)
    answer.headers["Cache-Control"] = "no-cache"
    answer.headers["Vary"] = "Cookie, Accept-Language"
    answer.add_etag()
    return answer.make_conditional(request)


def _jsonld(goods: Product, *, seller: str) -> Any:
    base = current_world().settings.public_url.rstrip("/")
    images = [base + url_for("catalogue.photo", sha256=one.sha256, size=1280) for one in goods.photos]
    address = base + url_for("catalogue.product", product_id=goods.id)
    return product_jsonld(goods, url=address, images=images, seller=seller)


@blueprint.get("/photos/<sha256>-<int:size>.jpg")
def photo(sha256: str, size: int) -> Response:
    """Return a picture: named by its content, so it never changes."""
    content = storage().get(sha256, size)
    if content is None:
        raise NotFound
    g.acting = None  # nothing personal: a shared cache may keep it
    answer = Response(content, mimetype="image/jpeg")
    answer.headers["Cache-Control"] = "public, max-age=31536000, immutable"
    return answer
