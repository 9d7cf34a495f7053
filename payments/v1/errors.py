"""What the Stripe-shaped face answers when it refuses: the wire's own types, each with its status.

ApiError
├── InvalidRequest            400  invalid_request_error
│   ├── ResourceMissing       404  resource_missing
│   ├── UrlUnknown            404
│   └── TooLarge              413  request_too_large
├── NotAuthenticated          401  invalid_request_error
├── RateLimited               429  rate_limit
├── CardDeclined              402  card_error
├── KeyMismatch               400  idempotency_error
├── KeyInUse                  409  idempotency_error
├── LockTimeout               429  lock_timeout
└── Failed                    500  api_error
"""

from __future__ import annotations

from typing import Any


class ApiError(Exception):
    """A refusal with a sentence for the developer who reads it; `param` names what to change."""

    status = 400
    type = "invalid_request_error"
    default_code: str | None = None

    def __init__(self, message: str, *, code: str | None = None, param: str | None = None, **more: Any) -> None:
        """Keep what the body says; `more` are further fields of it, such as `decline_code`."""
        super().__init__(message)
        self.message, self.code, self.param, self.more = message, code or self.default_code, param, more

    def body(self) -> dict[str, Any]:
        """Return the answer's body; what is absent is left out."""
        said = {"type": self.type, "code": self.code, "message": self.message, "param": self.param, **self.more}
        return {"error": {name: value for name, value in said.items() if value is not None}}


class InvalidRequest(ApiError):
    """A parameter, or the state of what it names, does not allow this."""


class ResourceMissing(InvalidRequest):
    """There is no such object, or it is another payee's: both read the same."""

    status = 404
    default_code = "resource_missing"


class UrlUnknown(InvalidRequest):
    """There is no such address."""

    status = 404


class TooLarge(InvalidRequest):
    """More than the face takes in one request."""

    status = 413
    default_code = "request_too_large"


class NotAuthenticated(ApiError):
    """No key, or none that lives."""

    status = 401


class RateLimited(ApiError):
    """Too many requests by one key."""

    status = 429
    default_code = "rate_limit"


class CardDeclined(ApiError):
    """A payment method said no."""

    status = 402
    type = "card_error"
    default_code = "card_declined"


class KeyMismatch(ApiError):
    """An idempotency key was used before with something else."""

    type = "idempotency_error"


class KeyInUse(ApiError):
    """The first request with this idempotency key still runs."""

    status = 409
    type = "idempotency_error"
    default_code = "idempotency_key_in_use"


class LockTimeout(ApiError):
    """Another request holds what this one needs; nothing was done and nothing is kept, so a repetition helps."""

    status = 429
    default_code = "lock_timeout"


class Failed(ApiError):
    """A fault of ours; its answer is kept, so a repetition is told the same."""

    status = 500
    type = "api_error"
