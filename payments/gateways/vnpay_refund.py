"""VNPay's refund and the question about one, as messages and their answers (payment-protocols.md A7); pure."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from datetime import datetime
from typing import Final

from payments.days import COMPACT, from_local, to_local
from payments.gateways.protocol import RefundFinding, RefundOrder, RefundOutcome
from payments.gateways.wire import Unreadable

REFUND_ORDER: Final = (
    "RequestId", "Version", "Command", "TmnCode", "TransactionType", "TxnRef", "Amount", "TransactionNo",
    "TransactionDate", "CreateBy", "CreateDate", "IpAddr", "OrderInfo",
)  # fmt: skip
REFUND_ANSWER_ORDER: Final = (
    "ResponseId", "Command", "ResponseCode", "Message", "TmnCode", "TxnRef", "Amount", "BankCode", "PayDate",
    "TransactionNo", "TransactionType", "TransactionStatus", "OrderInfo",
)  # fmt: skip
_WHOLE, _PART = "02", "03"
_BY_STATUS: Final = {
    "00": (RefundOutcome.DONE, ""),
    "05": (RefundOutcome.PENDING, "in_progress"),
    "06": (RefundOutcome.PENDING, "at_the_bank"),
    "09": (RefundOutcome.FAILED, "refused"),
}
_BY_RESPONSE: Final = {
    "91": (RefundOutcome.FAILED, "not_found"),
    "94": (RefundOutcome.PENDING, "in_progress"),
    "95": (RefundOutcome.FAILED, "original_not_paid"),
}


def refund_fields(order: RefundOrder, *, hundredths: int, now: datetime) -> dict[str, str]:
    """Return what a refund says beside the terminal; our reference is its RequestId, so that it is taken once."""
    return {
        "RequestId": order.refund_ref,
        "Command": "refund",
        "TransactionType": _WHOLE if order.whole else _PART,
        "TxnRef": order.merchant_ref,
        "Amount": str(hundredths),
        "TransactionNo": order.provider_txn_id,
        "TransactionDate": to_local(order.created_at, COMPACT),
        "CreateBy": "portal",
        "CreateDate": to_local(now, COMPACT),
        "OrderInfo": f"refund {order.merchant_ref}",
    }


def refund_found(fields: Mapping[str, str], order: RefundOrder, *, hundredths: int) -> RefundFinding:
    """Read the answer to a refund; raises Unreadable for one about another order or sum."""
    code = fields.get("vnp_ResponseCode", "")
    if code != "00":
        return RefundFinding(*_BY_RESPONSE.get(code, (RefundOutcome.UNKNOWN, f"answer_{code[:2]}")))
    _require_same(fields, order, hundredths)
    return _by_status(fields)


def query_found(fields: Mapping[str, str], order: RefundOrder, *, hundredths: int) -> RefundFinding:
    """Read what querydr says of an order whose refund was sent: VNPay names the last transaction of the order."""
    code = fields.get("vnp_ResponseCode", "")
    if code != "00":
        return RefundFinding(RefundOutcome.UNKNOWN, f"answer_{code[:2]}")
    if fields.get("vnp_TransactionType") not in (_WHOLE, _PART):
        return _of_the_payment(fields.get("vnp_TransactionStatus", ""))
    if fields.get("vnp_TxnRef") != order.merchant_ref or fields.get("vnp_Amount") != str(hundredths):
        return RefundFinding(RefundOutcome.UNKNOWN, "another_refund")
    return replace(_by_status(fields), of_last=True)


def _of_the_payment(status: str) -> RefundFinding:
    """Read an answer that names the payment: as it stands after being paid, no refund was taken, as far as it says."""
    if status in ("05", "06"):
        return RefundFinding(RefundOutcome.PENDING, _BY_STATUS[status][1])
    if status != "00":
        return RefundFinding(RefundOutcome.UNKNOWN, f"payment_{status[:2]}")
    return RefundFinding(RefundOutcome.NOT_FOUND, "not_found", of_last=True)


def _by_status(fields: Mapping[str, str]) -> RefundFinding:
    status = fields.get("vnp_TransactionStatus", "")
    outcome, reason = _BY_STATUS.get(status, (RefundOutcome.UNKNOWN, "status_unknown"))
    number = fields.get("vnp_TransactionNo") or None
    if outcome is not RefundOutcome.DONE:
        return RefundFinding(outcome, reason, provider_ref=number)
    try:
        at = from_local(fields["vnp_PayDate"], COMPACT) if fields.get("vnp_PayDate") else None
    except ValueError as fault:
        raise Unreadable("vnp_PayDate") from fault
    return RefundFinding(outcome, reason, provider_ref=number, at=at)


def _require_same(fields: Mapping[str, str], order: RefundOrder, hundredths: int) -> None:
    said = (fields.get("vnp_TxnRef"), fields.get("vnp_Amount"))
    if said != (order.merchant_ref, str(hundredths)):
        raise Unreadable("another order")
