"""Where the marketplaces call us: checked, stored raw, answered; applying it is due work."""

from flask import Blueprint, Response, current_app, jsonify, request

from portal.db import begin_few, take_lock
from portal.marketplaces.errors import CallbackForged, ChannelUnknown, ChannelUnreadable
from portal.marketplaces.events import store_callback
from portal.world import current_world

blueprint = Blueprint("channel_hooks", __name__)
BODY_MAX = 256 * 1024


@blueprint.post("/hooks/channels/<channel>")
def callback(channel: str) -> Response:
    """Take one callback: 401 for a forged or old one, 200 once it is stored or was known before."""
    world = current_world()
    adapter = world.channels.get(channel)
    if adapter is None:
        raise ChannelUnknown
    request.max_content_length = BODY_MAX
    now, body, headers = world.clock.now(), request.get_data(), {k.lower(): v for k, v in request.headers.items()}
    try:
        adapter.parse_callback(headers, body, now=now)
    except CallbackForged as error:
        reason = error.fields.get("reason")
        current_app.extensions["log"].warning("channel.callback_refused", channel=channel, reason=reason)
        raise
    except ChannelUnreadable:
        pass  # signed, so it is theirs: kept as it came, and a person looks at it
    with begin_few() as rows:
        take_lock(rows)
        new = store_callback(rows, now=now, channel=channel, event_id=headers["webhook-id"], headers=headers, body=body)
    return jsonify({"received": True, "new": new})
