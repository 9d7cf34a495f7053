"""KeyPay for the national public service portal (payment-protocols.md section J; known from one code base of 2020).

Its notice's check_sum leaves the result out: whoever sees a refused one could turn it into a paid one. So a notice is
a hint, whatever it says, and the detail is asked for before anything is booked.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any, Final

from payments.errors import BadAnswer, NoAnswer, ProviderRefused
from payments.gateways.asking import ask_json, compact, page_of
from payments.gateways.by_hand import NoRefunds
from payments.gateways.http import Transport
from payments.gateways.keypay_bill import bill_info
from payments.gateways.protocol import (
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
from payments.gateways.wire import Unreadable, hmac_hex, read_object, same, signed_text, text_of, whole_of
from payments.money import LEAST_MINOR, MOST_MINOR, Money

_COMMAND, _VERSION, _NO_FEE, _WEB = "PAY", "3.0", "0", "1"
_SIGNED: Final = ("addition_fee", "client_id", "command", "trans_amount", "transaction_id", "version")
_DETAIL_SIGNED: Final = ("client_id", "command", "transaction_id")
# Only 0 is known; the others are our stand-in's.
_STATUS: Final = {
    "0": (Outcome.PAID, ""),
    "1": (Outcome.PENDING, "waiting"),
    "2": (Outcome.FAILED, "other"),
}
_NOT_FOUND: Final = "1"
_DUE, _NOTHING_DUE, _NO_BILL = 1, 0, -1

_REPLIES: Final = {
    Verdict.NOT_AUTHENTIC: (-1, "check_sum invalid"),
    Verdict.UNREADABLE: (-1, "not readable"),
    Verdict.ORDER_UNKNOWN: (-1, "unknown transaction"),
    Verdict.AMOUNT_DIFFERS: (-1, "trans_amount differs"),
    Verdict.SEEN: (0, "success"),
    Verdict.RECORDED: (0, "success"),
    Verdict.OUR_FAULT: (-1, "our fault"),
}

_CAPABILITIES: Final = Capabilities(
    redirect=True,
    qr=False,
    notice=True,
    query=True,
    refund=RefundWay.NONE,
    cancel=False,
    any_amount=False,
    least=Money(LEAST_MINOR),
    most=Money(MOST_MINOR),
)


class KeyPay(NoRefunds):
    """One client at KeyPay; of several second keys all verify, so that a change loses no notice."""

    name: Final = "keypay"
    provider: Final = "keypay"
    kept_headers: Final = frozenset[str]()
    capabilities: Final = _CAPABILITIES

    def __init__(
        self,
        *,
        client_id: str,
        key1: str,
        keys2: tuple[str, ...],
        create_url: str,
        detail_url: str,
        transport: Transport,
    ) -> None:
        """Take the client's name and keys, and KeyPay's two addresses."""
        self._client_id = client_id
        self._key1 = key1
        self._keys2 = keys2
        self._create_url = create_url
        self._detail_url = detail_url
        self._transport = transport

    def __repr__(self) -> str:
        """Name the client, never its keys."""
        return f"KeyPay({self._client_id!r})"

    def create(self, order: Order, *, now: datetime) -> Started:  # noqa: ARG002 - others send the time
        """Have KeyPay open its page."""
        content: dict[str, Any] = {
            "client_id": self._client_id,
            "transaction_id": order.merchant_ref,
            "trans_amount": str(order.amount.amount_minor),
            "command": _COMMAND,
            "version": _VERSION,
            "description": f"Thanh toan {order.code}",
            "locale": "en" if order.language == "en" else "vi",
            "country_code": "vn",
            "currency_code": "VND",
            "environment": _WEB,
            "addition_fee": _NO_FEE,
            "return_url": order.return_url,
            "bill_info": bill_info(order),
        }
        content["check_sum"] = check_sum(self._key1, content, _SIGNED)
        fields = ask_json(self._transport, self._create_url, content, seconds=WEB_SECONDS)
        try:
            error = text_of(fields, "error", most=20)
            if error == "":
                raise Unreadable("error")
            if error != "0":
                raise ProviderRefused(gateway=self.name, reason=f"error_{error}")
            return Started(page_of(fields, "payment_url"), None, None, order.expires_at)
        except Unreadable as fault:
            raise BadAnswer(reason="unreadable") from fault

    def parse_notice(self, raw: Raw, *, now: datetime) -> Notice:  # noqa: ARG002 - others look at their time
        """Read a notice: right or wrong, its result is never more than a reason to ask."""
        try:
            fields = read_object(raw.body)
            said = fields.get("check_sum")
            known = isinstance(said, str) and any(same(said, check_sum(key, fields, _SIGNED)) for key in self._keys2)
            if not known or fields.get("client_id") != self._client_id:
                return Notice(Authenticity.NOT_AUTHENTIC)
            finding = Finding(
                Outcome.HINT,
                "told",
                text_of(fields, "transaction_id", most=20),
                amount=Money(whole_of(fields, "trans_amount")),
            )
            return Notice(Authenticity.AUTHENTIC, finding=finding)
        except Unreadable:
            return Notice(Authenticity.UNREADABLE)

    def asked_code(self, raw: Raw) -> str | None:
        """Return the code of the bill that the national portal looks up, or None where it asks in no known way."""
        try:
            return text_of(read_object(raw.body), "MaHoSo", most=64).strip().upper() or None
        except Unreadable:
            return None

    def bill(self, order: Order | None, *, known: bool) -> Reply:
        """Answer a look-up: what is due, that nothing is, or that there is no such bill."""
        if order is None:
            content: dict[str, Any] = {"error_code": _NOTHING_DUE if known else _NO_BILL, "message": []}
        else:
            named = {"client_id": self._client_id, "transaction_id": order.merchant_ref, "MaTraCuuTT": order.code}
            content = {"error_code": _DUE, "message": named | bill_info(order)}
        return Reply(200, "application/json", compact(content))

    def reply(self, verdict: Verdict) -> Reply:
        """Answer 200 with KeyPay's return_code."""
        code, message = _REPLIES[verdict]
        return Reply(200, "application/json", compact({"return_code": code, "return_msg": message}))

    def query(self, asked: Asked, *, now: datetime, seconds: float = WORKER_SECONDS) -> Finding:
        """Ask for the detail of a transaction; raises NoAnswer or BadAnswer."""
        content = {"client_id": self._client_id, "transaction_id": asked.merchant_ref, "command": _COMMAND}
        content["check_sum"] = check_sum(self._key1, content, _DETAIL_SIGNED)
        fields = ask_json(self._transport, self._detail_url, content, seconds=seconds)
        try:
            error = text_of(fields, "error", most=20)
            if error == _NOT_FOUND:
                return Finding(Outcome.PENDING, "not_found", asked.merchant_ref)
            if error != "0":
                raise NoAnswer(reason=f"error_{error}")
            if fields.get("transaction_id") != asked.merchant_ref:
                raise Unreadable("another order")
            return _detailed(fields, asked, now=now)
        except Unreadable as fault:
            raise BadAnswer(reason="unreadable") from fault


def check_sum(key: str, fields: Mapping[str, Any], names: tuple[str, ...]) -> str:
    """Return KeyPay's signature over some fields' values, joined with bars; raises Unreadable."""
    return hmac_hex("sha256", key, "|".join([signed_text(fields, name) for name in names]).encode())


def _detailed(fields: Mapping[str, Any], asked: Asked, *, now: datetime) -> Finding:
    outcome, reason = _STATUS.get(text_of(fields, "status", most=20), (Outcome.UNKNOWN, "status_unknown"))
    if outcome is not Outcome.PAID:
        return Finding(outcome, reason, asked.merchant_ref, amount=asked.amount)
    number = text_of(fields, "transaction_code", most=64)
    if not number:
        raise Unreadable("transaction_code")
    # When it was paid stands in no known field.
    return Finding(outcome, "", asked.merchant_ref, number, Money(whole_of(fields, "trans_amount")), now)
