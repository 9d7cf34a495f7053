"""A Stripe-shaped gateway as shops meet it: sessions, events signed with t and v1, refunds. Its own signing."""

from __future__ import annotations

import hashlib
import hmac
import json
import time
from collections.abc import Callable
from typing import Any, Final

from werkzeug.wrappers import Request, Response

from payments.gateways.sandbox.giving_back import DONE, GOING, REFUSED, give_back, refund_of, refunds_of
from payments.gateways.sandbox.orders import DECLINED, PAID, WAITING, Order, OrderSandbox, View, json_of
from payments.gateways.sandbox.sending import Wire

_NAME: Final = "line_items[0][price_data][product_data][name]"
_AMOUNT: Final = "line_items[0][price_data][unit_amount]"
_STATUS: Final = {PAID: ("complete", "paid"), DECLINED: ("expired", "unpaid"), WAITING: ("open", "unpaid")}
_REFUND: Final = {DONE: "succeeded", GOING: "pending", REFUSED: "failed"}


class StripeShapedSandbox(OrderSandbox):
    """One account at the simulated gateway."""

    name = "stripe_shaped"
    title = "Cổng thẻ quốc tế"
    retry_seconds = (1.0, 5.0, 15.0)

    def calls(self) -> tuple[tuple[str, str, View], ...]:
        """Take sessions and refunds."""
        sessions = "/v1/checkout/sessions"
        return (
            ("POST", sessions, lambda request: self._checked(request, lambda: self._create(request))),
            ("GET", sessions, lambda request: self._checked(request, self._list)),
            ("GET", f"{sessions}/<sid>", lambda request, sid: self._checked(request, lambda: self._retrieve(sid))),
            ("POST", "/v1/refunds", lambda request: self._checked(request, lambda: self._refund(request))),
            ("GET", "/v1/refunds", lambda request: self._checked(request, lambda: self._refunds(request))),
        )

    def signed(self, order: Order, *, forged: str) -> Wire:
        """Write the event of a session's end."""
        kind = "completed" if order.status == PAID else "async_payment_failed"
        event = {
            "id": f"evt_{order.number}",
            "object": "event",
            "type": f"checkout.session.{kind}",
            "created": int(order.at),
            "data": {"object": self._session(order)},
        }
        body = json.dumps(event).encode()
        stamp = int(self._now().timestamp())
        text = f"{stamp}.".encode() + body
        key = "not-the-key" if forged == "key" else self._keys["webhook_secret"]
        v1 = hmac.new(key.encode(), text, hashlib.sha256).hexdigest()
        if forged == "field":
            body = body.replace(b'"amount_total": ', b'"amount_total": 1')
        headers = {"Content-Type": "application/json", "Stripe-Signature": f"t={stamp},v1={v1}"}
        return Wire("POST", self._hook, headers, body, text.decode())

    def is_taken(self, status: int, body: bytes) -> bool:
        """Stop on 2xx."""
        return 200 <= status < 300 and body != b"\0"

    def return_url(self, order: Order) -> str:
        """Lead back, or to the address of those who gave up."""
        settled = self.order(order.ref) or order
        url = order.fields["success_url" if settled.status == PAID else "cancel_url"]
        return str(url).replace("{CHECKOUT_SESSION_ID}", f"cs_test_{order.ref}")

    def facts(self, order: Order) -> tuple[tuple[str, str], ...]:
        """Show what it is for."""
        return (("Nội dung", str(order.fields[_NAME])),)

    def _create(self, request: Request) -> Response:
        asked = dict(request.form)
        needed = ("mode", "client_reference_id", "success_url", "cancel_url", "expires_at", _NAME, _AMOUNT)
        missing = [name for name in needed if not asked.get(name)]
        if missing or not request.headers.get("Idempotency-Key"):
            return _error(400, "parameter_missing", missing[0] if missing else "Idempotency-Key")
        lasts = int(asked["expires_at"]) - time.time()
        if not 30 * 60 - 60 <= lasts <= 24 * 3600 + 60 or not asked[_AMOUNT].isdecimal():
            return _error(400, "parameter_invalid_integer", "expires_at")
        asked["page"] = f"{request.url_root}stripe_shaped/pay/{asked['client_reference_id']}"
        return json_of(self._session(self.remember(asked["client_reference_id"], asked, amount=int(asked[_AMOUNT]))))

    def _list(self) -> Response:
        with self._state.write() as rows:
            refs = rows.execute(
                "SELECT ref FROM provider_orders WHERE provider = ? ORDER BY rowid DESC", (self.name,)
            ).fetchall()
        found = [order for row in refs if (order := self.order(row["ref"])) is not None]
        return _page([self._session(order) for order in found], "/v1/checkout/sessions")

    def _retrieve(self, sid: str) -> Response:
        order = self.order(sid.removeprefix("cs_test_"))
        return _error(404, "resource_missing", "id") if order is None else json_of(self._session(order))

    def _refund(self, request: Request) -> Response:
        asked = dict(request.form)
        order = self.by_number(asked.get("payment_intent", "").removeprefix("pi_"))
        key, amount = request.headers.get("Idempotency-Key", ""), asked.get("amount", "")
        if order is None or not key or not amount.isdecimal():
            return _error(400, "resource_missing", "payment_intent")
        ref = asked.get("metadata[refund_ref]", key)
        made: Any = refund_of(self._state, self.name, ref) or give_back(
            self._state, self.name, ref=order.ref, paid=order.paid, refund_ref=ref, amount=int(amount), at=time.time()
        )
        return _error(400, "amount_too_large", "amount") if isinstance(made, str) else json_of(_refunded(made))

    def _refunds(self, request: Request) -> Response:
        order = self.by_number(request.args.get("payment_intent", "").removeprefix("pi_"))
        rows = refunds_of(self._state, self.name, order.ref) if order is not None else []
        return _page([_refunded(row) for row in reversed(rows)], "/v1/refunds")

    def _session(self, order: Order) -> dict[str, Any]:
        status, payment_status = _STATUS[order.status]
        return {
            "id": f"cs_test_{order.ref}",
            "object": "checkout.session",
            "mode": "payment",
            "status": status,
            "payment_status": payment_status,
            "client_reference_id": order.ref,
            "amount_total": order.paid or order.amount,
            "currency": "vnd",
            "payment_intent": f"pi_{order.number}" if order.status == PAID else None,
            "url": order.fields["page"],
        }

    def _checked(self, request: Request, answer: Callable[[], Response]) -> Response:
        expected = f"Bearer {self._keys['secret_key']}"
        if not hmac.compare_digest(request.headers.get("Authorization", "").encode(), expected.encode()):
            return _error(401, None, None)
        return self.answered(request, answer)


def _refunded(row: dict[str, Any]) -> dict[str, Any]:
    return {
        "id": f"re_{row['number']}",
        "object": "refund",
        "amount": row["amount"],
        "currency": "vnd",
        "status": _REFUND[row["status"]],
        "metadata": {"refund_ref": row["refund_ref"]},
        "failure_reason": "declined" if row["status"] == REFUSED else None,
    }


def _page(rows: list[dict[str, Any]], url: str) -> Response:
    return json_of({"object": "list", "url": url, "has_more": False, "data": rows})


def _error(status: int, code: str | None, param: str | None) -> Response:
    said = {"type": "invalid_request_error", "message": f"Wrong: {code}", "code": code, "param": param}
    return json_of({"error": {name: value for name, value in said.items() if value}}, status=status)
