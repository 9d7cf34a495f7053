"""Our categories on the marketplaces' trees: dated rows. The stand-ins use our own codes, so theirs come as a file."""

import csv
from collections.abc import Collection, Iterator
from datetime import date, datetime
from importlib import resources

from sqlalchemy import select
from sqlalchemy.orm import Session

from portal.acting import Acting
from portal.audit import record
from portal.catalogue.models import Category
from portal.marketplaces.channels.registry import NAMES
from portal.marketplaces.errors import CategoryMapInvalid
from portal.marketplaces.models import CategoryMap

COLUMNS = ("channel", "category", "remote_category", "valid_from")
LONGEST = 80


def remote_category(session: Session, *, channel: str, category_code: str, on: date) -> str:
    """Return a channel's own category for ours on a day, or an empty text where nobody has mapped it."""
    query = select(CategoryMap.remote_category).where(
        CategoryMap.channel == channel, CategoryMap.category_code == category_code, CategoryMap.valid_from <= on
    )
    return session.scalar(query.order_by(CategoryMap.valid_from.desc()).limit(1)) or ""


def load_simulation_categories(session: Session, *, now: datetime, acting: Acting) -> int:
    """Add the stand-ins' categories that are missing; return how many. Real partners' come by `load_categories`."""
    content = resources.files("portal.marketplaces").joinpath("data/simulation_categories.csv").read_bytes()
    return load_categories(session, content, channels=NAMES, now=now, acting=acting)


def load_categories(
    session: Session, content: bytes, *, channels: Collection[str], now: datetime, acting: Acting
) -> int:
    """Add the rows of a CSV file (UTF-8, columns as COLUMNS) that are missing; return how many.

    Raises CategoryMapInvalid, which names the row and the column, before anything is written. A row that is there
    stays: another answer of the marketplace is a row of another day.
    """
    known = {(row.channel, row.category_code, row.valid_from) for row in session.scalars(select(CategoryMap))}
    ours = set(session.scalars(select(Category.code)))
    fresh = {
        (row.channel, row.category_code, row.valid_from): row
        for row in _rows(content, channels=channels, categories=ours)
        if (row.channel, row.category_code, row.valid_from) not in known
    }
    session.add_all(fresh.values())
    if fresh:
        record(session, now=now, acting=acting, act="category_map.loaded", object_id=f"{len(fresh)} rows")
    return len(fresh)


def _rows(content: bytes, *, channels: Collection[str], categories: Collection[str]) -> Iterator[CategoryMap]:
    try:
        lines = csv.DictReader(content.decode("utf-8-sig").splitlines())
    except UnicodeDecodeError:
        raise CategoryMapInvalid(row=1, column="UTF-8") from None
    if missing := sorted(set(COLUMNS) - set(lines.fieldnames or ())):
        raise CategoryMapInvalid(row=1, column=missing[0])
    for number, line in enumerate(lines, 2):
        found = {name: (line[name] or "").strip() for name in COLUMNS}
        try:
            day = date.fromisoformat(found["valid_from"])
        except ValueError:
            raise CategoryMapInvalid(row=number, column="valid_from") from None
        good = {
            "channel": found["channel"] in channels,
            "category": found["category"] in categories,
            "remote_category": 0 < len(found["remote_category"]) <= LONGEST,
        }
        for column, fits in good.items():
            if not fits:
                raise CategoryMapInvalid(row=number, column=column)
        yield CategoryMap(
            channel=found["channel"], category_code=found["category"], remote_category=found["remote_category"],
            valid_from=day,
        )  # fmt: skip
