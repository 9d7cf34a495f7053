"""What VNPay's two codes mean together (payment-protocols.md A6): paid only when both are 00."""

from __future__ import annotations

from typing import Final

from payments.gateways.protocol import Outcome

_BY_RESPONSE: Final = {
    "07": (Outcome.UNKNOWN, "suspected"),
    "09": (Outcome.FAILED, "not_registered"),
    "10": (Outcome.FAILED, "authentication"),
    "11": (Outcome.EXPIRED, "too_late"),
    "12": (Outcome.FAILED, "locked"),
    "13": (Outcome.FAILED, "authentication"),
    "24": (Outcome.CANCELED, "by_payer"),
    "51": (Outcome.FAILED, "insufficient"),
    "65": (Outcome.FAILED, "limit"),
    "75": (Outcome.FAILED, "bank_down"),
    "79": (Outcome.FAILED, "authentication"),
}

_BY_STATUS: Final = {
    "00": (Outcome.PAID, ""),
    "01": (Outcome.PENDING, "not_complete"),
    "02": (Outcome.FAILED, "error"),
    "04": (Outcome.FAILED, "reversed"),
    "07": (Outcome.UNKNOWN, "suspected"),
}


def outcome_of(response_code: str, transaction_status: str) -> tuple[Outcome, str]:
    """Return what happened to a payment, and why; a status that is not known is never paid."""
    if response_code == "00":
        return _BY_STATUS.get(transaction_status, (Outcome.UNKNOWN, "status_unknown"))
    return _BY_RESPONSE.get(response_code, (Outcome.FAILED, "other"))
