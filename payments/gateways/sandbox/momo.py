"""MoMo as shops meet it: create, page, IPN with thirteen signed keys, query. Its own signing."""

from __future__ import annotations

import hashlib
import hmac
import json
import time
from typing import Any, Final
from urllib.parse import urlencode

from werkzeug.wrappers import Request, Response

from payments.gateways.sandbox.giving_back import DONE, DUPLICATE, GOING, REFUSED, give_back, refunds_of
from payments.gateways.sandbox.orders import PAID, WAITING, Order, OrderSandbox, View, json_of, read_json
from payments.gateways.sandbox.sending import Wire

_CREATE: Final = "amount extraData ipnUrl orderId orderInfo partnerCode redirectUrl requestId requestType"
_NOTICE: Final = (
    "amount extraData message orderId orderInfo orderType partnerCode payType requestId responseTime resultCode transId"
)


class MomoSandbox(OrderSandbox):
    """One partner of the simulated MoMo."""

    name = "momo"
    title = "MoMo"
    # How often MoMo repeats is not published; this is short enough to be seen.
    retry_seconds = (1.0, 5.0, 15.0)

    def calls(self) -> tuple[tuple[str, str, View], ...]:
        """Take create and query."""
        return (
            ("POST", "/v2/gateway/api/create", lambda request: self.answered(request, lambda: self._create(request))),
            ("POST", "/v2/gateway/api/query", lambda request: self.answered(request, lambda: self._query(request))),
            ("POST", "/v2/gateway/api/refund", lambda request: self.answered(request, lambda: self._refund(request))),
        )

    def signed(self, order: Order, *, forged: str) -> Wire:
        """Write an IPN."""
        fields = self._result(order)
        text = self._canonical(fields, _NOTICE)
        fields["signature"] = self._sign(text, key="not-the-key" if forged == "key" else self._keys["secret"])
        if forged == "field":
            fields["amount"] += 1
        body = json.dumps(fields, ensure_ascii=False).encode()
        return Wire("POST", self._hook, {"Content-Type": "application/json; charset=UTF-8"}, body, text)

    def is_taken(self, status: int, body: bytes) -> bool:
        """Stop on 204."""
        return status == 204 and body == b""

    def return_url(self, order: Order) -> str:
        """Lead back with the fields of the notice."""
        settled = self.order(order.ref) or order
        fields = self._result(settled)
        fields["signature"] = self._sign(self._canonical(fields, _NOTICE), key=self._keys["secret"])
        joint = "&" if "?" in order.fields["redirectUrl"] else "?"
        return f"{order.fields['redirectUrl']}{joint}{urlencode(fields)}"

    def facts(self, order: Order) -> tuple[tuple[str, str], ...]:
        """Show what it is for."""
        return (("Nội dung", str(order.fields["orderInfo"])),)

    def _create(self, request: Request) -> Response:
        asked = read_json(request)
        if asked is None or not self._is_signed(asked, _CREATE):
            return json_of({"resultCode": 13, "message": "Merchant authentication failed."}, status=400)
        amount, ref = asked["amount"], str(asked["orderId"])
        if type(amount) is not int or not 1000 <= amount <= 50_000_000 or "?" in asked["ipnUrl"] or len(ref) > 50:
            return json_of({"resultCode": 20, "message": "Bad format request."}, status=400)
        answer = {name: asked[name] for name in ("partnerCode", "orderId", "requestId", "amount")}
        answer["responseTime"] = int(time.time() * 1000)
        if self.order(ref) is not None:
            return json_of({**answer, "resultCode": 41, "message": "Duplicated orderId."}, status=400)
        self.remember(ref, asked, amount=amount)
        page = f"{request.url_root}momo/pay/{ref}"
        return json_of({**answer, "resultCode": 0, "message": "Successful.", "payUrl": page, "deeplink": page})

    def _query(self, request: Request) -> Response:
        asked = read_json(request)
        if asked is None or not self._is_signed(asked, "orderId partnerCode requestId"):
            return json_of({"resultCode": 13, "message": "Merchant authentication failed."}, status=400)
        answer = {name: asked[name] for name in ("partnerCode", "orderId", "requestId")}
        order = self.order(str(asked["orderId"]))
        if order is None:
            return json_of({**answer, "resultCode": 42, "message": "OrderId not found."}, status=400)
        found = self._result(order)
        answer |= {name: found[name] for name in ("extraData", "amount", "transId", "payType", "resultCode", "message")}
        refunds = [_refunded(one) for one in refunds_of(self._state, self.name, order.ref)]
        return json_of(
            {**answer, "refundTrans": refunds, "responseTime": found["responseTime"], "paymentOption": "momo"}
        )

    def _refund(self, request: Request) -> Response:
        asked = read_json(request)
        if asked is None or not self._is_signed(asked, "amount description orderId partnerCode requestId transId"):
            return json_of({"resultCode": 13, "message": "Merchant authentication failed."}, status=400)
        order = self.by_number(str(asked["transId"]))
        answer = {name: asked[name] for name in ("partnerCode", "orderId", "requestId", "amount")}
        if order is None:
            return json_of({**answer, "resultCode": 42, "message": "Transaction not found."}, status=400)
        made = give_back(
            self._state, self.name, ref=order.ref, paid=order.paid, refund_ref=asked["orderId"],
            amount=asked["amount"], at=time.time(),
        )  # fmt: skip
        if isinstance(made, str):
            code = 41 if made == DUPLICATE else 1080
            return json_of({**answer, "resultCode": code, "message": made}, status=400)
        return json_of({**answer, "message": "", "responseTime": int(made["at"] * 1000), **_refunded(made)})

    def _result(self, order: Order) -> dict[str, Any]:
        codes = {PAID: (0, "Successful."), WAITING: (1000, "Waiting for the payer.")}
        code, message = codes.get(order.status, (1006, "Refused by the payer."))
        return {
            "partnerCode": self._keys["partner_code"],
            "orderId": order.ref,
            "requestId": order.fields["requestId"],
            "amount": order.paid or order.amount,
            "orderInfo": order.fields["orderInfo"],
            "orderType": "momo_wallet",
            "transId": int(order.number or 0),
            "resultCode": code,
            "message": message,
            "payType": "qr" if order.status == PAID else "",
            "responseTime": int(order.at * 1000) or int(time.time() * 1000),
            "extraData": order.fields["extraData"],
        }

    def _is_signed(self, asked: dict[str, Any], names: str) -> bool:
        if asked.get("partnerCode") != self._keys["partner_code"] or any(name not in asked for name in names.split()):
            return False
        expected = self._sign(self._canonical(asked, names), key=self._keys["secret"])
        return hmac.compare_digest(expected.encode(), str(asked.get("signature", "")).encode())

    def _canonical(self, fields: dict[str, Any], names: str) -> str:
        """Return `key=value` joined with `&`; accessKey comes before all the others."""
        return f"accessKey={self._keys['access_key']}&" + "&".join(f"{name}={fields[name]}" for name in names.split())

    def _sign(self, text: str, *, key: str) -> str:
        return hmac.new(key.encode(), text.encode(), hashlib.sha256).hexdigest()


def _refunded(row: dict[str, Any]) -> dict[str, Any]:
    code = {DONE: 0, GOING: 7002, REFUSED: 1081}[row["status"]]
    return {
        "orderId": row["refund_ref"],
        "amount": row["amount"],
        "transId": int(row["number"]),
        "resultCode": code,
        "createdTime": int(row["at"] * 1000),
    }
