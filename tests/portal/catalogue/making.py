"""Products and pictures for tests."""

import io
from typing import Any

from PIL import Image

from portal.acting import Acting
from portal.catalogue import actions
from portal.catalogue.actions import Offer
from portal.catalogue.models import Product
from portal.catalogue.photos import Picture, read_picture


def jpeg(width: int = 800, height: int = 600, *, colour: str = "green", **save: Any) -> bytes:
    """Return a plain picture as JPEG."""
    out = io.BytesIO()
    Image.new("RGB", (width, height), colour).save(out, "JPEG", **save)
    return out.getvalue()


def picture(colour: str = "green") -> Picture:
    """Return a picture ready to be stored."""
    return read_picture(jpeg(colour=colour))


def product(session: Any, world: Any, acting: Acting, name: str = "Bưởi da xanh", **more: Any) -> Product:
    """Return a product of one kilogram that is on sale."""
    now = world.clock.now()
    assert acting.organisation_id is not None
    made = actions.describe_product(
        session,
        now=now,
        acting=acting,
        organisation_id=acting.organisation_id,
        name=name,
        category_code=more.pop("category", "VN-FRUIT-OTHER"),
        description=more.pop("description", ""),
    )
    offer = more.pop("offer", Offer(quantity_milli=1000, unit_code="kg", price_minor=60_000, stock_milli=12_000))
    actions.price_product(session, now=now, acting=acting, product=made, offer=offer)
    actions.add_photo(session, now=now, acting=acting, product=made, picture=more.pop("picture", None) or picture())
    if more.pop("on_sale", True):
        actions.put_on_sale(session, now=now, acting=acting, product=made)
    session.commit()
    return made
