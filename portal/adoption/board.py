"""What the dashboard shows: four tiles, one line of months, all figures; read together, so that they agree."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from flask_babel import gettext as _
from flask_babel import ngettext
from markupsafe import Markup
from sqlalchemy.orm import Session

from portal.adoption.charts import bars
from portal.adoption.neighbours import period_before
from portal.adoption.query import Ground, read_area
from portal.adoption.reading import Asked, Observation, note_text, observe
from portal.adoption.words import figure_text, indicator_name, month_mark, unit_name
from portal.counting import TOTAL, Indicator
from portal.counting.periods import Period, month_of, parse_period
from portal.i18n import number

MONTHS = 9
SMALL_CHANGE = 5
TILES = ("SELLER_ACTIVE", "PRODUCT_LISTED", "QR_STAMP", "PAY_VND")
TREND = "SELLER_ACTIVE"
_TYPES = ("school", "hospital", "market")


@dataclass(frozen=True, slots=True)
class Tile:
    """One figure: how it stands, what else is to be said, and where it comes from."""

    code: str
    label: str
    value: str
    notes: tuple[str, ...]
    unit: str
    as_of: datetime | None


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
    lines: tuple[Line, ...]


def make_board(session: Session, ground: Ground, *, period: Period, area: str | None, trend: str = TREND) -> Board:
    """Read all figures of the page in one statement and lay them out; raise `FigureUnknown` area_unknown."""
    own, at_province = read_area(area or ground.province, period, ground)
    indicators = [one for one in ground.catalogue if one.kind != "R"]
    months = line_of_months(period, own, ground)
    before = period_before(period)
    spans = [period, *([before] if _is_there(own, before, ground) else [])]
    asked = [Asked(one, TOTAL, own, span, at_province) for one in indicators for span in spans]
    asked += [Asked(ground.catalogue.get(trend), TOTAL, own, month, at_province) for month in months]
    asked += [Asked(ground.catalogue.get("INST_CASHLESS"), f"type@{kind}", own, period, at_province) for kind in _TYPES]
    read = {
        one.key: found
        for one, found in zip(asked, observe(session, ground.catalogue, ground.areas, asked), strict=True)
    }
    figures = _Figures(read, own, period, before, at_province=at_province)
    return Board(
        area=own,
        period=period,
        as_of=max((one.as_of for one in read.values() if one.as_of is not None), default=None),
        tiles=tuple(_tile(ground.catalogue.get(code), figures) for code in TILES),
        trend=make_trend(ground.catalogue.get(trend), months, [figures.at(trend, month) for month in months]),
        lines=tuple(_line(one, figures.now(one.code)) for one in indicators),
    )


@dataclass(frozen=True, slots=True)
class _Figures:
    """The page's figures by what was asked."""

    read: dict[tuple[str, str, str, str], Observation]
    area: str
    period: Period
    before: Period
    at_province: bool = True

    def at(self, code: str, period: Period, cut: str = TOTAL) -> Observation:
        return self.read[code, cut, self.area, period.text]

    def now(self, code: str, cut: str = TOTAL) -> Observation:
        return self.at(code, self.period, cut)

    def change(self, code: str) -> int | None:
        """Return how much more than one period before; None where an end is not told, or the change tells too much."""
        then = self.read.get((code, TOTAL, self.area, self.before.text))
        now = self.now(code)
        if then is None or then.value is None or now.value is None:
            return None
        change = now.value - then.value
        return None if not self.at_province and 0 < abs(change) < SMALL_CHANGE else change


def _tile(indicator: Indicator, figures: _Figures) -> Tile:
    one = figures.now(indicator.code)
    said = [note_text(one.note)] if one.note else []
    change = figures.change(indicator.code) if indicator.kind != "F" else None
    if change:
        amount = number(abs(change))
        said.append(_("▲ %(amount)s more", amount=amount) if change > 0 else _("▼ %(amount)s fewer", amount=amount))
    said += _beside(indicator.code, figures)
    value = figure_text(indicator, one.value, short=True)
    return Tile(indicator.code, indicator_name(indicator), value, tuple(said), unit_name(indicator), one.as_of)


def _beside(code: str, figures: _Figures) -> list[str]:
    """Return the smaller figures that stand under a large one."""
    if code == "SELLER_ACTIVE":
        channels = figures.now("MARKETPLACE_CONN").value
        return [ngettext("%(num)s marketplace", "%(num)s marketplaces", channels)] if channels else []
    if code == "QR_STAMP":
        chains = figures.now("SAFE_CHAIN_EST").value or 0
        text = ngettext("%(num)s safe-chain establishment", "%(num)s safe-chain establishments", chains)
        return [text] if chains else []
    if code == "PAY_VND":
        schools, hospitals, markets = (figures.now("INST_CASHLESS", f"type@{kind}").value or 0 for kind in _TYPES)
        told = [
            (schools, ngettext("%(num)s school", "%(num)s schools", schools)),
            (hospitals, ngettext("%(num)s hospital", "%(num)s hospitals", hospitals)),
            (markets, ngettext("%(num)s market", "%(num)s markets", markets)),
        ]
        return [text for count, text in told if count]
    return []


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
