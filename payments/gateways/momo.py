"""MoMo v2: pay page by a call, notice, query, refund (payment-protocols.md section E).

Every signature is over `key=value` joined with `&`, keys alphabetical, the access key among them; a query's answer
carries none and is believed because of TLS.
"""

from __future__ import annotations

import secrets
from collections.abc import Callable, Mapping
from datetime import datetime, timedelta
from typing import Any, Final

from payments.errors import BadAnswer, GatewayMisconfigured, NoAnswer, ProviderRefused
from payments.gateways.asking import ask_json, page_of
from payments.gateways.http import Transport
from payments.gateways.momo_codes import outcome_of, refund_of
from payments.gateways.protocol import (
    MISCONFIGURED,
    WEB_SECONDS,
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
    RefundOutcome,
    RefundWay,
    Reply,
    Started,
    Verdict,
)
from payments.gateways.wire import Unreadable, hmac_hex, read_object, same, signed_text, text_of, time_of, whole_of
from payments.money import Money

_CREATE_KEYS: Final = (
    "accessKey", "amount", "extraData", "ipnUrl", "orderId", "orderInfo", "partnerCode", "redirectUrl", "requestId",
    "requestType",
)  # fmt: skip
_NOTICE_KEYS: Final = (
    "accessKey", "amount", "extraData", "message", "orderId", "orderInfo", "orderType", "partnerCode", "payType",
    "requestId", "responseTime", "resultCode", "transId",
)  # fmt: skip
_QUERY_KEYS: Final = ("accessKey", "orderId", "partnerCode", "requestId")
_REFUND_KEYS: Final = ("accessKey", "amount", "description", "orderId", "partnerCode", "requestId", "transId")

_STATUS: Final = {
    Verdict.NOT_AUTHENTIC: 400,
    Verdict.UNREADABLE: 400,
    Verdict.ORDER_UNKNOWN: 204,
    Verdict.AMOUNT_DIFFERS: 400,
    Verdict.SEEN: 204,
    Verdict.RECORDED: 204,
    Verdict.OUR_FAULT: 500,
}

_CAPABILITIES: Final = Capabilities(
    redirect=True,
    qr=False,
    notice=True,
    query=True,
    refund=RefundWay.PARTIAL,
    cancel=False,
    any_amount=False,
    least=Money(1_000),
    most=Money(50_000_000),
)


class Momo:
    """One partner at MoMo; of several secrets the first signs and all verify, so that a change loses no notice."""

    name: Final = "momo"
    provider: Final = "momo"
    kept_headers: Final = frozenset[str]()
    capabilities: Final = _CAPABILITIES

    def __init__(
        self,
        *,
        partner_code: str,
        access_key: str,
        secret_keys: tuple[str, ...],
        base_url: str,
        notify_url: str,
        transport: Transport,
        request_id: Callable[[], str] = lambda: secrets.token_hex(16),
    ) -> None:
        """Take the partner's code and keys, MoMo's address, and ours for notices (a path without a query)."""
        self._partner_code = partner_code
        self._access_key = access_key
        self._keys = secret_keys
        self._api = base_url.rstrip("/") + "/v2/gateway/api/"
        self._notify_url = notify_url
        self._transport = transport
        self._request_id = request_id

    def __repr__(self) -> str:
        """Name the partner, never its keys."""
        return f"Momo({self._partner_code!r})"

    def create(self, order: Order, *, now: datetime) -> Started:
        """Have MoMo open its page; the request id is our reference too, so a repeat could never be a second order."""
        minutes = max(1, int((order.expires_at - now).total_seconds() // 60))
        content = {
            "partnerCode": self._partner_code,
            "requestId": order.merchant_ref,
            "amount": order.amount.amount_minor,
            "orderId": order.merchant_ref,
            "orderInfo": f"Thanh toan {order.code}",
            "redirectUrl": order.return_url,
            "ipnUrl": self._notify_url,
            "requestType": "captureWallet",
            "extraData": "",
            "lang": "en" if order.language == "en" else "vi",
            "orderExpireTime": minutes,
        }
        fields = self._ask("create", content, _CREATE_KEYS, seconds=WEB_SECONDS)
        try:
            self._require_created(fields, order)
            return Started(page_of(fields, "payUrl"), None, None, now + timedelta(minutes=minutes))
        except Unreadable as fault:
            raise BadAnswer(reason="unreadable") from fault

    def parse_notice(self, raw: Raw, *, now: datetime) -> Notice:  # noqa: ARG002 - others look at their time
        """Read an IPN: all thirteen keys signed, or it is not MoMo's."""
        try:
            fields = read_object(raw.body)
            message = self._signed(fields, _NOTICE_KEYS)
        except Unreadable:
            return Notice(Authenticity.UNREADABLE)
        said = fields.get("signature")
        is_signed = isinstance(said, str) and any(same(said, hmac_hex("sha256", key, message)) for key in self._keys)
        if not is_signed or fields.get("partnerCode") != self._partner_code:
            return Notice(Authenticity.NOT_AUTHENTIC)
        try:
            return Notice(Authenticity.AUTHENTIC, finding=_notified(fields))
        except Unreadable:
            return Notice(Authenticity.UNREADABLE)

    def reply(self, verdict: Verdict) -> Reply:
        """Answer with a status and nothing else: 204 ends MoMo's repeats."""
        return Reply(_STATUS[verdict], "application/json", b"")

    def query(self, asked: Asked, *, now: datetime, seconds: float = WORKER_SECONDS) -> Finding:
        """Ask by our reference; raises NoAnswer, BadAnswer, or GatewayMisconfigured when our keys are refused."""
        del now
        fields = self._ask_about(asked.merchant_ref, seconds=seconds)
        try:
            outcome, reason = outcome_of(whole_of(fields, "resultCode"))
            if reason == MISCONFIGURED:
                raise GatewayMisconfigured(gateway=self.name, response_code=str(fields["resultCode"]))
            if reason == "order_unknown":
                return Finding(Outcome.PENDING, "not_found", asked.merchant_ref)
            self._require_ours(fields, asked.merchant_ref)
            if outcome not in (Outcome.PAID, Outcome.HINT):
                return Finding(outcome, reason, asked.merchant_ref, amount=asked.amount)
            return _money_of(fields, outcome, reason)
        except Unreadable as fault:
            raise BadAnswer(reason="unreadable") from fault

    def refund(self, order: RefundOrder, *, now: datetime, seconds: float = WORKER_SECONDS) -> RefundFinding:
        """Have all or a part given back, under an order id of its own, so that it is taken once; raises as `query`."""
        del now
        content = {
            "partnerCode": self._partner_code,
            "orderId": order.refund_ref,
            "requestId": order.refund_ref,
            "amount": order.amount.amount_minor,
            "transId": int(order.provider_txn_id),
            "lang": "vi",
            "description": f"refund {order.merchant_ref}",
        }
        fields = self._ask("refund", content, _REFUND_KEYS, seconds=seconds)
        try:
            found = refund_of(fields)
            if found.outcome is RefundOutcome.DONE:
                self._require_ours(fields, order.refund_ref)
                if whole_of(fields, "amount") != order.amount.amount_minor:
                    raise Unreadable("amount")
        except Unreadable as fault:
            raise BadAnswer(reason="unreadable") from fault
        if found.reason == MISCONFIGURED:
            raise GatewayMisconfigured(gateway=self.name, response_code=str(fields.get("resultCode")))
        return found

    def query_refund(self, order: RefundOrder, *, now: datetime, seconds: float = WORKER_SECONDS) -> RefundFinding:
        """Ask about the payment, whose answer lists its refunds; raises as `query`."""
        del now
        fields = self._ask_about(order.merchant_ref, seconds=seconds)
        try:
            outcome, reason = outcome_of(whole_of(fields, "resultCode"))
            if reason == MISCONFIGURED:
                raise GatewayMisconfigured(gateway=self.name, response_code=str(fields["resultCode"]))
            self._require_ours(fields, order.merchant_ref)
            listed = fields.get("refundTrans") or []
            if not isinstance(listed, list) or not all(isinstance(one, dict) for one in listed):
                raise Unreadable("refundTrans")
            for one in listed:
                if one.get("orderId") == order.refund_ref:
                    if whole_of(one, "amount") != order.amount.amount_minor:
                        return RefundFinding(RefundOutcome.UNKNOWN, "amount_differs")
                    return refund_of(one)
        except Unreadable as fault:
            raise BadAnswer(reason="unreadable") from fault
        if outcome is not Outcome.PAID:
            # Only an answer that knows the payment can say that it lists all of its refunds.
            return RefundFinding(RefundOutcome.UNKNOWN, reason)
        return RefundFinding(RefundOutcome.NOT_FOUND, "not_found")

    def _ask_about(self, merchant_ref: str, *, seconds: float) -> dict[str, Any]:
        content = {
            "partnerCode": self._partner_code,
            "requestId": self._request_id(),
            "orderId": merchant_ref,
            "lang": "vi",
        }
        return self._ask("query", content, _QUERY_KEYS, seconds=seconds)

    def _ask(self, act: str, content: Mapping[str, Any], keys: tuple[str, ...], *, seconds: float) -> dict[str, Any]:
        signature = hmac_hex("sha256", self._keys[0], self._signed(content, keys))
        return ask_json(self._transport, self._api + act, {**content, "signature": signature}, seconds=seconds)

    def _signed(self, fields: Mapping[str, Any], keys: tuple[str, ...]) -> bytes:
        own = {**fields, "accessKey": self._access_key}
        return "&".join([f"{key}={signed_text(own, key)}" for key in keys]).encode()

    def _require_created(self, fields: Mapping[str, Any], order: Order) -> None:
        outcome, reason = outcome_of(whole_of(fields, "resultCode"))
        if outcome in (Outcome.FAILED, Outcome.CANCELED, Outcome.EXPIRED):
            raise ProviderRefused(gateway=self.name, reason=reason)
        if outcome is not Outcome.PAID:
            # Also a duplicate: the order may stand since a call whose answer was lost, so it is asked about.
            raise NoAnswer(reason=reason or "unclear")
        self._require_ours(fields, order.merchant_ref)
        if whole_of(fields, "amount") != order.amount.amount_minor:
            raise Unreadable("amount")

    def _require_ours(self, fields: Mapping[str, Any], merchant_ref: str) -> None:
        if fields.get("partnerCode") != self._partner_code or fields.get("orderId") != merchant_ref:
            raise Unreadable("another order")


def _notified(fields: dict[str, Any]) -> Finding:
    outcome, reason = outcome_of(whole_of(fields, "resultCode"))
    return _money_of(fields, outcome, reason)


def _money_of(fields: dict[str, Any], outcome: Outcome, reason: str) -> Finding:
    """Turn the fields that notice and query share into our words; raises Unreadable."""
    number = whole_of(fields, "transId") if fields.get("transId") is not None else 0
    if outcome is Outcome.PAID and number == 0:
        # Paid, and yet no transaction to book it under: to be asked, not to be guessed.
        outcome, reason = Outcome.HINT, "no_transaction"
    return Finding(
        outcome=outcome,
        reason=reason,
        merchant_ref=text_of(fields, "orderId", most=50),
        provider_txn_id=str(number) if outcome is Outcome.PAID else None,
        amount=Money(whole_of(fields, "amount")),
        paid_at=time_of(fields, "responseTime"),
    )
