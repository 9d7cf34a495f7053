"""Figures for machines: the catalogue, and observations as JSON or CSV. Public, without a token, alike for everybody.

The address alone decides the answer, so a shared cache may keep it: languages by `lang`, no cookie read or set.
"""

import csv
import hashlib
import io
import json
from typing import Any, cast
from urllib.parse import urlencode

from apiflask import APIBlueprint
from flask import Response, current_app, request
from flask_babel import force_locale

from portal.adoption.areas import Areas
from portal.adoption.errors import QueryError
from portal.adoption.lock import read_lock
from portal.adoption.query import Ground, Query, read_query
from portal.adoption.reading import Observation, note_text, observe, observe_updated
from portal.adoption.shown import show_period
from portal.adoption.words import OWNERS, area_label
from portal.counting import TOTAL, Catalogue, Indicator
from portal.counting.periods import month_of
from portal.db import reading
from portal.i18n import LANGUAGES
from portal.world import current_world

blueprint = APIBlueprint("adoption_api", __name__, tag="Indicators")
JSON, CSV = "application/json", "text/csv"
COLUMNS = (
    "indicator", "cut", "area", "area_name", "period", "frequency", "value", "numerator", "denominator", "unit",
    "status", "revision", "obs_status", "conf_status", "as_of", "note", "deleted",
)  # fmt: skip


@blueprint.get("/api/v1/indicators")
@blueprint.doc(summary="The catalogue of indicators, with the text that recounts each")
def indicators() -> Response:
    """Return what is counted, how, and from which rows."""
    catalogue = _catalogue()
    listed = [_described(one, catalogue) for one in catalogue]
    body = {"catalogue_version": read_lock().version, "indicators": listed}
    return _answer(json.dumps(body, ensure_ascii=False), JSON)


@blueprint.get("/api/v1/observations")
@blueprint.doc(
    summary="Published figures",
    description="Parameters: `indicator`, `area`, `period` (lists; periods also as `a..b`), `cut` (`*` for all), "
    "`level=commune`, `as_of`, `updated_after`, `page_size` (at most 5,000), `cursor`, `format`, `lang`.",
)
def observations() -> Response:
    """Return the figures asked for; hidden ones as `Q`, missing ones as `M`, both without a value."""
    language = request.args.get("lang", "vi")
    with force_locale(language if language in LANGUAGES else "vi"):
        kind = _format()
        session, areas, query = reading(), *_read()
        if query.updated_after is not None:
            found = observe_updated(session, _catalogue(), areas, query.cells, after=query.updated_after)
            page = found[query.cursor : query.cursor + query.page_size]
            more = len(found) > query.cursor + query.page_size
        else:
            asked = query.cells[query.cursor : query.cursor + query.page_size]
            page = observe(session, _catalogue(), areas, asked, as_of=query.as_of)
            more = len(query.cells) > query.cursor + query.page_size
        rows = [_row(one, areas) for one in page]
        following = _next(query) if more else None
        return _as_csv(rows, following) if kind == CSV else _as_json(rows, following)


def ground() -> Ground:
    """Return what this request's query is read against."""
    world, session = current_world(), reading()
    now, province = world.clock.now(), world.settings.province
    shown = show_period(session, default=month_of(now))
    return Ground(_catalogue(), Areas(session, province), province, now, shown.period)


def _read() -> tuple[Areas, Query]:
    on = ground()
    return on.areas, read_query({name: request.args.getlist(name) for name in request.args}, on)


def _catalogue() -> Catalogue:
    found: Catalogue = current_app.extensions["catalogue"]
    return found


def _format() -> str:
    wanted = request.args.get("format")
    if wanted is not None:
        kind = {"json": JSON, "csv": CSV}.get(wanted)
    else:
        kind = request.accept_mimetypes.best_match([JSON, CSV]) if request.accept_mimetypes else JSON
    if kind is None:
        raise QueryError("format_unknown", field="format")
    return kind


def _next(query: Query) -> str:
    kept = [(name, value) for name, value in request.args.items(multi=True) if name != "cursor"]
    return f"{request.path}?{urlencode([*kept, ('cursor', str(query.cursor + query.page_size))])}"


def _row(one: Observation, areas: Areas) -> dict[str, Any]:
    return {
        "indicator": one.indicator.code,
        "cut": one.cut,
        "area": one.area,
        "area_name": area_label(one.area, areas.names),
        "period": one.period.text,
        "frequency": one.period.frequency,
        "value": one.told,
        "numerator": one.numerator,
        "denominator": one.denominator,
        "unit": one.indicator.unit,
        "status": one.status,
        "revision": one.revision,
        "obs_status": one.obs_status,
        "conf_status": one.conf_status,
        "as_of": one.as_of.isoformat(timespec="microseconds").replace("+00:00", "Z") if one.as_of else None,
        "note": note_text(one.note),
        "deleted": one.deleted,
    }


def _as_json(rows: list[dict[str, Any]], following: str | None) -> Response:
    newest = max((row["as_of"] for row in rows if row["as_of"]), default=None)
    body = {"as_of": newest, "next": following, "observations": rows}
    return _answer(json.dumps(body, ensure_ascii=False), JSON)


def _as_csv(rows: list[dict[str, Any]], following: str | None) -> Response:
    text = io.StringIO()
    writer = csv.DictWriter(text, COLUMNS, lineterminator="\r\n")
    writer.writeheader()
    writer.writerows({name: _cell(value) for name, value in row.items()} for row in rows)
    answer = _answer(text.getvalue(), f"{CSV}; charset=utf-8")
    if following is not None:
        answer.headers["Link"] = f'<{following}>; rel="next"'
    return answer


def _cell(value: Any) -> Any:
    """Return a value as a CSV says it: empty for none, lower-case words for yes and no."""
    if isinstance(value, bool):
        return "true" if value else "false"
    return "" if value is None else value


def _answer(body: str, content_type: str) -> Response:
    """Return a body with its strong tag; 304 where the asker has it already."""
    data = body.encode()
    answer = Response(data, content_type=content_type)
    answer.set_etag("sha256-" + hashlib.sha256(data).hexdigest())
    answer.headers["Cache-Control"] = "public, max-age=30"
    answer.headers["Vary"] = "Accept"
    return cast(Response, answer.make_conditional(request))


def _described(one: Indicator, catalogue: Catalogue) -> dict[str, Any]:
    (vi, en), values = OWNERS[one.owner], catalogue.values
    return {
        "code": one.code,
        "version": one.version,
        "name": {"vi": one.name_vi, "en": one.name_en},
        "definition": {"vi": one.definition_vi, "en": one.definition_en},
        "unit": one.unit,
        "kind": one.kind,
        "cuts": [
            {"dimension": cut.dimension, "additive": cut.additive, "values": list(values.get(cut.dimension, ()))}
            for cut in one.cuts
        ],
        "area": "province" if one.province_only else "commune",
        "time": "sum" if one.kind == "F" else "last",
        "privacy": one.privacy,
        "owner": one.owner,
        "owner_name": {"vi": vi, "en": en},
        "source": one.source,
        "frequency": "M",
        "numerator": one.numerator,
        "denominator": one.denominator,
        "recount_sql": one.recount_sql.get(TOTAL),
        "recount_sql_by_cut": {name: text for name, text in one.recount_sql.items() if name != TOTAL},
    }  # fmt: skip
