"""Times and offsets as events write them: RFC 3339 with an offset, at most 14 hours from UTC."""

import re
from datetime import UTC, datetime, timedelta, timezone

from traceability.errors import FieldInvalid, OffsetInvalid, TimeWithoutOffset

_TIME = re.compile(r"(\d{4}-\d\d-\d\d)[Tt](\d\d:\d\d:\d\d)(?:\.(\d{1,12}))?([Zz]|[+-]\d\d:\d\d)?", re.ASCII)
_OFFSET = re.compile(r"([+-])(\d\d):([0-5]\d)", re.ASCII)
_FURTHEST_MINUTES = 14 * 60
_FIRST_YEAR, _LAST_YEAR = 1900, 2999


def read_offset(text: object, path: str) -> timedelta:
    """Read `+07:00`; raises OffsetInvalid."""
    found = _OFFSET.fullmatch(text) if isinstance(text, str) else None
    minutes = int(found[2]) * 60 + int(found[3]) if found else _FURTHEST_MINUTES + 1
    if found is None or minutes > _FURTHEST_MINUTES:
        raise OffsetInvalid(path=path, value=str(text)[:40])
    return timedelta(minutes=-minutes if found[1] == "-" else minutes)


def read_time(text: object, path: str) -> datetime:
    """Read a time with its offset, as UTC; raises TimeWithoutOffset, OffsetInvalid, FieldInvalid."""
    found = _TIME.fullmatch(text) if isinstance(text, str) else None
    if found is None:
        raise FieldInvalid(path=path, value=str(text)[:40])
    if found[4] is None:
        raise TimeWithoutOffset(path=path, value=found[0])
    offset = timedelta(0) if found[4] in "Zz" else read_offset(found[4], path)
    fraction = (found[3] or "").ljust(6, "0")[:6]
    try:
        local = datetime.fromisoformat(f"{found[1]}T{found[2]}.{fraction}")
    except ValueError:
        raise FieldInvalid(path=path, value=found[0]) from None
    if not _FIRST_YEAR <= local.year <= _LAST_YEAR:
        raise FieldInvalid(path=path, value=found[0])
    return local.replace(tzinfo=timezone(offset)).astimezone(UTC)


def local_text(moment: datetime, offset: timedelta) -> str:
    """Write a time as its place's clock showed it, with that offset, to the millisecond."""
    return moment.astimezone(timezone(offset)).isoformat(timespec="milliseconds")


def offset_text(offset: timedelta) -> str:
    """Write an offset as `+07:00`."""
    minutes = int(offset.total_seconds()) // 60
    sign = "-" if minutes < 0 else "+"
    return f"{sign}{abs(minutes) // 60:02d}:{abs(minutes) % 60:02d}"
