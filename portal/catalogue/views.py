"""All pages of this subject: the market that everybody sees, and the seller's own products."""

from portal.catalogue import market_views, own_views
from portal.catalogue.blueprint import blueprint

__all__ = ["blueprint", "market_views", "own_views"]
