"""ZaloPay as shops meet it: create, page, a callback on success only, query. Its own macs."""

from __future__ import annotations

import hashlib
import hmac
import json
import time
from typing import Any, Final

from werkzeug.wrappers import Request, Response

from payments.gateways.sandbox.giving_back import DONE, DUPLICATE, REFUSED, give_back, refund_of
from payments.gateways.sandbox.orders import DECLINED, PAID, Order, OrderSandbox, View, json_of, read_json
from payments.gateways.sandbox.sending import Wire

_CREATE: Final = "app_id app_trans_id app_user amount app_time embed_data item"
_FIFTEEN_MINUTES_MS: Final = 15 * 60 * 1000


class ZaloPaySandbox(OrderSandbox):
    """One app of the simulated ZaloPay."""

    name = "zalopay"
    title = "ZaloPay"
    # At most three calls: one, and two more.
    retry_seconds = (1.0, 5.0)
    tells_failures = False

    def calls(self) -> tuple[tuple[str, str, View], ...]:
        """Take create and query, as JSON or as a form."""
        return (
            ("POST", "/v2/create", lambda request: self.answered(request, lambda: self._create(request))),
            ("POST", "/v2/query", lambda request: self.answered(request, lambda: self._query(request))),
            ("POST", "/v2/refund", lambda request: self.answered(request, lambda: self._refund(request))),
            ("POST", "/v2/query_refund", lambda request: self.answered(request, lambda: self._query_refund(request))),
        )

    def signed(self, order: Order, *, forged: str) -> Wire:
        """Write a callback: a text within JSON, signed with the second key."""
        asked = order.fields
        told = {
            "app_id": int(asked["app_id"]),
            "app_trans_id": asked["app_trans_id"],
            "app_time": int(asked["app_time"]),
            "app_user": asked["app_user"],
            "amount": order.paid,
            "embed_data": asked["embed_data"],
            "item": asked["item"],
            "zp_trans_id": int(order.number),
            "server_time": int(order.at * 1000),
            "channel": 38,
            "merchant_user_id": "sandbox",
            "user_fee_amount": 0,
            "discount_amount": 0,
        }
        # With blanks, so that whoever writes it again gets another text.
        data = json.dumps(told, separators=(", ", " : "))
        mac = _h256("not-the-key" if forged == "key" else self._keys["key2"], data)
        if forged == "field":
            data = data.replace(f'"amount" : {order.paid}', f'"amount" : {order.paid + 1}')
        body = json.dumps({"data": data, "mac": mac, "type": 1}).encode()
        return Wire("POST", self._hook, {"Content-Type": "application/json"}, body, data)

    def is_taken(self, status: int, body: bytes) -> bool:
        """Stop on anything but return_code 0."""
        try:
            answer = json.loads(body)
        except ValueError:
            return False
        return status == 200 and isinstance(answer, dict) and answer.get("return_code") in (1, 2, -1)

    def return_url(self, order: Order) -> str:
        """Lead back to the address that came in embed_data."""
        url = str(json.loads(order.fields["embed_data"])["redirecturl"])
        return (
            f"{url}{'&' if '?' in url else '?'}appid={order.fields['app_id']}&apptransid={order.fields['app_trans_id']}"
        )

    def facts(self, order: Order) -> tuple[tuple[str, str], ...]:
        """Show what it is for."""
        return (("Nội dung", str(order.fields["description"])),)

    def _create(self, request: Request) -> Response:
        asked = read_json(request) or dict(request.form)
        if any(name not in asked for name in _CREATE.split()):
            return _failed(-401, "Parameters are missing")
        mac = _h256(self._keys["key1"], "|".join(str(asked[name]) for name in _CREATE.split()))
        if str(asked["app_id"]) != self._keys["app_id"] or not hmac.compare_digest(mac, str(asked.get("mac", ""))):
            return _failed(-402, "Invalid app or mac")
        late_ms = abs(int(asked["app_time"]) - int(time.time() * 1000))
        day, _, ref = str(asked["app_trans_id"]).partition("_")
        today = time.strftime("%y%m%d", time.gmtime(int(asked["app_time"]) / 1000 + 7 * 3600))
        lasts = int(asked.get("expire_duration_seconds", 900))
        if (
            late_ms > _FIFTEEN_MINUTES_MS
            or day != today
            or len(asked["app_trans_id"]) > 40
            or not 300 <= lasts <= 2592000
        ):
            return _failed(-401, "Wrong time, day or length")
        if self.order(ref) is not None:
            return _failed(-68, "Duplicate app_trans_id")
        self.remember(ref, asked, amount=int(asked["amount"]))
        return json_of(
            {
                "return_code": 1,
                "return_message": "Giao dịch thành công",
                "sub_return_code": 1,
                "sub_return_message": "Giao dịch thành công",
                "zp_trans_token": f"sandbox{ref}",
                "order_url": f"{request.url_root}zalopay/pay/{ref}",
                "order_token": f"sandbox{ref}",
            }
        )

    def _query(self, request: Request) -> Response:
        asked = read_json(request) or dict(request.form)
        trans_id = str(asked.get("app_trans_id", ""))
        mac = _h256(self._keys["key1"], f"{self._keys['app_id']}|{trans_id}|{self._keys['key1']}")
        if not hmac.compare_digest(mac, str(asked.get("mac", ""))):
            return _failed(-402, "Invalid app or mac")
        order = self.order(trans_id.partition("_")[2])
        if order is None or order.fields["app_trans_id"] != trans_id:
            return _failed(-101, "Order not found")
        if order.status == DECLINED:
            return _failed(-1, "Declined", amount=order.amount)
        paid: dict[str, Any] = {"return_code": 1 if order.status == PAID else 3, "return_message": ""}
        number = int(order.number or 0)
        return json_of(
            paid
            | {
                "is_processing": False,
                "amount": order.paid or order.amount,
                "discount_amount": 0,
                "zp_trans_id": number,
            }
        )

    def _refund(self, request: Request) -> Response:
        """Take a refund; it is done later, and told to whoever asks."""
        asked = read_json(request) or dict(request.form)
        names = ("app_id", "zp_trans_id", "amount", "description", "timestamp")
        if not self._is_signed(asked, names):
            return _failed(-402, "Invalid app or mac")
        day, app_id, _ = (*str(asked["m_refund_id"]).split("_", 2), "", "")[:3]
        today = time.strftime("%y%m%d", time.gmtime(int(asked["timestamp"]) / 1000 + 7 * 3600))
        order = self.by_number(str(asked["zp_trans_id"]))
        if order is None or (day, app_id) != (today, self._keys["app_id"]):
            return _failed(-401, "Wrong refund id or payment")
        made = give_back(
            self._state, self.name, ref=order.ref, paid=order.paid, refund_ref=str(asked["m_refund_id"]),
            amount=int(asked["amount"]), at=time.time(), later=True,
        )  # fmt: skip
        if isinstance(made, str):
            return _failed(-68 if made == DUPLICATE else -1, made)
        return _refunded(made)

    def _query_refund(self, request: Request) -> Response:
        asked = read_json(request) or dict(request.form)
        if not self._is_signed(asked, ("app_id", "m_refund_id", "timestamp")):
            return _failed(-402, "Invalid app or mac")
        found = refund_of(self._state, self.name, str(asked["m_refund_id"]))
        return _failed(-101, "Refund not found") if found is None else _refunded(found)

    def _is_signed(self, asked: dict[str, Any], names: tuple[str, ...]) -> bool:
        mac = _h256(self._keys["key1"], "|".join(str(asked.get(name)) for name in names))
        return hmac.compare_digest(mac, str(asked.get("mac", "")))


def _refunded(row: dict[str, Any]) -> Response:
    if row["status"] == REFUSED:
        return _failed(-1, "Refused")
    code = 1 if row["status"] == DONE else 3
    return json_of({"return_code": code, "return_message": "", "refund_id": int(row["number"])})


def _failed(sub_code: int, message: str, **more: int) -> Response:
    return json_of(
        {
            "return_code": 2,
            "return_message": "Giao dịch thất bại",
            "sub_return_code": sub_code,
            "sub_return_message": message,
            "is_processing": False,
            **more,
        }
    )


def _h256(key: str, text: str) -> str:
    return hmac.new(key.encode(), text.encode(), hashlib.sha256).hexdigest()
