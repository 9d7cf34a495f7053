"""EPCIS 2.0 for machines: capture, its job, and queries. Without a key the answer is what everybody may see."""

from typing import Any
from urllib.parse import urlencode

from apiflask import APIBlueprint
from flask import Response, current_app, g, jsonify, request, url_for

from portal.db import begin, reading
from portal.epcis import actions
from portal.epcis.errors import BehaviourUnknown, ContentUnfit, GoodsNotYours
from portal.errors import PortalError, TooMany, problem, sentence
from portal.limits import EVENTS, KEY_READS, KEY_WRITES, MinuteLimit
from portal.stamps.uris import own_context, place_uri, unit_of
from portal.world import current_world
from traceability import epcis
from traceability.errors import DocumentTooLarge, EventRefused

blueprint = APIBlueprint("epcis", __name__, tag="EPCIS")
_KINDS = frozenset({"application/json", "application/ld+json"})
_LD_JSON = "application/ld+json"


@blueprint.post("/epcis/capture")
@blueprint.doc(
    summary="Tell of events",
    description="An EPCIS 2.0 document in JSON-LD, at most 5 MiB and 500 events; taken whole or not at all. The "
    "`@context` is not read: the literal keys are. Needs a key with the scope `epcis:capture`. A seller's key, made on "
    "the page My keys, tells of that seller's goods, of goods that were sent to it, and of what nobody here owns; "
    "it corrects only its own events. A partner's key, which the province hands out, is bound to no seller: it tells "
    "of the goods of the sellers it names, until they forbid it on that page, and of nobody else's.",
    responses={
        202: "Taken; `Location` names the capture job",
        400: "Refused: `fields` name the place",
        409: "Conflict",
    },
)
def capture() -> Response:
    """Take a document of events, all or none; what was refused is kept as a job with its reason."""
    world, acting = current_world(), g.acting
    _count(KEY_WRITES, acting.actor + str(acting.organisation_id))
    now, public_url = world.clock.now(), world.settings.public_url
    try:
        events = [epcis.ready_event(event) for event in epcis.check_document(epcis.read_json(_body()))]
        with begin() as session:
            job = actions.capture(session, now=now, acting=acting, events=events, public_url=public_url)
    except (EventRefused, GoodsNotYours) as error:
        captor, path = actions.captor_of(acting), str(error.fields.get("path", ""))
        with begin() as session:
            job = epcis.refuse_capture(session, now=now, captor=captor, error=error.code, path=path)
        answer = refused(error)
    else:
        answer = jsonify(_job(job))
        answer.status_code = 202
    answer.headers["Location"] = url_for("epcis.capture_job", job=job.id)
    answer.headers["GS1-EPCIS-Version"] = "2.0"
    return answer


def _body() -> bytes:
    if request.mimetype not in _KINDS:
        raise ContentUnfit
    if request.headers.get("GS1-Capture-Error-Behaviour", "rollback") != "rollback":
        raise BehaviourUnknown
    if (request.content_length or 0) > epcis.MOST_BYTES:
        raise DocumentTooLarge(bytes=request.content_length or 0, most=epcis.MOST_BYTES)
    request.max_content_length = epcis.MOST_BYTES + 1  # a body without a length is cut there, and then is too large
    return request.get_data(cache=False)


@blueprint.get("/epcis/capture/<job>")
@blueprint.doc(summary="How a capture went", description="One's own jobs only; scope `epcis:capture`.")
def capture_job(job: str) -> Response:
    """Tell how a capture went."""
    found = epcis.find_capture(reading(), job, captured_by=actions.captor_of(g.acting).name)
    return jsonify(_job(found))


def _job(job: epcis.Capture) -> dict[str, Any]:
    ended = None if job.ended_at is None else job.ended_at.isoformat(timespec="milliseconds")
    errors: list[dict[str, Any]] = []
    if job.error is not None:
        status, text = sentence(current_app, job.error, {"path": job.path})
        errors.append({"type": "about:blank", "title": text, "status": status, "code": job.error, "path": job.path})
    return {
        "captureID": job.id,
        "createdAt": job.received_at.isoformat(timespec="milliseconds"),
        "finishedAt": ended,
        "running": ended is None,
        "success": job.state == "accepted",
        "captureErrorBehaviour": "rollback",
        "events": job.events,
        "errors": errors,
    }


@blueprint.get("/epcis/events")
@blueprint.doc(
    summary="Ask for events",
    description="Parameters: `eventType`, `GE_eventTime`, `LT_eventTime`, `EQ_action`, `EQ_bizStep`, `MATCH_epc`, "
    "`MATCH_anyEPC`, `MATCH_epcClass`, `MATCH_anyEPCClass` (lists by commas), `perPage` (at most 500), "
    "`nextPageToken` (from the `Link` header). Without a key: step, commune and day. With one of scope `epcis:read`: "
    "the own steps, and one each way.",
)
def events() -> Response:
    """Answer a query: the public view, or the caller's own steps and one each way."""
    world, acting = current_world(), g.acting
    _count(EVENTS if acting is None else KEY_READS, request.remote_addr or "" if acting is None else acting.actor)
    public_url = world.settings.public_url
    query = epcis.read_query(request.args.items(multi=True))
    reader = None if acting is None else actions.reader_of(acting, public_url=public_url)
    page = epcis.find_events(reading(), query, reader=reader)
    shown = [_public(one.event, public_url) if reader is None else epcis.full_event(one) for one in page.events]
    listed = [one for one in shown if one is not None]
    answer = jsonify(epcis.query_document(listed, now=world.clock.now(), context=own_context(public_url)))
    answer.content_type = _LD_JSON
    if page.next_token is not None:
        rest = [pair for pair in request.args.items(multi=True) if pair[0] != "nextPageToken"]
        following = urlencode([*rest, ("nextPageToken", page.next_token)])
        answer.headers["Link"] = f'<{url_for("epcis.events")}?{following}>; rel="next"'
    answer.headers["GS1-EPCIS-Version"] = "2.0"
    answer.headers["Cache-Control"] = "no-store" if reader is not None else "no-cache"
    if reader is None:
        answer.headers["Access-Control-Allow-Origin"] = "*"
        answer.headers["Access-Control-Expose-Headers"] = "Link"
    answer.headers["Vary"] = "Authorization"
    return answer


def _public(event: epcis.Event, public_url: str) -> Any:
    def commune(uri: str) -> str | None:
        unit = unit_of(public_url, uri)
        return None if unit is None else place_uri(public_url, unit)

    return epcis.public_event(event, place=commune)


def _count(limit: MinuteLimit, who: str) -> None:
    if not limit.hit(who):
        raise TooMany(retry_after_s=limit.seconds_left())


@blueprint.errorhandler(EventRefused)
def refused(error: EventRefused | PortalError) -> Response:
    """Answer a refusal with the place in the document or the parameter."""
    g.error_code = error.code
    status, text = sentence(current_app, error.code, error.fields)
    path = str(error.fields.get("path", ""))
    kind = "query" if request.method == "GET" else "body"
    problems = [{"field": path, "code": error.code, "sentence": text, "kind": kind}] if path else []
    return problem(status, error.code, text, {"problems": problems})
