"""The signature of what we send out, in Stripe's scheme: `t=<seconds>,v1=<hex>`, one v1 a living secret (pure)."""

from __future__ import annotations

import hashlib
import hmac
import secrets
from collections.abc import Sequence

_PREFIX = "whsec_"


def new_secret() -> str:
    """Return a secret of 256 random bits, as its owner sees it once."""
    return _PREFIX + secrets.token_urlsafe(32)


def signature(body: bytes, *, secret_texts: Sequence[str], at_s: int) -> str:
    """Return the header for a body sent at a time in whole seconds since 1970."""
    signed = f"{at_s}.".encode() + body
    each = (hmac.new(one.encode(), signed, hashlib.sha256).hexdigest() for one in secret_texts)
    return ",".join([f"t={at_s}", *(f"v1={one}" for one in each)])
