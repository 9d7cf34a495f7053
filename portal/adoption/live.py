"""Live figures for officers: base and pending, unsuppressed, of the communes that an officer answers for."""

from collections.abc import Mapping
from dataclasses import dataclass

from sqlalchemy.orm import Session

from portal.acting import Acting
from portal.adoption.areas import Areas
from portal.adoption.query import Ground, ordered
from portal.adoption.words import area_label, cut_name, figure_text, indicator_name, unit_name
from portal.counting import TOTAL, Indicator, live_cells
from portal.counting.periods import Period
from portal.places.actions import lineage

EVERYTHING = "province_officer"


@dataclass(frozen=True, slots=True)
class Table:
    """An indicator by commune: the columns after the name, and a row for each commune that has any."""

    columns: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]

    @property
    def numbered(self) -> list[tuple[str, str]]:
        """Return the columns as the table component takes columns of numbers."""
        return [(column, "number") for column in self.columns]


def reach(session: Session, acting: Acting, areas: Areas, period: Period) -> frozenset[str] | None:
    """Return the areas within an officer's grant; None for the whole province."""
    if acting.role == EVERYTHING:
        return None
    then = areas.then(period)
    if acting.unit_id is None or then is None:
        return frozenset()
    return lineage(session, acting.unit_id) & then.leaves


def totals(session: Session, on: Ground, period: Period, within: frozenset[str] | None) -> list[tuple[str, str, str]]:
    """Return every indicator over all that is within reach: name, figure, unit."""
    found = []
    for one in on.catalogue:
        if one.kind != "R":
            value = sum(cells(session, on, one, TOTAL, period, within).values())
            found.append((indicator_name(one), figure_text(one, value), unit_name(one)))
    return found


def by_commune(
    session: Session, on: Ground, indicator: Indicator, period: Period, within: frozenset[str] | None
) -> Table:
    """Return an indicator by commune, with its cuts as columns; those that overlap stand beside each other unsummed."""
    cuts = on.catalogue.cuts_of(indicator)
    by_cut = {cut: cells(session, on, indicator, cut, period, within) for cut in cuts}
    then = on.areas.then(period)
    known = ordered(then) if then is not None else []
    others = sorted({area for found in by_cut.values() for area in found} - set(known))
    rows = []
    for area in [*known, *others]:
        values = [by_cut[cut].get(area, 0) for cut in cuts]
        if any(values):
            texts = [figure_text(indicator, value) for value in values]
            rows.append((area_label(area, on.areas.names), *texts))
    return Table(tuple(cut_name(cut) for cut in cuts), tuple(rows))


def cells(
    session: Session, on: Ground, indicator: Indicator, cut: str, period: Period, within: frozenset[str] | None
) -> Mapping[str, int]:
    """Return area → value; an area of the province before a reform counts until its subjects have followed."""
    then = on.areas.then(period)
    if then is None:
        return {}
    found = live_cells(session, indicator, period, cut=cut, allow_negative=True)
    return {
        area: value
        for area, value in found.items()
        if (area in within if within is not None else on.areas.province_of(area) in then.lineage)
    }
