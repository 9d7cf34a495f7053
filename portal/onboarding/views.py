"""All pages of this subject: registering, the shop's home, the officers' lists."""

from portal.onboarding import (
    check_views,
    claim_views,
    detail_views,
    officer_views,
    place_views,
    register_views,
    roster_views,
    shop_views,
    upload_views,
)
from portal.onboarding.blueprint import blueprint

__all__ = [
    "blueprint",
    "check_views",
    "claim_views",
    "detail_views",
    "officer_views",
    "place_views",
    "register_views",
    "roster_views",
    "shop_views",
    "upload_views",
]
