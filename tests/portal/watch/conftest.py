"""What recalls' tests make."""

from tests.portal.recalls.conftest import _nothing_kept, acting, commune, office, province, seller, shop, stamps

__all__ = ["_nothing_kept", "acting", "commune", "office", "province", "seller", "shop", "stamps"]
