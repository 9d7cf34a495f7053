"""KeyPay as shops meet it: create, page, a notice whose check_sum leaves the result out, detail. Its own signing.

The national portal stands beside it, with its page on which a payer looks a bill up that the shop has.
"""

from __future__ import annotations

import hashlib
import hmac
import json
from typing import Any, Final

from werkzeug.utils import redirect
from werkzeug.wrappers import Request, Response

from payments.gateways.sandbox import pages
from payments.gateways.sandbox.orders import (
    DECLINED,
    PAID,
    WAITING,
    Order,
    OrderSandbox,
    View,
    html,
    json_of,
    read_json,
)
from payments.gateways.sandbox.sending import Wire, call

_STATUS: Final = {PAID: "0", WAITING: "1", DECLINED: "2"}
_COPIED: Final = "client_id transaction_id command addition_fee version description locale country_code currency_code"
# What an order is paid with that the shop never sent: the portal found it by itself.
_FOUND: Final = {
    "command": "PAY", "addition_fee": "0", "version": "3.0", "description": "", "locale": "vi", "country_code": "vn",
    "currency_code": "VND", "environment": "1", "return_url": "",
}  # fmt: skip
_JSON: Final = {"Content-Type": "application/json"}
_SAID: Final[dict[Any, str]] = {0: "Không có khoản nào phải trả cho mã này.", -1: "Không tìm thấy mã hồ sơ này."}


class KeyPaySandbox(OrderSandbox):
    """One client of the simulated KeyPay."""

    name = "keypay"
    title = "KeyPay"
    # How often KeyPay repeats is not known; this is short enough to be seen.
    retry_seconds = (1.0, 5.0, 15.0)

    def calls(self) -> tuple[tuple[str, str, View], ...]:
        """Take create and detail, and show the national portal's look-up."""
        return (
            ("GET", "/bills", self.home),
            ("POST", "/bills", self.look_up),
            ("POST", "/create", lambda request: self.answered(request, lambda: self._create(request))),
            ("POST", "/detail", lambda request: self.answered(request, lambda: self._detail(request))),
        )

    def home(self, request: Request) -> Response:
        """Ask for the code of a bill."""
        body = pages.form(
            f"{request.script_root}{request.path}",
            pages.field("Mã hồ sơ", "code", request.args.get("code", ""))
            + pages.button("Tra cứu", name="do", value="look_up", main=True),
        )
        return html("Cổng Dịch vụ công Quốc gia: tra cứu khoản phải trả", body)

    def look_up(self, request: Request) -> Response:
        """Ask the shop what is due under a code, keep it as an order, and show its page."""
        asked = json.dumps({"MaHoSo": request.form.get("code", "")}).encode()
        status, answer = call(Wire("POST", f"{self._hook}/bills", _JSON, asked, ""))
        try:
            said = json.loads(answer) if status == 200 else {}
            if said.get("error_code") != 1:
                told = _SAID.get(said.get("error_code"), "Nơi thu chưa cho tra cứu từ đây.")
                return html("Không có khoản phải trả", pages.message(told, bad=True), status=404)
            bill = dict(said["message"])
            ref, amount = str(bill["transaction_id"]), sum(int(fee["SoTien"]) for fee in bill["PhiLePhi"])
            own = bill["client_id"] == self._keys["client_id"] and 0 < len(ref) <= 20 and amount > 0
        except (ValueError, KeyError, TypeError, AttributeError):
            own = False
        if not own:
            return html("Không đọc được", pages.message("Nơi thu trả lời sai mẫu.", bad=True), status=502)
        fields = _FOUND | {"client_id": bill["client_id"], "transaction_id": ref, "bill_info": bill}
        self.remember(ref, fields, amount=amount)
        shown: Response = redirect(f"{request.script_root}/keypay/pay/{ref}", 303, Response)
        return shown

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
        """Lead back, or stay where the bill was looked up; the result is told by the notice."""
        return str(order.fields["return_url"]) or f"/keypay/pay/{order.ref}"

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
