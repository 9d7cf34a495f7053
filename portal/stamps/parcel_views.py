"""Places and parcels by their GS1 numbers: a parcel's steps as everybody may see them; a place has no page here."""

from typing import Any
from urllib.parse import quote

from flask import Response, jsonify, render_template, request
from flask_babel import gettext as _

from portal.db import reading
from portal.errors import wants_json
from portal.stamps.answers import recall_json
from portal.stamps.errors import PlaceUnknown
from portal.stamps.journeys import in_words, shown_steps
from portal.stamps.linksets import About, about_parcel, link_header
from portal.stamps.parcels import Parcel, find_parcel
from portal.stamps.product_pages import public_url
from portal.stamps.resolver import answer_links, link_asked
from portal.stamps.scan_views import blueprint, open_to_all
from portal.stamps.words import recall_sentence
from portal.world import current_world
from traceability import PlaceLink, ShipmentLink, parse_uri


@blueprint.get("/414/<path:rest>", merge_slashes=False)
@open_to_all
def place_number(rest: str) -> Any:
    """Read a place's number strictly; no register of them is kept here."""
    _read("414", rest)
    raise PlaceUnknown


@blueprint.get("/00/<path:rest>", merge_slashes=False)
@open_to_all
def shipment(rest: str) -> Any:
    """Show what was told of a parcel, recalls of what is in it first."""
    link = _read("00", rest)
    assert isinstance(link, ShipmentLink)  # noqa: S101  the path begins with its key
    found = find_parcel(reading(), link, public_url=public_url(), year=current_world().clock.now().year)
    asked = link_asked()
    answer = answer_links(_about(found), asked) if asked else _page(found)
    if not asked:
        answer.headers["Link"] = link_header(public_url(), f"/00/{found.sscc}")
    answer.headers["Cache-Control"] = "no-store"
    return answer


def _read(key: str, rest: str) -> PlaceLink | ShipmentLink | Any:
    query = request.query_string.decode("latin-1")
    uri = f"{public_url().lower()}/{key}/{quote(rest, safe='/')}" + (f"?{query}" if query else "")
    return parse_uri(uri, year=current_world().clock.now().year)


def _about(found: Parcel) -> About:
    return about_parcel(public_url(), sscc=found.sscc, name=found.name, recalls=[recall for recall, _ in found.recalls])


def _page(found: Parcel) -> Response:
    recalls = [(recall, recall_sentence(recall, lot=lot)) for recall, lot in found.recalls]
    steps = in_words(shown_steps(reading(), found.told, public_url=public_url()))
    if wants_json():
        body = {
            "parcel": found.sscc,
            "steps": [{"step": step.code.value, "day": step.day} for step in found.told],
            "recalls": [{"sentence": said, **recall_json(recall)} for recall, said in recalls],
        }
        return jsonify(body)
    title = _("Parcel %(number)s", number=found.sscc)
    return Response(render_template("stamps/parcel.html", title=title, recalls=recalls, steps=steps))
