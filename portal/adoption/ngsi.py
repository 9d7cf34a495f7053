"""The figures as NGSI-LD entities, to read: a KeyPerformanceIndicator for each indicator, cut, area and month."""

import json
from collections.abc import Mapping, Sequence
from datetime import date, timedelta
from typing import Any

from apiflask import APIBlueprint
from flask import Response, request
from flask_babel import force_locale

from portal.adoption.api import answered, ground
from portal.adoption.formats import stamp
from portal.adoption.models import AdoptPeriod
from portal.adoption.query import Ground
from portal.adoption.reading import Asked, Observation, observe
from portal.adoption.words import OWNERS, area_label
from portal.counting.periods import Period, parse_period
from portal.db import reading

blueprint = APIBlueprint("ngsi", __name__, tag="NGSI-LD")
KIND = "KeyPerformanceIndicator"
PREFIX = f"urn:ngsi-ld:{KIND}:"
CONTEXT = (
    "https://smart-data-models.github.io/dataModel.KeyPerformanceIndicator/context.jsonld",
    "https://uri.etsi.org/ngsi-ld/v1/ngsi-ld-core-context-v1.7.jsonld",
)
LIMIT, MOST = 100, 1_000
PARAMETERS = ("type", "id", "limit", "offset", "count", "options", "area", "indicator")
_FREQUENCIES = {"M": "monthly", "Q": "quarterly", "A": "yearly"}


@blueprint.get("/ngsi-ld/v1/entities")
@blueprint.doc(
    summary="Published figures as NGSI-LD entities",
    description="Parameters: `type=KeyPerformanceIndicator`, `id`, `limit` (at most 1,000), `offset`, `count=true`, "
    "`options=keyValues`, and of ours `indicator` and `area` (an id; the province where none is given).",
)
def entities() -> Response:
    """Return a page of entities, newest months last; another type has none."""
    unknown = sorted(request.args.keys() - set(PARAMETERS))
    limit, offset = _number("limit", LIMIT), _number("offset", 0)
    if unknown or limit is None or offset is None or limit > MOST:
        return problem(400, "BadRequestData", f"Parameters: {', '.join(PARAMETERS)}; limit is at most {MOST}.")
    on, kind, one = ground(), request.args.get("type"), request.args.get("id")
    if one is not None:
        asked = [cell for cell in [cell_of(one, on)] if cell is not None and kind in (None, KIND)]
    else:
        asked = _cells(on) if kind == KIND else []
    body = _told(asked[offset : offset + limit], on)
    answer = answered(json.dumps(body, ensure_ascii=False), _content_type())
    if request.args.get("count") == "true":
        answer.headers["NGSILD-Results-Count"] = str(len(asked))
    return answer


@blueprint.get("/ngsi-ld/v1/entities/<path:entity_id>")
@blueprint.doc(summary="One figure as an NGSI-LD entity")
def entity(entity_id: str) -> Response:
    """Return one entity."""
    on = ground()
    cell = cell_of(entity_id, on)
    if cell is None:
        return problem(404, "ResourceNotFound", "There is no such entity.")
    return answered(json.dumps(_told([cell], on)[0], ensure_ascii=False), _content_type())


@blueprint.route("/ngsi-ld/v1/entities", methods=["POST"], endpoint="refused")
@blueprint.route("/ngsi-ld/v1/subscriptions", methods=["POST"], endpoint="refused_subscription")
@blueprint.doc(hide=True)
def refused() -> Response:
    """Refuse to be written to; exact copies come from the observations and their watermarks."""
    return problem(422, "OperationNotSupported", "Figures are read here. For changes ask /api/v1/observations.")


def problem(status: int, kind: str, detail: str) -> Response:
    """Return an error as ETSI types it."""
    body = {"type": f"https://uri.etsi.org/ngsi-ld/errors/{kind}", "title": kind, "detail": detail, "status": status}
    return Response(json.dumps(body), status=status, content_type="application/json")


def cell_of(entity_id: str, on: Ground) -> Asked | None:
    """Return the cell that an entity's id names, or None where there is none."""
    parts = entity_id.removeprefix(PREFIX).split(":")
    if not entity_id.startswith(PREFIX) or len(parts) != 4 or parts[0] not in on.catalogue:
        return None
    indicator = on.catalogue.get(parts[0])
    try:
        period = parse_period(parts[3])
        then = on.areas.then(period)
    except (ValueError, OverflowError):
        return None
    if then is None or parts[1] not in on.catalogue.cuts_of(indicator) or parts[2] not in {then.id, *then.leaves}:
        return None
    return Asked(indicator, parts[1], parts[2], period, parts[2] == then.id)


def _cells(on: Ground) -> list[Asked]:
    """Return every cell of the months that are open: of the province, or of one area."""
    codes, areas = request.args.get("indicator", ""), request.args.get("area")
    wanted = {code for code in codes.split(",") if code}
    found = []
    rows = reading().query(AdoptPeriod.indicator, AdoptPeriod.month).order_by(AdoptPeriod.indicator, AdoptPeriod.month)
    for code, month in rows:
        period = parse_period(month)
        then = on.areas.then(period)
        if code not in on.catalogue or then is None or (wanted and code not in wanted):
            continue
        one = on.catalogue.get(code)
        for area in [areas] if areas else [then.id]:
            if area == then.id or area in then.leaves:
                found += [Asked(one, cut, area, period, area == then.id) for cut in on.catalogue.cuts_of(one)]
    return found


def _told(asked: Sequence[Asked], on: Ground) -> list[dict[str, Any]]:
    short, with_context = "keyValues" in request.args.get("options", ""), _content_type() == "application/ld+json"
    with force_locale("vi"):
        found = [entity_of(one, on) for one in observe(reading(), on.catalogue, on.areas, asked)]
    if short:
        found = [{name: _value(attribute) for name, attribute in one.items()} for one in found]
    return [{"@context": list(CONTEXT), **one} for one in found] if with_context else found


def _value(attribute: Any) -> Any:
    return attribute["value"] if isinstance(attribute, Mapping) and "value" in attribute else attribute


def entity_of(one: Observation, on: Ground) -> dict[str, Any]:
    """Return an observation as an entity; a hidden or missing one has no `kpiValue`."""
    vi, _en = OWNERS[one.indicator.owner]
    last = (one.period.end - timedelta(seconds=1)).isoformat().replace("+00:00", "Z")
    told = one.told
    attributes: dict[str, Any] = {
        "name": one.indicator.name_vi,
        "description": one.indicator.definition_vi,
        "category": ["quantitative"],
        "calculationFrequency": _FREQUENCIES.get(one.period.frequency, "other"),
        "calculationMethod": "automatic",
        "calculationPeriod": {"from": _day(one.period, first=True), "to": _day(one.period, first=False)},
        "organization": {"identifier": one.indicator.owner, "name": vi},
        "process": one.indicator.source,
        "area": one.area,
        "areaName": area_label(one.area, on.areas.names),
        "cut": one.cut,
        "unit": one.indicator.unit,
        "obsStatus": one.obs_status,
        "confStatus": one.conf_status,
        "status": one.status,
        "revision": one.revision,
    }
    if one.as_of is not None:
        attributes["updatedAt"] = stamp(one)
    found: dict[str, Any] = {
        "id": f"{PREFIX}{one.indicator.code}:{one.cut}:{one.area}:{one.period.text}",
        "type": KIND,
    }
    if told is not None:
        found["kpiValue"] = {"type": "Property", "value": told, "observedAt": last}
    return found | {name: {"type": "Property", "value": value} for name, value in attributes.items()}


def _day(period: Period, *, first: bool) -> str:
    if first:
        return f"{period.first}-01"
    year, month = int(period.last[:4]), int(period.last[5:])
    return (date(year + month // 12, month % 12 + 1, 1) - timedelta(days=1)).isoformat()


def _content_type() -> str:
    wanted = request.accept_mimetypes.best_match(
        ["application/json", "application/ld+json"], default="application/json"
    )
    return str(wanted)


def _number(name: str, default: int) -> int | None:
    text = request.args.get(name)
    if text is None:
        return default
    return int(text) if text.isascii() and text.isdigit() and len(text) < 9 else None
