"""Rows that come with the product: categories and units. Loading them twice changes nothing."""

import csv
from datetime import datetime
from importlib import resources

from sqlalchemy import select
from sqlalchemy.orm import Session

from portal.acting import Acting
from portal.audit import record
from portal.catalogue.models import Category, SaleUnit


def load_seeds(session: Session, *, now: datetime, acting: Acting) -> int:
    """Add the categories and units that are missing; return how many. What an officer changed stays."""
    categories, units = set(session.scalars(select(Category.code))), set(session.scalars(select(SaleUnit.code)))
    fresh: list[Category | SaleUnit] = [
        Category(
            code=line["code"],
            name_vi=line["name_vi"],
            name_en=line["name_en"],
            sector=line["sector"],
            position=int(line["position"]),
        )
        for line in _lines("categories.csv")
        if line["code"] not in categories
    ]
    fresh += [
        SaleUnit(
            code=line["code"],
            name_vi=line["name_vi"],
            name_en=line["name_en"],
            base=line["base"],
            factor_milli=int(line["factor_milli"]) if line["factor_milli"] else None,
            asks=line["asks"] or None,
            position=int(line["position"]),
        )
        for line in _lines("sale_units.csv")
        if line["code"] not in units
    ]
    session.add_all(fresh)
    if fresh:
        record(session, now=now, acting=acting, act="catalogue.seeded", object_id=f"{len(fresh)} rows")
    return len(fresh)


def sectors() -> tuple[str, ...]:
    """Return the sectors under which figures count goods, in the order of the categories."""
    return tuple(dict.fromkeys(line["sector"] for line in _lines("categories.csv")))


def _lines(name: str) -> list[dict[str, str]]:
    text = resources.files("portal.catalogue").joinpath(f"data/{name}").read_text("utf-8")
    return list(csv.DictReader(text.splitlines()))
