"""The demo's sellers prove to their marketplaces who they are, through VNeID: some each month since the rules ask it.

The marketplaces' stand-ins say so by their callbacks, and each month everybody is judged by the rules of that day.
"""

from datetime import datetime
from math import ceil

import requests
from sqlalchemy import Select, func, select
from sqlalchemy.orm import Session

from portal.db import reading
from portal.demo.stage import Stage
from portal.i18n import ZONE
from portal.marketplaces import eligibility
from portal.marketplaces.models import ChannelAccount
from portal.marketplaces.states import EXISTS

BEGINS = datetime(2026, 6, 18, 9, 0, tzinfo=ZONE)  # the rule holds from July: the first are early
EACH_MONTH, MOST = 16, 85  # of a hundred sellers
ANSWER_S, TIMEOUT_S = 60.0, 8


def verify_sellers(stage: Stage, *, until: datetime) -> int:
    """Let sellers prove who they are, month after month up to a time, and have all judged; return how many did."""
    at, share = BEGINS, 0
    if at < until:
        stage.say("Sellers prove who they are to their marketplaces, month after month")
    while at < until:
        share = min(share + EACH_MONTH, MOST)
        stage.clock.move(seconds=(at - stage.clock.now()).total_seconds())
        _verify(stage, share=share)
        stage.clock.move(days=1)  # past the night in which all are judged
        stage.drain(lambda session: int(_is_due(session, stage)), seconds=ANSWER_S, only="marketplaces.eligibility")
        at = at.replace(year=at.year + at.month // 12, month=at.month % 12 + 1)
    return _verified(reading())


def _verify(stage: Stage, *, share: int) -> None:
    """Bring the sellers of each marketplace that are verified to a share of a hundred, and hear of it."""
    wanted = 0
    for code in stage.world.channels:
        there, done = _accounts(reading(), code, EXISTS), _accounts(reading(), code, ("verified",))
        more = ceil(there * share / 100) - done
        wanted += done + max(more, 0)
        if more > 0:
            address = f"{stage.world.settings.sandbox_url}/_sandbox/{code}/verify"
            requests.post(address, json={"sellers": more}, timeout=TIMEOUT_S).raise_for_status()
    reading().rollback()
    stage.drain(lambda session: wanted - _verified(session), seconds=ANSWER_S, only="marketplaces.events")


def _is_due(session: Session, stage: Stage) -> bool:
    return eligibility.is_due(session, now=stage.clock.now())


def _verified(session: Session) -> int:
    return session.scalar(_count().where(ChannelAccount.state == "verified")) or 0


def _accounts(session: Session, channel: str, states: tuple[str, ...]) -> int:
    return session.scalar(_count().where(ChannelAccount.channel == channel, ChannelAccount.state.in_(states))) or 0


def _count() -> Select[int]:
    return select(func.count()).select_from(ChannelAccount)
