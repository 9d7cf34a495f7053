"""Which areas make up the province in a period, and what their ids and names are."""

from bisect import bisect_right
from dataclasses import dataclass
from datetime import date, timedelta

from sqlalchemy import select
from sqlalchemy.orm import Session

from portal.counting.periods import Period, month_of, parse_period
from portal.places.actions import leaves, lineage
from portal.places.areas import DISTRICT, PROVINCE, is_leaf, last_day_before, province_of_leaf
from portal.places.models import AdminUnit

_MOMENT = timedelta(microseconds=1)


@dataclass(frozen=True, slots=True)
class ProvinceThen:
    """The province in a period: its id and name, its leaves, and all provinces that came into it.

    An area of one of those counts too: its subjects follow the reform in due work, and the total stays meanwhile.
    """

    id: str
    name: str
    leaves: frozenset[str]
    lineage: frozenset[str]


def is_known(session: Session, province: str) -> bool:
    """Say whether the province's unit is loaded: before that no figure has a place to stand at."""
    own = select(AdminUnit.id).where(AdminUnit.code == province.partition("@")[0], AdminUnit.level == PROVINCE)
    return session.scalar(own.limit(1)) is not None


class Areas:
    """The province over time, read once for one piece of work."""

    def __init__(self, session: Session, province: str) -> None:
        self._session = session
        own = AdminUnit.code == province.partition("@")[0]
        query = select(AdminUnit).where(own, AdminUnit.level == PROVINCE).order_by(AdminUnit.valid_from)
        self._provinces = list(session.scalars(query))
        lineages = {one.id: lineage(session, one.id) for one in self._provinces}
        ours = frozenset[str]().union(*lineages.values()) if lineages else frozenset[str]()
        rows = session.execute(
            select(
                AdminUnit.id, AdminUnit.parent_id, AdminUnit.province_id, AdminUnit.name, AdminUnit.level,
                AdminUnit.valid_from, AdminUnit.valid_to,
            ).where(AdminUnit.province_id.in_(ours) | AdminUnit.id.in_(ours))
        ).all()  # fmt: skip
        self._province_of = {row.id: row.province_id for row in rows} | {one: one for one in ours}
        names = {row.id: row.name for row in rows}
        districts = {row.id for row in rows if row.level == DISTRICT}
        # Several wards of a province are called Phường 1: only their towns tell them apart.
        self.names: dict[str, str] = {
            row.id: f"{row.name}, {names[row.parent_id]}" if row.parent_id in districts else row.name for row in rows
        }
        days = {row.valid_from for row in rows} | {row.valid_to for row in rows if row.valid_to}
        self._breaks: list[date] = sorted(days)
        self._lineages = lineages
        self._known: dict[int, ProvinceThen | None] = {}

    def then(self, period: Period) -> ProvinceThen | None:
        """Return the province at a period's end, or None before it is known."""
        on = last_day_before(period.end)
        stretch = bisect_right(self._breaks, on)
        if stretch not in self._known:
            unit = next((one for one in self._provinces if one.valid_on(on)), None)
            self._known[stretch] = None if unit is None else ProvinceThen(
                unit.id,
                unit.name,
                frozenset(leaves(self._session, unit.id, period.end)),
                self._lineages[unit.id],
            )  # fmt: skip
        return self._known[stretch]

    def is_break(self, period: Period) -> bool:
        """Say whether a month is the first of a new unit: its figures don't continue those of the month before."""
        now, before = self.then(period), self.then(parse_period(month_of(period.start - _MOMENT)))
        return now is not None and before is not None and now.id != before.id

    def province_of(self, area: str) -> str | None:
        """Return the province in which an area lies, or lay."""
        return province_of_leaf(area) if is_leaf(area) else self._province_of.get(area)
