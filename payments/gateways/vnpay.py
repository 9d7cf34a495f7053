"""VNPay PAY 2.1.0: pay address, notice, query, refund (payment-protocols.md section A).

VNPay counts hundredths of a đồng; that factor lives in this file and nowhere else.
"""

from __future__ import annotations

import json
import re
import secrets
from collections.abc import Callable, Mapping
from datetime import datetime
from typing import Any, Final

from payments.days import COMPACT, from_local, to_local
from payments.errors import BadAnswer, GatewayMisconfigured
from payments.gateways import vnpay_refund
from payments.gateways.http import Transport
from payments.gateways.protocol import (
    WORKER_SECONDS,
    Asked,
    Authenticity,
    Capabilities,
    Finding,
    Notice,
    Order,
    Outcome,
    Raw,
    RefundFinding,
    RefundOrder,
    RefundWay,
    Reply,
    Started,
    Verdict,
)
from payments.gateways.vnpay_codes import outcome_of
from payments.gateways.vnpay_signing import piped, read_signed, signed_query
from payments.gateways.wire import Unreadable, hmac_hex, read_object, same, text_of, whole_of
from payments.money import LEAST_MINOR, MOST_MINOR, Money

_FACTOR: Final = 100
_VERSION: Final = "2.1.0"

_PAYMENT: Final = "01"
# VNPay writes 0 when no payment took place.
_is_transaction_no = re.compile(r"0*[1-9][0-9]{0,14}").fullmatch

_QUERY_ORDER: Final = (
    "RequestId", "Version", "Command", "TmnCode", "TxnRef", "TransactionDate", "CreateDate", "IpAddr", "OrderInfo",
)  # fmt: skip
_QUERY_ANSWER_ORDER: Final = (
    "ResponseId", "Command", "ResponseCode", "Message", "TmnCode", "TxnRef", "Amount", "BankCode", "PayDate",
    "TransactionNo", "TransactionType", "TransactionStatus", "OrderInfo", "PromotionCode", "PromotionAmount",
)  # fmt: skip

_REPLIES: Final = {
    Verdict.NOT_AUTHENTIC: ("97", "Invalid signature"),
    Verdict.UNREADABLE: ("97", "Invalid signature"),
    Verdict.ORDER_UNKNOWN: ("01", "Order not found"),
    Verdict.AMOUNT_DIFFERS: ("04", "Invalid amount"),
    Verdict.SEEN: ("02", "Order already confirmed"),
    Verdict.RECORDED: ("00", "Confirm Success"),
    Verdict.OUR_FAULT: ("99", "Unknown error"),
}

_CAPABILITIES: Final = Capabilities(
    redirect=True,
    qr=False,
    notice=True,
    query=True,
    refund=RefundWay.PARTIAL,
    cancel=False,
    any_amount=False,
    least=Money(LEAST_MINOR),
    most=Money(MOST_MINOR),
    last_refund_only=True,
    built_here=True,
)


class VnPay:
    """One terminal; of several secrets the first signs and all verify, so that a change loses no notice."""

    name: Final = "vnpay"
    provider: Final = "vnpay"
    kept_headers: Final = frozenset[str]()
    capabilities: Final = _CAPABILITIES

    def __init__(
        self,
        *,
        tmn_code: str,
        secret_keys: tuple[str, ...],
        pay_url: str,
        query_url: str,
        transport: Transport,
        server_ip: str = "127.0.0.1",
        request_id: Callable[[], str] = lambda: secrets.token_hex(16),
    ) -> None:
        """Take the terminal's code and keys, the provider's two addresses and ours."""
        self._tmn_code = tmn_code
        self._keys = secret_keys
        self._pay_url = pay_url
        self._query_url = query_url
        self._transport = transport
        self._server_ip = server_ip
        self._request_id = request_id

    def __repr__(self) -> str:
        """Name the terminal, never its keys."""
        return f"VnPay({self._tmn_code!r})"

    def create(self, order: Order, *, now: datetime) -> Started:  # noqa: ARG002 - others call out and need the time
        """Build the address of the pay page; no call is made."""
        fields = {
            "vnp_Version": _VERSION,
            "vnp_Command": "pay",
            "vnp_TmnCode": self._tmn_code,
            "vnp_Amount": str(order.amount.amount_minor * _FACTOR),
            "vnp_CreateDate": to_local(order.created_at, COMPACT),
            "vnp_ExpireDate": to_local(order.expires_at, COMPACT),
            "vnp_CurrCode": order.amount.currency,
            "vnp_IpAddr": order.payer_ip,
            "vnp_Locale": "en" if order.language == "en" else "vn",
            "vnp_OrderInfo": f"Thanh toan {order.code}",
            "vnp_OrderType": "other",
            "vnp_ReturnUrl": order.return_url,
            "vnp_TxnRef": order.merchant_ref,
        }
        return Started(f"{self._pay_url}?{signed_query(self._keys[0], fields)}", None, None, order.expires_at)

    def parse_notice(self, raw: Raw, *, now: datetime) -> Notice:
        """Read the query of an IPN; anything repeated, unsigned or of another terminal is not authentic."""
        fields = read_signed(raw.query, self._keys)
        if fields is None or fields.get("vnp_TmnCode") != self._tmn_code:
            return Notice(Authenticity.NOT_AUTHENTIC)
        try:
            return Notice(Authenticity.AUTHENTIC, finding=_finding(fields, now=now))
        except Unreadable:
            return Notice(Authenticity.UNREADABLE)

    def reply(self, verdict: Verdict) -> Reply:
        """Answer 200 with VNPay's RspCode."""
        code, message = _REPLIES[verdict]
        body = json.dumps({"RspCode": code, "Message": message}, separators=(",", ":")).encode()
        return Reply(200, "application/json", body)

    def query(self, asked: Asked, *, now: datetime, seconds: float = WORKER_SECONDS) -> Finding:
        """Ask by querydr; an answer without our terminal, our reference and a right hash is no answer.

        Raises NoAnswer, BadAnswer, or GatewayMisconfigured when VNPay refuses our terminal or key.
        """
        message = self._querydr(asked.merchant_ref, created_at=asked.created_at, now=now)
        fields = self._ask(_QUERY_ORDER, message, _QUERY_ANSWER_ORDER, seconds=seconds)
        try:
            return self._answered(asked, fields, now=now)
        except Unreadable as fault:
            raise BadAnswer(reason="unreadable") from fault

    def refund(self, order: RefundOrder, *, now: datetime, seconds: float = WORKER_SECONDS) -> RefundFinding:
        """Have all or a part of a payment given back; raises as `query`."""
        hundredths = order.amount.amount_minor * _FACTOR
        message = self._about(vnpay_refund.refund_fields(order, hundredths=hundredths, now=now))
        fields = self._ask(vnpay_refund.REFUND_ORDER, message, vnpay_refund.REFUND_ANSWER_ORDER, seconds=seconds)
        try:
            return vnpay_refund.refund_found(fields, order, hundredths=hundredths)
        except Unreadable as fault:
            raise BadAnswer(reason="unreadable") from fault

    def query_refund(self, order: RefundOrder, *, now: datetime, seconds: float = WORKER_SECONDS) -> RefundFinding:
        """Ask by querydr, which names the last transaction of an order; raises as `query`."""
        message = self._querydr(order.merchant_ref, created_at=order.created_at, now=now)
        fields = self._ask(_QUERY_ORDER, message, _QUERY_ANSWER_ORDER, seconds=seconds)
        try:
            return vnpay_refund.query_found(fields, order, hundredths=order.amount.amount_minor * _FACTOR)
        except Unreadable as fault:
            raise BadAnswer(reason="unreadable") from fault

    def _querydr(self, merchant_ref: str, *, created_at: datetime, now: datetime) -> dict[str, str]:
        return self._about(
            {
                "RequestId": self._request_id(),
                "Command": "querydr",
                "TxnRef": merchant_ref,
                "TransactionDate": to_local(created_at, COMPACT),
                "CreateDate": to_local(now, COMPACT),
                "OrderInfo": f"query {merchant_ref}",
            }
        )

    def _about(self, message: dict[str, str]) -> dict[str, str]:
        return {**message, "Version": _VERSION, "TmnCode": self._tmn_code, "IpAddr": self._server_ip}

    def _ask(
        self, order: tuple[str, ...], message: Mapping[str, str], answer_order: tuple[str, ...], *, seconds: float
    ) -> dict[str, str]:
        """Send one signed message and return the fields of its signed answer."""
        body = {f"vnp_{name}": message[name] for name in order}
        body["vnp_SecureHash"] = hmac_hex("sha512", self._keys[0], piped(order, body).encode())
        answer = self._transport.send(
            "POST",
            self._query_url,
            headers={"Content-Type": "application/json"},
            body=json.dumps(body, separators=(",", ":")).encode(),
            seconds=seconds,
        )
        if answer.status != 200:
            raise BadAnswer(reason=f"http_{answer.status}")
        try:
            return self._read_answer(answer.body, answer_order)
        except Unreadable as fault:
            raise BadAnswer(reason="unreadable") from fault

    def _read_answer(self, body: bytes, order: tuple[str, ...]) -> dict[str, str]:
        content = read_object(body)
        fields = {name: text_of(content, name) for name in content if name.startswith("vnp_")}
        if fields.get("vnp_ResponseCode") in ("02", "03", "97"):
            # Refused before VNPay could know a key to sign with: believed only as far as that somebody must look.
            raise GatewayMisconfigured(gateway=self.name, response_code=fields["vnp_ResponseCode"])
        message = piped(order, fields).encode()
        said = fields.get("vnp_SecureHash", "").lower()
        if not any(same(said, hmac_hex("sha512", key, message)) for key in self._keys):
            raise Unreadable("signature")
        return fields

    def _answered(self, asked: Asked, fields: Mapping[str, str], *, now: datetime) -> Finding:
        code = fields.get("vnp_ResponseCode", "")
        if code == "91":
            return Finding(Outcome.PENDING, "not_found", asked.merchant_ref)
        if code == "94":
            return Finding(Outcome.UNKNOWN, "asked_too_soon", asked.merchant_ref)
        if code != "00":
            return Finding(Outcome.UNKNOWN, "other", asked.merchant_ref)
        if fields.get("vnp_TmnCode") != self._tmn_code or fields.get("vnp_TxnRef") != asked.merchant_ref:
            raise Unreadable("another order")
        if fields.get("vnp_TransactionType", "") not in ("", _PAYMENT):
            # A refund's sum and number are no payment's.
            return Finding(Outcome.UNKNOWN, "given_back", asked.merchant_ref)
        return _finding(fields, now=now)


def _finding(fields: Mapping[str, str], *, now: datetime) -> Finding:
    """Turn the fields that IPN and query share into our words; raises Unreadable."""
    content: dict[str, Any] = dict(fields)
    hundredths = whole_of(content, "vnp_Amount")
    amount = Money(hundredths // _FACTOR) if hundredths % _FACTOR == 0 else None
    outcome, reason = outcome_of(fields.get("vnp_ResponseCode", ""), fields.get("vnp_TransactionStatus", ""))
    number = fields.get("vnp_TransactionNo", "")
    if outcome is Outcome.PAID and not _is_transaction_no(number):
        # Paid, and yet no transaction to book it under: to be asked, not to be guessed.
        outcome, reason = Outcome.HINT, "no_transaction_no"
    try:
        paid_at = from_local(fields["vnp_PayDate"], COMPACT) if fields.get("vnp_PayDate") else now
    except ValueError as fault:
        raise Unreadable("vnp_PayDate") from fault
    return Finding(
        outcome=outcome,
        reason=reason,
        merchant_ref=fields.get("vnp_TxnRef"),
        provider_txn_id=number if outcome is Outcome.PAID else None,
        amount=amount,
        paid_at=paid_at,
    )
