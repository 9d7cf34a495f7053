"""VNPay as payers and shops meet it: pay page, IPN with repeats, signed return, querydr. Its own signing."""

from __future__ import annotations

import hashlib
import hmac
import json
import secrets
import time
from collections.abc import Callable
from datetime import datetime, timedelta, timezone
from typing import Any, Final
from urllib.parse import parse_qsl, urlencode

from werkzeug.utils import redirect
from werkzeug.wrappers import Request, Response

from payments.gateways.sandbox import pages, vnpay_refunds
from payments.gateways.sandbox.sending import Wire
from payments.gateways.sandbox.state import State

NAME: Final = "vnpay"
_LOCAL: Final = timezone(timedelta(hours=7))
_WAITING: Final = ("", "01")
_PAID: Final = ("00", "00")
_DECLINED: Final = ("51", "02")
_NOTICE_FAULTS: Final = ("duplicate", "reorder", "delay", "forge", "time_out", "wrong_amount")
_CALL_FAULTS: Final = ("answer_500", "hang_then_success", "time_out_call")
_QUERY_FIELDS: Final = "RequestId Version Command TmnCode TxnRef TransactionDate CreateDate IpAddr OrderInfo"
_ANSWER_FIELDS: Final = (
    "ResponseId Command ResponseCode Message TmnCode TxnRef Amount BankCode PayDate TransactionNo TransactionType "
    "TransactionStatus OrderInfo PromotionCode PromotionAmount"
)
_MOST_HANG_SECONDS: Final = 60.0


class VnPaySandbox:
    """One terminal of the simulated VNPay."""

    def __init__(
        self,
        state: State,
        *,
        portal_url: str,
        tmn_code: str,
        secret: str,
        now: Callable[[], datetime],
        retry_seconds: tuple[float, ...],
    ) -> None:
        self._state = state
        self._hook = portal_url.rstrip("/") + "/hooks/vnpay"
        self._tmn_code = tmn_code
        self._secret = secret
        self._now = now
        self.retry_seconds = retry_seconds

    def pay_page(self, request: Request) -> Response:
        """Show what is to be paid, if the shop's signature is right and its time is not over."""
        pairs = parse_qsl(request.query_string.decode("utf-8", "replace"), keep_blank_values=True)
        fields = {name: value for name, value in pairs if name.startswith("vnp_")}
        said = fields.pop("vnp_SecureHash", "")
        self._note_in({"url": request.full_path, "canonical": canonical(fields)})
        if not hmac.compare_digest(sign(self._secret, fields).encode(), said.lower().encode()):
            return _html("Sai chữ ký", pages.message("Cửa hàng gửi chữ ký không đúng.", bad=True), status=400)
        if fields.get("vnp_TmnCode") != self._tmn_code:
            return _html("Không có cửa hàng này", pages.message("Mã cửa hàng không đúng.", bad=True), status=400)
        if fields.get("vnp_ExpireDate", "") < self._now().astimezone(_LOCAL).strftime("%Y%m%d%H%M%S"):
            return _html("Hết giờ", pages.message("Đã quá giờ trả tiền cho đơn này.", bad=True), status=400)
        order = self._remember(fields)
        if (order["response_code"], order["status_code"]) != _WAITING:
            return _html("Đã xong", pages.message("Đơn này đã có kết quả."))
        return self._ask(request, fields)

    def decide(self, request: Request, txn_ref: str) -> Response:
        """Do what the payer chose: pay, pay another amount, have the bank decline, or close the window."""
        order = self._order(txn_ref)
        if order is None:
            return _html("Không có đơn này", pages.message("Không tìm thấy đơn.", bad=True), status=404)
        choice = request.form.get("do", "")
        asked = int(order["vnp_Amount"])
        if choice == "close":
            return _html("Đã đóng", pages.message("Bạn chưa trả tiền. Có thể đóng cửa sổ này."))
        if choice == "pay_other":
            typed = request.form.get("amount", "")
            if not (typed.isascii() and typed.isdecimal() and 0 < int(typed) < 10**10):
                return _html("Số tiền sai", pages.message("Hãy nhập số tiền bằng chữ số.", bad=True), status=400)
            self._settle(txn_ref, _PAID, hundredths=int(typed) * 100)
        elif choice == "pay":
            self._settle(txn_ref, _PAID, hundredths=asked)
        elif choice == "decline":
            self._settle(txn_ref, _DECLINED, hundredths=asked)
        else:
            return _html("Chưa chọn", pages.message("Hãy chọn một nút.", bad=True), status=400)
        settled = self._result(txn_ref)
        self._notify(settled)
        query = canonical(settled) + "&vnp_SecureHash=" + sign(self._secret, settled)
        return _see_other(f"{order['vnp_ReturnUrl']}?{query}")

    def querydr(self, request: Request) -> Response:
        """Tell a shop how an order stands, or take a refund: both are signed with bars."""
        try:
            asked = dict(json.loads(request.get_data()))
        except (ValueError, TypeError):
            return _json({"vnp_ResponseCode": "03", "vnp_Message": "Wrong format"})
        refunds = asked.get("vnp_Command") == "refund"
        names = vnpay_refunds.FIELDS if refunds else _QUERY_FIELDS
        signed = "|".join(str(asked.get(f"vnp_{name}", "")) for name in names.split())
        self._note_in({"url": request.path, "body": asked, "canonical": signed})
        act, options = self._state.take_fault(NAME, _CALL_FAULTS) or ("", {})
        if act == "answer_500":
            return Response("sandbox fault", status=500)
        if act == "time_out_call":
            time.sleep(min(float(options.get("seconds", 30)), _MOST_HANG_SECONDS))
            return Response("sandbox fault", status=504)
        if not hmac.compare_digest(_h512(self._secret, signed), str(asked.get("vnp_SecureHash", ""))):
            return _json({"vnp_ResponseCode": "97", "vnp_Message": "Invalid checksum"})
        answer = self._refund(asked) if refunds else self._answer(asked)
        if act == "hang_then_success":
            time.sleep(min(float(options.get("seconds", 30)), _MOST_HANG_SECONDS))
        return _json(answer)

    def wire(self, message: dict[str, Any]) -> Wire:
        """Write an IPN as the query of a GET."""
        fields = dict(message["fields"])
        forged = message.get("forge")
        key = "not-the-key" if forged == "key" else self._secret
        text = canonical(fields)
        query = text + "&vnp_SecureHash=" + sign(key, fields)
        if forged == "field":
            query = query.replace(f"vnp_Amount={fields['vnp_Amount']}", f"vnp_Amount={int(fields['vnp_Amount']) + 100}")
        return Wire("GET", f"{self._hook}?{query}", {"User-Agent": "sandbox-vnpay"}, b"", text)

    def is_taken(self, status: int, body: bytes) -> bool:
        """Stop on RspCode 00 and 02 only."""
        try:
            answer = json.loads(body)
        except ValueError:
            return False
        return status == 200 and isinstance(answer, dict) and answer.get("RspCode") in ("00", "02")

    def _ask(self, request: Request, fields: dict[str, str]) -> Response:
        action = f"{request.script_root}/vnpay/pay/{fields['vnp_TxnRef']}"
        amount = int(fields["vnp_Amount"]) // 100
        body = pages.facts((("Nội dung", fields["vnp_OrderInfo"]),), total=pages.dong(amount))
        body += pages.form(action, pages.button("Trả tiền", value="pay", main=True))
        body += pages.form(
            action,
            pages.field("Số tiền khác", "amount", str(amount + 1000), numeric=True)
            + pages.button("Trả số tiền khác", value="pay_other"),
        )
        body += pages.form(action, pages.button("Ngân hàng từ chối", value="decline"))
        body += pages.form(action, pages.button("Đóng cửa sổ", value="close"))
        return _html("Thanh toán VNPay", body)

    def _remember(self, fields: dict[str, str]) -> dict[str, str]:
        with self._state.write() as rows:
            rows.execute(
                "INSERT INTO orders VALUES (?, ?, NULL, '', '01', '0', '') ON CONFLICT (txn_ref) DO NOTHING",
                (fields["vnp_TxnRef"], json.dumps(fields)),
            )
            row = rows.execute("SELECT * FROM orders WHERE txn_ref = ?", (fields["vnp_TxnRef"],)).fetchone()
        return dict(row)

    def _order(self, txn_ref: str) -> dict[str, str] | None:
        with self._state.write() as rows:
            row = rows.execute("SELECT fields FROM orders WHERE txn_ref = ?", (txn_ref,)).fetchone()
        return None if row is None else dict(json.loads(row["fields"]))

    def _settle(self, txn_ref: str, codes: tuple[str, str], *, hundredths: int) -> None:
        """Fix an order's result, the first time only."""
        number = str(self._state.next_number()) if codes == _PAID else "0"
        at = self._now().astimezone(_LOCAL).strftime("%Y%m%d%H%M%S")
        with self._state.write() as rows:
            rows.execute(
                "UPDATE orders SET paid_hundredths = ?, response_code = ?, status_code = ?, transaction_no = ?, "
                "pay_date = ? WHERE txn_ref = ? AND response_code = ''",
                (hundredths, *codes, number, at, txn_ref),
            )

    def _result(self, txn_ref: str) -> dict[str, str]:
        """Return the fields that IPN and return address share."""
        with self._state.write() as rows:
            row = rows.execute("SELECT * FROM orders WHERE txn_ref = ?", (txn_ref,)).fetchone()
        if row is None:
            return {}
        asked = json.loads(row["fields"])
        paid = row["response_code"] == "00"
        return {
            "vnp_TmnCode": self._tmn_code,
            "vnp_TxnRef": txn_ref,
            "vnp_Amount": str(row["paid_hundredths"] or asked["vnp_Amount"]),
            "vnp_OrderInfo": asked["vnp_OrderInfo"],
            "vnp_BankCode": "NCB",
            "vnp_BankTranNo": f"VNP{row['transaction_no']}" if paid else "",
            "vnp_CardType": "ATM",
            "vnp_PayDate": row["pay_date"],
            "vnp_TransactionNo": row["transaction_no"],
            "vnp_ResponseCode": row["response_code"],
            "vnp_TransactionStatus": row["status_code"],
        }

    def _notify(self, fields: dict[str, str]) -> None:
        """Put the IPN into the outbox, spoiled as planned."""
        now = time.time()
        act, options = self._state.take_fault(NAME, _NOTICE_FAULTS) or ("", {})
        seconds = float(options.get("seconds", 1))
        message: dict[str, Any] = {"fields": fields}
        if act == "wrong_amount":
            message = {"fields": {**fields, "vnp_Amount": spoiled(fields["vnp_Amount"], str(options.get("by", "+1")))}}
        if act == "time_out":
            message["ignore_answers"] = 1
        if act == "forge":
            forged = {**message, "forge": options.get("how", "key"), "only_once": True}
            self._state.send(NAME, forged, due_at=now)
        if act == "reorder":
            other = {"fields": {**fields, **_opposite(fields, self._state)}, "only_once": True}
            first = str(options.get("first", "true"))
            self._state.send(NAME, other, due_at=now + (seconds if first == "true" else 0))
            self._state.send(NAME, message, due_at=now + (0 if first == "true" else seconds))
            return
        later = seconds if act in ("delay", "forge") else 0
        for _ in range(int(options.get("copies", 2)) if act == "duplicate" else 1):
            self._state.send(NAME, message, due_at=now + later)

    def _answer(self, asked: dict[str, Any]) -> dict[str, str]:
        ref = str(asked.get("vnp_TxnRef", ""))
        order, settled = self._order(ref), self._result(ref)
        found = order is not None and asked.get("vnp_TransactionDate") == order["vnp_CreateDate"]
        answer = {
            "vnp_ResponseId": hashlib.sha256(f"{ref}{time.time_ns()}".encode()).hexdigest()[:32],
            "vnp_Command": "querydr",
            "vnp_ResponseCode": "00" if found else "91",
            "vnp_Message": "QueryDR Success" if found else "Transaction not found",
            "vnp_TmnCode": self._tmn_code,
            "vnp_TxnRef": ref,
        }
        if found:
            answer |= {name: settled[name] for name in ("vnp_Amount", "vnp_BankCode", "vnp_PayDate", "vnp_OrderInfo")}
            answer |= {"vnp_TransactionNo": settled["vnp_TransactionNo"], "vnp_TransactionType": "01"}
            answer["vnp_TransactionStatus"] = settled["vnp_TransactionStatus"]
            answer |= vnpay_refunds.last_refund(self._state, ref) or {}
        return self._signed(answer, _ANSWER_FIELDS)

    def _refund(self, asked: dict[str, Any]) -> dict[str, str]:
        fault = self._state.take_fault(NAME, ("refund_later", "refund_refused"))
        said = vnpay_refunds.refund(
            self._state, asked, paid=self._result(str(asked.get("vnp_TxnRef", ""))), fault=fault and fault[0],
            at=self._now().astimezone(_LOCAL),
        )  # fmt: skip
        told = {"vnp_ResponseId": secrets.token_hex(16), "vnp_Command": "refund", "vnp_TmnCode": self._tmn_code}
        return self._signed({**told, **said}, vnpay_refunds.ANSWER_FIELDS)

    def _signed(self, answer: dict[str, str], names: str) -> dict[str, str]:
        joined = "|".join(answer.get(f"vnp_{name}", "") for name in names.split())
        return {**answer, "vnp_SecureHash": _h512(self._secret, joined)}

    def _note_in(self, content: dict[str, Any]) -> None:
        self._state.note(NAME, "in", content, at=time.time())


def canonical(fields: dict[str, str]) -> str:
    """Return the text that VNPay signs: sorted, form-encoded, nothing empty."""
    return urlencode(sorted((name, value) for name, value in fields.items() if value != ""))


def sign(secret: str, fields: dict[str, str]) -> str:
    """Sign fields as pay request, IPN and return are signed."""
    return _h512(secret, canonical(fields))


def spoiled(amount: str, by: str) -> str:
    """Return an amount that is wrong in a planned way: +1, -1 (đồng), x100 or /100."""
    hundredths = int(amount)
    return str(
        {"+1": hundredths + 100, "-1": hundredths - 100, "x100": hundredths * 100, "/100": hundredths // 100}[by]
    )


def _opposite(fields: dict[str, str], state: State) -> dict[str, str]:
    if fields["vnp_ResponseCode"] == "00":
        return {"vnp_ResponseCode": "99", "vnp_TransactionStatus": "02", "vnp_TransactionNo": "0", "vnp_BankTranNo": ""}
    number = str(state.next_number())
    return {"vnp_ResponseCode": "00", "vnp_TransactionStatus": "00", "vnp_TransactionNo": number}


def _h512(secret: str, text: str) -> str:
    return hmac.new(secret.encode(), text.encode(), hashlib.sha512).hexdigest()


def _html(title: str, body: str, *, status: int = 200) -> Response:
    return Response(pages.page(title, body), status=status, content_type="text/html; charset=utf-8")


def _json(content: dict[str, str]) -> Response:
    return Response(json.dumps(content), content_type="application/json")


def _see_other(url: str) -> Response:
    answer: Response = redirect(url, code=303, Response=Response)
    return answer
