"""`/v1/balance` and `/v1/balance_transactions`: what is there, and each change of it; both are only read."""

from typing import Any

from flask import Response

from payments.v1 import balance, listing
from payments.v1.balance import Entry
from payments.v1.listing import Order, Place
from payments.v1.parameters import LISTED, Parameter, Table, choice, currency, moments, text
from portal.db import reading
from portal.pay.answering import caller, told, values
from portal.pay.api import blueprint

_LIST: Table = {
    **LISTED,
    "created": Parameter(moments),
    "currency": Parameter(currency),
    "source": Parameter(text(64)),
    "type": Parameter(choice(*balance.TYPES)),
}


@blueprint.get("/balance")
def show_balance() -> Response:
    """Show what is available and what is pending."""
    values({})
    return told(balance.balance(reading(), caller()))


@blueprint.get("/balance_transactions")
def list_balance_transactions() -> Response:
    """List each change of the balance, newest first."""
    asked, session = values(_LIST), reading()
    rows = balance.entries(caller())

    def place_of(cursor: str) -> Place:
        row = session.execute(balance.named(rows, cursor)).one_or_none()
        return None if row is None else (row.seq, row.key)

    order: Any = Order((rows.c.seq, rows.c.key), rows.c.booked_at)  # type: ignore[arg-type]
    page = listing.page(session, balance.query_of(rows, asked), asked, order=order, place_of=place_of, whole=True)
    found = [balance.shape(Entry(*row)) for row in page.found]
    return told(listing.listed("/v1/balance_transactions", found, has_more=page.has_more))


@blueprint.get("/balance_transactions/<txn_id>")
def show_balance_transaction(txn_id: str) -> Response:
    """Show one change of the balance."""
    values({})
    return told(balance.find(reading(), caller(), txn_id))
