"""The true figures of one indicator, month by month, from what its cells gained: for publisher and recount alike."""

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence

from portal.adoption.areas import Areas
from portal.adoption.errors import NotAdditive
from portal.adoption.privacy import open_below_province
from portal.counting import TOTAL, Catalogue, Indicator
from portal.counting.periods import Period, parse_period
from portal.places.areas import leaf_of

Nets = Mapping[tuple[str, str, str], int]
"""(cut, area, month) → what the cell gained in the month; the month "" holds what it had before the first."""
Cell = tuple[str, str]
"""(cut, area)."""
Truth = Mapping[Cell, int]
"""Each cell's figure in one month, of the units valid then; cells that are 0 are left out."""
Key = tuple[str, str, str]
"""(cut, area, period)."""
BEFORE = ""


def periods_of(months: Iterable[str]) -> list[Period]:
    """Return the months and every quarter, half-year and year that one of them is part of."""
    texts: dict[str, None] = {}
    for month in months:
        year, number = month[:4], int(month[5:])
        for text in (month, f"{year}-Q{(number + 2) // 3}", f"{year}-S{(number + 5) // 6}", year):
            texts[text] = None
    return [parse_period(text) for text in texts]


def truths(indicator: Indicator, nets: Nets, months: Sequence[str], *, areas: Areas) -> Iterator[tuple[str, Truth]]:
    """Yield each of these months, in order, with the figures that are true in it.

    An area that is no unit of its province any more, since its subjects have not followed a reform yet, counts on the
    leaf "not attributable": the communes always sum to the province.
    """
    by_month: defaultdict[str, list[tuple[Cell, int]]] = defaultdict(list)
    for (cut, area, month), net in nets.items():
        by_month[month].append(((cut, area), net))
    wanted, standing = set(months), defaultdict[Cell, int](int)
    for month in sorted(by_month.keys() | wanted):
        if indicator.kind == "F":
            standing = defaultdict(int)
        for cell, net in by_month.get(month, ()):
            standing[cell] += net
        if month in wanted:
            yield month, _of_units(indicator, standing, parse_period(month), areas)


def _of_units(indicator: Indicator, standing: Mapping[Cell, int], month: Period, areas: Areas) -> Truth:
    """Lay raw cells on the units of a month, and sum them to the province."""
    then = areas.then(month)
    if then is None:
        return {}
    every = open_below_province(indicator)
    found: defaultdict[Cell, int] = defaultdict(int)
    for (cut, area), value in standing.items():
        if value and areas.province_of(area) in then.lineage:
            found[cut, then.id] += value
            if not indicator.province_only and (every or cut == TOTAL):
                found[cut, area if area in then.leaves else leaf_of(then.id)] += value
    return {cell: value for cell, value in found.items() if value}


def total(indicator: Indicator, cut: str, values: Iterable[int]) -> int:
    """Sum cells of different cuts of one dimension; raise `NotAdditive` where they overlap."""
    dimension = cut.partition("@")[0]
    if any(one.dimension == dimension and not one.additive for one in indicator.cuts) or indicator.kind == "R":
        raise NotAdditive("adoption.not_additive", indicator=indicator.code)
    return sum(values)


def tellable(catalogue: Catalogue, indicator: Indicator, cut: str, *, at_province: bool, closed: bool = False) -> bool:
    """Say whether a cell is ever told, or is so before its month closes.

    The cuts of one commune are a crossing so fine that the public never gets it where anything is hidden at all.
    """
    if cut != TOTAL and cut not in catalogue.cuts_of(indicator):
        return False
    if indicator.province_only and not at_province:
        return False
    if open_below_province(indicator) or (at_province and cut == TOTAL):
        return True
    return closed and (at_province or cut == TOTAL)


def own_months(period: Period, area: str, areas: Areas, *, at_province: bool) -> list[str]:
    """Return the months of a period in which the area was the unit that it is at the period's end."""
    found = []
    for month in period.months:
        then = areas.then(parse_period(month))
        if then is not None and (then.id == area if at_province else area in then.leaves):
            found.append(month)
    return found
