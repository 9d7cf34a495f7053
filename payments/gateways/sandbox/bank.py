"""A bank with a page to transfer by VietQR, and SePay watching its accounts: signed notices and a statement list."""

from __future__ import annotations

import hashlib
import hmac
import json
import time
from collections.abc import Callable, Mapping
from datetime import datetime, timedelta, timezone
from typing import Any, Final

from werkzeug.wrappers import Request, Response

from payments.gateways.sandbox import casso, pages
from payments.gateways.sandbox.qr_reading import QrUnreadable, read_qr
from payments.gateways.sandbox.sending import Wire
from payments.gateways.sandbox.state import State

NAME: Final = "sepay"
_LOCAL: Final = timezone(timedelta(hours=7))
_OPENING_BALANCE: Final = 10_000_000
_NOTICE_FAULTS: Final = ("duplicate", "reorder", "delay", "forge", "time_out", "wrong_amount", "gap")
_CALL_FAULTS: Final = ("answer_500", "time_out_call", "hang_then_success")
_MOST_LISTED: Final = 5000
_MOST_HANG_SECONDS: Final = 60.0
_MOST_MEMO: Final = 200


class BankSandbox:
    """Accounts at one simulated bank, reported by a simulated SePay."""

    def __init__(
        self,
        state: State,
        *,
        portal_url: str,
        secret: str,
        token: str,
        now: Callable[[], datetime],
        retry_seconds: tuple[float, ...],
    ) -> None:
        self._state = state
        self._hook = portal_url.rstrip("/") + "/hooks/sepay"
        self._secret = secret
        self._token = token
        self._now = now
        self.retry_seconds = retry_seconds

    def home(self, request: Request) -> Response:
        """Ask for the text of a VietQR, as a camera would have read it; ?payload= fills it in."""
        given = request.args.get("payload", "")
        body = pages.message("Dán nội dung mã VietQR vào đây, như khi quét mã.") + pages.form(
            f"{request.script_root}/bank/read",
            pages.area("Nội dung mã VietQR", "payload", given)
            + pages.button("Đọc mã", name="do", value="read", main=True),
        )
        return _html("Ngân hàng: chuyển tiền bằng VietQR", body)

    def read(self, request: Request) -> Response:
        """Show where the money would go, amount and memo filled in and open to change."""
        try:
            code = read_qr(request.form.get("payload", "").strip())
        except QrUnreadable:
            return _html("Không đọc được mã", pages.message("Mã này không phải mã VietQR.", bad=True), status=400)
        body = pages.facts((("Ngân hàng (BIN)", code.bin), ("Số tài khoản", code.account))) + pages.form(
            f"{request.script_root}/bank/pay",
            pages.hidden("account", code.account)
            + pages.field("Số tiền (đồng)", "amount", str(code.amount or ""), numeric=True)
            + pages.field("Nội dung", "memo", code.memo)
            + pages.button("Chuyển tiền", value="transfer", main=True),
        )
        return _html("Kiểm tra rồi chuyển tiền", body)

    def pay(self, request: Request) -> Response:
        """Make the transfer that the page asked for."""
        amount = request.form.get("amount", "").replace(".", "").strip()
        account = request.form.get("account", "")
        if not (amount.isascii() and amount.isdecimal() and 0 < int(amount) < 10**13 and account.isalnum()):
            return _html("Số tiền sai", pages.message("Hãy nhập số tiền bằng chữ số.", bad=True), status=400)
        memo = request.form.get("memo", "")[:_MOST_MEMO]
        self._transfer(account=account, amount=int(amount), memo=memo, at=self._now(), incoming=True)
        body = pages.facts((("Số tài khoản", account), ("Nội dung", memo)), total=pages.dong(int(amount)))
        return _html("Đã chuyển tiền", body)

    def transfer(self, request: Request) -> Response:
        """Make a transfer for a script: {account, amount, memo, at, direction}."""
        try:
            asked = dict(json.loads(request.get_data()))
            at = datetime.fromisoformat(asked["at"]) if asked.get("at") else self._now()
            amount, account = asked["amount"], str(asked["account"])
            if type(amount) is not int or amount < 1 or at.tzinfo is None or not account.isalnum():
                raise ValueError
        except (ValueError, KeyError, TypeError):
            return _json({"error": "account, amount (whole), memo, at (with offset), direction in|out"}, status=400)
        memo = str(asked.get("memo", ""))[:_MOST_MEMO]
        incoming = asked.get("direction", "in") == "in"
        line = self._transfer(account=account, amount=amount, memo=memo, at=at, incoming=incoming)
        return _json({"id": line["id"], "accumulated": line["accumulated"]})

    def watch(self, request: Request) -> Response:
        """Have another feed than SePay report an account from now on: {account, feed}."""
        try:
            asked = dict(json.loads(request.get_data()))
            if asked["feed"] not in _WRITERS or not str(asked["account"]).isalnum():
                raise ValueError
        except (ValueError, KeyError, TypeError):
            return _json({"error": "account, feed", "feed": list(_WRITERS)}, status=400)
        with self._state.write() as rows:
            rows.execute(
                "INSERT INTO bank_watched VALUES (?, ?) ON CONFLICT (account) DO UPDATE SET feed = excluded.feed",
                (str(asked["account"]), asked["feed"]),
            )
        return _json({"ok": True})

    def statement(self, request: Request) -> Response:
        """List an account's lines as SePay does: ids and amounts are texts, the newest first."""
        self._state.note(NAME, "in", {"url": request.full_path}, at=time.time())
        fault = self._state.take_fault(NAME, _CALL_FAULTS)
        if fault is not None:
            act, options = fault
            if act == "answer_500":
                return Response("sandbox fault", status=500)
            time.sleep(min(float(options.get("seconds", 30)), _MOST_HANG_SECONDS))
            if act == "time_out_call":
                return Response("sandbox fault", status=504)
        said = request.headers.get("Authorization", "")
        if not hmac.compare_digest(said.encode(), f"Bearer {self._token}".encode()):
            return _json({"status": 401, "error": "Unauthorized", "messages": {"success": False}}, status=401)
        limit = min(request.args.get("limit", 100, int), _MOST_LISTED)
        with self._state.write() as rows:
            found = rows.execute(
                "SELECT * FROM bank_lines WHERE account = ? AND id > ? ORDER BY id DESC LIMIT ?",
                (request.args.get("account_number", ""), request.args.get("since_id", 0, int), limit),
            ).fetchall()
        listed = [_listed(dict(row)) for row in found]
        return _json({"status": 200, "error": None, "messages": {"success": True}, "transactions": listed})

    def wire(self, message: dict[str, Any]) -> Wire:
        """Write a notice, stamped and signed at the moment of sending."""
        body = json.dumps(message["fields"], ensure_ascii=False, separators=(",", ":")).encode()
        stamp = str(int(self._now().timestamp()))
        forged = message.get("forge")
        signed = f"{stamp}.".encode() + body
        key = "not-the-key" if forged == "key" else self._secret
        if forged == "field":
            body = body.replace(b'"transferAmount":', b'"transferAmount":1')
        headers = {
            "Content-Type": "application/json",
            "User-Agent": "sandbox-sepay",
            "X-SePay-Timestamp": stamp,
            "X-SePay-Signature": "sha256=" + hmac.new(key.encode(), signed, hashlib.sha256).hexdigest(),
        }
        return Wire("POST", self._hook, headers, body, signed.decode())

    def is_taken(self, status: int, body: bytes) -> bool:
        """Stop on 2xx with success true."""
        try:
            answer = json.loads(body)
        except ValueError:
            return False
        return 200 <= status < 300 and isinstance(answer, dict) and answer.get("success") is True

    def _transfer(self, *, account: str, amount: int, memo: str, at: datetime, incoming: bool) -> dict[str, Any]:
        local = at.astimezone(_LOCAL).strftime("%Y-%m-%d %H:%M:%S")
        with self._state.write() as rows:
            last = rows.execute(
                "SELECT accumulated FROM bank_lines WHERE account = ? ORDER BY id DESC LIMIT 1", (account,)
            ).fetchone()
            before = last["accumulated"] if last else _OPENING_BALANCE
            row = rows.execute(
                "INSERT INTO bank_lines (account, at, amount_in, amount_out, accumulated, memo, reference) "
                "VALUES (?, ?, ?, ?, ?, ?, ?) RETURNING *",
                (
                    account,
                    local,
                    amount if incoming else 0,
                    0 if incoming else amount,
                    before + (amount if incoming else -amount),
                    memo,
                    f"FT{time.time_ns() % 10**12:012d}",
                ),
            ).fetchone()
            line = dict(row)
        self._notify(line)
        return line

    def _notify(self, line: dict[str, Any]) -> None:
        """Put the notice into the outbox, spoiled as planned."""
        now, feed = time.time(), self._feed_of(line["account"])
        act, options = self._state.take_fault(feed, _NOTICE_FAULTS) or ("", {})
        if act == "gap":
            return
        seconds = float(options.get("seconds", 1))
        if act == "wrong_amount":
            amount, side = line["amount_in"] or line["amount_out"], "amount_in" if line["amount_in"] else "amount_out"
            by = {"+1": amount + 1, "-1": amount - 1, "x100": amount * 100, "/100": amount // 100}
            line = {**line, side: by[str(options.get("by", "+1"))]}
        message: dict[str, Any] = {"fields": _WRITERS[feed](line)}
        if act == "time_out":
            message["ignore_answers"] = 1
        if act == "forge":
            forged = {**message, "forge": options.get("how", "key"), "only_once": True}
            self._state.send(feed, forged, due_at=now)
        later = seconds if act in ("delay", "forge", "reorder") else 0
        for _ in range(int(options.get("copies", 2)) if act == "duplicate" else 1):
            self._state.send(feed, message, due_at=now + later)

    def _feed_of(self, account: str) -> str:
        with self._state.write() as rows:
            row = rows.execute("SELECT feed FROM bank_watched WHERE account = ?", (account,)).fetchone()
        return NAME if row is None else str(row["feed"])


def _notified(line: dict[str, Any]) -> dict[str, Any]:
    return {
        "id": line["id"],
        "gateway": "Vietcombank",
        "transactionDate": line["at"],
        "accountNumber": line["account"],
        "subAccount": None,
        "code": None,
        "content": line["memo"],
        "transferType": "in" if line["amount_in"] else "out",
        "transferAmount": line["amount_in"] or line["amount_out"],
        "accumulated": line["accumulated"],
        "referenceCode": line["reference"],
        "description": "",
    }


# How each feed writes a notice about a line.
_WRITERS: Final[Mapping[str, Callable[[dict[str, Any]], dict[str, Any]]]] = {
    NAME: _notified,
    casso.NAME: casso.notified,
}


def _listed(line: dict[str, Any]) -> dict[str, Any]:
    return {
        "id": str(line["id"]),
        "bank_brand_name": "Vietcombank",
        "account_number": line["account"],
        "transaction_date": line["at"],
        "amount_out": f"{line['amount_out']}.00",
        "amount_in": f"{line['amount_in']}.00",
        "accumulated": f"{line['accumulated']}.00",
        "transaction_content": line["memo"],
        "reference_number": line["reference"],
        "code": None,
        "sub_account": None,
        "bank_account_id": "1",
    }


def _html(title: str, body: str, *, status: int = 200) -> Response:
    return Response(pages.page(title, body), status=status, content_type="text/html; charset=utf-8")


def _json(content: dict[str, Any], *, status: int = 200) -> Response:
    return Response(json.dumps(content), status=status, content_type="application/json")
