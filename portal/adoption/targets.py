"""Targets of the province: one officer writes one down with its source, another approves it, and it is shown."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from portal.acting import Acting
from portal.adoption.errors import TargetRefused
from portal.adoption.feed_states import move
from portal.adoption.target_models import AdoptTarget
from portal.audit import record
from portal.counting import TOTAL, Indicator
from portal.counting.periods import Period, parse_period

TARGET = {"draft": ("approved", "dropped"), "approved": ("replaced",), "replaced": (), "dropped": ()}
MOST = 2**53 - 1
SOURCE_LENGTH = 200


def draft_target(
    session: Session, *, now: datetime, acting: Acting, indicator: Indicator, area_id: str, period: Period, value: int,
    source: str,
) -> AdoptTarget:  # fmt: skip
    """Write a target of the whole province down; raise TargetRefused for a share, and for a figure that cannot be."""
    if indicator.kind == "R":
        raise TargetRefused("target.indicator", field="indicator")
    if not 0 < value <= MOST:
        raise TargetRefused("target.value", field="value")
    if not source or len(source) > SOURCE_LENGTH:
        raise TargetRefused("target.source", field="source")
    row = AdoptTarget(
        indicator=indicator.code, cut=TOTAL, area_id=area_id, period=period.text, value=value, source=source,
        state="draft", set_at=now, set_by=str(acting.login_id),
    )  # fmt: skip
    session.add(row)
    session.flush()
    _recorded(session, row, now=now, acting=acting, act="adoption.target_set")
    return row


def approve_target(session: Session, *, now: datetime, acting: Acting, target_id: str) -> None:
    """Let a target count, in the place of the one before; raise TargetRefused to who wrote it down."""
    row = _locked(session, target_id)
    if row.set_by == acting.login_id:
        raise TargetRefused("target.second_person")
    state = move(TARGET, row.id, row.state, "approved")
    same = select(AdoptTarget).filter_by(
        indicator=row.indicator, cut=row.cut, area_id=row.area_id, period=row.period, state="approved"
    )
    for before in session.scalars(same.with_for_update()):
        before.state = move(TARGET, before.id, before.state, "replaced")
    session.flush()  # one target counts at a time, in the database too
    row.state, row.approved_at, row.approved_by = state, now, acting.login_id
    _recorded(session, row, now=now, acting=acting, act="adoption.target_approved")


def drop_target(session: Session, *, now: datetime, acting: Acting, target_id: str) -> None:
    """Put a target away that nobody has approved."""
    row = _locked(session, target_id)
    row.state = move(TARGET, row.id, row.state, "dropped")
    _recorded(session, row, now=now, acting=acting, act="adoption.target_dropped")


def targets(session: Session, *states: str) -> Sequence[AdoptTarget]:
    """Return the targets in these states, the newest period first."""
    query = select(AdoptTarget).where(AdoptTarget.state.in_(states))
    return session.scalars(query.order_by(AdoptTarget.period.desc(), AdoptTarget.indicator, AdoptTarget.set_at)).all()


def targets_for(session: Session, area_id: str, month: str) -> Mapping[str, AdoptTarget]:
    """Return indicator → the approved target of the shortest period that a month lies in."""
    query = select(AdoptTarget).where(AdoptTarget.state == "approved", AdoptTarget.area_id == area_id)
    found: dict[str, AdoptTarget] = {}
    for row in session.scalars(query):
        period = parse_period(row.period)
        known = found.get(row.indicator)
        if month in period.months and (known is None or len(period.months) < len(parse_period(known.period).months)):
            found[row.indicator] = row
    return found


def _locked(session: Session, target_id: str) -> AdoptTarget:
    query = select(AdoptTarget).where(AdoptTarget.id == target_id).with_for_update()
    row = session.scalars(query, execution_options={"populate_existing": True}).one_or_none()
    if row is None:
        raise TargetRefused("target.unknown")
    return row


def _recorded(session: Session, row: AdoptTarget, *, now: datetime, acting: Acting, act: str) -> None:
    changed: dict[str, tuple[Any, Any]] = {"target": (None, f"{row.indicator} {row.period}: {row.value}")}
    record(session, now=now, acting=acting, act=act, object_id=row.id, changed=changed, public=frozenset(changed))
