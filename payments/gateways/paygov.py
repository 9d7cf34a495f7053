"""PayGov, **simulated**: the wire format `sim-paygov-1` is ours (payment-protocols.md section K).

It stands in for the national payment platform until its real interface is known; nothing here was seen there.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Mapping
from datetime import datetime
from typing import Any, Final
from urllib.parse import urlsplit

from payments.errors import BadAnswer, GatewayMisconfigured, NoAnswer, ProviderRefused
from payments.gateways.asking import ask_json, compact, page_of
from payments.gateways.http import Transport
from payments.gateways.protocol import (
    MISCONFIGURED,
    WEB_SECONDS,
    WORKER_SECONDS,
    Asked,
    Authenticity,
    Finding,
    Notice,
    Order,
    Outcome,
    Raw,
    RefundFinding,
    RefundOrder,
    RefundOutcome,
    RefundWay,
    Reply,
    Started,
    Verdict,
)
from payments.gateways.simulated import CURRENCY, found, moment, simulated_capabilities
from payments.gateways.wire import Unreadable, hmac_hex, read_object, same, text_of

_DRIFT_SECONDS: Final = 300
_TIMESTAMP = re.compile(r"[0-9]{1,12}")
_REFUSALS: Final = ("bad_request", "unauthorised")

_STATUS: Final = {
    "SUCCESS": (Outcome.PAID, ""),
    "FAILED": (Outcome.FAILED, "other"),
    "EXPIRED": (Outcome.EXPIRED, "too_late"),
    "WAITING": (Outcome.PENDING, "waiting"),
}
_REFUND_STATUS: Final = {
    "DONE": RefundOutcome.DONE,
    "PROCESSING": RefundOutcome.PENDING,
    "REFUSED": RefundOutcome.FAILED,
}
_REFUND_ERRORS: Final = {
    "not_found": RefundFinding(RefundOutcome.NOT_FOUND, "not_found"),
    "duplicate": RefundFinding(RefundOutcome.PENDING, "duplicate"),
    "too_much": RefundFinding(RefundOutcome.FAILED, "too_much"),
}

_REPLIES: Final = {
    Verdict.NOT_AUTHENTIC: (401, "97"),
    Verdict.UNREADABLE: (400, "96"),
    Verdict.ORDER_UNKNOWN: (404, "01"),
    Verdict.AMOUNT_DIFFERS: (409, "04"),
    Verdict.SEEN: (200, "02"),
    Verdict.RECORDED: (200, "00"),
    Verdict.OUR_FAULT: (500, "99"),
}


class PayGov:
    """One simulated partner; of several secrets the first signs and all verify."""

    name: Final = "paygov"
    provider: Final = "paygov"
    kept_headers: Final = frozenset({"x-sim-key", "x-sim-timestamp", "x-sim-signature"})
    capabilities: Final = simulated_capabilities(RefundWay.ASYNCHRONOUS)

    def __init__(
        self, *, key_id: str, secret_keys: tuple[str, ...], base_url: str, notify_url: str, transport: Transport
    ) -> None:
        """Take the partner's key and secrets, the simulation's address, and ours for notices."""
        self._key_id = key_id
        self._keys = secret_keys
        self._orders = base_url.rstrip("/") + "/sim/paygov/v1/orders"
        self._notify_url = notify_url
        self._transport = transport

    def __repr__(self) -> str:
        """Name the partner, never its secrets."""
        return f"PayGov({self._key_id!r})"

    def create(self, order: Order, *, now: datetime) -> Started:
        """Have an order made; the same reference with the same figures is the same order there."""
        content = {
            "merchant_ref": order.merchant_ref,
            "amount": order.amount.amount_minor,
            "currency": CURRENCY,
            "description": f"Thanh toan {order.code}",
            "return_url": order.return_url,
            "notify_url": self._notify_url,
            "expires_at": order.expires_at.isoformat(),
        }
        fields = self._ask("POST", self._orders, content, now=now, seconds=WEB_SECONDS)
        if fields.get("error") in _REFUSALS:
            raise ProviderRefused(gateway=self.name, reason=MISCONFIGURED)
        if "error" in fields:
            raise NoAnswer(reason="duplicate")
        try:
            return Started(
                page_of(fields, "pay_url"),
                None,
                text_of(fields, "order_id", most=100),
                moment(fields.get("expires_at")),
            )
        except Unreadable as fault:
            raise BadAnswer(reason="unreadable") from fault

    def parse_notice(self, raw: Raw, *, now: datetime) -> Notice:
        """Check key, time and signature over the raw body, then read."""
        if not self._is_authentic(raw, now=now):
            return Notice(Authenticity.NOT_AUTHENTIC)
        try:
            return Notice(Authenticity.AUTHENTIC, finding=found(read_object(raw.body), _STATUS))
        except Unreadable:
            return Notice(Authenticity.UNREADABLE)

    def reply(self, verdict: Verdict) -> Reply:
        """Answer with a status and its code."""
        status, code = _REPLIES[verdict]
        return Reply(status, "application/json", compact({"code": code}))

    def query(self, asked: Asked, *, now: datetime, seconds: float = WORKER_SECONDS) -> Finding:
        """Ask by our reference; raises NoAnswer, BadAnswer, or GatewayMisconfigured when our key is refused."""
        fields = self._ask("GET", f"{self._orders}/{asked.merchant_ref}", {}, now=now, seconds=seconds)
        if fields.get("error") == "not_found":
            return Finding(Outcome.PENDING, "not_found", asked.merchant_ref)
        self._require_no_error(fields)
        try:
            if fields.get("merchant_ref") != asked.merchant_ref:
                raise Unreadable("another order")
            return found(fields, _STATUS)
        except Unreadable as fault:
            raise BadAnswer(reason="unreadable") from fault

    def refund(self, order: RefundOrder, *, now: datetime, seconds: float = WORKER_SECONDS) -> RefundFinding:
        """Have a sum given back, later; raises as `query`."""
        url = f"{self._orders}/{order.merchant_ref}/refunds"
        content = {"refund_ref": order.refund_ref, "amount": order.amount.amount_minor}
        return self._refund_found(self._ask("POST", url, content, now=now, seconds=seconds), order)

    def query_refund(self, order: RefundOrder, *, now: datetime, seconds: float = WORKER_SECONDS) -> RefundFinding:
        """Ask how a refund stands; raises as `query`."""
        url = f"{self._orders}/{order.merchant_ref}/refunds/{order.refund_ref}"
        return self._refund_found(self._ask("GET", url, {}, now=now, seconds=seconds), order)

    def _refund_found(self, fields: Mapping[str, Any], order: RefundOrder) -> RefundFinding:
        known = _REFUND_ERRORS.get(str(fields.get("error")))
        if known is not None:
            return known
        self._require_no_error(fields)
        outcome = _REFUND_STATUS.get(str(fields.get("status")))
        if outcome is None or fields.get("refund_ref") != order.refund_ref:
            raise BadAnswer(reason="unreadable")
        return RefundFinding(outcome, "", order.refund_ref if outcome is not RefundOutcome.FAILED else None)

    def _require_no_error(self, fields: Mapping[str, Any]) -> None:
        if fields.get("error") in _REFUSALS:
            raise GatewayMisconfigured(gateway=self.name, response_code=str(fields["error"]))
        if "error" in fields:
            raise NoAnswer(reason=str(fields["error"])[:30])

    def _ask(
        self, method: str, url: str, content: Mapping[str, Any], *, now: datetime, seconds: float
    ) -> dict[str, Any]:
        stamp = str(int(now.timestamp()))
        body = b"" if method == "GET" else compact(content)
        headers = {
            "X-Sim-Key": self._key_id,
            "X-Sim-Timestamp": stamp,
            "X-Sim-Signature": signature(self._keys[0], method, urlsplit(url).path, stamp, body),
        }
        return ask_json(self._transport, url, content, seconds=seconds, headers=headers, method=method)

    def _is_authentic(self, raw: Raw, *, now: datetime) -> bool:
        stamp, said = raw.headers.get("x-sim-timestamp", ""), raw.headers.get("x-sim-signature", "")
        if not _TIMESTAMP.fullmatch(stamp) or abs(int(now.timestamp()) - int(stamp)) > _DRIFT_SECONDS:
            return False
        path = urlsplit(self._notify_url).path
        expected = [signature(key, raw.method, path, stamp, raw.body) for key in self._keys]
        return raw.headers.get("x-sim-key") == self._key_id and any(same(said, one) for one in expected)


def signature(secret: str, method: str, path: str, stamp: str, body: bytes) -> str:
    """Return what signs a message: method, path, time and the body's hash."""
    text = f"{method}\n{path}\n{stamp}\n{hashlib.sha256(body).hexdigest()}"
    return "v1=" + hmac_hex("sha256", secret, text.encode())
