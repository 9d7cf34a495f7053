"""Asking again because somebody looks: the provider about a try, the bank about an account's new lines."""

from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

import payments
from payments.models import Feed, Request
from payments.states import FeedStatus


def check_again(session: Session, *, request: Request, now: datetime) -> None:
    """Make all that could know of this payment due at once; the worker asks, outside any request of a browser."""
    for attempt in payments.live_attempts(session, request.id):
        payments.ask_again(session, attempt_id=attempt.id, now=now)
    feed = select(Feed).where(Feed.payee_id == request.payee_id, Feed.status != FeedStatus.CLOSED).with_for_update()
    for one in session.scalars(feed, execution_options={"populate_existing": True}):
        one.next_pull_at = min(one.next_pull_at, now)
    session.flush()
