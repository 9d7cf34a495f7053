"""One address: the search behind the place field of forms, which work without it."""

from datetime import date

from flask import Blueprint, current_app, jsonify, request
from werkzeug.wrappers import Response

from portal.db import reading
from portal.places.actions import find
from portal.places.areas import day_of
from portal.places.errors import DayInvalid

blueprint = Blueprint("places", __name__)
_LONGEST_QUERY = 100


@blueprint.get("/places/search")
def search() -> Response:
    """Return the places of our province that a text may mean, as a JSON list; a text that is no name finds none.

    Tones and marks may be missing. What was valid `on` that day (today) comes first; `level=commune` leaves out others.
    """
    world = current_app.extensions["world"]
    text, level = request.args.get("q", "")[:_LONGEST_QUERY], request.args.get("level")
    try:
        on = date.fromisoformat(request.args["on"]) if "on" in request.args else day_of(world.clock.now())
    except ValueError as error:
        raise DayInvalid from error
    found = find(reading(), text, on=on, province=world.settings.province)
    places = [
        {
            "id": place.id,
            "name": place.name,
            "within": list(place.within),
            "valid_from": place.valid_from.isoformat(),
            "valid_to": place.valid_to.isoformat() if place.valid_to else None,
        }
        for place in found
        if level in (None, place.level)
    ]
    return jsonify(places)
