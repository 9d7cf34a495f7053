"""VNPay's refunds: one answer a request, never more than was paid, done at once or later. Its own reading and rules."""

from __future__ import annotations

from datetime import datetime
from typing import Any, Final

from payments.gateways.sandbox.state import State

FIELDS: Final = (
    "RequestId Version Command TmnCode TransactionType TxnRef Amount TransactionNo TransactionDate CreateBy "
    "CreateDate IpAddr OrderInfo"
)
ANSWER_FIELDS: Final = (
    "ResponseId Command ResponseCode Message TmnCode TxnRef Amount BankCode PayDate TransactionNo TransactionType "
    "TransactionStatus OrderInfo"
)
_DONE, _GOING, _REFUSED = "00", "05", "09"


def refund(
    state: State, asked: dict[str, Any], *, paid: dict[str, str], fault: str | None, at: datetime
) -> dict[str, str]:
    """Take a refund of an order as it was settled; return the answer's fields beside id, command and hash."""
    ref, request_id = str(asked.get("vnp_TxnRef", "")), str(asked.get("vnp_RequestId", ""))
    if not paid or str(asked.get("vnp_TransactionNo")) != paid["vnp_TransactionNo"]:
        return {"vnp_ResponseCode": "91", "vnp_Message": "Transaction not found", "vnp_TxnRef": ref}
    if (paid["vnp_ResponseCode"], paid["vnp_TransactionStatus"]) != ("00", "00"):
        return {"vnp_ResponseCode": "95", "vnp_Message": "Transaction was not successful", "vnp_TxnRef": ref}
    hundredths, kind = int(asked["vnp_Amount"]), str(asked.get("vnp_TransactionType"))
    status = {"refund_later": _GOING, "refund_refused": _REFUSED}.get(fault or "", _DONE)
    number = str(state.next_number())
    with state.write() as rows:
        known = rows.execute("SELECT 1 FROM refunds WHERE request_id = ?", (request_id,)).fetchone()
        gone = rows.execute(
            "SELECT coalesce(sum(hundredths), 0) AS sum FROM refunds WHERE txn_ref = ? AND status <> ?", (ref, _REFUSED)
        ).fetchone()["sum"]
        whole = hundredths == int(paid["vnp_Amount"])
        if known is not None or gone + hundredths > int(paid["vnp_Amount"]) or (kind == "02") is not whole:
            said = "94" if known is not None else "99"
            return {"vnp_ResponseCode": said, "vnp_Message": "Refund refused", "vnp_TxnRef": ref}
        rows.execute(
            "INSERT INTO refunds VALUES (?, ?, ?, ?, ?, ?, ?, (SELECT count(*) FROM refunds))",
            (request_id, ref, kind, hundredths, number, status, at.strftime("%Y%m%d%H%M%S")),
        )
    return {"vnp_ResponseCode": "00", "vnp_Message": "Success", **(last_refund(state, ref) or {})}


def last_refund(state: State, txn_ref: str) -> dict[str, str] | None:
    """Return the newest refund of an order as answers tell it; one that was to be done later is done by then."""
    with state.write() as rows:
        row = rows.execute("SELECT * FROM refunds WHERE txn_ref = ? ORDER BY nth DESC LIMIT 1", (txn_ref,)).fetchone()
        if row is None:
            return None
        told = row["status"]
        if told == _GOING:
            rows.execute("UPDATE refunds SET status = ? WHERE request_id = ?", (_DONE, row["request_id"]))
    return {
        "vnp_TxnRef": txn_ref, "vnp_Amount": str(row["hundredths"]), "vnp_BankCode": "NCB", "vnp_PayDate": row["at"],
        "vnp_TransactionNo": row["transaction_no"], "vnp_TransactionType": row["kind"],
        "vnp_TransactionStatus": told,
    }  # fmt: skip
