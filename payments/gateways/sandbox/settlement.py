"""The file in which a simulated provider says what it settles for a day, true or spoiled as asked."""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Final

from werkzeug.wrappers import Request, Response

from payments.gateways.sandbox.state import State

_NAMES: Final = (
    "provider", "business_date", "provider_txn_id", "merchant_ref", "original_ref", "type", "amount", "fee", "net",
    "currency", "txn_time", "settle_time", "batch_id", "status", "channel", "store", "terminal",
)  # fmt: skip
_OWN: Final = (
    "TransactionNo", "TxnRef", "TransactionType", "Amount", "Fee", "NetAmount", "PayDate", "SettleDate", "BatchNo",
    "TransactionStatus", "CardType", "TmnCode",
)  # fmt: skip
SPOILS: Final = ("", "missing", "extra", "amount", "truncated")
# One per cent and 1,100 đồng: made up, as the contracts are not public.
_FEE_PER_CENT, _FEE_EACH = 1, 1_100
_EXTRA_NO: Final = "99999999"


@dataclass(frozen=True, slots=True)
class _Paid:
    """One order that was paid on the day; time as VNPay writes it."""

    number: str
    txn_ref: str
    amount: int
    at: str
    terminal: str

    @property
    def fee(self) -> int:
        """Return what the provider keeps."""
        return min(self.amount, self.amount * _FEE_PER_CENT // 100 + _FEE_EACH)


class SettlementSandbox:
    """Answers GET /_settlement/vnpay?date=2026-11-22, canonical or with form=own, spoiled with spoil=…"""

    def __init__(self, state: State) -> None:
        self._state = state

    def day_file(self, request: Request, provider: str) -> Response:
        """Return the file of a day."""
        spoil = request.args.get("spoil", "")
        try:
            day = date.fromisoformat(request.args.get("date", ""))
        except ValueError:
            return Response("date=YYYY-MM-DD\n", status=400)
        if provider != "vnpay" or spoil not in SPOILS:
            return Response("vnpay, spoil=missing|extra|amount|truncated\n", status=404)
        paid = _spoiled(self._paid_on(day), spoil, day)
        lines = _own(paid, day) if request.args.get("form") == "own" else _canonical(paid, day)
        text = io.StringIO()
        csv.writer(text, lineterminator="\n").writerows(lines)
        body = text.getvalue().encode()
        if spoil == "truncated":
            body = body[: len(body) * 2 // 3]
        return Response(body, content_type="text/csv; charset=utf-8")

    def _paid_on(self, day: date) -> list[_Paid]:
        with self._state.write() as rows:
            found = rows.execute(
                "SELECT * FROM orders WHERE response_code = '00' AND status_code = '00' AND pay_date LIKE ? "
                "ORDER BY CAST(transaction_no AS INTEGER)",
                (f"{day:%Y%m%d}%",),
            ).fetchall()
        paid = []
        for row in found:
            asked = json.loads(row["fields"])
            amount = int(row["paid_hundredths"]) // 100
            paid.append(_Paid(row["transaction_no"], row["txn_ref"], amount, row["pay_date"], asked["vnp_TmnCode"]))
        return paid


def _spoiled(paid: list[_Paid], spoil: str, day: date) -> list[_Paid]:
    if spoil == "missing":
        return paid[1:]
    if spoil == "extra":
        return [*paid, _Paid(_EXTRA_NO, "", 50_000, f"{day:%Y%m%d}120000", "")]
    if spoil == "amount" and paid:
        first = paid[0]
        return [_Paid(first.number, first.txn_ref, first.amount + 1_000, first.at, first.terminal), *paid[1:]]
    return paid


def _canonical(paid: Sequence[_Paid], day: date) -> list[list[object]]:
    rows = [
        [
            "vnpay", day, one.number, one.txn_ref, "", "payment", one.amount, one.fee, one.amount - one.fee, "VND",
            _spaced(one.at), f"{day + timedelta(days=1)} 00:00:00", _batch(day), "ok", "ATM", "", one.terminal,
        ]
        for one in paid
    ]  # fmt: skip
    amount, fee = sum(one.amount for one in paid), sum(one.fee for one in paid)
    first = ["#portal-settlement", 1, "vnpay", day, len(rows), amount, fee, amount - fee]
    return [first, list(_NAMES), *rows, ["#end", len(rows)]]


def _own(paid: Sequence[_Paid], day: date) -> list[list[object]]:
    rows = [
        [
            one.number, one.txn_ref, "01", one.amount * 100, one.fee * 100, (one.amount - one.fee) * 100, one.at,
            f"{day + timedelta(days=1):%Y%m%d}000000", _batch(day), "00", "ATM", one.terminal,
        ]
        for one in paid
    ]  # fmt: skip
    net = sum(one.amount - one.fee for one in paid)
    return [list(_OWN), *rows, ["TOTAL", len(rows), net * 100]]


def _batch(day: date) -> str:
    return f"VNP{day:%Y%m%d}"


def _spaced(at: str) -> str:
    return f"{at[:4]}-{at[4:6]}-{at[6:8]} {at[8:10]}:{at[10:12]}:{at[12:14]}"
