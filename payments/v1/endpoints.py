"""Webhook endpoints of one payee: made, changed, deleted and found by its key."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import Select, select
from sqlalchemy.orm import Session

from payments.types import new_id
from payments.v1 import shapes
from payments.v1.delivery_tables import Endpoint
from payments.v1.errors import InvalidRequest
from payments.v1.intents import Caller, missing
from payments.v1.parameters import merged
from payments.v1.shapes import Shape

EVERYTHING = "*"
KINDS = (
    *(f"payment_intent.{one}" for one in ("created", "requires_action", "processing", "partially_funded")),
    *(f"payment_intent.{one}" for one in ("succeeded", "payment_failed", "canceled")),
    *(f"charge.{one}" for one in ("succeeded", "failed", "refunded")),
    "balance.available",
    *(f"checkout.session.{one}" for one in ("completed", "expired", "async_payment_succeeded", "async_payment_failed")),
    *(f"refund.{one}" for one in ("created", "updated", "failed")),
    *(f"product.{one}" for one in ("created", "updated", "deleted")),
    *(f"{kind}.{one}" for kind in ("price", "payment_link") for one in ("created", "updated")),
)
ENABLED, DISABLED = "enabled", "disabled"
MOST = 16
OVERLAP = timedelta(hours=24)


def create(
    session: Session, caller: Caller, values: Mapping[str, Any], *, sealed: Callable[[str], str], now: datetime
) -> Endpoint:
    """Note an address; `sealed` gives the sealed secret of an endpoint's id.

    Raises InvalidRequest for an event that does not exist or one address too many.
    """
    if len(session.scalars(mine(caller)).all()) >= MOST:
        raise InvalidRequest(f"A payee has at most {MOST} endpoints.", code="endpoints_used_up")
    endpoint_id = new_id("we")
    row = Endpoint(
        id=endpoint_id, payee_id=caller.payee_id, livemode=caller.livemode, url=values["url"],
        enabled_events=_known(values["enabled_events"]), description=values.get("description"),
        noted=merged({}, values.get("metadata")), api_version=values.get("api_version"),
        sealed_secret=sealed(endpoint_id), status=ENABLED, failures=0, paused_until=None, created_at=now,
        deleted_at=None,
    )  # fmt: skip
    session.add(row)
    session.flush()
    return row


def modify(session: Session, caller: Caller, endpoint_id: str, values: Mapping[str, Any]) -> Endpoint:
    """Change an address or what it is told; enabling it again ends its pause. Raises ResourceMissing."""
    row = find(session, caller, endpoint_id, lock=True)
    for name in ("url", "description", "api_version"):
        if name in values:
            setattr(row, name, values[name])
    if values.get("enabled_events"):
        row.enabled_events = _known(values["enabled_events"])
    if "metadata" in values:
        row.noted = merged(row.noted, values["metadata"])
    if values.get("disabled") is not None:
        row.status = DISABLED if values["disabled"] else ENABLED
        row.failures, row.paused_at, row.paused_until = 0, None, None
    session.flush()
    return row


def roll_secret(
    session: Session, caller: Caller, endpoint_id: str, *, sealed: Callable[[str], str], now: datetime
) -> Endpoint:
    """Give an endpoint a new secret; for a day calls carry a signature by each of the two. Raises ResourceMissing."""
    row = find(session, caller, endpoint_id, lock=True)
    row.previous_sealed, row.previous_until = row.sealed_secret, now + OVERLAP
    row.sealed_secret = sealed(row.id)
    session.flush()
    return row


def delete(session: Session, caller: Caller, endpoint_id: str, *, now: datetime) -> Shape:
    """Stop telling an address; what was sent stays to be looked at. Raises ResourceMissing."""
    row = find(session, caller, endpoint_id, lock=True)
    row.deleted_at, row.status = now, DISABLED
    session.flush()
    return {"id": row.id, "object": "webhook_endpoint", "deleted": True}


def find(session: Session, caller: Caller, endpoint_id: str, *, lock: bool = False) -> Endpoint:
    """Return one endpoint of the caller's payee; raises ResourceMissing."""
    query = mine(caller).where(Endpoint.id == endpoint_id)
    found = session.scalar(query.with_for_update() if lock else query)
    if found is None:
        raise missing("webhook_endpoint", endpoint_id)
    return found


def mine(caller: Caller) -> Select[Endpoint]:
    """Select the endpoints of a payee."""
    own = select(Endpoint).where(Endpoint.payee_id == caller.payee_id, Endpoint.livemode == caller.livemode)
    return own.where(Endpoint.deleted_at.is_(None))


def shape(row: Endpoint, *, secret: str | None = None) -> Shape:
    """Return an endpoint; `secret` only in the answer that makes it."""
    shown = {
        "id": row.id,
        "object": "webhook_endpoint",
        "api_version": row.api_version,
        "application": None,
        "created": shapes.seconds(row.created_at),
        "description": row.description,
        "enabled_events": list(row.enabled_events),
        "livemode": row.livemode,
        "metadata": dict(row.noted),
        "paused_at": shapes.seconds(row.paused_at),
        "status": row.status,
        "url": row.url,
    }
    return shown | ({"secret": secret} if secret is not None else {})


def wants(enabled_events: Collection[str], kind: str) -> bool:
    """Say whether who takes these events is told of a kind."""
    return EVERYTHING in enabled_events or kind in enabled_events


def _known(kinds: list[str]) -> list[str]:
    strange = [one for one in kinds if one not in (EVERYTHING, *KINDS)]
    if strange:
        said = f"There is no event {strange[0][:60]}. There are * and {', '.join(KINDS)}."
        raise InvalidRequest(said, code="event_unknown", param="enabled_events")
    return list(dict.fromkeys(kinds))
