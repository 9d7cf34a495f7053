"""Viettel's app and its server as shops meet them: scan, confirm, pay, result, search. Its own sums."""

from __future__ import annotations

import hashlib
import hmac
import json
from typing import Any, Final
from urllib.parse import urlencode

from werkzeug.utils import redirect
from werkzeug.wrappers import Request, Response

from payments.gateways.sandbox import pages
from payments.gateways.sandbox.orders import PAID, Order, OrderSandbox, View, html, json_of
from payments.gateways.sandbox.sending import Wire, call

_FORM: Final = {"Content-Type": "application/x-www-form-urlencoded"}


class ViettelQrSandbox(OrderSandbox):
    """One merchant of the simulated Viettel."""

    name = "viettel_qr"
    title = "Viettel Money"
    # How often Viettel repeats is not known; this is short enough to be seen.
    retry_seconds = (1.0, 5.0, 15.0)
    tells_failures = False

    def calls(self) -> tuple[tuple[str, str, View], ...]:
        """Show the app, and take searches."""
        return (
            ("GET", "/scan", self.home),
            ("POST", "/scan", self.scan),
            ("POST", "/search", lambda request: self.answered(request, lambda: self._search(request))),
        )

    def home(self, request: Request) -> Response:
        """Ask for the text of a QR, as a camera would have read it; ?payload= fills it in."""
        body = pages.form(
            f"{request.script_root}{request.path}",
            pages.area("Nội dung mã QR", "payload", request.args.get("payload", ""))
            + pages.button("Đọc mã", name="do", value="read", main=True),
        )
        return html("Viettel Money: quét mã", body)

    def scan(self, request: Request) -> Response:
        """Ask the shop whether the order stands, then show it."""
        try:
            code = dict(json.loads(request.form.get("payload", "")))
            fields = {name: str(code[name]) for name in ("billcode", "merchant_code", "order_id")}
            amount = int(code["amount"])
        except (ValueError, KeyError, TypeError):
            return html("Không đọc được mã", pages.message("Mã này không phải mã Viettel.", bad=True), status=400)
        signed = self._keys["access_code"] + "".join(fields[name] for name in sorted(fields)) + str(amount)
        form = {**fields, "check_sum": self._h1(signed)}
        status, answer = call(Wire("POST", f"{self._hook}/confirm", _FORM, urlencode(form).encode(), signed))
        try:
            said = json.loads(answer) if status == 200 else {}
        except ValueError:
            said = {}
        if said.get("error_code") != "00" or said.get("trans_amount") != str(amount):
            return html("Không trả được", pages.message("Nơi nhận không xác nhận khoản này.", bad=True), status=400)
        self.remember(fields["order_id"], fields, amount=amount)
        shown: Response = redirect(f"{request.script_root}/viettel_qr/pay/{fields['order_id']}", 303, Response)
        return shown

    def signed(self, order: Order, *, forged: str) -> Wire:
        """Write a result."""
        fields = {
            "billcode": order.fields["billcode"],
            "cust_msisdn": "84900000001",
            "error_code": "00",
            "merchant_code": order.fields["merchant_code"],
            "order_id": order.ref,
            "payment_status": "1" if order.status == PAID else "0",
            "trans_amount": str(order.paid or order.amount),
            "vt_transaction_id": f"VT{order.number}",
        }
        text = self._keys["access_code"] + "".join(fields[name] for name in sorted(fields))
        fields["check_sum"] = self._h1(text, key="not-the-key" if forged == "key" else None)
        if forged == "field":
            fields["trans_amount"] = f"1{fields['trans_amount']}"
        return Wire("POST", self._hook, _FORM, urlencode(fields).encode(), text)

    def is_taken(self, status: int, body: bytes) -> bool:
        """Stop on error_code 00, rightly signed."""
        try:
            answer: Any = json.loads(body)
        except ValueError:
            return False
        if status != 200 or not isinstance(answer, dict):
            return False
        said = "".join(str(answer.get(name)) for name in ("error_code", "merchant_code", "order_id"))
        return answer.get("error_code") == "00" and answer.get("check_sum") == self._h1(
            self._keys["access_code"] + said
        )

    def return_url(self, order: Order) -> str:
        """Stay in the app."""
        return f"/viettel_qr/pay/{order.ref}"

    def facts(self, order: Order) -> tuple[tuple[str, str], ...]:
        """Show what it is for."""
        return (("Mã khoản thu", str(order.fields["billcode"])),)

    def _search(self, request: Request) -> Response:
        asked = {name: request.form.get(name, "") for name in ("cmd", "merchant_code", "order_id", "version")}
        text = self._keys["access_code"] + "".join(asked[name] for name in sorted(asked))
        if not hmac.compare_digest(self._h1(text), request.form.get("check_sum", "")):
            return json_of({"error_code": "02"})
        order = self.order(asked["order_id"])
        if order is None:
            return json_of({"error_code": "01"})
        paid = order.status == PAID
        return json_of(
            {
                "error_code": "00",
                "merchant_code": asked["merchant_code"],
                "order_id": order.ref,
                "payment_status": "1" if paid else "0",
                "version": asked["version"],
                "vt_transaction_id": f"VT{order.number}" if paid else "",
            }
        )

    def _h1(self, text: str, *, key: str | None = None) -> str:
        return hmac.new((key or self._keys["hash_key"]).encode(), text.encode(), hashlib.sha1).hexdigest()
