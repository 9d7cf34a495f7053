"""Figures for machines: the catalogue, and observations as JSON, CSV or SDMX-CSV. Public, alike for everybody.

No token is needed; one that is given must be good. The address alone decides the answer, so a shared cache may keep
it: languages by `lang`, no cookie read or set.
"""

import hashlib
import json
from typing import Any, cast
from urllib.parse import urlencode

from apiflask import APIBlueprint
from flask import Response, current_app, request
from flask_babel import force_locale
from sqlalchemy.orm import Session

from portal.adoption.areas import Areas
from portal.adoption.errors import QueryError
from portal.adoption.formats import CONTENT_TYPES, CSV, JSON, KINDS, SDMX, as_csv, as_sdmx, row_of
from portal.adoption.lock import read_lock
from portal.adoption.oauth import check_token
from portal.adoption.query import Ground, Query, read_query
from portal.adoption.reading import Observation, observe
from portal.adoption.restating import restate
from portal.adoption.shown import show_period
from portal.adoption.updated import observe_updated
from portal.adoption.words import OWNERS
from portal.counting import TOTAL, Catalogue, Indicator
from portal.counting.periods import month_of
from portal.db import reading
from portal.i18n import LANGUAGES
from portal.places.actions import resolve
from portal.places.areas import day_of
from portal.world import current_world

blueprint = APIBlueprint("adoption_api", __name__, tag="Indicators")


@blueprint.get("/api/v1/indicators")
@blueprint.doc(summary="The catalogue of indicators, with the text that recounts each")
def indicators() -> Response:
    """Return what is counted, how, and from which rows."""
    catalogue = _catalogue()
    listed = [_described(one, catalogue) for one in catalogue]
    body = {"catalogue_version": read_lock().version, "indicators": listed}
    return answered(json.dumps(body, ensure_ascii=False), JSON)


@blueprint.get("/api/v1/observations")
@blueprint.doc(
    summary="Published figures",
    description="Parameters: `indicator`, `area`, `period` (lists; periods also as `a..b`), `cut` (`*` for all), "
    "`level=commune`, `restate=today`, `as_of`, `updated_after`, `page_size` (at most 5,000), `cursor`, `format`, "
    "`lang`.",
)
def observations() -> Response:
    """Return the figures asked for; hidden ones as `Q`, missing ones as `M`, both without a value."""
    check_token(
        reading(), request.headers.get("Authorization"), scope="observations:read", now=current_world().clock.now()
    )
    language = request.args.get("lang", "vi")
    with force_locale(language if language in LANGUAGES else "vi"):
        kind = _format()
        session, areas, query = reading(), *_read()
        if query.updated_after is not None or query.restated:
            found = _whole(session, areas, query)
            page = found[query.cursor : query.cursor + query.page_size]
            more = len(found) > query.cursor + query.page_size
        else:
            asked = query.cells[query.cursor : query.cursor + query.page_size]
            page = observe(session, _catalogue(), areas, asked, as_of=query.as_of)
            more = len(query.cells) > query.cursor + query.page_size
        rows = [row_of(one, areas) for one in page]
        following = _next(query) if more else None
        return _as_json(rows, following) if kind == JSON else _as_table(rows, following, kind)


def _whole(session: Session, areas: Areas, query: Query) -> list[Observation]:
    """Return what is known only once all cells are read: what is new, or figures by today's units."""
    if query.updated_after is not None:
        return observe_updated(session, _catalogue(), areas, query.cells, after=query.updated_after)
    world = current_world()
    on = day_of(world.clock.now())
    top = resolve(session, world.settings.province, on).id
    return restate(session, _catalogue(), areas, query.cells, on=on, top=top, as_of=query.as_of)


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
        kind = KINDS.get(wanted)
    else:
        told = request.accept_mimetypes.best_match([JSON, CSV, SDMX, f"{SDMX};version=2.0.0"])
        kind = (told.partition(";")[0] if told else None) if request.accept_mimetypes else JSON
    if kind is None:
        raise QueryError("format_unknown", field="format")
    return kind


def _next(query: Query) -> str:
    kept = [(name, value) for name, value in request.args.items(multi=True) if name != "cursor"]
    return f"{request.path}?{urlencode([*kept, ('cursor', str(query.cursor + query.page_size))])}"


def _as_json(rows: list[dict[str, Any]], following: str | None) -> Response:
    newest = max((row["as_of"] for row in rows if row["as_of"]), default=None)
    body = {"as_of": newest, "next": following, "observations": rows}
    return answered(json.dumps(body, ensure_ascii=False), JSON)


def _as_table(rows: list[dict[str, Any]], following: str | None, kind: str) -> Response:
    answer = answered(as_csv(rows) if kind == CSV else as_sdmx(rows), CONTENT_TYPES[kind])
    if following is not None:
        answer.headers["Link"] = f'<{following}>; rel="next"'
    newest = max((row["as_of"] for row in rows if row["as_of"]), default=None)
    if newest is not None:
        answer.headers["X-As-Of"] = newest
    return answer


def answered(body: str, content_type: str) -> Response:
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
