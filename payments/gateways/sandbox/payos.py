"""payOS as shops meet it: a link with a VietQR, a notice for each transfer, one question. Its own two signatures."""

from __future__ import annotations

import hashlib
import hmac
import json
import time
from dataclasses import replace
from datetime import datetime, timedelta, timezone
from typing import Any, Final

from werkzeug.wrappers import Request, Response

from payments.gateways.sandbox.orders import DECLINED, PAID, WAITING, Order, OrderSandbox, View, json_of, read_json
from payments.gateways.sandbox.qr_reading import crc
from payments.gateways.sandbox.sending import Wire, call

_LOCAL: Final = timezone(timedelta(hours=7))
_BIN, _ACCOUNT, _HOLDER = "970422", "9704220000000", "CONG THANH TOAN MO PHONG"
# What a new address is tried with: an order that nobody has.
_SAMPLE: Final[dict[str, Any]] = {
    "code": "00", "desc": "success", "success": True,
    "data": {
        "orderCode": 123, "amount": 3000, "description": "VQRIO123", "accountNumber": "12345678",
        "reference": "TF230204212323", "transactionDateTime": "2023-02-04 18:25:00", "currency": "VND",
        "paymentLinkId": "124c33293c43417ab7879e14c8d9eb18", "code": "00", "desc": "Thành công",
        "counterAccountBankId": "", "counterAccountBankName": "", "counterAccountName": "",
        "counterAccountNumber": "", "virtualAccountName": "", "virtualAccountNumber": "",
    },
}  # fmt: skip


class PayOsSandbox(OrderSandbox):
    """One channel of the simulated payOS; a link is paid when enough transfers came."""

    name = "payos"
    title = "payOS"
    # How often payOS repeats is not published; this is short enough to be seen.
    retry_seconds = (1.0, 5.0, 15.0)
    tells_failures = False

    def calls(self) -> tuple[tuple[str, str, View], ...]:
        """Take create, the question about a link, its end, and the shop's own address."""
        return (
            ("POST", "/v2/payment-requests", lambda request: self.answered(request, lambda: self._create(request))),
            (
                "GET",
                "/v2/payment-requests/<ref>",
                lambda request, ref: self.answered(request, lambda: self._link(request, ref)),
            ),
            (
                "POST",
                "/v2/payment-requests/<ref>/cancel",
                lambda request, ref: self.answered(request, lambda: self._cancel(request, ref)),
            ),
            ("POST", "/confirm-webhook", lambda request: self.answered(request, lambda: self._confirm(request))),
        )

    def signed(self, order: Order, *, forged: str) -> Wire:
        """Write the notice of the last transfer; what stands outside of data is not signed."""
        data = {
            "orderCode": int(order.ref),
            "amount": order.paid,
            "description": order.fields["description"],
            "accountNumber": _ACCOUNT,
            "reference": f"FT{order.number}",
            "transactionDateTime": order.when.astimezone(_LOCAL).strftime("%Y-%m-%d %H:%M:%S"),
            "currency": "VND",
            "paymentLinkId": order.fields["link_id"],
            "code": "00",
            "desc": "success",
            "counterAccountBankId": None,
            "counterAccountName": "",
            "virtualAccountNumber": "",
        }
        text = _text_of(data)
        signature = self._sign(text, key="not-the-key" if forged == "key" else self._keys["checksum_key"])
        if forged == "field":
            data["amount"] += 1
        content = {"code": "00", "desc": "success", "success": True, "data": data, "signature": signature}
        body = json.dumps(content, ensure_ascii=False).encode()
        return Wire("POST", self._hook, {"Content-Type": "application/json"}, body, text)

    def is_taken(self, status: int, body: bytes) -> bool:
        """Stop on 2xx with success."""
        return 200 <= status < 300 and b'"success":true' in body

    def return_url(self, order: Order) -> str:
        """Lead back, or to the address of those who gave up."""
        settled = self.order(order.ref) or order
        paid = settled.status == PAID
        url = str(order.fields["returnUrl" if paid else "cancelUrl"])
        joint = "&" if "?" in url else "?"
        return f"{url}{joint}code=00&id={order.fields['link_id']}&cancel={str(not paid).lower()}&orderCode={order.ref}"

    def facts(self, order: Order) -> tuple[tuple[str, str], ...]:
        """Show what it is for, and what has come."""
        came = sum(one["amount"] for one in order.fields["transfers"])
        return (("Nội dung", str(order.fields["description"])), ("Đã nhận", f"{came} ₫"))

    def settle(self, order: Order, *, paid: int) -> None:
        """Take one more transfer, or give up; every transfer is told."""
        if order.status != WAITING:
            self.tell(order)
            return
        number, at = str(self._state.next_number()), self._now().timestamp()
        fields = order.fields
        if paid:
            at_text = datetime.fromtimestamp(at, _LOCAL).isoformat()
            fields["transfers"].append({"reference": f"FT{number}", "amount": paid, "transactionDateTime": at_text})
        enough = sum(one["amount"] for one in fields["transfers"]) >= order.amount
        status = DECLINED if not paid else PAID if enough else WAITING
        done = replace(order, fields=fields, status=status, paid=paid, number=number, at=at)
        self.write(done)
        self.tell(done)

    def _create(self, request: Request) -> Response:
        asked = read_json(request)
        if not self._is_ours(request) or asked is None:
            return json_of({"code": "401", "desc": "Unauthorized"}, status=401)
        names = ("amount", "cancelUrl", "description", "orderCode", "returnUrl")
        text = "&".join(f"{name}={asked.get(name)}" for name in names)
        if not hmac.compare_digest(self._sign(text, key=self._keys["checksum_key"]), str(asked.get("signature", ""))):
            return json_of({"code": "201", "desc": "signature"})
        ref, amount = asked["orderCode"], asked["amount"]
        if type(ref) is not int or not 0 < ref < 2**53 or type(amount) is not int or len(asked["description"]) > 25:
            return json_of({"code": "20", "desc": "Thông tin truyền lên không đúng."})
        if self.order(str(ref)) is not None:
            return json_of({"code": "231", "desc": "Đơn thanh toán đã tồn tại"})
        link_id = hashlib.sha256(f"{ref}{time.time_ns()}".encode()).hexdigest()[:32]
        self.remember(str(ref), {**asked, "link_id": link_id, "transfers": []}, amount=amount)
        data = {
            "bin": _BIN,
            "accountNumber": _ACCOUNT,
            "accountName": _HOLDER,
            "amount": amount,
            "description": asked["description"],
            "orderCode": ref,
            "currency": "VND",
            "paymentLinkId": link_id,
            "status": "PENDING",
            "expiredAt": asked.get("expiredAt"),
            "checkoutUrl": f"{request.url_root}payos/pay/{ref}",
            "qrCode": _qr(amount, asked["description"]),
        }
        return self._answer(data)

    def _link(self, request: Request, ref: str) -> Response:
        order = self.order(ref)
        if not self._is_ours(request):
            return json_of({"code": "401", "desc": "Unauthorized"}, status=401)
        if order is None:
            return json_of({"code": "101", "desc": "Mã thanh toán không tồn tại"})
        transfers = [
            {"description": order.fields["description"], "accountNumber": _ACCOUNT, "counterAccountName": None, **one}
            for one in order.fields["transfers"]
        ]
        came = sum(one["amount"] for one in transfers)
        statuses = {PAID: "PAID", DECLINED: "CANCELLED", WAITING: "UNDERPAID" if came else "PENDING"}
        return self._answer(
            {
                "id": order.fields["link_id"],
                "orderCode": int(ref),
                "amount": order.amount,
                "amountPaid": came,
                "amountRemaining": max(0, order.amount - came),
                "status": statuses[order.status],
                "createdAt": "2026-03-22T15:34:56+07:00",
                "transactions": transfers,
                "canceledAt": order.fields.get("canceled_at"),
                "cancellationReason": order.fields.get("why"),
            }
        )

    def _cancel(self, request: Request, ref: str) -> Response:
        """Close a link that waits; one that was paid or closed stays as it is."""
        order = self.order(ref)
        if not self._is_ours(request):
            return json_of({"code": "401", "desc": "Unauthorized"}, status=401)
        if order is None:
            return json_of({"code": "101", "desc": "Mã thanh toán không tồn tại"})
        if order.status != WAITING:
            return json_of({"code": "231", "desc": "Đơn thanh toán đã có kết quả"})
        why = str((read_json(request) or {}).get("cancellationReason") or "")
        closed = {"canceled_at": self._now().astimezone(_LOCAL).isoformat(), "why": why}
        self.write(replace(order, fields={**order.fields, **closed}, status=DECLINED))
        return self._link(request, ref)

    def _confirm(self, request: Request) -> Response:
        """Try a shop's address with the sample, as payOS does before it keeps it."""
        asked = read_json(request) or {}
        if not self._is_ours(request):
            return json_of({"code": "401", "desc": "Unauthorized"}, status=401)
        url = str(asked.get("webhookUrl", ""))
        content = json.dumps({**_SAMPLE, "signature": self._sign(_text_of(_SAMPLE["data"]), key=self._key)}).encode()
        status, _body = call(Wire("POST", url, {"Content-Type": "application/json"}, content, ""))
        if status != 200:
            return json_of({"code": "20", "desc": "Webhook url không hợp lệ"}, status=400)
        kept = {"webhookUrl": url, "accountNumber": _ACCOUNT, "accountName": _HOLDER, "name": "demo", "shortName": "MB"}
        return self._answer(kept)

    @property
    def _key(self) -> str:
        return self._keys["checksum_key"]

    def _answer(self, data: dict[str, Any]) -> Response:
        signature = self._sign(_text_of(data), key=self._keys["checksum_key"])
        return json_of({"code": "00", "desc": "success", "data": data, "signature": signature})

    def _is_ours(self, request: Request) -> bool:
        said = f"{request.headers.get('x-client-id', '')} {request.headers.get('x-api-key', '')}"
        return hmac.compare_digest(said.encode(), f"{self._keys['client_id']} {self._keys['api_key']}".encode())

    def _sign(self, text: str, *, key: str) -> str:
        return hmac.new(key.encode(), text.encode(), hashlib.sha256).hexdigest()


def _text_of(data: dict[str, Any]) -> str:
    """Return `key=value` joined with `&`, keys sorted; null is empty, a list is JSON with sorted keys within."""
    parts = []
    for key, value in sorted(data.items()):
        if value is None or value in ("null", "undefined"):
            value = ""
        elif isinstance(value, (list, dict)):
            value = json.dumps(value, sort_keys=True, ensure_ascii=False, separators=(",", ":"))
        elif value is True or value is False:
            value = str(value).lower()
        parts.append(f"{key}={value}")
    return "&".join(parts)


def _qr(amount: int, memo: str) -> str:
    """Return the link's VietQR."""
    to = f"0006{_BIN}01{len(_ACCOUNT):02d}{_ACCOUNT}"
    scheme = f"0010A00000072701{len(to):02d}{to}0208QRIBFTTA"
    purpose = f"08{len(memo):02d}{memo}"
    text = f"00020101021238{len(scheme):02d}{scheme}530370454{len(str(amount)):02d}{amount}5802VN"
    text += f"62{len(purpose):02d}{purpose}6304"
    return text + crc(text)
