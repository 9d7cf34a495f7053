"""Viettel QR for public fees (payment-protocols.md section I; known from one code base of 2020, not from Viettel).

The QR is JSON that Viettel's app reads; Viettel asks us to confirm what it says, and tells the result. How the result
is signed is not known for certain, so even a right one is a hint: searched first, booked after.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any, Final

from payments.errors import BadAnswer, GatewayMisconfigured, NoAnswer
from payments.gateways.asking import ask_form, compact
from payments.gateways.by_hand import NoRefunds
from payments.gateways.form import read_form
from payments.gateways.http import Transport
from payments.gateways.protocol import (
    WORKER_SECONDS,
    Asked,
    Authenticity,
    Capabilities,
    Due,
    Finding,
    Notice,
    Order,
    Outcome,
    Raw,
    RefundWay,
    Reply,
    Started,
    Verdict,
)
from payments.gateways.wire import Unreadable, hmac_hex, same, signed_text, text_of, whole_of
from payments.money import LEAST_MINOR, MOST_MINOR, Money

_CONFIRM: Final = ("access_code", "billcode", "merchant_code", "order_id", "trans_amount")
_RESULT: Final = (
    "access_code", "billcode", "cust_msisdn", "error_code", "merchant_code", "order_id", "payment_status",
    "trans_amount", "vt_transaction_id",
)  # fmt: skip
_ANSWER: Final = ("access_code", "error_code", "merchant_code", "order_id")
_SEARCH: Final = ("access_code", "cmd", "merchant_code", "order_id", "version")
_RIGHT, _UNKNOWN, _WRONG_SUM, _FAULT = "00", "01", "02", "03"
_CMD, _VERSION, _PAID = "TRANS_INQUIRY", "2.0", "1"

_CODES: Final = {
    Verdict.NOT_AUTHENTIC: _WRONG_SUM,
    Verdict.UNREADABLE: _FAULT,
    Verdict.ORDER_UNKNOWN: _UNKNOWN,
    Verdict.AMOUNT_DIFFERS: _UNKNOWN,
    Verdict.SEEN: _RIGHT,
    Verdict.RECORDED: _RIGHT,
    Verdict.OUR_FAULT: _FAULT,
}

_CAPABILITIES: Final = Capabilities(
    redirect=False,
    qr=True,
    notice=True,
    query=True,
    refund=RefundWay.NONE,
    cancel=False,
    any_amount=False,
    least=Money(LEAST_MINOR),
    most=Money(MOST_MINOR),
    built_here=True,
)


class ViettelQr(NoRefunds):
    """One merchant at Viettel; of several hash keys the first signs and all verify."""

    name: Final = "viettel_qr"
    provider: Final = "viettel_qr"
    kept_headers: Final = frozenset[str]()
    capabilities: Final = _CAPABILITIES

    def __init__(
        self,
        *,
        merchant_code: str,
        access_code: str,
        hash_keys: tuple[str, ...],
        search_url: str,
        contract: str,
        transport: Transport,
    ) -> None:
        """Take the merchant's names and keys, where to search, and `priority,version,type` of the QR by contract."""
        self._merchant_code = merchant_code
        self._access_code = access_code
        self._keys = hash_keys
        self._search_url = search_url
        self._first = dict(zip(("priority", "version", "type"), [*contract.split(","), "", ""], strict=False))
        self._transport = transport

    def __repr__(self) -> str:
        """Name the merchant, never its keys."""
        return f"ViettelQr({self._merchant_code!r})"

    def create(self, order: Order, *, now: datetime) -> Started:  # noqa: ARG002 - others call out and need the time
        """Build the QR's text; no call is made."""
        content = self._first | {
            "billcode": order.code,
            "order_id": order.merchant_ref,
            "amount": str(order.amount.amount_minor),
            "merchant_code": self._merchant_code,
        }
        return Started(redirect_url=None, qr=compact(content).decode(), provider_ref=None, expires_at=order.expires_at)

    def confirmed_ref(self, raw: Raw) -> str | None:
        """Return which order Viettel asks us to confirm, or None where it asks in no known way."""
        fields = read_form(raw.body)
        return None if fields is None else fields.get("order_id")

    def confirm(self, raw: Raw, *, due: Due | None) -> Reply:
        """Answer whether an order of ours is to be paid, and how much: signed with our own sum, or refused."""
        fields = read_form(raw.body) or {}
        amount = "" if due is None else str(due.amount.amount_minor)
        said = fields.get("merchant_code"), fields.get("billcode")
        if due is None or said != (self._merchant_code, due.code):
            code = _UNKNOWN
        else:
            code = _RIGHT if self._is_signed({**fields, "trans_amount": amount}, _CONFIRM) else _WRONG_SUM
        answer = {name: fields.get(name, "") for name in ("billcode", "order_id", "merchant_code", "check_sum")}
        answer |= {"trans_amount": amount if code == _RIGHT else "", "error_code": code}
        return Reply(200, "application/json", compact(answer))

    def parse_notice(self, raw: Raw, *, now: datetime) -> Notice:  # noqa: ARG002 - others look at their time
        """Read a result: right or wrong, it is never more than a reason to search."""
        fields = read_form(raw.body)
        if fields is None:
            return Notice(Authenticity.UNREADABLE)
        try:
            if not self._is_signed(fields, _RESULT) or fields["merchant_code"] != self._merchant_code:
                return Notice(Authenticity.NOT_AUTHENTIC)
            amount = Money(whole_of(fields, "trans_amount"))
            finding = Finding(Outcome.HINT, "told", text_of(fields, "order_id", most=20), amount=amount)
            return Notice(Authenticity.AUTHENTIC, finding=finding)
        except Unreadable:
            return Notice(Authenticity.NOT_AUTHENTIC if "check_sum" not in fields else Authenticity.UNREADABLE)

    def reply(self, verdict: Verdict) -> Reply:
        """Answer without the notice's own fields; `reply_to` has them."""
        return self.reply_to(Raw("POST", {}, b"", b""), verdict)

    def reply_to(self, raw: Raw, verdict: Verdict) -> Reply:
        """Answer a result with its order, signed."""
        code, order_id = _CODES[verdict], (read_form(raw.body) or {}).get("order_id", "")[:20]
        fields = {"error_code": code, "merchant_code": self._merchant_code, "order_id": order_id}
        more = {"return_url": "", "return_bill_code": "", "return_other_info": ""}
        check_sum = self._sum(self._keys[0], fields, _ANSWER)
        return Reply(200, "application/json", compact({**fields, **more, "check_sum": check_sum}))

    def query(self, asked: Asked, *, now: datetime, seconds: float = WORKER_SECONDS) -> Finding:
        """Search by our reference; raises NoAnswer, BadAnswer, or GatewayMisconfigured when our key is refused."""
        fields = {
            "cmd": _CMD, "version": _VERSION, "merchant_code": self._merchant_code, "order_id": asked.merchant_ref,
        }  # fmt: skip
        fields["check_sum"] = self._sum(self._keys[0], fields, _SEARCH)
        answer = ask_form(self._transport, self._search_url, fields, seconds=seconds)
        code = answer.get("error_code")
        if code == _WRONG_SUM:
            raise GatewayMisconfigured(gateway=self.name, response_code=_WRONG_SUM)
        if code == _UNKNOWN:
            return Finding(Outcome.PENDING, "not_found", asked.merchant_ref)
        if code != _RIGHT:
            raise NoAnswer(reason=f"code_{code}"[:20])
        try:
            return self._searched(answer, asked, now=now)
        except Unreadable as fault:
            raise BadAnswer(reason="unreadable") from fault

    def _searched(self, answer: Mapping[str, Any], asked: Asked, *, now: datetime) -> Finding:
        said = (answer.get("merchant_code"), answer.get("order_id"))
        if said != (self._merchant_code, asked.merchant_ref):
            raise Unreadable("another order")
        if text_of(answer, "payment_status", most=10) != _PAID:
            return Finding(Outcome.PENDING, "waiting", asked.merchant_ref, amount=asked.amount)
        number = text_of(answer, "vt_transaction_id", most=64)
        if not number:
            raise Unreadable("vt_transaction_id")
        # The answer names no sum: the QR fixed it, and Viettel confirmed it with us before the payer paid.
        return Finding(Outcome.PAID, "", asked.merchant_ref, number, asked.amount, now)

    def _is_signed(self, fields: Mapping[str, str], names: tuple[str, ...]) -> bool:
        said = fields.get("check_sum", "").lower()
        return any(same(said, self._sum(key, fields, names)) for key in self._keys)

    def _sum(self, key: str, fields: Mapping[str, str], names: tuple[str, ...]) -> str:
        own = {**fields, "access_code": self._access_code}
        return hmac_hex("sha1", key, "".join([signed_text(own, name) for name in names]).encode())
