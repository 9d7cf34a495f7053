"""ZaloPay v2: pay page by a call, callback on success only, query, refund (payment-protocols.md section F).

A callback's mac is over its data string as it came: read and written again it is another text. Calls are signed with
the first key, callbacks with the second.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any, Final

from payments.days import to_local
from payments.errors import BadAnswer, GatewayMisconfigured, NoAnswer, ProviderRefused
from payments.gateways.asking import ask_json, compact, page_of
from payments.gateways.http import Transport
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
from payments.gateways.wire import Unreadable, hmac_hex, read_object, same, text_of, time_of, whole_of
from payments.money import LEAST_MINOR, MOST_MINOR, Money

_DAY: Final = "%y%m%d"
_LEAST_SECONDS, _MOST_SECONDS = 300, 2_592_000
_AGREEMENT: Final = 2
_CONFIGURATION: Final = (-401, -402)
_ASK_LATER: Final = {-68: "duplicate", -429: "too_many", -500: "system", -999: "maintenance"}
_NOT_FOUND, _TOO_LATE, _DUPLICATE = -101, -54, -68

_REPLIES: Final = {
    Verdict.NOT_AUTHENTIC: (-1, "mac not equal"),
    Verdict.UNREADABLE: (-1, "data not readable"),
    Verdict.ORDER_UNKNOWN: (1, "success"),
    Verdict.AMOUNT_DIFFERS: (-1, "amount differs"),
    Verdict.SEEN: (1, "success"),
    Verdict.RECORDED: (1, "success"),
    Verdict.OUR_FAULT: (0, "please call again"),
}

_CAPABILITIES: Final = Capabilities(
    redirect=True,
    qr=False,
    notice=True,
    query=True,
    refund=RefundWay.ASYNCHRONOUS,
    cancel=False,
    any_amount=False,
    least=Money(LEAST_MINOR),
    most=Money(MOST_MINOR),
)


class ZaloPay:
    """One app at ZaloPay; of several second keys all verify, so that a change loses no callback."""

    name: Final = "zalopay"
    provider: Final = "zalopay"
    kept_headers: Final = frozenset[str]()
    capabilities: Final = _CAPABILITIES

    def __init__(
        self,
        *,
        app_id: int,
        key1: str,
        keys2: tuple[str, ...],
        base_url: str,
        notify_url: str,
        transport: Transport,
    ) -> None:
        """Take the app's number and keys, ZaloPay's address, and ours for callbacks."""
        self._app_id = app_id
        self._key1 = key1
        self._keys2 = keys2
        self._api = base_url.rstrip("/") + "/v2/"
        self._notify_url = notify_url
        self._transport = transport

    def __repr__(self) -> str:
        """Name the app, never its keys."""
        return f"ZaloPay({self._app_id})"

    def create(self, order: Order, *, now: datetime) -> Started:
        """Have ZaloPay open its page; its id for the order begins with the day of the attempt."""
        left_seconds = int((order.expires_at - now).total_seconds())
        lasts_seconds = min(max(left_seconds, _LEAST_SECONDS), _MOST_SECONDS)
        content: dict[str, Any] = {
            "app_id": self._app_id,
            "app_trans_id": _trans_id(order.merchant_ref, order.created_at),
            "app_user": "payer",
            "amount": order.amount.amount_minor,
            "app_time": int(now.timestamp() * 1000),
            "embed_data": compact({"redirecturl": order.return_url}).decode(),
            "item": "[]",
        }
        content |= {
            "mac": self._mac(*content.values()),
            "description": f"Thanh toan {order.code}",
            "bank_code": "",
            "callback_url": self._notify_url,
            "expire_duration_seconds": lasts_seconds,
        }
        fields = ask_json(self._transport, self._api + "create", content, seconds=WEB_SECONDS)
        try:
            self._require_created(fields)
            return Started(page_of(fields, "order_url"), None, None, now + timedelta(seconds=lasts_seconds))
        except Unreadable as fault:
            raise BadAnswer(reason="unreadable") from fault

    def parse_notice(self, raw: Raw, *, now: datetime) -> Notice:  # noqa: ARG002 - others look at their time
        """Read a callback: its data is a text that is signed as it stands."""
        try:
            fields = read_object(raw.body)
        except Unreadable:
            return Notice(Authenticity.UNREADABLE)
        data, said = fields.get("data"), fields.get("mac")
        if not isinstance(data, str) or not isinstance(said, str):
            return Notice(Authenticity.NOT_AUTHENTIC)
        message = data.encode("utf-8", "replace")
        if not any(same(said, hmac_hex("sha256", key, message)) for key in self._keys2):
            return Notice(Authenticity.NOT_AUTHENTIC)
        if fields.get("type") == _AGREEMENT:
            return Notice(Authenticity.AUTHENTIC, moneyless=True)
        try:
            told = read_object(message)
            if whole_of(told, "app_id") != self._app_id:
                return Notice(Authenticity.NOT_AUTHENTIC)
            return Notice(Authenticity.AUTHENTIC, finding=_called_back(told))
        except Unreadable:
            return Notice(Authenticity.UNREADABLE)

    def reply(self, verdict: Verdict) -> Reply:
        """Answer 200 with ZaloPay's return_code: 1 ends its repeats, 0 asks for one."""
        code, message = _REPLIES[verdict]
        return Reply(200, "application/json", compact({"return_code": code, "return_message": message}))

    def query(self, asked: Asked, *, now: datetime, seconds: float = WORKER_SECONDS) -> Finding:
        """Ask by our reference; raises NoAnswer, BadAnswer, or GatewayMisconfigured when our key is refused."""
        del now
        trans_id = _trans_id(asked.merchant_ref, asked.created_at)
        content = {
            "app_id": self._app_id,
            "app_trans_id": trans_id,
            "mac": self._mac(self._app_id, trans_id, self._key1),
        }
        fields = ask_json(self._transport, self._api + "query", content, seconds=seconds)
        try:
            return self._answered(asked, fields)
        except Unreadable as fault:
            raise BadAnswer(reason="unreadable") from fault

    def refund(self, order: RefundOrder, *, now: datetime, seconds: float = WORKER_SECONDS) -> RefundFinding:
        """Have a sum given back; ZaloPay does it later and tells only who asks. Raises as `query`."""
        stamp = int(now.timestamp() * 1000)
        amount, description = order.amount.amount_minor, f"refund {order.merchant_ref}"
        content = {
            "app_id": self._app_id,
            "m_refund_id": self._refund_id(order),
            "zp_trans_id": order.provider_txn_id,
            "amount": amount,
            "timestamp": stamp,
            "description": description,
            "mac": self._mac(self._app_id, order.provider_txn_id, amount, description, stamp),
        }
        fields = ask_json(self._transport, self._api + "refund", content, seconds=seconds)
        return self._refund_found(fields)

    def query_refund(self, order: RefundOrder, *, now: datetime, seconds: float = WORKER_SECONDS) -> RefundFinding:
        """Ask how a refund stands; raises as `query`."""
        stamp, refund_id = int(now.timestamp() * 1000), self._refund_id(order)
        mac = self._mac(self._app_id, refund_id, stamp)
        content = {"app_id": self._app_id, "m_refund_id": refund_id, "timestamp": stamp, "mac": mac}
        return self._refund_found(
            ask_json(self._transport, self._api + "query_refund", content, seconds=seconds), asked_again=True
        )

    def _refund_id(self, order: RefundOrder) -> str:
        return f"{to_local(order.sent_at, _DAY)}_{self._app_id}_{order.refund_ref}"

    def _refund_found(self, fields: Mapping[str, Any], *, asked_again: bool = False) -> RefundFinding:
        sub_code = _sub_code(fields)
        if sub_code in _CONFIGURATION:
            raise GatewayMisconfigured(gateway=self.name, response_code=str(sub_code))
        if sub_code in _ASK_LATER and sub_code != _DUPLICATE:
            raise NoAnswer(reason=_ASK_LATER[sub_code])
        number = text_of(fields, "refund_id", most=40) or None
        match fields.get("return_code"):
            case 1:
                return RefundFinding(RefundOutcome.DONE, "", number)
            case 2 if sub_code == _DUPLICATE:
                return RefundFinding(RefundOutcome.PENDING, "duplicate")
            case 2 if sub_code == _NOT_FOUND and asked_again:
                return RefundFinding(RefundOutcome.NOT_FOUND, "not_found")
            case 2:
                return RefundFinding(RefundOutcome.FAILED, "refused")
            case 3:
                return RefundFinding(RefundOutcome.PENDING, "in_progress", number)
        raise BadAnswer(reason="unreadable")

    def _mac(self, *values: object) -> str:
        return hmac_hex("sha256", self._key1, "|".join(map(str, values)).encode())

    def _require_created(self, fields: Mapping[str, Any]) -> None:
        if fields.get("return_code") == 1:
            return
        sub_code = _sub_code(fields)
        if sub_code in _CONFIGURATION:
            raise ProviderRefused(gateway=self.name, reason=MISCONFIGURED)
        if fields.get("return_code") != 2 or sub_code in _ASK_LATER:
            # Also a duplicate: the order may stand since a call whose answer was lost, so it is asked about.
            raise NoAnswer(reason=_ASK_LATER.get(sub_code, "unclear"))
        raise ProviderRefused(gateway=self.name, reason="other")

    def _answered(self, asked: Asked, fields: Mapping[str, Any]) -> Finding:
        sub_code = _sub_code(fields)
        if sub_code in _CONFIGURATION:
            raise GatewayMisconfigured(gateway=self.name, response_code=str(sub_code))
        if sub_code in _ASK_LATER:
            raise NoAnswer(reason=_ASK_LATER[sub_code])
        ref, amount = asked.merchant_ref, asked.amount
        match fields.get("return_code"):
            case 1:
                number = _number(fields)
                paid = Outcome.PAID if number else Outcome.HINT
                return Finding(paid, "", ref, number, Money(whole_of(fields, "amount")), None)
            case 2 if sub_code == _NOT_FOUND:
                return Finding(Outcome.PENDING, "not_found", ref, amount=amount)
            case 2 if sub_code == _TOO_LATE:
                return Finding(Outcome.EXPIRED, "too_late", ref, amount=amount)
            case 2 if fields.get("is_processing") is not True:
                return Finding(Outcome.FAILED, "other", ref, amount=amount)
            case 2 | 3:
                return Finding(Outcome.PENDING, "waiting", ref, amount=amount)
        raise Unreadable("return_code")


def _trans_id(merchant_ref: str, created_at: datetime) -> str:
    return f"{to_local(created_at, _DAY)}_{merchant_ref}"


def _called_back(told: Mapping[str, Any]) -> Finding:
    _, separator, merchant_ref = text_of(told, "app_trans_id", most=40).partition("_")
    if not separator:
        raise Unreadable("app_trans_id")
    number = _number(told)
    return Finding(
        outcome=Outcome.PAID if number else Outcome.HINT,
        merchant_ref=merchant_ref,
        provider_txn_id=number,
        amount=Money(whole_of(told, "amount")),
        paid_at=time_of(told, "server_time"),
    )


def _number(fields: Mapping[str, Any]) -> str | None:
    """Return ZaloPay's number of the payment; without one it is to be asked about, not guessed."""
    number = whole_of(fields, "zp_trans_id") if fields.get("zp_trans_id") not in (None, "") else 0
    return str(number) if number else None


def _sub_code(fields: Mapping[str, Any]) -> int:
    code = fields.get("sub_return_code", 0)
    return code if type(code) is int else 0
