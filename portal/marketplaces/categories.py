"""Our categories on the marketplaces' trees: dated rows. The stand-ins use our own codes, so theirs come as a file."""

import csv
from datetime import date, datetime
from importlib import resources

from sqlalchemy import select
from sqlalchemy.orm import Session

from portal.acting import Acting
from portal.audit import record
from portal.marketplaces.models import CategoryMap


def remote_category(session: Session, *, channel: str, category_code: str, on: date) -> str:
    """Return a channel's own category for ours on a day, or an empty text where nobody has mapped it."""
    query = select(CategoryMap.remote_category).where(
        CategoryMap.channel == channel, CategoryMap.category_code == category_code, CategoryMap.valid_from <= on
    )
    return session.scalar(query.order_by(CategoryMap.valid_from.desc()).limit(1)) or ""


def load_simulation_categories(session: Session, *, now: datetime, acting: Acting) -> int:
    """Add the stand-ins' categories that are missing; return how many. Real partners' maps are officers' rows."""
    known = {(row.channel, row.category_code, row.valid_from) for row in session.scalars(select(CategoryMap))}
    text = resources.files("portal.marketplaces").joinpath("data/simulation_categories.csv").read_text("utf-8")
    lines = [(one, date.fromisoformat(one["valid_from"])) for one in csv.DictReader(text.splitlines())]
    fresh = [
        CategoryMap(
            channel=one["channel"],
            category_code=one["category"],
            remote_category=one["remote_category"],
            valid_from=day,
        )
        for one, day in lines
        if (one["channel"], one["category"], day) not in known
    ]
    session.add_all(fresh)
    if fresh:
        record(session, now=now, acting=acting, act="category_map.loaded", object_id=f"{len(fresh)} rows")
    return len(fresh)
