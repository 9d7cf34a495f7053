"""Casso watching the simulated bank's accounts: signed notices and a list of transactions. Its own signing."""

from __future__ import annotations

import hashlib
import hmac
import json
from collections.abc import Callable, Mapping
from datetime import datetime
from typing import Any, Final

from werkzeug.wrappers import Request, Response

from payments.gateways.sandbox.orders import hampered, json_of
from payments.gateways.sandbox.sending import Wire
from payments.gateways.sandbox.state import State

NAME: Final = "casso"
# How often Casso repeats is not published; this is short enough to be seen.
RETRY_SECONDS: Final = (1.0, 5.0, 15.0)


class CassoSandbox:
    """One simulated Casso account."""

    def __init__(
        self,
        state: State,
        *,
        portal_url: str,
        keys: Mapping[str, str],
        now: Callable[[], datetime],
        retry_seconds: tuple[float, ...] | None = None,
    ) -> None:
        self._state = state
        self._hook = portal_url.rstrip("/") + "/hooks/casso"
        self._keys = keys
        self._now = now
        self.retry_seconds = RETRY_SECONDS if retry_seconds is None else retry_seconds

    def wire(self, message: dict[str, Any]) -> Wire:
        """Write a notice, stamped and signed at the moment of sending: over the body with its keys sorted."""
        content = message["fields"]
        stamp = int(self._now().timestamp() * 1000)
        signed = f"{stamp}." + json.dumps(content, sort_keys=True, separators=(",", ":"), ensure_ascii=False)
        key = "not-the-key" if message.get("forge") == "key" else self._keys["secret"]
        v1 = hmac.new(key.encode(), signed.encode(), hashlib.sha512).hexdigest()
        if message.get("forge") == "field":
            content = {**content, "data": {**content["data"], "amount": content["data"]["amount"] + 1}}
        # Sent with blanks and in another order than it was signed.
        body = json.dumps(content, ensure_ascii=False).encode()
        headers = {"Content-Type": "application/json", "X-Casso-Signature": f"t={stamp},v1={v1}"}
        return Wire("POST", self._hook, headers, body, signed)

    def is_taken(self, status: int, body: bytes) -> bool:
        """Stop on 200 with success 1."""
        try:
            answer = json.loads(body)
        except ValueError:
            return False
        return status == 200 and isinstance(answer, dict) and answer.get("success") == 1

    def statement(self, request: Request) -> Response:
        """List transactions of all accounts that Casso watches, page by page."""
        return hampered(self._state, NAME, request, lambda: self._page(request))

    def _page(self, request: Request) -> Response:
        said = request.headers.get("Authorization", "")
        if not hmac.compare_digest(said.encode(), f"Apikey {self._keys['api_key']}".encode()):
            return json_of({"error": 401, "message": "Unauthorized"}, status=401)
        page, size = request.args.get("page", 1, int), request.args.get("pageSize", 10, int)
        since, until = request.args.get("fromDate", ""), request.args.get("toDate", "9999")
        with self._state.write() as rows:
            found = rows.execute(
                "SELECT l.* FROM bank_lines l JOIN bank_watched w ON w.account = l.account AND w.feed = 'casso' "
                "WHERE substr(l.at, 1, 10) BETWEEN ? AND ? ORDER BY l.id",
                (since, until),
            ).fetchall()
        pages = max(1, -(-len(found) // size))
        listed = [_listed(dict(row)) for row in found[(page - 1) * size : page * size]]
        data = {
            "page": page,
            "pageSize": size,
            "nextPage": page + 1 if page < pages else None,
            "prevPage": page - 1 if page > 1 else None,
            "totalPages": pages,
            "totalRecords": len(found),
            "records": listed,
        }
        return json_of({"error": 0, "message": "success", "data": data})


def notified(line: dict[str, Any]) -> dict[str, Any]:
    """Return the body of a notice about a line."""
    return {
        "error": 0,
        "data": {
            "id": line["id"],
            "reference": line["reference"],
            "description": line["memo"],
            "amount": line["amount_in"] or -line["amount_out"],
            "runningBalance": line["accumulated"],
            "transactionDateTime": line["at"],
            "accountNumber": line["account"],
            "bankName": "Ngân hàng mô phỏng",
            "bankAbbreviation": "MP",
            "virtualAccountNumber": "",
            "virtualAccountName": "",
            "counterAccountName": "",
            "counterAccountNumber": "",
            "counterAccountBankId": "",
            "counterAccountBankName": "",
        },
    }


def _listed(line: dict[str, Any]) -> dict[str, Any]:
    return {
        "id": line["id"],
        "tid": line["reference"],
        "description": line["memo"],
        "amount": line["amount_in"] or -line["amount_out"],
        "cusum_balance": line["accumulated"],
        "when": line["at"],
        "bankSubAccId": line["account"],
        "bankCodeName": "MP",
    }
