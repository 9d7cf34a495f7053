"""Whether a channel may be called now, and whether its link is known to work."""

from datetime import datetime, timedelta

from sqlalchemy import select
from sqlalchemy.orm import Session

from portal.counting import counting
from portal.db import insert_new
from portal.marketplaces.models import ChannelLinkState, ChannelSwitch
from portal.places.areas import day_of, leaf_of
from portal.places.homes import set_home
from portal.places.lookup import resolve

FAILURES = 4
_SUBJECT = "channel:"
PAUSE_FIRST_S, PAUSE_MAX_S = 60, 86_400


def subject_of(channel: str) -> str:
    """Return the counted subject of a channel."""
    return _SUBJECT + channel


def channel_of(subject_id: str) -> str:
    """Return the channel of a counted subject, or an empty text for a subject of another kind."""
    return subject_id.removeprefix(_SUBJECT) if subject_id.startswith(_SUBJECT) else ""


def locked_switch(session: Session, channel: str) -> ChannelSwitch:
    """Lock and return a channel's switch; the first call makes it, switched on."""
    insert_new(session, ChannelSwitch, channel=channel, is_on=True, pause_s=0, failures=0)
    query = select(ChannelSwitch).where(ChannelSwitch.channel == channel).with_for_update()
    return session.scalars(query.execution_options(populate_existing=True)).one()


def calls_allowed(switch: ChannelSwitch | None, *, now: datetime, batch_max: int) -> int:
    """Return how many messages may go now: none while off or paused, one as a probe after failures."""
    if switch is None:
        return batch_max
    if not switch.is_on or (switch.paused_until is not None and switch.paused_until > now):
        return 0
    return 1 if switch.failures >= FAILURES else batch_max


def note_failure(switch: ChannelSwitch, *, now: datetime) -> None:
    """Count a call without an answer; from the fourth in a row on, pause 1 min, doubling to 24 h."""
    switch.failures += 1
    if switch.failures >= FAILURES:
        switch.pause_s = min(max(PAUSE_FIRST_S, switch.pause_s * 2), PAUSE_MAX_S)
        switch.paused_until, switch.pause_reason = now + timedelta(seconds=switch.pause_s), "no_answer"


def note_throttle(switch: ChannelSwitch, *, now: datetime, seconds: int, reason: str) -> None:
    """Obey the partner's wish to be left alone for some seconds."""
    switch.paused_until, switch.pause_reason = now + timedelta(seconds=seconds), reason


def note_success(switch: ChannelSwitch) -> None:
    """End every pause: the channel answered."""
    switch.failures, switch.pause_s, switch.paused_until, switch.pause_reason = 0, 0, None, None


def link_up(session: Session, *, now: datetime, channel: str, province: str) -> None:
    """Note that the link works, once: a connected marketplace of the province (its code) until it is switched off."""
    open_row = select(ChannelLinkState).where(ChannelLinkState.channel == channel, ChannelLinkState.to_at.is_(None))
    row = session.scalars(open_row).one_or_none()
    if row is not None and row.state == "up":
        return
    locked_switch(session, channel)
    subject = subject_of(channel)
    with counting(session, subject, effective_at=now):
        set_home(session, subject_id=subject, area_id=leaf_of(resolve(session, province, day_of(now)).id), at=now)
        if row is not None:
            row.to_at = now
            session.flush()
        session.add(ChannelLinkState(channel=channel, state="up", from_at=now))
