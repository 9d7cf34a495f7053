"""What MoMo's result codes mean (payment-protocols.md section E); one that is not listed is asked about."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

from payments.gateways.protocol import MISCONFIGURED, Outcome, RefundFinding, RefundOutcome
from payments.gateways.wire import time_of, whole_of

_CODES: Final = {
    0: (Outcome.PAID, ""),
    9000: (Outcome.HINT, "authorised"),
    1000: (Outcome.PENDING, "waiting"),
    8000: (Outcome.PENDING, "waiting"),
    7000: (Outcome.PENDING, "processing"),
    7002: (Outcome.PENDING, "processing"),
    10: (Outcome.UNKNOWN, "maintenance"),
    11: (Outcome.FAILED, MISCONFIGURED),
    12: (Outcome.FAILED, MISCONFIGURED),
    13: (Outcome.FAILED, MISCONFIGURED),
    20: (Outcome.FAILED, MISCONFIGURED),
    40: (Outcome.UNKNOWN, "duplicate"),
    41: (Outcome.UNKNOWN, "duplicate"),
    42: (Outcome.FAILED, "order_unknown"),
    1001: (Outcome.FAILED, "insufficient"),
    1002: (Outcome.FAILED, "refused_by_issuer"),
    1003: (Outcome.CANCELED, "cancelled"),
    1004: (Outcome.FAILED, "limit"),
    1005: (Outcome.EXPIRED, "too_late"),
    1006: (Outcome.CANCELED, "by_payer"),
    1017: (Outcome.CANCELED, "cancelled"),
    1080: (Outcome.FAILED, "refund_refused"),
    1081: (Outcome.FAILED, "refund_refused"),
}


def outcome_of(result_code: int) -> tuple[Outcome, str]:
    """Return what happened, and why."""
    return _CODES.get(result_code, (Outcome.UNKNOWN, "code_unknown"))


def refund_of(fields: Mapping[str, Any]) -> RefundFinding:
    """Return what an answer about a refund says of it; raises Unreadable."""
    outcome, reason = outcome_of(whole_of(fields, "resultCode"))
    match outcome:
        case Outcome.PAID:
            # A list of refunds has the time under another name than an answer.
            at = time_of(fields, "responseTime" if "responseTime" in fields else "createdTime")
            return RefundFinding(RefundOutcome.DONE, "", str(whole_of(fields, "transId")), at)
        case Outcome.FAILED | Outcome.CANCELED | Outcome.EXPIRED:
            return RefundFinding(RefundOutcome.FAILED, reason)
        case Outcome.PENDING:
            return RefundFinding(RefundOutcome.PENDING, reason)
    # A duplicate stands at MoMo already, and is asked about.
    return RefundFinding(RefundOutcome.PENDING if reason == "duplicate" else RefundOutcome.UNKNOWN, reason)
