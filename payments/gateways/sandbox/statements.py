"""The statement that the simulated bank gives an account's owner for a day, true or spoiled as asked."""

from __future__ import annotations

import csv
import io
from datetime import date
from typing import Any, Final

from werkzeug.wrappers import Request, Response

from payments.gateways.sandbox.state import State

SPOILS: Final = ("", "missing", "extra", "amount", "truncated")
_NAMES: Final = ("date", "reference", "description", "debit", "credit", "balance")
_EXTRA: Final = 70_000
_OPENING: Final = 10_000_000


class StatementSandbox:
    """Answers GET /_settlement/bank?account=…&date=2026-11-22; spoil=extra adds a credit that no feed tells."""

    def __init__(self, state: State) -> None:
        self._state = state

    def day_file(self, request: Request) -> Response:
        """Return the statement of a day as a file to keep."""
        account, spoil = request.args.get("account", ""), request.args.get("spoil", "")
        try:
            day = date.fromisoformat(request.args.get("date", ""))
        except ValueError:
            return Response("account=…&date=YYYY-MM-DD\n", status=400)
        if not account.isalnum() or spoil not in SPOILS:
            return Response("account=…&date=YYYY-MM-DD, spoil=missing|extra|amount|truncated\n", status=400)
        text = io.StringIO()
        csv.writer(text, lineterminator="\n").writerows(_lines(account, day, self._lines_on(account, day), spoil))
        body = text.getvalue().encode()
        if spoil == "truncated":
            body = body[: len(body) * 2 // 3]
        answer = Response(body, content_type="text/csv; charset=utf-8")
        answer.headers["Content-Disposition"] = f'attachment; filename="sao-ke-{account[-4:]}-{day}.csv"'
        return answer

    def _lines_on(self, account: str, day: date) -> list[dict[str, Any]]:
        with self._state.write() as rows:
            found = rows.execute(
                "SELECT * FROM bank_lines WHERE account = ? AND at LIKE ? ORDER BY id", (account, f"{day}%")
            ).fetchall()
        return [dict(one) for one in found]


def _lines(account: str, day: date, found: list[dict[str, Any]], spoil: str) -> list[list[Any]]:
    rows = [
        [one["at"], one["reference"], one["memo"], one["amount_out"] or "", one["amount_in"] or "", one["accumulated"]]
        for one in found
    ]
    first = found[0] if found else {"accumulated": _OPENING, "amount_in": 0, "amount_out": 0}
    opening = first["accumulated"] - first["amount_in"] + first["amount_out"]
    closing = found[-1]["accumulated"] if found else opening
    if spoil == "extra":
        closing += _EXTRA
        at = found[-1]["at"] if found else f"{day} 00:00:01"
        rows.append([at, f"FT{day:%y%m%d}EXTRA", "nop tien khong ghi ma", "", _EXTRA, closing])
    if spoil == "amount" and rows:
        rows[0][4] = (rows[0][4] or 0) + 1_000
    if spoil == "missing":
        rows = rows[1:]
    head = ["#portal-statement", 1, "", account, day, day, len(rows), opening, closing]
    return [head, list(_NAMES), *rows, ["#end", len(rows)]]
