"""Pages of a list: newest first, by an internal sequence, walked both ways by an object's id."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Select, tuple_
from sqlalchemy.orm import InstrumentedAttribute, Session

from payments.v1.errors import InvalidRequest

USUAL = 10
Place = tuple[Any, ...] | None


@dataclass(frozen=True, slots=True)
class Order:
    """By which columns a list is ordered, and which tells when an object was made."""

    columns: tuple[InstrumentedAttribute[Any], ...]
    created: InstrumentedAttribute[Any]


@dataclass(frozen=True, slots=True)
class Page:
    """What one page holds, and whether there is more in its direction."""

    found: list[Any]
    has_more: bool


def page(
    session: Session, query: Select[Any], values: Mapping[str, Any], *, order: Order, place_of: Callable[[str], Place],
    whole: bool = False,
) -> Page:  # fmt: skip
    """Read one page; `place_of` finds a cursor's place in the order, or None. `whole` gives rows instead of objects.

    Raises InvalidRequest for both cursors at once, and for one that is no object of the caller's.
    """
    after, before = values.get("starting_after"), values.get("ending_before")
    _refuse_both(after, before)
    limit, at = values.get("limit") or USUAL, order.created
    for name, bound in (values.get("created") or {}).items():
        query = query.where({"gt": at > bound, "gte": at >= bound, "lt": at < bound, "lte": at <= bound}[name])
    columns = tuple_(*order.columns)
    read: Callable[[Select[Any]], Any] = session.execute if whole else session.scalars
    if before is not None:
        newer = query.where(columns > tuple_(*_place(before, "ending_before", place_of)))
        found = list(read(newer.order_by(*(one.asc() for one in order.columns)).limit(limit + 1)))
        return Page(found[:limit][::-1], len(found) > limit)
    if after is not None:
        query = query.where(columns < tuple_(*_place(after, "starting_after", place_of)))
    found = list(read(query.order_by(*(one.desc() for one in order.columns)).limit(limit + 1)))
    return Page(found[:limit], len(found) > limit)


def of_few(found: list[dict[str, Any]], values: Mapping[str, Any]) -> tuple[list[dict[str, Any]], bool]:
    """Return one page of objects that are all at hand, in their own order, and whether there is more."""
    after, before = values.get("starting_after"), values.get("ending_before")
    _refuse_both(after, before)
    limit, places = values.get("limit") or USUAL, {one["id"]: n for n, one in enumerate(found)}
    for cursor, param in ((after, "starting_after"), (before, "ending_before")):
        if cursor is not None and cursor not in places:
            raise _no_such(cursor, param)
    if before is not None:
        first = max(0, places[before] - limit)
        return found[first : places[before]], first > 0
    first = places[after] + 1 if after is not None else 0
    return found[first : first + limit], first + limit < len(found)


def _refuse_both(after: str | None, before: str | None) -> None:
    if after is not None and before is not None:
        said = "Send starting_after or ending_before, not both."
        raise InvalidRequest(said, code="parameters_exclusive", param="ending_before")


def listed(url: str, data: list[dict[str, Any]], *, has_more: bool) -> dict[str, Any]:
    """Return a list object."""
    return {"object": "list", "url": url, "has_more": has_more, "data": data}


def _place(cursor: str, param: str, place_of: Callable[[str], Place]) -> tuple[Any, ...]:
    place = place_of(cursor)
    if place is None:
        raise _no_such(cursor, param)
    return place


def _no_such(cursor: str, param: str) -> InvalidRequest:
    return InvalidRequest(f"No such object: '{cursor[:64]}'", code="resource_missing", param=param)
