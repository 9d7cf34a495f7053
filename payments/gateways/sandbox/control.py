"""How a test or a person makes the stand-ins misbehave: POST /_control/{provider} {"do", "times", "seconds", …}."""

from __future__ import annotations

import json
from typing import Any, Final

from werkzeug.wrappers import Request, Response

from payments.gateways.sandbox.state import State

_ORDER_ACTS: Final = (
    "duplicate", "reorder", "delay", "forge", "time_out", "wrong_amount", "answer_500", "unreadable",
    "hang_then_success",
)  # fmt: skip
_REFUNDING: Final = ("momo", "zalopay", "stripe_shaped", "paygov", "vnpt_pay")
_ACTS: Final = {
    **dict.fromkeys(("payos", "viettel_qr", "keypay"), _ORDER_ACTS),
    "casso": (*_ORDER_ACTS, "gap"),
    **dict.fromkeys(_REFUNDING, (*_ORDER_ACTS, "refund_later", "refund_refused")),
    "vnpay": ("duplicate", "reorder", "delay", "forge", "time_out", "wrong_amount", "answer_500", "hang_then_success",
              "refund_later", "refund_refused"),
    "sepay": (
        "duplicate", "reorder", "delay", "forge", "time_out", "wrong_amount", "answer_500", "hang_then_success", "gap",
    ),
}  # fmt: skip
_CHOICES: Final[dict[str, tuple[str, ...]]] = {
    "by": ("+1", "-1", "x100", "/100"),
    "how": ("key", "field"),
    "of": ("notice", "call"),
    "first": ("true", "other"),
}
_MOST: Final = {"times": 100, "seconds": 3600, "copies": 100}


def control(state: State, request: Request, provider: str) -> Response:
    """Plan faults for a provider's next messages; refuses what it does not know."""
    if provider not in _ACTS:
        return _json({"error": "provider"}, status=404)
    try:
        asked = json.loads(request.get_data())
    except ValueError:
        asked = None
    fault = _fault_in(provider, asked)
    if fault is not None:
        return _json({"error": fault, "do": _ACTS[provider], **_CHOICES}, status=400)
    act = asked["do"]
    if act == "time_out" and asked.get("of") == "call":
        act = "time_out_call"
    options = {name: asked[name] for name in (*_CHOICES, "seconds", "copies") if name in asked}
    state.plan_fault(provider, act, times=asked.get("times", 1), options=options)
    return _json({"ok": True})


def log(state: State, provider: str) -> Response:
    """List every message in and out, with what was signed."""
    if provider not in _ACTS:
        return _json({"error": "provider"}, status=404)
    return _json({"messages": state.logged(provider)})


def _fault_in(provider: str, asked: Any) -> str | None:
    """Return the first field that is wrong."""
    if not isinstance(asked, dict) or asked.get("do") not in _ACTS[provider]:
        return "do"
    for name, choices in _CHOICES.items():
        if name in asked and asked[name] not in choices:
            return name
    for name, most in _MOST.items():
        value = asked.get(name, 1)
        if isinstance(value, bool) or not isinstance(value, (int, float)) or not 0 <= value <= most:
            return name
    return None if isinstance(asked.get("times", 1), int) else "times"


def _json(content: dict[str, Any], *, status: int = 200) -> Response:
    return Response(json.dumps(content, ensure_ascii=False), status=status, content_type="application/json")
