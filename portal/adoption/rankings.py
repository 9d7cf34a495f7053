"""Which communes lead: a table that stands for the map, since no boundaries of the old units are known."""

from collections.abc import Sequence
from dataclasses import dataclass

from portal.adoption.query import Ground, ordered
from portal.adoption.reading import Asked, observe
from portal.adoption.words import area_label, figure_text, indicator_name
from portal.counting import TOTAL, Indicator
from portal.counting.periods import Period
from portal.db import Session
from portal.places.areas import is_leaf

MOST = 10


@dataclass(frozen=True, slots=True)
class Ranking:
    """The first communes by a figure: (name, value, share of the first in percent), and how many are not told."""

    title: str
    rows: tuple[tuple[str, str, int], ...]
    hidden: int
    none: int
    later: bool


def rank_communes(session: Session, ground: Ground, indicator: Indicator, period: Period) -> Ranking | None:
    """Rank the communes of a period by a published figure; None where it is counted for the province only."""
    then = ground.areas.then(period)
    if then is None or indicator.province_only or indicator.kind == "R":
        return None
    asked = [Asked(indicator, TOTAL, leaf, period, at_province=False) for leaf in ordered(then)]
    found = observe(session, ground.catalogue, ground.areas, asked)
    told = [(one.value, area_label(one.area, ground.areas.names)) for one in found if one.value]
    told.sort(key=lambda row: (-row[0], row[1]))
    return Ranking(
        title=indicator_name(indicator),
        rows=_rows(indicator, told[:MOST]),
        hidden=sum(1 for one in found if one.hidden),
        none=sum(1 for one in found if one.value == 0 and not is_leaf(one.area)),
        later=bool(found) and all(one.note == "until_closing" for one in found),
    )


def _rows(indicator: Indicator, told: Sequence[tuple[int, str]]) -> tuple[tuple[str, str, int], ...]:
    return tuple(
        (name, figure_text(indicator, value, short=True), max(1, round(100 * value / told[0][0])))
        for value, name in told
    )
