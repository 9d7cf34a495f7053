"""KeyPay as shops meet it: create, page, a notice whose check_sum leaves the result out, detail. Its own signing."""

from __future__ import annotations

import hashlib
import hmac
import json
from typing import Any, Final

from werkzeug.wrappers import Request, Response

from payments.gateways.sandbox.orders import DECLINED, PAID, WAITING, Order, OrderSandbox, View, json_of, read_json
from payments.gateways.sandbox.sending import Wire

_STATUS: Final = {PAID: "0", WAITING: "1", DECLINED: "2"}
_COPIED: Final = "client_id transaction_id command addition_fee version description locale country_code currency_code"


class KeyPaySandbox(OrderSandbox):
    """One client of the simulated KeyPay."""

    name = "keypay"
    title = "KeyPay"
    # How often KeyPay repeats is not known; this is short enough to be seen.
    retry_seconds = (1.0, 5.0, 15.0)

    def calls(self) -> tuple[tuple[str, str, View], ...]:
        """Take create and detail."""
        return (
            ("POST", "/create", lambda request: self.answered(request, lambda: self._create(request))),
            ("POST", "/detail", lambda request: self.answered(request, lambda: self._detail(request))),
        )

    def signed(self, order: Order, *, forged: str) -> Wire:
        """Write a notice, signed with the second key over everything but its result."""
        fields = {name: order.fields[name] for name in _COPIED.split()}
        fields |= {
            "transaction_code": f"KP{order.number}",
            "trans_amount": str(order.paid or order.amount),
            "payment_fee": "0",
            "environment": order.fields["environment"],
            "status": _STATUS[order.status],
        }
        text = _joined(fields)
        fields["check_sum"] = _h256("not-the-key" if forged == "key" else self._keys["key2"], text)
        if forged == "field":
            fields["trans_amount"] = str(int(fields["trans_amount"]) + 1)
        return Wire("POST", self._hook, {"Content-Type": "application/json"}, json.dumps(fields).encode(), text)

    def is_taken(self, status: int, body: bytes) -> bool:
        """Stop on return_code 0."""
        try:
            answer = json.loads(body)
        except ValueError:
            return False
        return status == 200 and isinstance(answer, dict) and answer.get("return_code") == 0

    def return_url(self, order: Order) -> str:
        """Lead back; the result is told by the notice."""
        return str(order.fields["return_url"])

    def facts(self, order: Order) -> tuple[tuple[str, str], ...]:
        """Show what it is for."""
        return (("Nội dung", str(order.fields["bill_info"]["NoiDungThanhToan"])),)

    def _create(self, request: Request) -> Response:
        asked = read_json(request)
        if asked is None or not self._is_signed(asked, _joined(asked)):
            return json_of({"error": "2", "msg": "check_sum invalid"})
        ref = str(asked["transaction_id"])
        if len(ref) > 20 or not str(asked["trans_amount"]).isdecimal() or self.order(ref) is not None:
            return json_of({"error": "3", "msg": "transaction_id or trans_amount"})
        self.remember(ref, asked, amount=int(asked["trans_amount"]))
        return json_of({"error": "0", "msg": "", "payment_url": f"{request.url_root}keypay/pay/{ref}"})

    def _detail(self, request: Request) -> Response:
        asked = read_json(request) or {}
        text = "|".join(str(asked.get(name, "")) for name in ("client_id", "command", "transaction_id"))
        if not self._is_signed(asked, text):
            return json_of({"error": "2", "msg": "check_sum invalid"})
        order = self.order(str(asked["transaction_id"]))
        if order is None:
            return json_of({"error": "1", "msg": "unknown transaction"})
        return json_of(
            {
                "error": "0",
                "status": _STATUS[order.status],
                "transaction_id": order.ref,
                "transaction_code": f"KP{order.number}" if order.status == PAID else "",
                "trans_amount": str(order.paid or order.amount),
            }
        )

    def _is_signed(self, asked: dict[str, Any], text: str) -> bool:
        good = asked.get("client_id") == self._keys["client_id"]
        return good and hmac.compare_digest(_h256(self._keys["key1"], text), str(asked.get("check_sum", "")))


def _joined(fields: dict[str, Any]) -> str:
    names = ("addition_fee", "client_id", "command", "trans_amount", "transaction_id", "version")
    return "|".join(str(fields.get(name, "")) for name in names)


def _h256(key: str, text: str) -> str:
    return hmac.new(key.encode(), text.encode(), hashlib.sha256).hexdigest()
