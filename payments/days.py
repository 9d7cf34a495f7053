"""Vietnam's clock: providers write local time without an offset, books keep UTC and a business day."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta, timezone

# Fixed since 1975, no daylight saving: an offset needs no time-zone database.
VIETNAM = timezone(timedelta(hours=7), "Asia/Ho_Chi_Minh")

COMPACT = "%Y%m%d%H%M%S"
SPACED = "%Y-%m-%d %H:%M:%S"


def business_date(at: datetime) -> date:
    """Return the day in Vietnam of the provider's payment time; 17:00 UTC begins the next one."""
    return at.astimezone(VIETNAM).date()


def from_local(text: str, form: str) -> datetime:
    """Read a provider's local time as aware UTC; raises ValueError if it is not of that form."""
    return datetime.strptime(text, form).replace(tzinfo=VIETNAM).astimezone(UTC)


def to_local(at: datetime, form: str) -> str:
    """Write an aware time as a provider's local text."""
    return at.astimezone(VIETNAM).strftime(form)
