"""What the accountant's pages call outcomes, states and accounts, and what is to be done about each."""

from collections.abc import Mapping
from typing import Any

from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l

from payments.settlement.tables import Outcome
from portal.pay.words import BRANDS

OUTCOMES: Mapping[str, Any] = {
    "matched": _l("Agree"),
    "wrong_day": _l("Agree, another day there"),
    "amount_differs": _l("Amount differs"),
    "status_differs": _l("Status differs"),
    "duplicate": _l("Twice"),
    "missing_here": _l("Missing in our books"),
    "missing_at_provider": _l("Missing in the file"),
}
TO_DO: Mapping[int, Any] = {
    Outcome.AMOUNT_DIFFERS: _l("Ask the gateway which sum is right. Then propose a correction."),
    Outcome.STATUS_DIFFERS: _l("Ask the gateway whether the payer was paid back. Then propose a correction."),
    Outcome.DUPLICATE: _l("Ask the gateway to take out the second row. It is counted once here."),
    Outcome.MISSING_HERE: _l("The gateway is being asked. If it confirms, the payment is booked by itself."),
    Outcome.MISSING_AT_PROVIDER: _l("Send it to the gateway. If it does not pay, hold the sum back: two persons."),
}
WAITS = _l("Wait for the file of the next day.")
LINES: Mapping[str, Any] = {
    "seen": _l("Known already from the bank's reports"),
    "matched": _l("New: they pay what their code says"),
    "unmatched": _l("New: no payment claims them"),
    "outgoing": _l("Money that went out"),
    "before": _l("From before this account was ours"),
}
MOVEMENTS: Mapping[str, Any] = {
    "payment": _l("Payment"),
    "assigned": _l("Assigned"),
    "undone": _l("No longer assigned"),
    "refund_reserved": _l("Refund begun"),
    "refund_done": _l("Refund paid"),
    "refund_released": _l("Refund not made"),
    "refund_returned": _l("Refund came back"),
    "credit_used": _l("Paid from an advance"),
    "credit_given_back": _l("Back to the advance"),
    "adjustment": _l("Correction"),
    "fee": _l("Gateway fees"),
    "payout": _l("Payout"),
    "payout_line": _l("Payout came to the bank"),
}
PAYOUTS: Mapping[str, tuple[Any, str]] = {
    "expected": (_l("Expected"), "grey"),
    "paid": (_l("In the bank"), "green"),
    "differs": (_l("Another sum came"), "red"),
    "missing": (_l("Has not come"), "red"),
    "explained": (_l("Explained"), "amber"),
    "reconciled": (_l("Settled"), "green"),
}


def gateway_name(code: str) -> Any:
    """Return what people call a gateway."""
    return BRANDS.get(code, code)


def to_do(outcome: int, state: str) -> Any:
    """Return what to do about an open difference."""
    return WAITS if state == "waiting" else TO_DO[outcome]


def account_name(name: str) -> str:
    """Return what an account of the journal is called."""
    kind, _colon, of = name.partition(":")
    known = {
        "owed": _("Collected for the payee"),
        "suspense": _("Not yet assigned"),
        "refunds_due": _("Refunds on their way"),
        "fees": _("Gateway fees"),
        "chargeback_hold": _("Held back for disputes"),
        "adjustments": _("Corrections"),
        "provider": _("At the gateway %(name)s", name=gateway_name(of)),
        "bank": _("Bank account …%(end)s", end=of[-4:]),
        "payer_credit": _("Paid in advance"),
    }
    return known.get(kind, name)


def movement_name(kind: str) -> Any:
    """Return what a kind of the journal's movements is called."""
    return MOVEMENTS.get(kind, kind)
