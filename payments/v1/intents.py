"""Payment intents over requests: made, changed, withdrawn and found by one payee's key."""

from __future__ import annotations

import secrets
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any, TypeVar

from sqlalchemy import Select, bindparam, select
from sqlalchemy.orm import Session

from payments import requests, rows
from payments.errors import AmountTooLarge, AmountTooSmall
from payments.gateways import test_card
from payments.models import Allocation, Attempt, Payee, Receipt, Request, Transaction
from payments.money import Money, askable
from payments.states import LIVE_ATTEMPTS, ReceiptStatus, RequestStatus
from payments.v1 import shapes
from payments.v1.errors import InvalidRequest, ResourceMissing
from payments.v1.parameters import merged
from payments.v1.shapes import Facts
from payments.v1.tables import IntentNotes

T = TypeVar("T")

# One intent whole, made once: a row for each of its tries, or one without.
_WHOLE = (
    select(Request, IntentNotes, Attempt)
    .outerjoin(IntentNotes, IntentNotes.request_id == Request.id)
    .outerjoin(Attempt, Attempt.request_id == Request.id)
    .where(Request.id == bindparam("its_id"), Request.payee_id == bindparam("its_payee"))
    .where(Request.status != RequestStatus.DRAFT)
    .order_by(Attempt.seq)
)
_ITEM = 120
_NO_WORDS = "Thanh toán"


@dataclass(frozen=True, slots=True)
class Caller:
    """Whose key it is, and where a payer's page of a request is: `page` has one `%s` for its id."""

    payee_id: str
    livemode: bool
    page: str


def create(session: Session, caller: Caller, values: Mapping[str, Any], *, now: datetime) -> Facts:
    """Ask for money. Raises InvalidRequest for a sum or a way that cannot be taken."""
    taken = requests.take_numbers(session, caller.payee_id, 1)
    ways = ways_of(taken.ways, values)
    described = values.get("description")
    try:
        request = requests.create_request(
            session,
            payee_id=caller.payee_id,
            amount=Money(values["amount"]),
            item=(described or _NO_WORDS)[:_ITEM].strip() or _NO_WORDS,
            now=now,
            taken=taken,
        )
    except (AmountTooSmall, AmountTooLarge) as error:
        raise amount_refused(error) from None
    notes = make_notes(
        request, livemode=caller.livemode, description=described, noted=merged({}, values.get("metadata")), ways=ways,
        return_url=values.get("return_url"), receipt_email=values.get("receipt_email"),
    )  # fmt: skip
    rows.write(session, notes)
    return _facts(caller, request, notes)


def modify(session: Session, caller: Caller, intent_id: str, values: Mapping[str, Any]) -> Facts:
    """Change what was noted, or the sum while nothing was paid. Raises ResourceMissing or InvalidRequest."""
    request = _locked(session, caller, intent_id)
    if values.get("amount") is not None and values["amount"] != request.amount_minor:
        if not amount_open(session, request):
            raise unexpected_state("The amount can be changed only before anybody began to pay.")
        try:
            request.amount_minor = askable(Money(values["amount"])).amount_minor
        except (AmountTooSmall, AmountTooLarge) as error:
            raise amount_refused(error) from None
    notes = session.get(IntentNotes, request.id)
    if notes is None:  # asked for at a desk: from here on it has notes of its own
        ways = list(rows.payee(session, caller.payee_id).ways)
        notes = make_notes(request, livemode=caller.livemode, description=request.item, noted={}, ways=ways)
        session.add(notes)
    for name in ("description", "receipt_email", "return_url"):
        if name in values:
            setattr(notes, name, values[name])
    if "metadata" in values:
        notes.noted = merged(notes.noted, values["metadata"])
    session.flush()
    return find(session, caller, intent_id)


def cancel(session: Session, caller: Caller, intent_id: str, values: Mapping[str, Any], *, now: datetime) -> Facts:
    """Withdraw: no new try; money that still comes waits for a person. Raises ResourceMissing or InvalidRequest."""
    request = _locked(session, caller, intent_id)
    if request.status == RequestStatus.PAID:
        raise unexpected_state("You cannot cancel this PaymentIntent because it has a status of succeeded.")
    if request.status == RequestStatus.CANCELED:
        raise unexpected_state("You cannot cancel this PaymentIntent because it has a status of canceled.")
    reason = values.get("cancellation_reason") or "requested_by_customer"
    requests.cancel_request(session, request_id=request.id, reason=reason, now=now)
    notes = session.get(IntentNotes, request.id)
    if notes is not None:
        notes.cancellation_reason = reason
    session.flush()
    return find(session, caller, intent_id)


def find(session: Session, caller: Caller, intent_id: str, *, param: str = "id") -> Facts:
    """Return one intent of the caller's payee. Raises ResourceMissing."""
    of_one = {"its_id": shapes.renamed(intent_id, shapes.REQUEST), "its_payee": caller.payee_id}
    found = session.execute(_WHOLE, of_one).all()
    if not found or not intent_id.startswith("pi_"):
        raise missing("payment_intent", intent_id, param=param)
    request, notes = found[0][0], found[0][1]
    tries = {request.id: [row[2] for row in found if row[2] is not None]}
    return _complete(session, caller, [request], {request.id: notes}, tries)[0]


def mine(caller: Caller) -> Select[Request]:
    """Select the requests that the caller's payee has asked for."""
    return select(Request).where(Request.payee_id == caller.payee_id, Request.status != RequestStatus.DRAFT)


def gather(session: Session, caller: Caller, found: Sequence[Request]) -> list[Facts]:
    """Read what belongs to requests, by two to four statements however many they are."""
    ids = [request.id for request in found]
    notes = {one.request_id: one for one in session.scalars(select(IntentNotes).where(IntentNotes.request_id.in_(ids)))}
    tries = _grouped(
        (one.request_id, one)
        for one in session.scalars(select(Attempt).where(Attempt.request_id.in_(ids)).order_by(Attempt.seq))
    )
    return _complete(session, caller, found, notes, tries)


def _complete(
    session: Session, caller: Caller, found: Sequence[Request], notes: Mapping[str, IntentNotes | None],
    tries: Mapping[str, Sequence[Attempt]],
) -> list[Facts]:  # fmt: skip
    """Add what paid, read only where something did."""
    credited = [request.id for request in found if request.allocated_minor]
    paid = _grouped(
        (row[0].request_id, (row[0], row[1])) for row in (session.execute(_paid_by(credited)) if credited else ())
    )
    receipts = _receipts(session, caller, list(paid)) if paid else {}
    return [
        replace(
            _facts(caller, request, notes.get(request.id), tries.get(request.id, ()), paid.get(request.id, ())),
            receipt=receipts.get(request.id),
        )
        for request in found
    ]


def amount_open(session: Session, request: Request) -> bool:
    """Say whether the sum of a request may still change: it is open, nothing has come, and nobody began to pay."""
    if request.status != RequestStatus.OPEN or request.received_minor:
        return False
    tries = session.scalars(select(Attempt).where(Attempt.request_id == request.id))
    return not any(one.status in LIVE_ATTEMPTS or not one.only_looked_up for one in tries)


def missing(kind: str, object_id: str, *, param: str = "id") -> ResourceMissing:
    """Say that there is no such object."""
    return ResourceMissing(f"No such {kind}: '{object_id[:64]}'", param=param)


def unexpected_state(message: str) -> InvalidRequest:
    """Say that an intent's state does not allow an act."""
    return InvalidRequest(message, code="payment_intent_unexpected_state")


def chosen_way(facts: Facts, values: Mapping[str, Any], payee: Payee) -> str:
    """Return the gateway by which an intent is to be paid. Raises InvalidRequest where none or another was named."""
    named = (values.get("payment_method_data") or {}).get("type") or values.get("payment_method")
    if not facts.livemode and named in test_card.BY_METHOD:
        return test_card.BY_METHOD[named]
    ways = list(facts.notes.ways) if facts.notes else list(payee.ways)
    if named is None and len(ways) == 1:
        return ways[0]
    if named is None:
        said = f"Say how it is paid: payment_method_data[type] is one of {', '.join(ways)}."
        raise InvalidRequest(said, code="parameter_missing", param="payment_method_data[type]")
    if named not in ways:
        said = f"This is not one of this intent's ways to pay: {', '.join(ways)}."
        raise InvalidRequest(said, code="payment_method_not_available", param="payment_method_data[type]")
    return str(named)


def make_notes(
    request: Request, *, livemode: bool, description: str | None, noted: dict[str, str], ways: list[str],
    return_url: str | None = None, receipt_email: str | None = None,
) -> IntentNotes:  # fmt: skip
    """Return the row of what a caller notes with a request; the caller adds it."""
    return IntentNotes(
        request_id=request.id, livemode=livemode, secret=secrets.token_hex(12), description=description, noted=noted,
        ways=ways, return_url=return_url, receipt_email=receipt_email, cancellation_reason=None,
    )  # fmt: skip


def ways_of(taken: Sequence[str], values: Mapping[str, Any]) -> list[str]:
    """Return the ways to pay that were asked for, all that the payee takes where none were. Raises InvalidRequest."""
    asked = values.get("payment_method_types")
    if asked is None:
        return list(taken)
    strange = [way for way in asked if way not in taken]
    if strange:
        said = f"This payee takes {', '.join(taken)}."
        raise InvalidRequest(said, code="payment_method_not_available", param="payment_method_types")
    return list(dict.fromkeys(asked))


def amount_refused(error: AmountTooSmall | AmountTooLarge, *, param: str = "amount") -> InvalidRequest:
    """Say between which sums one lies that may be asked for."""
    least, most = error.fields.get("least_minor"), error.fields.get("most_minor")
    said = f"Amount must be at least {least} vnd." if least else f"Amount must be no more than {most} vnd."
    return InvalidRequest(said, code=error.code, param=param)


def _paid_by(ids: Sequence[str]) -> Select[Allocation, Transaction]:
    query = select(Allocation, Transaction).join(Transaction, Transaction.id == Allocation.transaction_id)
    live = query.where(Allocation.request_id.in_(ids), Allocation.undone_at.is_(None))
    return live.order_by(Transaction.seq, Allocation.id)


def _receipts(session: Session, caller: Caller, ids: Sequence[str]) -> dict[str, tuple[str, str]]:
    """Return number and address of the receipts that count, by request."""
    query = select(Receipt).where(Receipt.request_id.in_(ids), Receipt.status == ReceiptStatus.ISSUED)
    root = caller.page.removesuffix("pay/requests/%s")
    return {one.request_id: (one.number_text, f"{root}receipts/{one.id}") for one in session.scalars(query)}


def _locked(session: Session, caller: Caller, intent_id: str) -> Request:
    find(session, caller, intent_id)
    return rows.lock_request(session, shapes.renamed(intent_id, shapes.REQUEST))


def _facts(
    caller: Caller,
    request: Request,
    notes: IntentNotes | None,
    tries: Sequence[Attempt] = (),
    paid_by: Sequence[tuple[Allocation, Transaction]] = (),
) -> Facts:
    begun = [one for one in tries if not one.only_looked_up]
    return Facts(request, notes, begun, paid_by, caller.livemode, {"page": caller.page % request.id})


def _grouped(pairs: Iterable[tuple[str, T]]) -> dict[str, list[T]]:
    found: dict[str, list[T]] = {}
    for key, one in pairs:
        found.setdefault(key, []).append(one)
    return found
