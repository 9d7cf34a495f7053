"""What a payer sees, by file: the request with its ways to pay · links · sessions · receipts."""

from portal.pay import link_views, receipt_views, request_views, session_views
from portal.pay.blueprint import blueprint

__all__ = ["blueprint", "link_views", "receipt_views", "request_views", "session_views"]
