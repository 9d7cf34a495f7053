"""What both simulated gateways share: they are labelled so, and no production start takes them."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any, Final

from payments.gateways.protocol import Capabilities, Finding, Outcome, RefundWay
from payments.gateways.wire import Unreadable, text_of, whole_of
from payments.money import LEAST_MINOR, MOST_MINOR, Money

CURRENCY: Final = "VND"


def simulated_capabilities(refund: RefundWay) -> Capabilities:
    """Return what a simulated gateway with a page can do."""
    return Capabilities(
        redirect=True,
        qr=False,
        notice=True,
        query=True,
        refund=refund,
        cancel=False,
        any_amount=False,
        least=Money(LEAST_MINOR),
        most=Money(MOST_MINOR),
        simulated=True,
    )


def moment(value: Any) -> datetime:
    """Read a time of RFC 3339 as aware UTC; raises Unreadable."""
    try:
        at = datetime.fromisoformat(value)
    except (TypeError, ValueError) as fault:
        raise Unreadable("a time") from fault
    if at.tzinfo is None:
        raise Unreadable("a time without an offset")
    return at.astimezone(UTC)


def found(fields: Mapping[str, Any], statuses: Mapping[str, tuple[Outcome, str]]) -> Finding:
    """Turn the fields that a notice and an answer share into our words; raises Unreadable."""
    outcome, reason = statuses.get(text_of(fields, "status", most=20), (Outcome.UNKNOWN, "status_unknown"))
    number = text_of(fields, "provider_txn_id", most=64)
    if outcome is Outcome.PAID and not number:
        # Paid, and yet no transaction to book it under: to be asked, not to be guessed.
        outcome, reason = Outcome.HINT, "no_transaction"
    if fields.get("currency", CURRENCY) != CURRENCY:
        raise Unreadable("currency")
    return Finding(
        outcome=outcome,
        reason=reason,
        merchant_ref=text_of(fields, "merchant_ref", most=64),
        provider_txn_id=number if outcome is Outcome.PAID else None,
        amount=Money(whole_of(fields, "amount")),
        paid_at=moment(fields.get("paid_at")) if outcome is Outcome.PAID else None,
    )
