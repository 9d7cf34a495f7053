"""Standard Webhooks signatures, written from the specification and shared with nobody."""

import base64
import hashlib
import hmac
from collections.abc import Mapping


def secret_bytes(secret: str) -> bytes:
    """Return a secret's key: `whsec_` and base64, or any other text as it stands."""
    if secret.startswith("whsec_"):
        return base64.b64decode(secret.removeprefix("whsec_"))
    return secret.encode()


def signed_headers(*, secret: str, event_id: str, timestamp: int, body: bytes) -> Mapping[str, str]:
    """Return the three headers of one callback; the signature covers id, time and body."""
    mac = hmac.new(secret_bytes(secret), f"{event_id}.{timestamp}.".encode() + body, hashlib.sha256).digest()
    return {
        "content-type": "application/json; charset=utf-8",
        "webhook-id": event_id,
        "webhook-timestamp": str(timestamp),
        "webhook-signature": "v1," + base64.b64encode(mac).decode(),
    }
