"""A visit to a link: what the visitor chose and answered becomes one request with its session."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from payments import requests, rows
from payments.errors import AmountTooLarge, AmountTooSmall, LinkClosed
from payments.models import Request
from payments.money import Money
from payments.v1 import quantities, sessions
from payments.v1.catalog_tables import Link, LinkRequest
from payments.v1.fields import Field
from payments.v1.intents import make_notes
from payments.v1.links import Line, Shown, show
from payments.v1.session_tables import CheckoutSession, SessionLine


@dataclass(frozen=True, slots=True)
class Chosen:
    """What a visitor filled in: a sum where she types it, quantities by the line's id, fields with their answers."""

    amount_minor: int | None = None
    quantities: Mapping[str, int] = field(default_factory=dict)
    fields: Sequence[Field] = ()


def visit(session: Session, link_id: str, *, form_id: str, chosen: Chosen, now: datetime) -> Request:
    """Ask the visitor for what the link costs, or for what she chose; the same form twice is one request.

    Raises LinkClosed, QuantityOutside, AmountTooSmall or AmountTooLarge (the link's own bounds).
    """
    session.execute(select(Link.seq).where(Link.id == link_id).with_for_update())
    shown = show(session, session.scalars(select(Link).where(Link.id == link_id)).one())
    repeated = session.scalar(select(Request).where(Request.desk_ref == link_id, Request.client_ref == form_id))
    if repeated is not None:
        return repeated
    if not shown.open_:
        raise LinkClosed(link_id=link_id)
    lines = [(one, count) for one in shown.lines if (count := quantities.taken(one.line, chosen.quantities)) > 0]
    payee, item = rows.payee(session, shown.link.payee_id), sessions.item_of([(a.product.name, n) for a, n in lines])
    request = requests.create_request(
        session, payee_id=payee.id, amount=Money(_sum_of(shown, lines, chosen)), item=item, now=now,
        desk_ref=link_id, client_ref=form_id,
    )  # fmt: skip
    session.add(LinkRequest(request_id=request.id, link_id=link_id))
    session.add(
        make_notes(
            request, livemode=shown.link.livemode, description=shown.link.description or item,
            noted=dict(shown.link.noted_on_intents), ways=list(shown.link.ways or payee.ways),
            return_url=shown.link.return_url,
        )
    )  # fmt: skip
    visited = CheckoutSession(
        link_id=link_id, livemode=shown.link.livemode, success_url=shown.link.return_url, noted=dict(shown.link.noted),
        fields=list(chosen.fields) or None, texts=shown.link.texts, expires_at=now + sessions.LONGEST,
    )  # fmt: skip
    sold = [
        SessionLine(price_id=one.price.id, offered=count, amount_minor=_cost(one, count, request))
        for one, count in lines
    ]
    sessions.add(session, visited, request, sold, now=now)
    return request


def _cost(one: Line, count: int, request: Request) -> int:
    fixed = one.price.unit_amount_minor
    return request.amount_minor if fixed is None else fixed * count


def _sum_of(shown: Shown, lines: Sequence[tuple[Line, int]], chosen: Chosen) -> int:
    bounds = shown.typed
    if bounds is None:
        return sum((one.price.unit_amount_minor or 0) * count for one, count in lines)
    if chosen.amount_minor is None or chosen.amount_minor < bounds["minimum"]:
        raise AmountTooSmall(least_minor=bounds["minimum"])
    if chosen.amount_minor > bounds["maximum"]:
        raise AmountTooLarge(most_minor=bounds["maximum"])
    return chosen.amount_minor
