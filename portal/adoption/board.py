"""What the dashboard shows: tiles, one line of months, who leads, the funnel, all figures; read so that they agree."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from flask_babel import gettext as _
from flask_babel import ngettext
from markupsafe import Markup
from sqlalchemy.orm import Session

from portal.adoption import funnel, tiles
from portal.adoption.charts import bars
from portal.adoption.funnel import FunnelStep
from portal.adoption.neighbours import period_before
from portal.adoption.query import Ground, read_area
from portal.adoption.rankings import Ranking, rank_communes
from portal.adoption.reading import Asked, Observation, note_text, observe
from portal.adoption.target_models import AdoptTarget
from portal.adoption.targets import targets_for
from portal.adoption.tiles import Tile
from portal.adoption.words import figure_text, indicator_name, month_mark, unit_name
from portal.counting import TOTAL, Indicator
from portal.counting.periods import Period, month_of, parse_period

MONTHS = 9
TREND = "SELLER_ACTIVE"


@dataclass(frozen=True, slots=True)
class Trend:
    """A line of months: the drawing, the sentence that says what it shows, and the same figures as rows."""

    title: str
    drawing: Markup
    sentence: str
    rows: tuple[tuple[str, str], ...]


@dataclass(frozen=True, slots=True)
class Line:
    """One row of the table of all figures."""

    code: str
    label: str
    value: str
    unit: str
    note: str


@dataclass(frozen=True, slots=True)
class Board:
    """All that the page shows for one period and area."""

    area: str
    period: Period
    as_of: datetime | None
    tiles: tuple[Tile, ...]
    trend: Trend
    trend_code: str
    ranking: Ranking | None
    funnel: tuple[FunnelStep, ...]
    lines: tuple[Line, ...]


def make_board(
    session: Session, ground: Ground, *, period: Period, area: str | None, trend: str = TREND,
    own: Mapping[str, str] | None = None,
) -> Board:  # fmt: skip
    """Read the figures of the page in one statement (those of communes in a second) and lay them out.

    `own` names the month of each tile that opens on another than the page's. Raises `FigureUnknown` area_unknown.
    """
    here, top = read_area(area or ground.province, period, ground)
    catalogue = ground.catalogue
    line = line_of_months(period, here, ground)
    months = {code: _tile_months(code, line, own or {}, here, ground) for code in (*tiles.ALWAYS, *tiles.WHERE_COUNTED)}
    plans = {its[-1].text: targets_for(session, here, its[-1].text) for its in months.values() if its} if top else {}
    counted = [one for one in catalogue if one.kind != "R"]
    asked = [Asked(one, TOTAL, here, period, top) for one in counted]
    asked += [Asked(catalogue.get(trend), TOTAL, here, month, top) for month in line]
    for code, its in months.items():
        asked += tiles.asked_of(catalogue, code, here, its, top=top, target=_target(plans, code, its))
    asked += funnel.asked_of(catalogue, here, period, top=top)
    found = observe(session, catalogue, ground.areas, asked)
    read = {one.key: each for one, each in zip(asked, found, strict=True)}

    def find(code: str, cut: str, at: Period) -> Observation:
        return read[code, cut, here, at.text]

    return Board(
        area=here,
        period=period,
        as_of=max((one.as_of for one in read.values() if one.as_of is not None), default=None),
        tiles=tuple(
            tiles.make_tile(catalogue.get(code), its, find, page=period, top=top, target=_target(plans, code, its))
            for code, its in months.items()
            if its and (code in tiles.ALWAYS or find(code, TOTAL, its[-1]).value)
        ),
        trend=make_trend(catalogue.get(trend), line, [find(trend, TOTAL, month) for month in line]),
        trend_code=trend,
        ranking=rank_communes(session, ground, catalogue.get(trend), period) if top else None,
        funnel=funnel.make_funnel(find, period),
        lines=tuple(_line(one, find(one.code, TOTAL, period)) for one in counted),
    )


def _target(plans: Mapping[str, Mapping[str, AdoptTarget]], code: str, months: Sequence[Period]) -> AdoptTarget | None:
    """Return the target that holds for a tile's last month."""
    return plans.get(months[-1].text, {}).get(code) if months else None


def _tile_months(
    code: str, line: Sequence[Period], own: Mapping[str, str], area: str, ground: Ground
) -> Sequence[Period]:
    """Return the months of a tile: the page's, or those up to its own month where the area was there."""
    if code not in own:
        return line
    return line_of_months(parse_period(own[code]), area, ground)


def _line(indicator: Indicator, one: Observation) -> Line:
    value = figure_text(indicator, one.value)
    return Line(indicator.code, indicator_name(indicator), value, unit_name(indicator), note_text(one.note))


def make_trend(indicator: Indicator, months: Sequence[Period], found: Sequence[Observation]) -> Trend:
    """Draw a line of months and say it in one sentence."""
    name, told = indicator_name(indicator), [one for one in found if one.value is not None]
    title = ngettext("%(name)s, %(num)s month", "%(name)s, %(num)s months", len(months), name=name)
    if len(told) == 1:
        text = figure_text(indicator, told[0].value)
        sentence = _("%(name)s: %(last)s in %(end)s.", name=name, last=text, end=month_mark(told[0].period.text))
    elif told:
        first, last = told[0], told[-1]
        sentence = _(
            "%(name)s: %(first)s in %(begin)s, %(last)s in %(end)s.",
            name=name,
            first=figure_text(indicator, first.value),
            begin=month_mark(first.period.text),
            last=figure_text(indicator, last.value),
            end=month_mark(last.period.text),
        )
    else:
        sentence = _("%(name)s: nothing is published for these months.", name=name)
    marks = [month_mark(month.text) for month in months]
    texts = [figure_text(indicator, one.value, short=True) for one in found]
    drawing = bars([(mark, one.value, text) for mark, one, text in zip(marks, found, texts, strict=True)])
    return Trend(title, drawing, sentence, tuple(zip(marks, texts, strict=True)))


def line_of_months(period: Period, area: str, ground: Ground) -> list[Period]:
    """Return the months up to a period's last in which the area was the same unit; codes change hands."""
    found: list[Period] = []
    at = parse_period(min(period.last, month_of(ground.now)))
    while len(found) < MONTHS and _is_there(area, at, ground):
        found.insert(0, at)
        at = period_before(at)
    return found


def _is_there(area: str, period: Period, ground: Ground) -> bool:
    then = ground.areas.then(period)
    return then is not None and (area == then.id or area in then.leaves)
