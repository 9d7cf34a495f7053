"""Times as entries write them, and the calendar day in Việt Nam."""

from datetime import UTC, date, datetime, timedelta, timezone

# Asia/Ho_Chi_Minh has had this offset and no summer time since 1975.
VIETNAM = timezone(timedelta(hours=7))


def day_in_vietnam(now: datetime) -> date:
    """Give the day that a reader in Việt Nam lives in."""
    return now.astimezone(VIETNAM).date()


def utc_text(moment: datetime) -> str:
    """Write a time in UTC to the microsecond, as RFC 3339 with Z."""
    return moment.astimezone(UTC).isoformat(timespec="microseconds").replace("+00:00", "Z")
