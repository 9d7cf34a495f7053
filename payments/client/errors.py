"""What can go wrong for a caller of an interface, by what she can do about it.

ClientError
├── TransportFailed            no answer came: nobody knows whether it was done; repeat with the same key
├── BadAnswer                  an answer that is not the interface's
├── ApiError                   the interface said no, with status, code and param
│   ├── InvalidRequest             400  a parameter or a state
│   │   └── NotFound                   404  no such object, or not yours
│   ├── IdempotencyMismatch        400  the key was used for something else
│   ├── KeyInUse                   409  the first request with the key still runs
│   ├── AuthenticationFailed       401  no such key
│   ├── PermissionRefused          403  a key that may not do this
│   ├── PaymentDeclined            402  the payer's bank said no
│   ├── RateLimited                429  too many
│   └── ServerFailed               500 and above
└── WebhookRefused             a message that must not be believed
    ├── SignatureMissing           no header, or none of a scheme that we know
    ├── SignatureWrong             signed by nobody who has the secret, or altered
    ├── TooOld                     signed more than five minutes ago
    ├── FromFuture                 signed more than five minutes ahead
    ├── BodyUnreadable             rightly signed, and still no JSON object
    └── SecretMissing              no secret was given to check with
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any


class ClientError(Exception):
    """Anything this client raises."""


class TransportFailed(ClientError):
    """No answer came within the time; `tries` were made."""

    def __init__(self, reason: str, *, tries: int) -> None:
        """Keep why and how often."""
        super().__init__(f"no answer after {tries} tries: {reason}")
        self.reason, self.tries = reason, tries


class BadAnswer(ClientError):
    """An answer that is no JSON of the interface's."""

    def __init__(self, status: int) -> None:
        """Keep the status; the body may hold anything, so it is not shown."""
        super().__init__(f"status {status} without an answer of the interface")
        self.status = status


class ApiError(ClientError):
    """The interface said no."""

    def __init__(self, status: int, said: Mapping[str, Any], *, request_id: str | None) -> None:
        """Keep what was said, and under which id to ask about it."""
        super().__init__(f"{status} {said.get('code') or said.get('type')}: {said.get('message')}")
        self.status, self.request_id = status, request_id
        self.code, self.param, self.message = said.get("code"), said.get("param"), said.get("message")
        self.decline_code = said.get("decline_code")


class InvalidRequest(ApiError):
    """A parameter, or the state of what it names."""


class NotFound(InvalidRequest):
    """There is no such object, or it is another's."""


class IdempotencyMismatch(ApiError):
    """The idempotency key was used for something else."""


class KeyInUse(ApiError):
    """The first request with this idempotency key still runs."""


class AuthenticationFailed(ApiError):
    """The key opens nothing."""


class PermissionRefused(ApiError):
    """The key may not do this."""


class PaymentDeclined(ApiError):
    """The payer's bank or gateway said no."""


class RateLimited(ApiError):
    """Too many requests by this key."""


class ServerFailed(ApiError):
    """A fault of the other side's."""


class WebhookRefused(ClientError):
    """A message that must not be believed."""


class SignatureMissing(WebhookRefused):
    """No signature of a scheme that we know."""


class SignatureWrong(WebhookRefused):
    """No signature of somebody who has a secret of ours."""


class TooOld(WebhookRefused):
    """Signed too long ago: perhaps sent again by somebody who listened."""


class FromFuture(WebhookRefused):
    """Signed too far ahead of our clock."""


class BodyUnreadable(WebhookRefused):
    """Rightly signed, and no JSON object."""


class SecretMissing(WebhookRefused):
    """Nothing to check with."""


_BY_STATUS: Mapping[int, type[ApiError]] = {
    401: AuthenticationFailed, 402: PaymentDeclined, 403: PermissionRefused, 404: NotFound, 429: RateLimited,
}  # fmt: skip


def refusal(status: int, said: Mapping[str, Any], *, request_id: str | None) -> ApiError:
    """Return the error of an answer that said no."""
    if said.get("type") == "idempotency_error":
        kind: type[ApiError] = KeyInUse if status == 409 else IdempotencyMismatch
    elif status >= 500:
        kind = ServerFailed
    elif said.get("code") == "rate_limit":
        kind = RateLimited
    else:
        kind = _BY_STATUS.get(status, InvalidRequest)
    return kind(status, said, request_id=request_id)
