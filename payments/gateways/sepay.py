"""SePay, a feed of a bank account: signed notices, and a list to pull (payment-protocols.md section G)."""

from __future__ import annotations

import re
from datetime import datetime
from typing import Any, Final
from urllib.parse import urlencode

from payments.days import SPACED, from_local
from payments.errors import BadAnswer
from payments.gateways.http import Transport
from payments.gateways.protocol import (
    MOST_REFERENCE,
    WORKER_SECONDS,
    Authenticity,
    BankLine,
    Notice,
    Raw,
    Reply,
    Verdict,
)
from payments.gateways.wire import Unreadable, cut_text, hmac_hex, read_object, same, text_of, whole_of
from payments.money import Money

_DRIFT_SECONDS: Final = 300
_MOST_LINES: Final = 500
_DECIMAL = re.compile(r"([0-9]{1,15})(?:\.0{1,4})?")
_TIMESTAMP = re.compile(r"[0-9]{1,12}")

_REPLIES: Final = {
    Verdict.NOT_AUTHENTIC: (401, b'{"success":false}'),
    Verdict.UNREADABLE: (400, b'{"success":false}'),
    Verdict.ORDER_UNKNOWN: (200, b'{"success":true}'),
    Verdict.AMOUNT_DIFFERS: (200, b'{"success":true}'),
    Verdict.SEEN: (200, b'{"success":true}'),
    Verdict.RECORDED: (200, b'{"success":true}'),
    Verdict.OUR_FAULT: (500, b'{"success":false}'),
}


class SePay:
    """One SePay account; any of the secrets verifies a notice, the token lists the lines."""

    provider: Final = "sepay"
    kept_headers: Final = frozenset({"x-sepay-timestamp", "x-sepay-signature"})

    def __init__(self, *, secret_keys: tuple[str, ...], token: str, base_url: str, transport: Transport) -> None:
        """Take the notice's keys, and the address and token of its interface."""
        self._keys = secret_keys
        self._token = token
        self._list_url = base_url.rstrip("/") + "/transactions/list"
        self._transport = transport

    def __repr__(self) -> str:
        """Show no key."""
        return "SePay()"

    def parse_notice(self, raw: Raw, *, now: datetime) -> Notice:
        """Check signature and time over the raw body, then read the line."""
        if not self._is_authentic(raw, now=now):
            return Notice(Authenticity.NOT_AUTHENTIC)
        try:
            return Notice(Authenticity.AUTHENTIC, line=_notified_line(read_object(raw.body)))
        except Unreadable:
            return Notice(Authenticity.UNREADABLE)

    def reply(self, verdict: Verdict) -> Reply:
        """Answer as SePay wants it: a status, and success as JSON."""
        status, body = _REPLIES[verdict]
        return Reply(status, "application/json", body)

    def lines(
        self,
        account: str,
        *,
        after: int | None,
        since: datetime | None = None,  # noqa: ARG002  the number alone says what is new here
        seconds: float = WORKER_SECONDS,
    ) -> tuple[BankLine, ...]:
        """Pull the account's lines after a number, oldest first; raises NoAnswer or BadAnswer."""
        asked = {"account_number": account, "limit": str(_MOST_LINES)}
        if after is not None:
            asked["since_id"] = str(after)
        answer = self._transport.send(
            "GET",
            f"{self._list_url}?{urlencode(asked)}",
            headers={"Authorization": f"Bearer {self._token}"},
            body=b"",
            seconds=seconds,
        )
        if answer.status != 200:
            raise BadAnswer(reason=f"http_{answer.status}")
        try:
            listed = read_object(answer.body).get("transactions")
            if not isinstance(listed, list):
                raise Unreadable("transactions")
            found = [_listed_line(row) for row in listed]
        except Unreadable as fault:
            raise BadAnswer(reason="unreadable") from fault
        # Whatever the list's own bounds mean, only lines of this account after the asked one are taken, in order.
        mine = {line.number: line for line in found if line.account == account and line.number > (after or 0)}
        return tuple(mine[number] for number in sorted(mine))

    def _is_authentic(self, raw: Raw, *, now: datetime) -> bool:
        stamp = raw.headers.get("x-sepay-timestamp", "")
        said = raw.headers.get("x-sepay-signature", "")
        if not _TIMESTAMP.fullmatch(stamp) or abs(int(now.timestamp()) - int(stamp)) > _DRIFT_SECONDS:
            return False
        message = stamp.encode() + b"." + raw.body
        return any(same(said, "sha256=" + hmac_hex("sha256", key, message)) for key in self._keys)


def _notified_line(fields: dict[str, Any]) -> BankLine:
    way = text_of(fields, "transferType")
    if way not in ("in", "out"):
        raise Unreadable("transferType")
    return BankLine(
        number=_number(fields, "id"),
        account=text_of(fields, "accountNumber", most=30),
        incoming=way == "in",
        amount=_sum(whole_of(fields, "transferAmount")),
        paid_at=_local(text_of(fields, "transactionDate")),
        memo=cut_text(fields, "content"),
        code_hint=cut_text(fields, "code", most=40) or None,
        balance_after_minor=None if fields.get("accumulated") is None else _decimal(fields, "accumulated"),
        reference=cut_text(fields, "referenceCode", most=MOST_REFERENCE),
    )


def _listed_line(row: Any) -> BankLine:
    if not isinstance(row, dict):
        raise Unreadable("a line")
    came, went = _decimal(row, "amount_in"), _decimal(row, "amount_out")
    if (came > 0) == (went > 0):
        raise Unreadable("amount_in, amount_out")
    return BankLine(
        number=_number(row, "id"),
        account=text_of(row, "account_number", most=30),
        incoming=came > 0,
        amount=_sum(came or went),
        paid_at=_local(text_of(row, "transaction_date")),
        memo=cut_text(row, "transaction_content"),
        code_hint=cut_text(row, "code", most=40) or None,
        balance_after_minor=None if row.get("accumulated") is None else _decimal(row, "accumulated"),
        reference=cut_text(row, "reference_number", most=MOST_REFERENCE),
    )


def _number(fields: dict[str, Any], name: str) -> int:
    number = whole_of(fields, name)
    if number == 0:
        # Test calls of feeds come with id 0; under it nothing may ever be booked.
        raise Unreadable(name)
    return number


def _sum(amount_minor: int) -> Money:
    if amount_minor == 0:
        raise Unreadable("amount")
    return Money(amount_minor)


def _decimal(fields: dict[str, Any], name: str) -> int:
    """Return whole đồng from "18067000.00" or 18067000; any other fraction is refused."""
    found = _DECIMAL.fullmatch(text_of(fields, name))
    if found is None:
        raise Unreadable(name)
    return int(found[1])


def _local(text: str) -> datetime:
    try:
        return from_local(text, SPACED)
    except ValueError as fault:
        raise Unreadable("transaction time") from fault
