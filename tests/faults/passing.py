"""Time that passes for the portal and its partners: their rows' times are moved, since their clocks can't be."""

import sqlite3
from contextlib import closing
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import sqlalchemy as sa

from payments.breaker import GatewayHealth
from payments.models import Attempt, Feed, Refund, StoredNotice
from payments.settlement.tables import Difference
from payments.states import LIVE_REFUNDS, FeedStatus
from portal.marketplaces.models import ChannelEvent, ChannelSwitch, Outbox
from portal.stamps.models import StampOrder
from traceability.models import TraceAnchor

_BUSY_S = 120

_TIMES: tuple[tuple[Any, Any, Any], ...] = (
    (StoredNotice, StoredNotice.next_try_at, StoredNotice.status.in_(("received", "parked"))),
    (TraceAnchor, TraceAnchor.next_attempt_at, TraceAnchor.state.in_(("pending", "sent"))),
    (StampOrder, StampOrder.next_attempt_at, StampOrder.state == "due"),
    (Outbox, Outbox.next_attempt_at, Outbox.status.in_(("due", "leased"))),
    (Outbox, Outbox.claimed_at, Outbox.claimed_at.is_not(None)),
    (ChannelEvent, ChannelEvent.next_attempt_at, ChannelEvent.status == "due"),
    (ChannelSwitch, ChannelSwitch.paused_until, ChannelSwitch.paused_until.is_not(None)),
)

# Also for payments: every question and every statement is due.
MONEY_TIMES: tuple[tuple[Any, Any, Any], ...] = (
    _TIMES[0],
    (Attempt, Attempt.next_query_at, Attempt.next_query_at.is_not(None)),
    (Refund, Refund.next_try_at, Refund.status.in_(LIVE_REFUNDS)),
    (Feed, Feed.next_pull_at, Feed.status != FeedStatus.CLOSED),
    (GatewayHealth, GatewayHealth.retry_at, GatewayHealth.retry_at.is_not(None)),
    (Difference, Difference.next_query_at, Difference.next_query_at.is_not(None)),
)


def busy_wait(address: str) -> dict[str, Any]:
    """Return the driver's arguments with which SQLite waits for its lock as long as a slow machine needs."""
    return {"timeout": _BUSY_S} if address.startswith("sqlite") else {}


def minutes_pass(engine: sa.Engine, times: tuple[tuple[Any, Any, Any], ...] = _TIMES) -> None:
    """Let every lease run out and every pause end; rows that somebody holds are left to the next time.

    Waiting for them would take locks in an order that is not the portal's.
    """
    past = datetime.now(UTC) - timedelta(minutes=5)
    for model, column, where in times:
        key = sa.inspect(model).primary_key[0]
        free = sa.select(key).where(where, column > past).with_for_update(skip_locked=True)
        with engine.begin() as connection:
            connection.execute(sa.update(model).where(key.in_(free)).values({column: past}))


def partners_minutes_pass(file: Path) -> None:
    """Let a partner that was not answered call back now."""
    _partners(file, "UPDATE callback SET due_at = 0 WHERE due_at IS NOT NULL AND tries > 0")


def lost_notices_come(file: Path) -> None:
    """Let the providers send all that is late by now, and again what was never taken."""
    _partners(file, "UPDATE outbox SET due_at = 0, tries = 0, state = 'due' WHERE state <> 'done'")


def forget_moods(file: Path) -> None:
    """Let the partners behave again."""
    _partners(file, "DELETE FROM mood")


def _partners(file: Path, statement: str) -> None:
    with closing(sqlite3.connect(file, timeout=_BUSY_S)) as connection, connection:
        connection.execute(statement)


def partners_hours_pass(file: Path) -> None:
    """Let payments' partners repeat at once what was not taken; what is lost stays lost."""
    _partners(file, "UPDATE outbox SET due_at = 0 WHERE state = 'due' AND tries > 0")


def partners_behave(file: Path) -> None:
    """Let payments' partners forget how they were to go wrong."""
    _partners(file, "DELETE FROM faults")


def partner_never_lies(file: Path, provider: str) -> None:
    """Let a partner forget that it was to say the opposite as well: of a declined payment that is a lie it can sign."""
    with closing(sqlite3.connect(file, timeout=_BUSY_S)) as connection, connection:
        connection.execute("DELETE FROM faults WHERE provider = ? AND act = 'reorder'", (provider,))


def partners_due(file: Path) -> int:
    """Return how many notices payments' partners will send within minutes."""
    with closing(sqlite3.connect(file, timeout=_BUSY_S)) as connection:
        soon = datetime.now(UTC).timestamp() + 600
        counted = connection.execute("SELECT count(*) FROM outbox WHERE state = 'due' AND due_at < ?", (soon,))
        return int(counted.fetchone()[0])
