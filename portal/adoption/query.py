"""What a machine asks for: indicators, cuts, areas and periods as text become cells, or a typed error."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from difflib import get_close_matches

from portal.adoption.areas import Areas, ProvinceThen
from portal.adoption.errors import FigureUnknown, QueryError
from portal.adoption.figures import periods_of
from portal.adoption.reading import Asked
from portal.counting import TOTAL, Catalogue, Indicator
from portal.counting.periods import Period, month_of, months_between, parse_period
from portal.places.areas import code_of, is_leaf

PARAMETERS = (
    "indicator", "cut", "area", "period", "level", "as_of", "updated_after", "page_size", "cursor", "format", "lang",
    "restate",
)  # fmt: skip
MOST_CELLS, MOST_ROWS, ROWS = 100_000, 5_000, 1_000


@dataclass(frozen=True, slots=True)
class Query:
    """What was asked for, and how much of it at once."""

    cells: Sequence[Asked]
    as_of: datetime | None
    updated_after: datetime | None
    cursor: int
    page_size: int
    restated: bool = False


@dataclass(frozen=True, slots=True)
class Ground:
    """What a query is read against: the catalogue, the province over time, and the present."""

    catalogue: Catalogue
    areas: Areas
    province: str
    now: datetime
    period: str


def read_query(values: Mapping[str, Sequence[str]], ground: Ground) -> Query:
    """Read the parameters, each a list of texts; raise `QueryError` or `FigureUnknown` that names the parameter."""
    unknown = sorted(values.keys() - set(PARAMETERS))
    if unknown:
        raise QueryError("parameter_unknown", field=unknown[0], name=unknown[0], known=", ".join(PARAMETERS))
    codes = _listed(values, "indicator")
    indicators = [find_indicator(ground.catalogue, code, ratios=True) for code in codes] or list(ground.catalogue)
    periods = [period for text in _listed(values, "period") or [ground.period] for period in read_periods(text, ground)]
    places = _places(_listed(values, "area"), periods, ground, by_commune=_by_commune(values))
    chosen = _listed(values, "cut") or [TOTAL]
    series = [(one, cut) for one in indicators for cut in _cuts(ground.catalogue, one, chosen)]
    count = len(series) * len(places)
    if count > MOST_CELLS:
        raise QueryError("too_many_cells", field="area", cells=count)
    return Query(
        cells=[Asked(one, cut, area, period, top) for one, cut in series for area, period, top in places],
        as_of=_time(values, "as_of", ground.now),
        updated_after=_time(values, "updated_after", ground.now),
        cursor=_number(values, "cursor", default=0, least=0, most=MOST_CELLS),
        page_size=_number(values, "page_size", default=ROWS, least=1, most=MOST_ROWS),
        restated=_restated(values),
    )


def find_indicator(catalogue: Catalogue, code: str, *, ratios: bool = False) -> Indicator:
    """Return an indicator, a ratio only where asked for; raise `FigureUnknown` with the codes closest to it."""
    codes = [one.code for one in catalogue if ratios or one.kind != "R"]
    if code not in codes:
        nearest = ", ".join(get_close_matches(code.upper(), codes, n=3, cutoff=0)) or codes[0]
        raise FigureUnknown("indicator_unknown", field="indicator", indicator=code[:40], nearest=nearest)
    return catalogue.get(code)


def read_periods(text: str, ground: Ground) -> list[Period]:
    """Read a period, or a range `a..b` of one kind; raise period_invalid, or period_not_open for what is to come."""
    first, dots, last = text.partition("..")
    try:
        found = [parse_period(first)]
        if dots:
            end = parse_period(last)
            if end.frequency != found[0].frequency or end.first < found[0].first:
                raise ValueError(text)
            every = periods_of(months_between(found[0].first, end.last))
            found = [one for one in every if one.frequency == end.frequency]
        if found[0].start > found[-1].end:  # also asks the calendar, which ends where our dates do
            raise ValueError(text)
    except (ValueError, OverflowError):
        raise QueryError("period_invalid", field="period") from None
    for period in found:
        if period.first > month_of(ground.now):
            raise FigureUnknown("period_not_open", field="period", period=period.text)
    return found


def read_area(text: str, period: Period, ground: Ground) -> tuple[str, bool]:
    """Return the area's id in a period and whether it is the province; raise area_unknown."""
    then = ground.areas.then(period)
    if then is not None:
        if text in (then.id, code_of(then.id)):
            return then.id, True
        found = [leaf for leaf in then.leaves if text == leaf or (text == code_of(leaf) and not is_leaf(leaf))]
        if found:
            return found[0], False
    raise FigureUnknown("area_unknown", field="area", area=text[:40])


def _places(
    texts: Sequence[str], periods: Sequence[Period], ground: Ground, *, by_commune: bool
) -> list[tuple[str, Period, bool]]:
    """Return (area, period, is the province) for each text in each period; a code must mean one unit throughout."""
    found: list[tuple[str, Period, bool]] = []
    for text in texts or [ground.province]:
        own = [(*read_area(text, period, ground), period) for period in periods]
        units = sorted({area for area, _top, _period in own})
        if len(units) > 1:
            raise QueryError("area_changed_owner", field="area", area=text, units=", ".join(units))
        for area, top, period in own:
            then = ground.areas.then(period)
            if by_commune and top and then is not None:
                found += [(leaf, period, False) for leaf in ordered(then)]
            else:
                found.append((area, period, top))
        if len(found) > MOST_CELLS:
            raise QueryError("too_many_cells", field="area", cells=len(found))
    return found


def ordered(then: ProvinceThen) -> list[str]:
    """Return the leaves of the province, the one "not attributable" last."""
    return sorted(then.leaves, key=lambda leaf: (is_leaf(leaf), leaf))


def _cuts(catalogue: Catalogue, indicator: Indicator, chosen: Iterable[str]) -> list[str]:
    known = catalogue.cuts_of(indicator)
    found: dict[str, None] = {}
    for cut in chosen:
        if cut == "*":
            found |= dict.fromkeys(known)
        elif cut in known:
            found[cut] = None
        else:
            raise FigureUnknown(
                "cut_unknown", field="cut", indicator=indicator.code, cut=cut[:60], cuts=", ".join(known)
            )
    return list(found)


def _listed(values: Mapping[str, Sequence[str]], name: str) -> list[str]:
    parts = [part.strip() for text in values.get(name, ()) for part in text.split(",")]
    return list(dict.fromkeys(part for part in parts if part))


def _by_commune(values: Mapping[str, Sequence[str]]) -> bool:
    level = values.get("level", ())
    if any(one not in ("commune", "province") for one in level):
        raise QueryError("parameter_unknown", field="level", name=f"level={level[0][:20]}", known="level=commune")
    return "commune" in level


def _restated(values: Mapping[str, Sequence[str]]) -> bool:
    told = values.get("restate", ())
    if any(one != "today" for one in told) or (told and "updated_after" in values):
        raise QueryError("parameter_unknown", field="restate", name=f"restate={told[0][:20]}", known="restate=today")
    return bool(told)


def _time(values: Mapping[str, Sequence[str]], name: str, now: datetime) -> datetime | None:
    texts = values.get(name, ())
    if not texts:
        return None
    try:
        at = datetime.fromisoformat(texts[0].replace(" ", "+"))  # an unescaped plus sign arrives as a space
        if at.tzinfo is None or at.astimezone(UTC) > now:
            raise ValueError(name)
        return at.astimezone(UTC)
    except (ValueError, OverflowError):
        raise QueryError("as_of_invalid", field=name) from None


def _number(values: Mapping[str, Sequence[str]], name: str, *, default: int, least: int, most: int) -> int:
    texts = values.get(name, ())
    if not texts:
        return default
    if not (texts[0].isascii() and texts[0].isdigit() and len(texts[0]) < 9 and least <= int(texts[0]) <= most):
        raise QueryError("page_size_invalid", field=name)
    return int(texts[0])
