"""What a payer sees, by file: the request with its ways to pay · receipts."""

from portal.pay import receipt_views, request_views
from portal.pay.blueprint import blueprint

__all__ = ["blueprint", "receipt_views", "request_views"]
