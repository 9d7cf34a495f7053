"""Limits that live in the process's memory and fail open: scans, unknown codes, search.

What must survive a restart (codes, sign-in) is counted in the database by its own subject and fails closed.
"""

from flask import request
from flask_limiter import Limiter
from flask_limiter.util import get_remote_address

limiter = Limiter(key_func=get_remote_address, storage_uri="memory://", headers_enabled=False, swallow_errors=True)
limiter.request_filter(lambda: request.blueprint == "scan")  # counts its own addresses, many times faster

SCANS = "300/minute"
UNKNOWN_CODES = "30/minute"
SEARCH = "60/minute"
