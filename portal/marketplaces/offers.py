"""A frozen revision of a product, as one channel is told of it."""

from collections.abc import Callable, Mapping
from datetime import datetime
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session, aliased

from portal.marketplaces.categories import remote_category
from portal.marketplaces.channels.protocol import Offer
from portal.places.areas import code_of, day_of
from portal.places.models import AdminUnit

PhotoAddress = Callable[[str], str]
PHOTO_PX = 640


def photo_address(public_url: str) -> PhotoAddress:
    """Return how a channel reaches a picture: under our public address, by its SHA-256."""
    base = public_url.rstrip("/")
    return lambda sha256: f"{base}/photos/{sha256}-{PHOTO_PX}.jpg"


def build_offer(
    session: Session, *, now: datetime, content: Mapping[str, Any], channel: str, photo_address: PhotoAddress
) -> Offer:
    """Return the offer for a channel; what is missing or unmapped stays empty, for the checks to name."""
    variants = list(content["variants"])
    return Offer(
        seller=content["seller"],
        title=content["name"],
        category=remote_category(session, channel=channel, category_code=content["category"], on=day_of(now)),
        description=content["description"],
        variants=tuple(
            {"sku": one["sku"], "quantity": one["quantity"], "unit": one["unit"], "gtin": one["gtin"]}
            for one in variants
        ),
        images=tuple(photo_address(sha256) for sha256 in content["photos"]),
        origin=_origin(session, content["origin"]),
        prices=tuple(
            {"sku": one["sku"], "price": str(one["price"]), "currency": "VND", "available": _packs(one)}
            for one in variants
        ),
    )


def _origin(session: Session, unit_id: str | None) -> dict[str, str]:
    """Return the province by its code and the day since which that code means it: a bare code says nothing."""
    province = aliased(AdminUnit)
    query = select(province.id, province.valid_from).join(AdminUnit, AdminUnit.province_id == province.id)
    found = session.execute(query.where(AdminUnit.id == unit_id)).one_or_none() if unit_id else None
    return {"province": code_of(found.id), "since": found.valid_from.isoformat()} if found is not None else {}


def _packs(variant: Mapping[str, Any]) -> str | None:
    """Return how many whole packs the stock makes; None where it is on request."""
    if variant["stock_milli"] is None:
        return None
    whole, _, part = str(variant["quantity"]).partition(".")
    return str(variant["stock_milli"] // (int(whole) * 1000 + int(part.ljust(3, "0") or 0)))
