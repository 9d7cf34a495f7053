"""The public dashboard and the definition of each figure; the officers' figures, live and unsuppressed."""

from typing import Any

from flask import Blueprint, Response, g, make_response, render_template, request

from portal.adoption import live
from portal.adoption.api import ground
from portal.adoption.areas import Areas
from portal.adoption.board import TREND, line_of_months, make_board, make_trend
from portal.adoption.neighbours import period_after, period_before
from portal.adoption.query import Ground, find_indicator, read_area, read_periods
from portal.adoption.reading import Asked, observe
from portal.adoption.shown import own_periods, show_period
from portal.adoption.targets import targets
from portal.adoption.words import (
    KINDS,
    OWNERS,
    PRIVACY,
    area_label,
    figure_text,
    in_language,
    period_name,
    unit_name,
)
from portal.counting import TOTAL, oldest_pending
from portal.counting.periods import Period, month_of, parse_period
from portal.db import reading

blueprint = Blueprint("adoption", __name__)
TV_TILES, TV_SECONDS, LATE_S = 4, 30, 120
blueprint.add_app_template_filter(period_name)


@blueprint.get("/dashboard")
def dashboard() -> Response:
    """Show how far the province's trade has come."""
    on = ground()
    period, area = _period(on), request.args.get("area") or None
    trend = find_indicator(on.catalogue, request.args.get("indicator") or TREND).code
    own = {} if "period" in request.args or area else own_periods(reading())
    board = make_board(reading(), on, period=period, area=area, trend=trend, own=own)
    page = render_template(
        "adoption/dashboard.html",
        board=board,
        place=_plain_name(board.area, on.areas),
        period=period,
        period_words=period_name(period),
        label=_label(on, period),
        links=_links(on, period),
    )
    return _public(page)


@blueprint.get("/dashboard/tv")
def television() -> Response:
    """Show the tiles, four at a time, on a screen on the wall; the page leads itself to the next four."""
    on = ground()
    period = _period(on)
    own = {} if "period" in request.args else own_periods(reading())
    board = make_board(reading(), on, period=period, area=None, own=own)
    pages = max(1, -(-len(board.tiles) // TV_TILES))
    page = request.args.get("page", default=0, type=int) % pages
    text = render_template(
        "adoption/television.html",
        tiles=board.tiles[page * TV_TILES : (page + 1) * TV_TILES],
        as_of=board.as_of,
        late=_is_late(on),
        place=_plain_name(board.area, on.areas),
        period_words=period_name(period),
        label=_label(on, period),
        page=page,
        pages=pages,
    )
    answer = _public(text)
    kept = f"&period={period.text}" if "period" in request.args else ""
    answer.headers["Refresh"] = f"{TV_SECONDS}; url=/dashboard/tv?page={(page + 1) % pages}{kept}"
    return answer


def _is_late(on: Ground) -> bool:
    """Say whether changes wait longer to be published than they should."""
    oldest = oldest_pending(reading())
    return oldest is not None and (on.now - oldest).total_seconds() > LATE_S


@blueprint.get("/dashboard/indicators/<code>")
def indicator(code: str) -> Response:
    """Say what a figure means, how it is counted and who answers for it, with its last months."""
    on = ground()
    one = find_indicator(on.catalogue, code)
    period = _period(on)
    area, top = read_area(request.args.get("area") or on.province, period, on)
    months = line_of_months(period, area, on)
    found = observe(reading(), on.catalogue, on.areas, [Asked(one, TOTAL, area, month, top) for month in months])
    vi, en = OWNERS[one.owner]
    page = render_template(
        "adoption/indicator.html",
        one=one,
        name=in_language(one.name_vi, one.name_en),
        definition=in_language(one.definition_vi, one.definition_en),
        kind=KINDS[one.kind],
        unit=unit_name(one),
        privacy=PRIVACY[one.privacy],
        owner=in_language(vi, en),
        trend=make_trend(one, months, found),
        place=area_label(area, on.areas.names),
        months=months,
        area=area,
        targets=[
            (period_name(parse_period(row.period)), f"{figure_text(one, row.value)} {unit_name(one)}", row.source)
            for row in targets(reading(), "approved")
            if row.indicator == one.code and row.area_id == area
        ],
    )
    return _public(page)


@blueprint.get("/officer/figures")
def officer_figures() -> str:
    """Show the live figures of all communes, or of an officer's own."""
    on = ground()
    period = _period(on)
    one = find_indicator(on.catalogue, request.args.get("indicator") or "SELLER_ACTIVE")
    reach = live.reach(reading(), g.acting, on.areas, period)
    return render_template(
        "adoption/officer_figures.html",
        period=period,
        period_words=period_name(period),
        label=_label(on, period),
        links=_links(on, period),
        one=one,
        name=in_language(one.name_vi, one.name_en),
        definition=in_language(one.definition_vi, one.definition_en),
        indicators=[each for each in on.catalogue if each.kind != "R"],
        in_language=in_language,
        totals=live.totals(reading(), on, period, reach),
        table_=live.by_commune(reading(), on, one, period, reach),
    )


def _period(on: Ground) -> Period:
    return read_periods(request.args.get("period") or on.period, on)[0]


def _label(on: Ground, period: Period) -> str:
    """Return the word that belongs to a month that is shown for a reason, such as `demo`."""
    shown = show_period(reading(), default=month_of(on.now))
    return shown.label if shown.period == period.text else ""


def _links(on: Ground, period: Period) -> dict[str, Period | None]:
    """Return the periods that can be looked at next: before, after, and the present month."""
    before, after = period_before(period), period_after(period)
    return {
        "before": before if on.areas.then(before) is not None else None,
        "after": after if after.first <= month_of(on.now) else None,
        "now": parse_period(month_of(on.now)) if period.text != month_of(on.now) else None,
    }


def _plain_name(area: str, areas: Areas) -> str:
    """Return an area's name without the word that says what kind of unit it is, as people call it."""
    name = area_label(area, areas.names)
    return name.removeprefix("Tỉnh ").removeprefix("Thành phố ")


def _public(page: str) -> Response:
    """Let caches keep a page that nobody is signed in to; its language hangs on a cookie."""
    answer: Any = make_response(page)
    if g.get("acting") is None:
        answer.headers["Cache-Control"] = "public, max-age=30"
        answer.headers["Vary"] = "Cookie"
    return answer
