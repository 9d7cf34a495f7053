"""The public log, after C2SP tlog-tiles: checkpoint, tiles, entries, keys; any page may read, any cache may keep."""

import re

from flask import Blueprint, Response, g, jsonify, request

from portal.db import begin, reading
from portal.errors import TooMany
from portal.limits import KEY_WRITES
from portal.stamps.anchoring import alarm
from portal.stamps.errors import LogEmpty
from portal.stamps.wiring import LogSigner
from portal.world import current_world
from traceability import (
    cosigned_note,
    keep_cosignatures,
    latest_checkpoint,
    log_keys,
    parse_number,
    read_entry_bundle,
    read_log_tile,
)
from traceability.errors import CheckpointForeign, NoteInvalid, TileAbsent

blueprint = Blueprint("log", __name__)
_LEVEL = re.compile(r"0|[1-9][0-9]?")
_FOR_EVER = "public, max-age=31536000, immutable"
_SECONDS = "public, max-age=2"
_MOST_NOTE_BYTES = 16 * 1024


@blueprint.after_request
def _open(answer: Response) -> Response:
    if request.method != "POST":
        answer.headers["Access-Control-Allow-Origin"] = "*"
    return answer


def _answer(content: bytes | str, *, kind: str, keep: str) -> Response:
    answer = Response(content, content_type=kind)
    answer.headers["Cache-Control"] = keep
    return answer


@blueprint.get("/log/checkpoint")
def checkpoint() -> Response:
    """Give the newest signed checkpoint: the one resource of the log that changes."""
    signed = latest_checkpoint(reading())
    if signed is None:
        raise LogEmpty(retry_after_s=5)
    signer: LogSigner = current_world().log_signer
    note = cosigned_note(reading(), signed, witnesses=signer.witnesses)
    return _answer(note, kind="text/plain; charset=utf-8", keep=_SECONDS)


@blueprint.post("/log/cosignatures")
def cosignatures() -> Response:
    """Keep a witness's line under one of our checkpoints; what it says of a checkpoint not ours is an alarm."""
    world = current_world()
    signer: LogSigner = world.log_signer
    if not KEY_WRITES.hit(g.acting.actor):
        raise TooMany(retry_after_s=KEY_WRITES.seconds_left())
    request.max_content_length = _MOST_NOTE_BYTES  # a longer one is not even read
    content = request.get_data()
    now = world.clock.now()
    try:
        with begin() as session:
            kept = keep_cosignatures(session, now=now, note=_text(content), witnesses=signer.witnesses)
    except CheckpointForeign as error:
        alarm(world, kind="log.foreign_checkpoint", subject=signer.origin, reason=str(error))
        raise
    return jsonify(size=kept[0].size, kept=[one.witness.name for one in kept])


def _text(content: bytes) -> str:
    try:
        return content.decode()
    except UnicodeDecodeError:
        raise NoteInvalid(reason="not UTF-8") from None


@blueprint.get("/log/key")
def key() -> Response:
    """Give the verifier keys of the log, old ones too, a line each."""
    signer: LogSigner = current_world().log_signer
    keys = log_keys(reading()) or [one.text() for one in signer.keys.verifiers(signer.origin)]
    return _answer("".join(f"{line}\n" for line in keys), kind="text/plain; charset=utf-8", keep=_SECONDS)


@blueprint.get("/log/tile/<level>/<path:number>", merge_slashes=False)
def tile(level: str, number: str) -> Response:
    """Give a published tile of hashes, whole or partial."""
    if _LEVEL.fullmatch(level) is None:
        raise TileAbsent(tile=request.path[:60])
    place, width = parse_number(number)
    hashes = read_log_tile(reading(), level=int(level), number=place, width=width)
    return _answer(hashes, kind="application/octet-stream", keep=_FOR_EVER)


@blueprint.get("/log/entries/<path:number>", merge_slashes=False)
@blueprint.get("/log/tile/entries/<path:number>", merge_slashes=False)
def entries(number: str) -> Response:
    """Give published entries, each after its length as two bytes."""
    place, width = parse_number(number)
    found = read_entry_bundle(reading(), number=place, width=width)
    return _answer(found, kind="application/octet-stream", keep=_FOR_EVER)
