"""Casso, a feed of a bank account: signed notices, and a list to pull (payment-protocols.md section H).

A notice is signed over its body written again with sorted keys, so it is read with every number as the text it was.
"""

from __future__ import annotations

import json
import re
import time
from collections.abc import Callable, Mapping
from datetime import UTC, datetime, timedelta
from typing import Any, Final
from urllib.parse import urlencode

from payments.days import SPACED, from_local, to_local
from payments.errors import BadAnswer
from payments.gateways.asking import ask_json
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

_DAY: Final = "%Y-%m-%d"
_DRIFT: Final = timedelta(minutes=5)
# Longer than any outage that nobody notices; what is older is in the books or a person's case.
_LOOKS_BACK: Final = timedelta(days=30)
# A line may be listed later than it came, and have no time of day.
_OVERLAP: Final = timedelta(days=2)
# A list is of all accounts that one key watches.
_PAGE, _MOST_PAGES = 100, 200
_SIGNATURE = re.compile(r"t=([0-9]{1,15}),v1=([0-9a-f]{128})")
_WHOLE = re.compile(r"-?[0-9]{1,15}")

_REPLIES: Final = {
    Verdict.NOT_AUTHENTIC: (401, b'{"success":0}'),
    Verdict.UNREADABLE: (400, b'{"success":0}'),
    Verdict.ORDER_UNKNOWN: (200, b'{"success":1}'),
    Verdict.AMOUNT_DIFFERS: (200, b'{"success":1}'),
    Verdict.SEEN: (200, b'{"success":1}'),
    Verdict.RECORDED: (200, b'{"success":1}'),
    Verdict.OUR_FAULT: (500, b'{"success":0}'),
}


class Casso:
    """One Casso account; any of the secrets verifies a notice, the API key lists the lines."""

    name: Final = "casso"
    provider: Final = "casso"
    kept_headers: Final = frozenset({"x-casso-signature"})

    def __init__(
        self,
        *,
        secret_keys: tuple[str, ...],
        api_key: str,
        base_url: str,
        transport: Transport,
        now: Callable[[], datetime] = lambda: datetime.now(UTC),
    ) -> None:
        """Take the notice's keys, the address and key of its interface, and a clock for the days to list."""
        self._keys = secret_keys
        self._api_key = api_key
        self._list_url = base_url.rstrip("/") + "/transactions"
        self._transport = transport
        self._now = now

    def __repr__(self) -> str:
        """Show no key."""
        return "Casso()"

    def parse_notice(self, raw: Raw, *, now: datetime) -> Notice:
        """Check signature and time over the body written again, then read the line; Casso's test call has id 0."""
        try:
            fields = read_object(raw.body)
            if not self._is_authentic(raw, now=now):
                return Notice(Authenticity.NOT_AUTHENTIC)
            data = fields.get("data")
            if not isinstance(data, dict):
                raise Unreadable("data")
            if data.get("id") == 0:
                return Notice(Authenticity.AUTHENTIC, moneyless=True)
            return Notice(Authenticity.AUTHENTIC, line=_notified_line(data))
        except Unreadable:
            return Notice(Authenticity.UNREADABLE)

    def reply(self, verdict: Verdict) -> Reply:
        """Answer as Casso wants it: a status, and success as a number."""
        status, body = _REPLIES[verdict]
        return Reply(status, "application/json", body)

    def lines(
        self, account: str, *, after: int | None, since: datetime | None = None, seconds: float = WORKER_SECONDS
    ) -> tuple[BankLine, ...]:
        """Pull the account's lines after a number, oldest first; raises NoAnswer or BadAnswer.

        All pages share one call's time: whoever pulls holds the feed no longer than that.
        """
        now, ends_at = self._now(), time.monotonic() + seconds
        first = now - _LOOKS_BACK if since is None else max(since - _OVERLAP, now - _LOOKS_BACK)
        asked = {"fromDate": to_local(first, _DAY), "toDate": to_local(now, _DAY)}
        found: dict[int, BankLine] = {}
        for page in range(1, _MOST_PAGES + 1):
            query = urlencode({**asked, "page": page, "pageSize": _PAGE, "sort": "ASC"})
            left = max(0.0, ends_at - time.monotonic())
            rows, next_page = self._page(f"{self._list_url}?{query}", now=now, seconds=left)
            found |= {line.number: line for line in rows if line.account == account and line.number > (after or 0)}
            if not rows or next_page <= page:  # also where the last page leads to itself
                return tuple(found[number] for number in sorted(found))
        raise BadAnswer(reason="too_many_pages")

    def _page(self, url: str, *, now: datetime, seconds: float) -> tuple[list[BankLine], int]:
        """Return a page's lines, and the number of the page that follows, or 0."""
        headers = {"Authorization": f"Apikey {self._api_key}"}
        fields = ask_json(self._transport, url, {}, seconds=seconds, headers=headers, method="GET")
        data = fields.get("data")
        try:
            if fields.get("error") != 0 or not isinstance(data, dict) or not isinstance(data.get("records"), list):
                raise Unreadable("data")
            next_page = whole_of(data, "nextPage") if data.get("nextPage") else 0
            return [_listed_line(row, now=now) for row in data["records"]], next_page
        except Unreadable as fault:
            raise BadAnswer(reason="unreadable") from fault

    def _is_authentic(self, raw: Raw, *, now: datetime) -> bool:
        found = _SIGNATURE.fullmatch(raw.headers.get("x-casso-signature", ""))
        if found is None:
            return False
        stamp, said = found[1], found[2]
        if abs(int(now.timestamp() * 1000) - int(stamp)) > _DRIFT.total_seconds() * 1000:
            return False
        message = f"{stamp}.{written_again(raw.body)}".encode()
        return any(same(said, hmac_hex("sha512", key, message)) for key in self._keys)


class _Number(str):
    """A number as the text that it was."""

    __slots__ = ()


def written_again(body: bytes) -> str:
    """Return a JSON body as compact JSON with its keys sorted at every depth and its numbers untouched."""
    return _text(json.loads(body, parse_int=_Number, parse_float=_Number))


def _text(value: Any) -> str:
    if isinstance(value, _Number):
        return str(value)
    if isinstance(value, dict):
        return "{" + ",".join([f"{_text(key)}:{_text(value[key])}" for key in sorted(value)]) + "}"
    if isinstance(value, list):
        return "[" + ",".join([_text(one) for one in value]) + "]"
    return json.dumps(value, ensure_ascii=False)


def _notified_line(data: Mapping[str, Any]) -> BankLine:
    return _line(
        data, account="accountNumber", balance="runningBalance", reference="reference",
        at=_local(text_of(data, "transactionDateTime")),
    )  # fmt: skip


def _listed_line(row: Any, *, now: datetime) -> BankLine:
    if not isinstance(row, dict):
        raise Unreadable("a line")
    at = _day_or_time(text_of(row, "when"), now=now)
    return _line(row, account="bankSubAccId", balance="cusum_balance", reference="tid", at=at)


def _line(fields: Mapping[str, Any], *, account: str, balance: str, reference: str, at: datetime) -> BankLine:
    amount_minor, number = _signed(fields, "amount"), whole_of(fields, "id")
    if amount_minor == 0 or number == 0:
        raise Unreadable("amount, id")
    return BankLine(
        number=number,
        account=text_of(fields, account, most=30),
        incoming=amount_minor > 0,
        amount=Money(abs(amount_minor)),
        paid_at=at,
        memo=cut_text(fields, "description"),
        code_hint=None,
        balance_after_minor=None if fields.get(balance) is None else _signed(fields, balance),
        reference=cut_text(fields, reference, most=MOST_REFERENCE),
    )


def _signed(fields: Mapping[str, Any], name: str) -> int:
    text = text_of(fields, name)
    if not _WHOLE.fullmatch(text):
        raise Unreadable(name)
    return int(text)


def _day_or_time(text: str, *, now: datetime) -> datetime:
    """Read a local time; of a bare day the end, as far as it has passed: the day is what the books need."""
    if len(text) == len("2026-03-22"):
        return min(_local(f"{text} 23:59:59"), now)
    return _local(text)


def _local(text: str) -> datetime:
    try:
        return from_local(text, SPACED)
    except ValueError as fault:
        raise Unreadable("transaction time") from fault
