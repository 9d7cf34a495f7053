"""Objects as the SDK's types want them: every field that they call non-optional is there."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from payments.gateways import test_card
from payments.models import Allocation, Attempt, Request, Transaction
from payments.states import LIVE_ATTEMPTS, AttemptStatus, RequestStatus
from payments.v1 import VERSION
from payments.v1.tables import IntentNotes, Told

Shape = dict[str, Any]

INTENT, CHARGE, REQUEST, ALLOCATION, TXN = "pi", "ch", "pr", "al", "txn"
CARD_DECLINED = "card_declined"
_DECLINED = (AttemptStatus.FAILED, AttemptStatus.EXPIRED)
_NOT_PAID = "The payment was not made. Try again, or choose another way to pay."
# What a charge that came to nothing leaves empty.
_CHARGE = (
    "application", "application_fee", "balance_transaction", "customer", "failure_balance_transaction", "on_behalf_of",
    "receipt_number", "receipt_url", "review", "source", "source_transfer", "transfer",
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Facts:
    """All that is known of one request: its caller's notes, its tries and what paid it, oldest first.

    `receipt` is its number and address, where one was issued.
    """

    request: Request
    notes: IntentNotes | None
    tries: Sequence[Attempt] = ()
    paid_by: Sequence[tuple[Allocation, Transaction]] = ()
    livemode: bool = False
    addresses: Mapping[str, str] = field(default_factory=dict)
    receipt: tuple[str, str] | None = None

    @property
    def live(self) -> Attempt | None:
        """Return the newest try that may still end in money."""
        return next((one for one in reversed(self.tries) if one.status in LIVE_ATTEMPTS), None)


def renamed(own_id: str, prefix: str) -> str:
    """Return an id under another prefix: `pr_…` and `pi_…` of one request share their 26 characters."""
    return f"{prefix}_{own_id.partition('_')[2]}"


def status_of(facts: Facts) -> str:
    """Return a payment intent's status."""
    if facts.request.status == RequestStatus.PAID:
        return "succeeded"
    if facts.request.status in (RequestStatus.CANCELED, RequestStatus.EXPIRED):
        return "canceled"
    live = facts.live
    if live is None:
        return "requires_payment_method"
    return "processing" if live.status == AttemptStatus.UNKNOWN else "requires_action"


def intent(facts: Facts) -> Shape:
    """Return a request as a payment intent."""
    request, notes, status = facts.request, facts.notes, status_of(facts)
    last = facts.paid_by[-1][0] if facts.paid_by else None
    return {
        "id": renamed(request.id, INTENT),
        "object": "payment_intent",
        "amount": request.amount_minor,
        "amount_capturable": 0,
        "amount_received": request.received_minor,
        "application": None,
        "canceled_at": seconds(_ended_at(request)),
        "cancellation_reason": _why_canceled(request, notes),
        "capture_method": "automatic",
        "client_secret": f"{renamed(request.id, INTENT)}_secret_{notes.secret}" if notes else None,
        "confirmation_method": "automatic",
        "created": seconds(request.created_at),
        "currency": request.currency.lower(),
        "customer": None,
        "description": notes.description if notes else request.item,
        "exceptions": request.exceptions.split(),
        "last_payment_error": _last_error(facts) if status == "requires_payment_method" else None,
        "latest_charge": renamed(last.id, CHARGE) if last else None,
        "livemode": facts.livemode,
        "metadata": dict(notes.noted) if notes else {},
        "next_action": _next_action(facts) if status == "requires_action" else None,
        "on_behalf_of": None,
        "payment_code": request.code,
        "payment_method": _method(facts),
        "payment_method_types": list(notes.ways) if notes else [],
        "payment_record": None,
        "receipt_email": notes.receipt_email if notes else None,
        "review": None,
        "setup_future_usage": None,
        "source": None,
        "status": status,
    }


def charge(facts: Facts, paid: Allocation, money: Transaction) -> Shape:
    """Return what paid (a part of) a request as a charge."""
    return {
        "id": renamed(paid.id, CHARGE),
        "object": "charge",
        "amount": paid.amount_minor,
        "amount_captured": paid.amount_minor,
        "amount_refunded": paid.refunded_minor,
        "application": None,
        "application_fee": None,
        "balance_transaction": renamed(paid.id, TXN),
        "billing_details": {"address": None, "email": None, "name": None, "phone": None},
        "captured": True,
        "created": seconds(paid.made_at),
        "currency": money.currency.lower(),
        "customer": None,
        "description": facts.notes.description if facts.notes else facts.request.item,
        "disputed": False,
        "failure_balance_transaction": None,
        "failure_code": None,
        "failure_message": None,
        "livemode": facts.livemode,
        "metadata": dict(facts.notes.noted) if facts.notes else {},
        "on_behalf_of": None,
        "paid": True,
        "payment_intent": renamed(facts.request.id, INTENT),
        "payment_method_details": {"type": money.provider, money.provider: {"reference": money.provider_txn_id}},
        "receipt_number": facts.receipt[0] if facts.receipt else None,
        "receipt_url": facts.receipt[1] if facts.receipt else None,
        "refunded": paid.left_minor == 0,
        "review": None,
        "source": None,
        "source_transfer": None,
        "status": "succeeded",
        "transfer": None,
    }


def failed_charge(facts: Facts, tried: Attempt) -> Shape:
    """Return a try that was refused as the charge that it did not become."""
    body = dict.fromkeys(_CHARGE)
    return body | {
        "id": renamed(tried.id, CHARGE), "object": "charge", "amount": tried.amount_minor, "amount_captured": 0,
        "amount_refunded": 0, "billing_details": dict.fromkeys(("address", "email", "name", "phone")),
        "captured": False, "created": seconds(tried.created_at), "currency": tried.currency.lower(),
        "description": facts.notes.description if facts.notes else facts.request.item, "disputed": False,
        "failure_code": CARD_DECLINED, "failure_message": _NOT_PAID, "livemode": facts.livemode,
        "metadata": dict(facts.notes.noted) if facts.notes else {}, "paid": False,
        "payment_intent": renamed(facts.request.id, INTENT), "refunded": False, "status": "failed",
        "payment_method_details": {"type": tried.gateway, tried.gateway: {"reference": tried.merchant_ref}},
    }  # fmt: skip


def event(told: Told, *, pending: int) -> Shape:
    """Return an event; `pending` messages about it have not arrived."""
    data: Shape = {"object": json.loads(told.snapshot)}
    if told.previous is not None:
        data["previous_attributes"] = json.loads(told.previous)
    return {
        "id": told.id,
        "object": "event",
        "api_version": VERSION,
        "created": seconds(told.created_at),
        "data": data,
        "livemode": told.livemode,
        "pending_webhooks": pending,
        "request": {"id": told.asked_by, "idempotency_key": told.idempotency_key},
        "type": told.type,
    }


def seconds(at: datetime | None) -> int | None:
    """Return a time as whole seconds since 1970."""
    return int(at.timestamp()) if at is not None else None


def _ended_at(request: Request) -> datetime | None:
    return request.expires_at if request.status == RequestStatus.EXPIRED else request.canceled_at


def _why_canceled(request: Request, notes: IntentNotes | None) -> str | None:
    if request.status == RequestStatus.EXPIRED:
        return "expired"
    if request.status != RequestStatus.CANCELED:
        return None
    return (notes.cancellation_reason if notes else None) or "requested_by_customer"


def _last_error(facts: Facts) -> Shape | None:
    last = facts.tries[-1] if facts.tries else None
    if last is None or last.status not in _DECLINED:
        return None
    card = last.gateway == test_card.DECLINES
    error = {
        "type": "card_error",
        "code": CARD_DECLINED if card else "payment_intent_payment_attempt_failed",
        "decline_code": last.reason or last.status,
        "message": _NOT_PAID,
    }
    return error | ({"charge": renamed(last.id, CHARGE)} if last.status == AttemptStatus.FAILED else {})


def _method(facts: Facts) -> str | None:
    """Return by which way it was paid, or is being paid."""
    if facts.paid_by:
        return facts.paid_by[-1][1].provider
    return facts.live.gateway if facts.live is not None else None


def _next_action(facts: Facts) -> Shape | None:
    live = facts.live
    if live is None:
        return None
    if live.redirect_url is not None:
        back = facts.notes.return_url if facts.notes else None
        return {"type": "redirect_to_url", "redirect_to_url": {"url": live.redirect_url, "return_url": back}}
    if live.qr is None:
        return None
    page = facts.addresses.get("page")
    pictured = page is not None and live.gateway == "vietqr"  # another's code is drawn on its own page alone
    shown = {
        "data": live.qr,
        "hosted_instructions_url": page,
        "image_url_png": f"{page}/vietqr.png" if pictured else None,
        "image_url_svg": f"{page}/vietqr.svg" if pictured else None,
    }
    return {"type": "vietqr_display_qr_code", "vietqr_display_qr_code": shown}
