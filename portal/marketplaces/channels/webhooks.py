"""Standard Webhooks 1.0.0, the receiving side: several live secrets, ± 300 s, constant-time comparison. Pure."""

import base64
import binascii
import hashlib
import hmac
from collections.abc import Mapping, Sequence
from datetime import datetime

from portal.marketplaces.errors import CallbackForged

TOLERANCE_S = 300
ID_MAX = 100


def key_of(secret: str) -> bytes:
    """Return a secret's bytes: `whsec_` and base64, or any other text as it stands."""
    if secret.startswith("whsec_"):
        return base64.b64decode(secret.removeprefix("whsec_"))
    return secret.encode()


def verified_id(headers: Mapping[str, str], body: bytes, *, secrets: Sequence[str], now: datetime) -> str:
    """Return the webhook-id of a callback that one of the secrets signed; raise `CallbackForged` for any other."""
    lower = {name.lower(): value for name, value in headers.items()}
    event_id, stamp = lower.get("webhook-id", ""), lower.get("webhook-timestamp", "")
    if not 0 < len(event_id) <= ID_MAX or not event_id.isascii() or not (stamp.isascii() and stamp.isdecimal()):
        raise CallbackForged(reason="headers")
    if abs(int(stamp) - now.timestamp()) > TOLERANCE_S:
        raise CallbackForged(reason="time")
    signed = f"{event_id}.{stamp}.".encode() + body
    wanted = [hmac.new(key_of(secret), signed, hashlib.sha256).digest() for secret in secrets]
    given = [_decoded(part) for part in lower.get("webhook-signature", "").split(" ") if part.startswith("v1,")]
    if not any(hmac.compare_digest(ours, theirs) for ours in wanted for theirs in given):
        raise CallbackForged(reason="signature")
    return event_id


def _decoded(part: str) -> bytes:
    try:
        return base64.b64decode(part.removeprefix("v1,"), validate=True)
    except binascii.Error:
        return b""
