"""VNPT Pay, **simulated**: the wire format `sim-vnpt-pay-1` is ours (payment-protocols.md section L).

On purpose of another make than PayGov's: forms, one secure_code over values, answers signed too, refunds at once.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any, Final

from payments.errors import BadAnswer, GatewayMisconfigured, NoAnswer, ProviderRefused
from payments.gateways.asking import ask_form, compact, page_of
from payments.gateways.form import read_form
from payments.gateways.http import Transport
from payments.gateways.protocol import (
    MISCONFIGURED,
    WEB_SECONDS,
    WORKER_SECONDS,
    Asked,
    Authenticity,
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
from payments.gateways.simulated import CURRENCY, found, simulated_capabilities
from payments.gateways.wire import Unreadable, hmac_hex, same, signed_text, text_of

_VERSION: Final = "sim-1"
_SIGNATURE: Final = "secure_code"
_GOOD, _NOT_FOUND, _DUPLICATE, _TOO_MUCH, _UNSIGNED, _UNREADABLE = "00", "01", "94", "95", "97", "96"

_STATUS: Final = {
    "paid": (Outcome.PAID, ""),
    "failed": (Outcome.FAILED, "other"),
    "expired": (Outcome.EXPIRED, "too_late"),
    "waiting": (Outcome.PENDING, "waiting"),
}
_REFUND_STATUS: Final = {
    "done": RefundOutcome.DONE,
    "going": RefundOutcome.PENDING,
    "refused": RefundOutcome.FAILED,
}

_CODES: Final = {
    Verdict.NOT_AUTHENTIC: "97",
    Verdict.UNREADABLE: "96",
    Verdict.ORDER_UNKNOWN: "01",
    Verdict.AMOUNT_DIFFERS: "04",
    Verdict.SEEN: "02",
    Verdict.RECORDED: "00",
    Verdict.OUR_FAULT: "99",
}


class VnptPay:
    """One simulated shop; of several secrets the first signs and all verify."""

    name: Final = "vnpt_pay"
    provider: Final = "vnpt_pay"
    kept_headers: Final = frozenset[str]()
    capabilities: Final = simulated_capabilities(RefundWay.PARTIAL)

    def __init__(self, *, secret_keys: tuple[str, ...], base_url: str, notify_url: str, transport: Transport) -> None:
        """Take the shop's secrets, the simulation's address, and ours for notices."""
        self._keys = secret_keys
        self._api = base_url.rstrip("/") + "/sim/vnptpay/"
        self._notify_url = notify_url
        self._transport = transport

    def __repr__(self) -> str:
        """Show no secret."""
        return "VnptPay()"

    def create(self, order: Order, *, now: datetime) -> Started:  # noqa: ARG002 - others send the time
        """Have an order made."""
        fields = self._ask(
            "init",
            {
                "amount": str(order.amount.amount_minor),
                "currency": CURRENCY,
                "description": f"Thanh toan {order.code}",
                "expires_at": order.expires_at.isoformat(),
                "merchant_ref": order.merchant_ref,
                "notify_url": self._notify_url,
                "return_url": order.return_url,
            },
            seconds=WEB_SECONDS,
        )
        code = fields.get("code")
        if code in (_UNSIGNED, _UNREADABLE):
            raise ProviderRefused(gateway=self.name, reason=MISCONFIGURED)
        if code != _GOOD:
            raise NoAnswer(reason="duplicate" if code == _DUPLICATE else "unclear")
        try:
            ref = text_of(fields, "provider_ref", most=100)
            return Started(page_of(fields, "pay_url"), None, ref, order.expires_at)
        except Unreadable as fault:
            raise BadAnswer(reason="unreadable") from fault

    def parse_notice(self, raw: Raw, *, now: datetime) -> Notice:  # noqa: ARG002 - others look at their time
        """Check the code over all values of the form, then read."""
        fields = read_form(raw.body)
        if fields is None:
            return Notice(Authenticity.UNREADABLE)
        try:
            if not self._is_signed(fields):
                return Notice(Authenticity.NOT_AUTHENTIC)
            return Notice(Authenticity.AUTHENTIC, finding=found(fields, _STATUS))
        except Unreadable:
            return Notice(Authenticity.UNREADABLE)

    def reply(self, verdict: Verdict) -> Reply:
        """Answer 200 with the code."""
        return Reply(200, "application/json", compact({"code": _CODES[verdict]}))

    def query(self, asked: Asked, *, now: datetime, seconds: float = WORKER_SECONDS) -> Finding:
        """Ask by our reference; raises NoAnswer, BadAnswer, or GatewayMisconfigured when our secret is refused."""
        del now
        fields = self._ask("query", {"merchant_ref": asked.merchant_ref}, seconds=seconds)
        if fields.get("code") == _NOT_FOUND:
            return Finding(Outcome.PENDING, "not_found", asked.merchant_ref)
        self._require_good(fields)
        try:
            return found({**fields, "merchant_ref": asked.merchant_ref}, _STATUS)
        except Unreadable as fault:
            raise BadAnswer(reason="unreadable") from fault

    def refund(self, order: RefundOrder, *, now: datetime, seconds: float = WORKER_SECONDS) -> RefundFinding:
        """Have a sum given back at once; raises as `query`."""
        del now
        amount = str(order.amount.amount_minor)
        return self._about_refund("refund", order, {"amount": amount}, seconds=seconds)

    def query_refund(self, order: RefundOrder, *, now: datetime, seconds: float = WORKER_SECONDS) -> RefundFinding:
        """Ask about the order with the refund's reference beside it; raises as `query`."""
        del now
        return self._about_refund("query", order, {}, seconds=seconds)

    def _about_refund(self, act: str, order: RefundOrder, more: Mapping[str, str], *, seconds: float) -> RefundFinding:
        asked = {**more, "merchant_ref": order.merchant_ref, "refund_ref": order.refund_ref}
        fields = self._ask(act, asked, seconds=seconds)
        match fields.get("code"):
            case "01":
                return RefundFinding(RefundOutcome.NOT_FOUND, "not_found")
            case "94":
                return RefundFinding(RefundOutcome.PENDING, "duplicate")
            case "95":
                return RefundFinding(RefundOutcome.FAILED, "too_much")
        self._require_good(fields)
        outcome = _REFUND_STATUS.get(str(fields.get("status")))
        if outcome is None:
            raise BadAnswer(reason="unreadable")
        return RefundFinding(outcome, "", order.refund_ref if outcome is not RefundOutcome.FAILED else None)

    def _ask(self, act: str, fields: Mapping[str, str], *, seconds: float) -> dict[str, Any]:
        """Send a signed form and return the answer, which must be signed too."""
        asked = {**fields, "version": _VERSION}
        asked[_SIGNATURE] = secure_code(self._keys[0], asked)
        answer = ask_form(self._transport, self._api + act, asked, seconds=seconds)
        if answer.get("code") in (_UNSIGNED, _UNREADABLE) and _SIGNATURE not in answer:
            return {"code": answer["code"]}
        try:
            if not self._is_signed(answer):
                raise Unreadable("signature")
        except Unreadable as fault:
            raise BadAnswer(reason="unreadable") from fault
        return answer

    def _require_good(self, fields: Mapping[str, Any]) -> None:
        if fields.get("code") in (_UNSIGNED, _UNREADABLE):
            raise GatewayMisconfigured(gateway=self.name, response_code=str(fields["code"]))
        if fields.get("code") != _GOOD:
            raise NoAnswer(reason=f"code_{fields.get('code')}"[:20])

    def _is_signed(self, fields: Mapping[str, Any]) -> bool:
        said = fields.get(_SIGNATURE)
        return isinstance(said, str) and any(same(said, secure_code(key, fields)) for key in self._keys)


def secure_code(secret: str, fields: Mapping[str, Any]) -> str:
    """Return what signs a message: the other values in the order of their names, empty ones too; raises Unreadable."""
    values = [signed_text(fields, name) for name in sorted(fields) if name != _SIGNATURE]
    return hmac_hex("sha256", secret, "|".join(values).encode())
