"""A rest for gateways that don't answer: after some calls in a row without an answer nobody calls, then one probes.

The state is a row, so that every process keeps the same rest. What is said here decides only whether a gateway is
called; how a payment stands is never taken from it. A gateway's clock is held against ours in the same row.
"""

from __future__ import annotations

from datetime import datetime, timedelta

from sqlalchemy import String, select
from sqlalchemy.orm import Mapped, Session, mapped_column

from payments import cases, rows
from payments.errors import BadAnswer, GatewayError, GatewayMisconfigured, GatewayResting, NoAnswer
from payments.types import PayBase, UtcDateTime

OPENS_AFTER = 5
FIRST_REST, LONGEST_REST = timedelta(seconds=30), timedelta(minutes=5)
# A little longer than the longest call: who probes, probes alone.
_PROBE = timedelta(seconds=40)
MOST_SKEW_S = 120.0
_WATCH = "worker"


class GatewayHealth(PayBase):
    """How a gateway answered last: `failures` in a row since `since`, at rest until `retry_at`, its clock's distance.

    A row without `retry_at` is a gateway that is called as ever.
    """

    __tablename__ = "pay_gateway_health"

    gateway: Mapped[str] = mapped_column(String(16), primary_key=True)
    failures: Mapped[int]
    rests: Mapped[int]
    reason: Mapped[str | None] = mapped_column(String(60))
    since: Mapped[datetime | None] = mapped_column(UtcDateTime)
    retry_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    skew_s: Mapped[int | None]


def resting(session: Session, *, now: datetime) -> frozenset[str]:
    """Return the gateways that nobody shall call now."""
    return frozenset(session.scalars(select(GatewayHealth.gateway).where(GatewayHealth.retry_at > now)))


def down(session: Session) -> list[GatewayHealth]:
    """Return the gateways that don't answer, also while one call probes, by name."""
    opened = select(GatewayHealth).where(GatewayHealth.retry_at.is_not(None))
    return list(session.scalars(opened.order_by(GatewayHealth.gateway)))


def before_call(session: Session, *, gateway: str, now: datetime) -> None:
    """Let a call be made, alone where the gateway has rested; raises GatewayResting while it rests."""
    row = session.get(GatewayHealth, gateway)
    if row is None or row.retry_at is None:
        return
    row = _locked(session, gateway)
    if row.retry_at is not None and row.retry_at > now:
        raise GatewayResting(gateway=gateway)
    if row.retry_at is not None:
        row.retry_at = now + _PROBE
        session.flush()


def after_call(session: Session, *, gateway: str, error: GatewayError | None, now: datetime) -> bool:
    """Note how a call ended; return True if its gateway begins to rest by it. A refusal is an answer."""
    if error is not None and is_down(error):
        return _failed(session, gateway, reason=str(error.fields.get("reason", error.code)), now=now)
    row = session.get(GatewayHealth, gateway)
    if row is not None and row.failures:
        row = _locked(session, gateway)
        row.failures, row.rests, row.reason, row.since, row.retry_at = 0, 0, None, None, None
        cases.close_cases(session, kind=cases.GATEWAY_DOWN, subject_id=gateway, actor=_WATCH, now=now)
        session.flush()
    return False


def heard_clock(session: Session, *, gateway: str, ahead_s: float, now: datetime) -> bool:
    """Note how far a gateway's clock is ahead of ours; True if this is news of a distance that is too great."""
    far = abs(ahead_s) > MOST_SKEW_S
    row = session.get(GatewayHealth, gateway)
    if (row is None or row.skew_s is None) and not far:
        return False
    row = _locked(session, gateway)
    news = far and row.skew_s is None
    row.skew_s = round(ahead_s) if far else None
    if far:
        cases.open_case(
            session, kind=cases.CLOCK_SKEW, subject_id=gateway, payee_id=None, now=now,
            reason=f"its clock is {round(ahead_s)} s ahead of ours",
        )  # fmt: skip
    else:
        cases.close_cases(session, kind=cases.CLOCK_SKEW, subject_id=gateway, actor=_WATCH, now=now)
    session.flush()
    return news


def is_down(error: GatewayError) -> bool:
    """Say whether an error speaks of the gateway itself; a strange answer may speak of one payment alone. Pure."""
    if not isinstance(error, NoAnswer) or isinstance(error, GatewayMisconfigured):
        return False
    return not isinstance(error, BadAnswer) or str(error.fields.get("reason", "")).startswith("http_5")


def _failed(session: Session, gateway: str, *, reason: str, now: datetime) -> bool:
    row = _locked(session, gateway)
    row.failures, row.reason, row.since = row.failures + 1, reason[:60], row.since or now
    if row.failures < OPENS_AFTER:
        session.flush()
        return False
    row.retry_at = now + min(FIRST_REST * 2 ** min(row.rests, 10), LONGEST_REST)
    row.rests += 1
    if row.rests == 1:
        cases.open_case(
            session, kind=cases.GATEWAY_DOWN, subject_id=gateway, payee_id=None, now=now,
            reason=f"{row.failures} calls in a row had no answer",
        )  # fmt: skip
    session.flush()
    return row.rests == 1


def _locked(session: Session, gateway: str) -> GatewayHealth:
    empty = {"gateway": gateway, "failures": 0, "rests": 0, "reason": None, "since": None, "retry_at": None}
    rows.insert_once(session, GatewayHealth, {**empty, "skew_s": None})
    query = select(GatewayHealth).where(GatewayHealth.gateway == gateway).with_for_update()
    return session.scalars(query, execution_options=rows.FRESH).one()
