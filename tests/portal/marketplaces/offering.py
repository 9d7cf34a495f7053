"""An offer as a channel gets it, whole and on sale."""

from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

from portal.marketplaces.channels.protocol import Offer

NOW = datetime(2026, 11, 22, 3, 0, tzinfo=UTC)


def offer(**more: Any) -> Offer:
    whole = Offer(
        seller="or_1",
        title="Bưởi da xanh",
        category="VN-FRUIT-POMELO",
        description="Vườn nhà",
        variants=({"sku": "1", "quantity": "1", "unit": "kg", "gtin": None},),
        images=("http://localhost/photos/a-640.jpg",),
        origin={"province": "80", "since": "2025-07-01"},
        prices=({"sku": "1", "price": "60000", "currency": "VND", "available": "12"},),
    )
    return replace(whole, **more)
