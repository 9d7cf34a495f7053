"""Messages from the interface: believed only with a signature of a moment ago. Stricter than Stripe's own reader.

Bytes only, several secrets at once (while one is being changed), five minutes both ways with no way to switch that
off, and JSON is read after the signature has been checked.
"""

from __future__ import annotations

import hashlib
import hmac
import json
import re
from collections.abc import Sequence
from datetime import datetime

from payments.client.errors import (
    BodyUnreadable,
    FromFuture,
    SecretMissing,
    SignatureMissing,
    SignatureWrong,
    TooOld,
)
from payments.client.objects import Object

TOLERANCE_S = 300
_PART = re.compile(r"([a-z0-9]+)=([0-9a-f]{1,128})")


def read(raw: bytes, header: str | None, secrets: Sequence[str], *, now: datetime) -> Object:
    """Return the event of a message; raises one of the WebhookRefused errors."""
    if not isinstance(raw, bytes):
        raise TypeError("the body as bytes, as it came: decoding and encoding it again would alter it")
    if not any(secrets):
        raise SecretMissing("no secret to check with")
    at_s, signatures = _parts(header)
    signed = f"{at_s}.".encode() + raw
    expected = [hmac.new(one.encode(), signed, hashlib.sha256).hexdigest() for one in secrets if one]
    if not any(hmac.compare_digest(one, given) for one in expected for given in signatures):
        raise SignatureWrong("signed by nobody who has the secret, or altered on the way")
    age_s = now.timestamp() - at_s
    if age_s > TOLERANCE_S:
        raise TooOld("signed more than five minutes ago")
    if age_s < -TOLERANCE_S:
        raise FromFuture("signed more than five minutes ahead of this clock")
    try:
        event = json.loads(raw.decode())
    except ValueError:
        raise BodyUnreadable("no JSON in UTF-8") from None
    if not isinstance(event, dict):
        raise BodyUnreadable("no JSON object")
    return Object(event)


def _parts(header: str | None) -> tuple[int, list[str]]:
    found = [_PART.fullmatch(part) for part in (header or "").split(",")]
    times = [one[2] for one in found if one and one[1] == "t" and one[2].isdecimal() and len(one[2]) <= 12]
    signatures = [one[2] for one in found if one and one[1] == "v1"]
    if len(times) != 1 or not signatures:
        raise SignatureMissing("no signature of the scheme v1 with its time")
    return int(times[0]), signatures
