"""Products as they were at a publish: complete, frozen, numbered; the same content again is the same revision."""

import hashlib
import json
from datetime import datetime
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from portal.catalogue.models import Product, ProductRevision
from portal.catalogue.prices import format_milli


def content_of(product: Product) -> dict[str, Any]:
    """Return all that a channel or buyer may see of a product, in one steady form."""
    return {
        "product": product.id,
        "seller": product.organisation_id,
        "name": product.name,
        "category": product.category_code,
        "description": product.description,
        "origin": product.origin_unit_id,
        "photos": [photo.sha256 for photo in product.photos],
        "variants": [
            {
                "sku": variant.sku,
                "gtin": variant.gtin,
                "quantity": format_milli(variant.quantity_milli).replace(",", "."),
                "unit": variant.unit_code,
                "content_milli": variant.content_milli,
                "price": variant.price_minor,
                "unit_price": variant.unit_price_minor,
                "unit_price_base": variant.unit_price_base,
                "stock_milli": variant.stock_milli,
            }
            for variant in product.variants
        ],
    }


def revision(session: Session, product: Product, *, now: datetime) -> ProductRevision:
    """Freeze a product in the caller's transaction; unchanged since the last time, that revision is returned."""
    content = content_of(product)
    digest = hashlib.sha256(
        json.dumps(content, sort_keys=True, ensure_ascii=False, separators=(",", ":")).encode()
    ).hexdigest()
    query = select(ProductRevision).where(ProductRevision.product_id == product.id)
    last = session.scalars(query.order_by(ProductRevision.number.desc()).limit(1)).one_or_none()
    if last is not None and last.content_hash == digest:
        return last
    number = last.number + 1 if last else 1
    frozen = ProductRevision(product_id=product.id, number=number, content=content, content_hash=digest, frozen_at=now)
    session.add(frozen)
    session.flush()
    return frozen
