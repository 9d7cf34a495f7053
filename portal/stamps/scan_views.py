"""What a shopper sees: the verdict on one stamp, its proof for whoever doubts, and the product behind a barcode.

No session, no cookie, no script; a scan's answer is never kept by a cache.
"""

from collections.abc import Callable
from functools import wraps
from typing import Any
from urllib.parse import quote

from flask import Blueprint, Response, current_app, jsonify, render_template, request

from portal.db import reading
from portal.errors import TooMany, sentence, wants_json
from portal.limits import SCANS, UNKNOWN_CODES
from portal.stamps.answers import facts_of, known_json, steps_of, unknown_json
from portal.stamps.errors import UNKNOWN, GtinUnknown, TooManyUnknown
from portal.stamps.goods import product_of_gtin, read_goods
from portal.stamps.proofs import log_key_of, state_words
from portal.stamps.scan import Scanned, scan
from portal.stamps.wiring import CHAIN, book_of, primary
from portal.stamps.words import tone_of, verdict_sentence
from portal.world import current_world
from traceability import ScanCode, bundle, fold_serial, group_serial, parse_digital_link
from traceability.errors import CodeSyntaxError, ProofPending, StampUnknown

blueprint = Blueprint("scan", __name__)


def _open_to_all(view: Callable[..., Any]) -> Callable[..., Any]:
    """Limit an address, never cache, let any page read the answer, and say on a small page what is no code."""

    @wraps(view)
    def wrapped(*args: Any, **kwargs: Any) -> Response:
        try:
            _limit()
            answer = current_app.make_response(view(*args, **kwargs))
        except StampUnknown as error:
            answer = _unknown(str(error.fields.get("serial", "")))
        except CodeSyntaxError as error:
            if wants_json():
                raise
            status, text = sentence(current_app, error.code, error.fields)
            answer = Response(render_template("stamps/no_code.html", sentence=text), status=status)
        answer.headers["Cache-Control"] = "no-store"
        answer.headers["Access-Control-Allow-Origin"] = "*"
        return answer

    return wrapped


def _limit() -> None:
    """Refuse an address that scans too much, or that has tried too many unknown codes, even for a known one."""
    address = request.remote_addr or ""
    if not SCANS.hit(address):
        raise TooMany(retry_after_s=SCANS.seconds_left())
    if UNKNOWN_CODES.used_up(address):
        raise TooManyUnknown(retry_after_s=UNKNOWN_CODES.seconds_left())


def _unknown(serial: str) -> Response:
    UNKNOWN_CODES.hit(request.remote_addr or "")
    if wants_json():
        answer = jsonify(unknown_json(serial, sentence=str(UNKNOWN)))
        answer.status_code = 404
        return answer
    return Response(render_template("stamps/unknown.html", sentence=UNKNOWN, code=serial), status=404)


@blueprint.get("/s/")
@blueprint.get("/S/")
@_open_to_all
def no_code() -> Any:
    """Say that a code is wanted."""
    return _verdict(ScanCode(fold_serial("")))


@blueprint.get("/s/<typed>")
@blueprint.get("/S/<typed>")
@_open_to_all
def stamp(typed: str) -> Any:
    """Scan a stamp by its code alone, however it was typed."""
    return _verdict(ScanCode(fold_serial(typed)))


@blueprint.get("/01/<path:rest>", merge_slashes=False)
@_open_to_all
def link(rest: str) -> Any:
    """Scan a stamp by its GS1 Digital Link, or show the product of a GTIN."""
    world = current_world()
    found = parse_digital_link(
        "/01/" + quote(rest, safe="/"), request.query_string.decode("latin-1"), year=world.clock.now().year
    )
    if found.serial is not None:
        return _verdict(ScanCode(found.serial, found.gtin))
    product_id = product_of_gtin(reading(), found.gtin)
    if product_id is None:
        raise GtinUnknown
    goods = read_goods(reading(), product_id, keys=world.field_keys)
    return render_template("stamps/product.html", goods=goods, gtin=found.gtin)


def _verdict(code: ScanCode) -> Any:
    world = current_world()
    seen = scan(world, code=code, address=request.remote_addr, counted=request.method != "HEAD")
    said = verdict_sentence(seen.sight, seen.outcome, seen.counts)
    proof = f"/s/{seen.sight.serial}/proof"
    if wants_json():
        return jsonify(known_json(seen, sentence=said, proof=world.settings.public_url.rstrip("/") + proof))
    return render_template(
        "stamps/verdict.html",
        said=said,
        tone=tone_of(seen.outcome),
        verdict=seen.outcome.verdict.value,
        seen=seen,
        facts=facts_of(seen),
        steps=steps_of(seen),
        grouped=group_serial(seen.sight.serial),
        proof=proof,
        **_self_check(seen),
    )


def _self_check(seen: Scanned) -> dict[str, Any]:
    header, world = seen.sight.header, current_world()
    kept = primary(world.ledgers)
    words, pending = state_words(reading(), header, ledger=kept)
    place = (world.settings.ledger_contract, world.settings.ledger_chain_id) if kept == CHAIN else None
    return {
        "state": words,
        "state_pending": pending,
        "chain": place,
        "log_key": log_key_of(world.log_signer, header),
    }


@blueprint.get("/s/<typed>/proof")
@blueprint.get("/S/<typed>/proof")
@_open_to_all
def proof(typed: str) -> Any:
    """Give the file with which anybody checks one stamp offline."""
    code = ScanCode(fold_serial(typed))
    try:
        text = bundle(reading(), book=book_of(current_world().stamp_keys), code=code)
    except ProofPending as error:
        error.fields["retry_after_s"] = error.fields["retry_after_seconds"]
        raise
    answer = Response(text, content_type="text/plain; charset=utf-8")
    answer.headers["Content-Disposition"] = f'attachment; filename="{code.serial}.txt"'
    return answer
