"""The simulated PayGov as shops meet it: orders, refunds that are done later, notices. The wire is ours."""

from __future__ import annotations

import hashlib
import hmac
import json
import time
from datetime import timedelta, timezone
from typing import Any, Final
from urllib.parse import urlsplit

from werkzeug.wrappers import Request, Response

from payments.gateways.sandbox.giving_back import DONE, GOING, REFUSED, give_back, refund_of
from payments.gateways.sandbox.orders import DECLINED, PAID, WAITING, Order, OrderSandbox, View, json_of, read_json
from payments.gateways.sandbox.sending import Wire

_LOCAL: Final = timezone(timedelta(hours=7))
_DRIFT_SECONDS: Final = 300
_STATUS: Final = {PAID: "SUCCESS", DECLINED: "FAILED", WAITING: "WAITING"}
_REFUND: Final = {DONE: "DONE", GOING: "PROCESSING", REFUSED: "REFUSED"}


class PayGovSandbox(OrderSandbox):
    """One partner of the simulated platform."""

    name = "paygov"
    title = "PayGov (mô phỏng)"
    # After 1, 5, 15 and 60 minutes, with a minute turned into a second.
    retry_seconds = (1.0, 5.0, 15.0, 60.0)

    def calls(self) -> tuple[tuple[str, str, View], ...]:
        """Take orders, questions and refunds."""
        orders = "/sim/paygov/v1/orders"
        return (
            ("POST", orders, lambda request: self._checked(request, lambda: self._create(request))),
            ("GET", f"{orders}/<ref>", lambda request, ref: self._checked(request, lambda: self._shown(ref))),
            (
                "POST",
                f"{orders}/<ref>/refunds",
                lambda request, ref: self._checked(request, lambda: self._refund(request, ref)),
            ),
            (
                "GET",
                f"{orders}/<ref>/refunds/<refund_ref>",
                lambda request, ref, refund_ref: self._checked(request, lambda: self._refunded(ref, refund_ref)),
            ),
        )

    def signed(self, order: Order, *, forged: str) -> Wire:
        """Write a notice, signed with method, path, time and the body's hash."""
        content = {
            "notice_id": f"n-{order.number}",
            "merchant_ref": order.ref,
            "provider_txn_id": f"PG{order.number}",
            "amount": order.paid or order.amount,
            "currency": "VND",
            "status": _STATUS[order.status],
            "intermediary": "SIM-BANK",
            "paid_at": order.when.astimezone(_LOCAL).isoformat(timespec="seconds"),
        }
        body = json.dumps(content, sort_keys=True, separators=(",", ":")).encode()
        stamp = str(int(self._now().timestamp()))
        key = "not-the-key" if forged == "key" else self._keys["secret"]
        text, code = self._sign("POST", urlsplit(self._hook).path, stamp, body, key=key)
        if forged == "field":
            body = body.replace(b'"amount":', b'"amount":1')
        headers = {
            "Content-Type": "application/json",
            "X-Sim-Key": self._keys["key_id"],
            "X-Sim-Timestamp": stamp,
            "X-Sim-Signature": code,
        }
        return Wire("POST", self._hook, headers, body, text)

    def is_taken(self, status: int, body: bytes) -> bool:
        """Stop on 200."""
        return status == 200 and b'"code"' in body

    def return_url(self, order: Order) -> str:
        """Lead back; the result is told by the notice."""
        return str(order.fields["return_url"])

    def facts(self, order: Order) -> tuple[tuple[str, str], ...]:
        """Show what it is for."""
        return (("Nội dung", str(order.fields["description"])),)

    def _create(self, request: Request) -> Response:
        asked = read_json(request)
        if asked is None or type(asked.get("amount")) is not int or asked.get("currency") != "VND":
            return json_of({"error": "bad_request"}, status=400)
        ref = str(asked["merchant_ref"])
        known = self.order(ref)
        if known is not None and known.fields != asked:
            return json_of({"error": "conflict"}, status=409)
        self.remember(ref, asked, amount=asked["amount"])
        page = f"{request.url_root}paygov/pay/{ref}"
        answer = {"order_id": f"SIM-{ref}", "pay_url": page, "qr": page, "expires_at": asked["expires_at"]}
        return json_of(answer, status=201 if known is None else 200)

    def _shown(self, ref: str) -> Response:
        order = self.order(ref)
        if order is None:
            return json_of({"error": "not_found"}, status=404)
        paid = order.status == PAID
        return json_of(
            {
                "order_id": f"SIM-{ref}",
                "merchant_ref": ref,
                "amount": order.paid or order.amount,
                "status": _STATUS[order.status],
                "provider_txn_id": f"PG{order.number}" if paid else None,
                "intermediary": "SIM-BANK",
                "paid_at": order.when.astimezone(_LOCAL).isoformat() if paid else None,
            }
        )

    def _refund(self, request: Request, ref: str) -> Response:
        asked, order = read_json(request), self.order(ref)
        if order is None or asked is None or type(asked.get("amount")) is not int:
            return json_of({"error": "bad_request"}, status=400)
        made = give_back(
            self._state, self.name, ref=ref, paid=order.paid, refund_ref=str(asked["refund_ref"]),
            amount=asked["amount"], at=time.time(), later=True,
        )  # fmt: skip
        if isinstance(made, str):
            return json_of({"error": made}, status=409)
        return json_of({"refund_ref": made["refund_ref"], "status": _REFUND[made["status"]]}, status=202)

    def _refunded(self, ref: str, refund_ref: str) -> Response:
        found = refund_of(self._state, self.name, refund_ref)
        if found is None or found["ref"] != ref:
            return json_of({"error": "not_found"}, status=404)
        return json_of({"refund_ref": refund_ref, "status": _REFUND[found["status"]]})

    def _checked(self, request: Request, answer: Any) -> Response:
        stamp = request.headers.get("X-Sim-Timestamp", "")
        body = request.get_data()
        _, expected = self._sign(request.method, request.path, stamp, body, key=self._keys["secret"])
        good = request.headers.get("X-Sim-Key") == self._keys["key_id"] and stamp.isdecimal()
        good = good and abs(int(stamp) - int(self._now().timestamp())) <= _DRIFT_SECONDS
        if not good or not hmac.compare_digest(expected, request.headers.get("X-Sim-Signature", "")):
            return json_of({"error": "unauthorised"}, status=401)
        return self.answered(request, answer)

    def _sign(self, method: str, path: str, stamp: str, body: bytes, *, key: str) -> tuple[str, str]:
        text = "\n".join((method, path, stamp, hashlib.sha256(body).hexdigest()))
        return text, "v1=" + hmac.new(key.encode(), text.encode(), hashlib.sha256).hexdigest()
