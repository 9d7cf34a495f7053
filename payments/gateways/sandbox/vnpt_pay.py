"""The simulated VNPT Pay as shops meet it: forms in, signed JSON out, refunds at once. The wire is ours."""

from __future__ import annotations

import hashlib
import hmac
import json
import time
from collections.abc import Callable
from datetime import timedelta, timezone
from typing import Any, Final
from urllib.parse import urlencode

from werkzeug.wrappers import Request, Response

from payments.gateways.sandbox.giving_back import DONE, DUPLICATE, GOING, REFUSED, give_back, refund_of
from payments.gateways.sandbox.orders import DECLINED, PAID, WAITING, Order, OrderSandbox, View, json_of
from payments.gateways.sandbox.sending import Wire

_LOCAL: Final = timezone(timedelta(hours=7))
_STATUS: Final = {PAID: "paid", DECLINED: "failed", WAITING: "waiting"}
_REFUND: Final = {DONE: "done", GOING: "going", REFUSED: "refused"}
Fields = dict[str, str]


class VnptPaySandbox(OrderSandbox):
    """One shop of the simulated VNPT Pay."""

    name = "vnpt_pay"
    title = "VNPT Pay (mô phỏng)"
    # Every 2 minutes, 5 times, with a minute turned into a second.
    retry_seconds = (2.0,) * 5

    def calls(self) -> tuple[tuple[str, str, View], ...]:
        """Take orders, questions and refunds."""
        return (
            ("POST", "/sim/vnptpay/init", lambda request: self._checked(request, self._init)),
            ("POST", "/sim/vnptpay/query", lambda request: self._checked(request, self._query)),
            ("POST", "/sim/vnptpay/refund", lambda request: self._checked(request, self._refund)),
        )

    def signed(self, order: Order, *, forged: str) -> Wire:
        """Write a notice as a form."""
        fields = {
            "amount": str(order.paid or order.amount),
            "currency": "VND",
            "merchant_ref": order.ref,
            "paid_at": order.when.astimezone(_LOCAL).isoformat(timespec="seconds"),
            "provider_txn_id": f"VP{order.number}",
            "status": _STATUS[order.status],
            "version": "sim-1",
        }
        text = "|".join(value for _, value in sorted(fields.items()))
        fields["secure_code"] = _h256("not-the-key" if forged == "key" else self._keys["secret"], text)
        if forged == "field":
            fields["amount"] = f"1{fields['amount']}"
        headers = {"Content-Type": "application/x-www-form-urlencoded"}
        return Wire("POST", self._hook, headers, urlencode(fields).encode(), text)

    def is_taken(self, status: int, body: bytes) -> bool:
        """Stop on 00 and 02."""
        try:
            answer = json.loads(body)
        except ValueError:
            return False
        return status == 200 and isinstance(answer, dict) and answer.get("code") in ("00", "02")

    def return_url(self, order: Order) -> str:
        """Lead back; the result is told by the notice."""
        return str(order.fields["return_url"])

    def facts(self, order: Order) -> tuple[tuple[str, str], ...]:
        """Show what it is for."""
        return (("Nội dung", str(order.fields["description"])),)

    def _init(self, request: Request, asked: Fields) -> Fields:
        ref = asked["merchant_ref"]
        if self.order(ref) is not None:
            return {"code": "94"}
        self.remember(ref, dict(asked), amount=int(asked["amount"]))
        return {"code": "00", "pay_url": f"{request.url_root}vnpt_pay/pay/{ref}", "provider_ref": f"SIM-{ref}"}

    def _query(self, _request: Request, asked: Fields) -> Fields:
        """Tell how an order stands, or with refund_ref how its refund does."""
        order = self.order(asked["merchant_ref"])
        if order is None:
            return {"code": "01"}
        if "refund_ref" in asked:
            found = refund_of(self._state, self.name, asked["refund_ref"])
            return {"code": "01"} if found is None else {"code": "00", "status": _REFUND[found["status"]]}
        told = {"code": "00", "status": _STATUS[order.status], "amount": str(order.paid or order.amount)}
        if order.status == PAID:
            told |= {"provider_txn_id": f"VP{order.number}", "paid_at": order.when.astimezone(_LOCAL).isoformat()}
        return told

    def _refund(self, _request: Request, asked: Fields) -> Fields:
        order = self.order(asked["merchant_ref"])
        if order is None:
            return {"code": "01"}
        made = give_back(
            self._state, self.name, ref=order.ref, paid=order.paid, refund_ref=asked["refund_ref"],
            amount=int(asked["amount"]), at=time.time(),
        )  # fmt: skip
        if isinstance(made, str):
            return {"code": "94" if made == DUPLICATE else "95"}
        return {"code": "00", "status": _REFUND[made["status"]]}

    def _checked(self, request: Request, act: Callable[[Request, Fields], Fields]) -> Response:
        asked = dict(request.form)
        expected = _h256(self._keys["secret"], _joined(asked))
        if not hmac.compare_digest(expected, asked.get("secure_code", "")):
            return json_of({"code": "97"})
        return self.answered(request, lambda: self._told(act(request, asked)))

    def _told(self, fields: dict[str, Any]) -> Response:
        return json_of({**fields, "secure_code": _h256(self._keys["secret"], _joined(fields))})


def _joined(fields: dict[str, str]) -> str:
    return "|".join(fields[name] for name in sorted(fields) if name != "secure_code")


def _h256(key: str, text: str) -> str:
    return hmac.new(key.encode(), text.encode(), hashlib.sha256).hexdigest()
