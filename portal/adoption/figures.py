"""What the public is to see of one indicator, from its monthly changes: the same for publisher and recount."""

from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping, Sequence

from portal.adoption.areas import Areas, ProvinceThen
from portal.adoption.errors import NotAdditive
from portal.adoption.privacy import is_small, open_below_province
from portal.counting import TOTAL, Catalogue, Indicator
from portal.counting.periods import Period, next_month, parse_period

Nets = Mapping[tuple[str, str, str], int]
"""(cut, area, month) → what the cell gained in the month."""
Key = tuple[str, str, str]
"""(cut, area, period)."""


def months_between(first: str, last: str) -> list[str]:
    """Return the months from the first to the last, both included."""
    found = []
    while first <= last:
        found.append(first)
        first = next_month(first)
    return found


def periods_of(months: Iterable[str]) -> list[Period]:
    """Return the months and every quarter, half-year and year that one of them is part of."""
    texts: dict[str, None] = {}
    for month in months:
        year, number = month[:4], int(month[5:])
        for text in (month, f"{year}-Q{(number + 2) // 3}", f"{year}-S{(number + 5) // 6}", year):
            texts[text] = None
    return [parse_period(text) for text in texts]


def wanted(
    indicator: Indicator,
    nets: Nets,
    periods: Sequence[Period],
    *,
    areas: Areas,
    dominated: Callable[[Period], bool] = lambda _period: False,
) -> dict[Key, int | None]:
    """Return each public figure that there is to publish; None where the privacy rule hides it.

    The province's total stands in every period; other cells only where they are not 0. Below the province, and for
    its cuts, only what falls under no privacy rule is there at all: the rest appears when a month closes.
    """
    province, below = _collected(indicator, nets, areas)
    found: dict[Key, int | None] = {}
    for period in periods:
        then = areas.then(period)
        if then is None:
            continue
        for cut, by_province in province.items():
            line = _joined(by_province, then)
            value = _value(indicator, line, period, areas)
            if cut == TOTAL or value:
                hidden = _is_hidden(indicator, line, period, areas, dominated)
                found[cut, then.id, period.text] = None if hidden else value
        for (cut, area), line in below.items():
            value = _value(indicator, line, period, areas) if area in then.leaves else 0
            if value:
                found[cut, area, period.text] = value
    return found


def total(indicator: Indicator, cut: str, values: Iterable[int]) -> int:
    """Sum cells of different cuts of one dimension; raise `NotAdditive` where they overlap."""
    dimension = cut.partition("@")[0]
    if any(one.dimension == dimension and not one.additive for one in indicator.cuts) or indicator.kind == "R":
        raise NotAdditive("adoption.not_additive", indicator=indicator.code)
    return sum(values)


def tellable(catalogue: Catalogue, indicator: Indicator, cut: str, *, at_province: bool) -> bool:
    """Say whether a cell may be told before its month closes."""
    if cut != TOTAL and cut not in catalogue.cuts_of(indicator):
        return False
    if indicator.province_only and not at_province:
        return False
    return open_below_province(indicator) or (at_province and cut == TOTAL)


Line = dict[str, int]


def _collected(
    indicator: Indicator, nets: Nets, areas: Areas
) -> tuple[dict[str, dict[str, Line]], dict[tuple[str, str], Line]]:
    """Return the nets summed by province, of each cut that may be told, and of each area below that may be."""
    by_province: dict[str, dict[str, Line]] = {TOTAL: {}}
    below: dict[tuple[str, str], Line] = {}
    all_cells = open_below_province(indicator)
    for (cut, area, month), net in nets.items():
        where = areas.province_of(area)
        if where is None or not (all_cells or cut == TOTAL):
            continue
        line = by_province.setdefault(cut, {}).setdefault(where, defaultdict(int))
        line[month] += net
        if all_cells and not indicator.province_only:
            below.setdefault((cut, area), defaultdict(int))[month] += net
    return by_province, below


def _joined(by_province: Mapping[str, Line], then: ProvinceThen) -> Line:
    joined: Line = defaultdict(int)
    for province, line in by_province.items():
        if province in then.lineage:
            for month, net in line.items():
                joined[month] += net
    return joined


def _value(indicator: Indicator, line: Line, period: Period, areas: Areas) -> int:
    if indicator.kind != "F":
        return sum(net for month, net in line.items() if month <= period.last)
    return sum(line.get(month, 0) for month in own_months(period, areas))


def own_months(period: Period, areas: Areas) -> list[str]:
    """Return the months of a period in which the province was the one that it is at the period's end."""
    if period.frequency == "M":
        return [period.text]
    then = areas.then(period)
    return [month for month in period.months if (at := areas.then(parse_period(month))) and then and at.id == then.id]


def _is_hidden(
    indicator: Indicator, line: Line, period: Period, areas: Areas, dominated: Callable[[Period], bool]
) -> bool:
    """Say whether a province's figure is hidden: by itself, or because a month of it is.

    A sum beside all its parts but one would give that one away.
    """
    if indicator.kind == "F" and period.frequency != "M":
        months = map(parse_period, own_months(period, areas))
        if any(_is_hidden(indicator, line, month, areas, dominated) for month in months):
            return True
    value = _value(indicator, line, period, areas)
    if is_small(indicator, value):
        return True
    return bool(value) and indicator.contributors_sql is not None and dominated(period)
