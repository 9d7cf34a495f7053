"""When providers are asked again."""

from datetime import timedelta

from payments.schedule import is_over, is_stuck, next_query_at
from tests.payments.scene import AT

MINUTE = timedelta(minutes=1)


def plan(status, *, expires_after, **more):
    """Return all minutes at which an attempt that stays as it is is asked."""
    found, now = [], AT
    while (at := next_query_at(status=status, since=AT, expires_at=AT + expires_after, now=now, **more)) is not None:
        found.append((at - AT) / MINUTE)
        now = at
    return found


def test_unknown_is_asked_after_1_5_15_minutes_an_hour_a_day_then_daily_four_times():
    day = 24 * 60
    assert plan("unknown", expires_after=15 * MINUTE) == [1, 5, 15, 60, day, 2 * day, 3 * day, 4 * day, 5 * day]


def test_pending_is_asked_after_5_15_minutes_an_hour_a_day_and_after_its_expiry():
    assert plan("pending", expires_after=15 * MINUTE) == [5, 15, 20, 31, 60, 24 * 60]


def test_what_was_declined_is_asked_once_more_when_its_page_is_closed():
    for status in ("failed", "canceled", "expired"):
        assert plan(status, expires_after=15 * MINUTE) == [31], status


def test_what_is_paid_is_not_asked_unless_only_a_part_came():
    assert plan("succeeded", expires_after=15 * MINUTE) == []
    assert plan("succeeded", expires_after=15 * MINUTE, takes_more=True) == [31]


def test_over_and_stuck():
    assert not is_over(expires_at=AT, now=AT + 14 * MINUTE)
    assert is_over(expires_at=AT, now=AT + 15 * MINUTE)
    assert not is_stuck(since=AT, now=AT + 23 * 60 * MINUTE)
    assert is_stuck(since=AT, now=AT + 24 * 60 * MINUTE)
