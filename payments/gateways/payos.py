"""payOS: a page and a VietQR by a call, notices of each transfer, query (payment-protocols.md section C).

One link may be paid by several transfers, each with a reference of its own; what payOS says of the whole is not signed
in its notices and decides nothing.
"""

from __future__ import annotations

import json
import time
from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from typing import Any, Final

from payments.days import SPACED, from_local
from payments.errors import BadAnswer, GatewayMisconfigured, NoAnswer, ProviderRefused, VietQrRefused
from payments.gateways.asking import ask_json, page_of
from payments.gateways.by_hand import NoRefunds
from payments.gateways.http import Transport
from payments.gateways.protocol import (
    MISCONFIGURED,
    MOST_REFERENCE,
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
    RefundWay,
    Reply,
    Started,
    Verdict,
)
from payments.gateways.retrying import Retrying
from payments.gateways.vietqr_text import read_vietqr
from payments.gateways.wire import Unreadable, hmac_hex, read_object, same, text_of, whole_of
from payments.money import LEAST_MINOR, MOST_MINOR, Money

_CREATE_KEYS: Final = ("amount", "cancelUrl", "description", "orderCode", "returnUrl")
# payOS calls a new address once with this, its published sample, to see that it answers.
_SAMPLE_LINK: Final = "124c33293c43417ab7879e14c8d9eb18"
_PAID_CODE: Final = "00"
_CONFIGURATION: Final = ("20", "201", "401", "403")
_DUPLICATE, _NOT_FOUND = "231", "101"
_MOST_TRANSFERS: Final = 100

_ENDS: Final = {
    "PENDING": (Outcome.PENDING, "waiting"),
    "PROCESSING": (Outcome.PENDING, "processing"),
    "PAID": (Outcome.UNKNOWN, "no_transactions"),
    "UNDERPAID": (Outcome.UNKNOWN, "no_transactions"),
    "CANCELLED": (Outcome.CANCELED, "cancelled"),
    "EXPIRED": (Outcome.EXPIRED, "too_late"),
    "FAILED": (Outcome.FAILED, "other"),
}

_REPLIES: Final = {
    Verdict.NOT_AUTHENTIC: (401, b'{"success":false}'),
    Verdict.UNREADABLE: (400, b'{"success":false}'),
    Verdict.ORDER_UNKNOWN: (200, b'{"success":true}'),
    Verdict.AMOUNT_DIFFERS: (200, b'{"success":true}'),
    Verdict.SEEN: (200, b'{"success":true}'),
    Verdict.RECORDED: (200, b'{"success":true}'),
    Verdict.OUR_FAULT: (500, b'{"success":false}'),
}

_CAPABILITIES: Final = Capabilities(
    redirect=True,
    qr=True,
    notice=True,
    query=True,
    refund=RefundWay.BY_HAND,
    cancel=True,
    any_amount=True,
    least=Money(LEAST_MINOR),
    most=Money(MOST_MINOR),
    numeric_ref=True,
)


class PayOs(NoRefunds):
    """One payment channel at payOS; of several checksum keys the first signs and all verify."""

    name: Final = "payos"
    provider: Final = "payos"
    kept_headers: Final = frozenset[str]()
    capabilities: Final = _CAPABILITIES

    def __init__(
        self,
        *,
        client_id: str,
        api_key: str,
        checksum_keys: tuple[str, ...],
        base_url: str,
        transport: Transport,
        sleep: Callable[[float], None] = time.sleep,
    ) -> None:
        """Take the channel's names and keys, and payOS's address; `sleep` waits before a call is tried again."""
        self._headers = {"x-client-id": client_id, "x-api-key": api_key}
        self._keys = checksum_keys
        self._url = base_url.rstrip("/") + "/v2/payment-requests"
        self._once = transport
        self._again = Retrying(transport, sleep=sleep)

    def __repr__(self) -> str:
        """Show no key."""
        return "PayOs()"

    def create(self, order: Order, *, now: datetime) -> Started:  # noqa: ARG002 - others send the time
        """Have payOS make a link; its QR is shown only if it leads to the account and sum that the answer names."""
        content: dict[str, Any] = {
            "orderCode": int(order.merchant_ref),
            "amount": order.amount.amount_minor,
            "description": order.code,
            "cancelUrl": order.return_url,
            "returnUrl": order.return_url,
            "expiredAt": int(order.expires_at.timestamp()),
        }
        message = "&".join([f"{key}={content[key]}" for key in _CREATE_KEYS])
        content["signature"] = hmac_hex("sha256", self._keys[0], message.encode())
        try:
            code, data = self._ask(self._once, "POST", self._url, content, seconds=WEB_SECONDS)
            if code == _DUPLICATE:
                raise NoAnswer(reason="duplicate")
            if code in _CONFIGURATION:
                raise ProviderRefused(gateway=self.name, reason=MISCONFIGURED)
            if data is None:
                raise NoAnswer(reason=f"code_{code[:8]}")
            if whole_of(data, "orderCode") != int(order.merchant_ref):
                raise Unreadable("another order")
            if whole_of(data, "amount") != order.amount.amount_minor:
                raise Unreadable("amount")
            link_id = text_of(data, "paymentLinkId", most=100)
            return Started(page_of(data, "checkoutUrl"), _sound_qr(data), link_id, order.expires_at)
        except Unreadable as fault:
            raise BadAnswer(reason="unreadable") from fault

    def parse_notice(self, raw: Raw, *, now: datetime) -> Notice:  # noqa: ARG002 - others look at their time
        """Read a notice of a transfer: signed over whatever fields its data has."""
        try:
            fields = read_object(raw.body)
            data = _data_of(fields)
        except Unreadable:
            return Notice(Authenticity.UNREADABLE)
        if not self._is_signed(data, fields.get("signature")):
            return Notice(Authenticity.NOT_AUTHENTIC)
        try:
            link_id = text_of(data, "paymentLinkId")
            if link_id == _SAMPLE_LINK:
                return Notice(Authenticity.AUTHENTIC, moneyless=True)
            ref = str(whole_of(data, "orderCode"))
            if text_of(data, "code") != _PAID_CODE:
                return Notice(Authenticity.AUTHENTIC, finding=Finding(Outcome.UNKNOWN, "other", ref))
            return Notice(Authenticity.AUTHENTIC, finding=_transfer(data, ref=ref, link_id=link_id))
        except Unreadable:
            return Notice(Authenticity.UNREADABLE)

    def reply(self, verdict: Verdict) -> Reply:
        """Answer with a status, and success as JSON."""
        status, body = _REPLIES[verdict]
        return Reply(status, "application/json", body)

    def query(self, asked: Asked, *, now: datetime, seconds: float = WORKER_SECONDS) -> Finding:
        """Ask by our number; each transfer is a payment. Raises NoAnswer, BadAnswer, GatewayMisconfigured."""
        del now
        return self._found(asked.merchant_ref, *self._asked("GET", f"{self._url}/{asked.merchant_ref}", {}, seconds))

    def cancel(self, asked: Asked, *, now: datetime, seconds: float = WORKER_SECONDS) -> Finding:
        """Have payOS close the link, and say where it stands then; a link that is not open any more is asked about."""
        ref, ends_at = asked.merchant_ref, time.monotonic() + seconds
        code, data = self._asked("POST", f"{self._url}/{ref}/cancel", {"cancellationReason": "canceled"}, seconds)
        if data is not None:
            return self._found(ref, code, data)
        return self.query(asked, now=now, seconds=max(0.0, ends_at - time.monotonic()))

    def _asked(
        self, method: str, url: str, content: Mapping[str, Any], seconds: float
    ) -> tuple[str, dict[str, Any] | None]:
        try:
            return self._ask(self._again, method, url, content, seconds=seconds)
        except Unreadable as fault:
            raise BadAnswer(reason="unreadable") from fault

    def _found(self, ref: str, code: str, data: dict[str, Any] | None) -> Finding:
        if code == _NOT_FOUND:
            return Finding(Outcome.PENDING, "not_found", ref)
        if code in _CONFIGURATION:
            raise GatewayMisconfigured(gateway=self.name, response_code=code)
        if data is None:
            raise NoAnswer(reason=f"code_{code[:8]}")
        try:
            if str(whole_of(data, "orderCode")) != ref:
                raise Unreadable("another order")
            return _asked_for(data, ref=ref)
        except Unreadable as fault:
            raise BadAnswer(reason="unreadable") from fault

    def _ask(
        self, transport: Transport, method: str, url: str, content: Mapping[str, Any], *, seconds: float
    ) -> tuple[str, dict[str, Any] | None]:
        """Return the answer's code, and its data if the code is good; data that is not signed is no answer."""
        fields = ask_json(transport, url, content, seconds=seconds, headers=self._headers, method=method)
        code = text_of(fields, "code", most=20)
        if code != _PAID_CODE:
            return code, None
        data = _data_of(fields)
        if not self._is_signed(data, fields.get("signature")):
            raise Unreadable("signature")
        return code, data

    def _is_signed(self, data: Mapping[str, Any], said: Any) -> bool:
        message = canonical(data).encode()
        return isinstance(said, str) and any(same(said, hmac_hex("sha256", key, message)) for key in self._keys)


def canonical(data: Mapping[str, Any]) -> str:
    """Return what payOS signs of an object: its keys sorted, values by their kind, nothing encoded."""
    return "&".join([f"{key}={_signed_value(data[key])}" for key in sorted(data)])


def _signed_value(value: Any) -> str:
    if value is None or value in ("null", "undefined"):
        return ""
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, list):
        ordered = [dict(sorted(one.items())) if isinstance(one, dict) else one for one in value]
        return json.dumps(ordered, separators=(",", ":"), ensure_ascii=False)
    return str(value)


def _data_of(fields: Mapping[str, Any]) -> dict[str, Any]:
    data = fields.get("data")
    if not isinstance(data, dict):
        raise Unreadable("data")
    return data


def _asked_for(data: Mapping[str, Any], *, ref: str) -> Finding:
    """Turn a link into what came by it, or into where it stands if nothing came."""
    listed = data.get("transactions") or []
    if (
        not isinstance(listed, list)
        or len(listed) > _MOST_TRANSFERS
        or not all(isinstance(one, dict) for one in listed)
    ):
        raise Unreadable("transactions")
    link_id = text_of(data, "id")
    found = [_transfer(one, ref=ref, link_id=link_id) for one in listed]
    if not found:
        outcome, reason = _ENDS.get(text_of(data, "status", most=20), (Outcome.UNKNOWN, "status_unknown"))
        return Finding(outcome, reason, ref)
    first = found[0]
    return Finding(
        first.outcome, first.reason, ref, first.provider_txn_id, first.amount, first.paid_at, more=tuple(found[1:])
    )


def _transfer(fields: Mapping[str, Any], *, ref: str, link_id: str) -> Finding:
    reference, amount_minor = text_of(fields, "reference"), whole_of(fields, "amount")
    provider_txn_id = f"{link_id}:{reference}"
    # payOS names no widths; both together are what our books know a payment by, and are never cut.
    if not reference or not link_id or len(provider_txn_id) > MOST_REFERENCE or amount_minor == 0:
        raise Unreadable("reference, paymentLinkId, amount")
    return Finding(
        Outcome.PAID,
        merchant_ref=ref,
        provider_txn_id=provider_txn_id,
        amount=Money(amount_minor),
        paid_at=_time(text_of(fields, "transactionDateTime", most=40)),
    )


def _time(text: str) -> datetime:
    """Read Vietnam's time without an offset, or any with one."""
    try:
        return from_local(text, SPACED)
    except ValueError:
        pass
    try:
        at = datetime.fromisoformat(text)
    except ValueError as fault:
        raise Unreadable("transactionDateTime") from fault
    if at.tzinfo is None:
        raise Unreadable("transactionDateTime")
    return at.astimezone(UTC)


def _sound_qr(data: Mapping[str, Any]) -> str | None:
    """Return the link's VietQR if it leads where the answer says, else None: then only the page is offered."""
    text = text_of(data, "qrCode")
    try:
        code = read_vietqr(text)
    except VietQrRefused:
        return None
    told = (text_of(data, "bin"), text_of(data, "accountNumber"), whole_of(data, "amount"))
    return text if (code.bin, code.account, code.amount_minor) == told else None
