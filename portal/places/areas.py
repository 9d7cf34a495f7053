"""Keys and days of areas. Pure.

A bare code says nothing: 80 was Long An until 2025-06-30 and is Tây Ninh since. An area's id is its code and first
day, `80@20210101`. Each province also has a leaf for what can't be put in any commune, `80@20210101_X`: `_X` is what
SDMX calls "not allocated", and its letters are allowed in every format we publish. A leaf ends with its province.
"""

from datetime import UTC, date, datetime, timedelta, timezone

VIETNAM = timezone(timedelta(hours=7))  # no summer time since 1975
_NOT_ATTRIBUTABLE = "_X"

PROVINCE, DISTRICT, COMMUNE = "province", "district", "commune"
LEVEL_OF_KIND = {
    "tỉnh": PROVINCE,
    "thành phố trung ương": PROVINCE,
    "huyện": DISTRICT,
    "quận": DISTRICT,
    "thị xã": DISTRICT,
    "thành phố": DISTRICT,
    "xã": COMMUNE,
    "phường": COMMUNE,
    "thị trấn": COMMUNE,
    "đặc khu": COMMUNE,
}


def area_id(code: str, valid_from: date) -> str:
    """Return the id of the unit that took this code on that day."""
    return f"{code}@{valid_from:%Y%m%d}"


def code_of(area: str) -> str:
    """Return the code inside an area's id."""
    return area.partition("@")[0]


def leaf_of(province_id: str) -> str:
    """Return the province's own leaf "not attributable"."""
    return province_id + _NOT_ATTRIBUTABLE


def is_leaf(area: str) -> bool:
    """Say whether this is a province's leaf "not attributable"."""
    return area.endswith(_NOT_ATTRIBUTABLE)


def province_of_leaf(area: str) -> str:
    """Return the province whose leaf this is."""
    return area.removesuffix(_NOT_ATTRIBUTABLE)


def starts_at(day: date) -> datetime:
    """Return the instant, in UTC, at which this day begins in Vietnam."""
    return datetime(day.year, day.month, day.day, tzinfo=VIETNAM).astimezone(UTC)


def day_of(instant: datetime) -> date:
    """Return the day in Vietnam at this instant."""
    if instant.tzinfo is None:
        raise ValueError("an instant needs its time zone")
    return instant.astimezone(VIETNAM).date()


def last_day_before(period_end: datetime) -> date:
    """Return the last day of a period that ends just before this instant."""
    return day_of(period_end - timedelta(microseconds=1))
