"""What a shopper sees: the verdict on one stamp, its proof for whoever doubts, the product or lot behind a number.

No session, no cookie, no script; a scan's answer is never kept by a cache. Browsers get page and verdict in place,
where GS1's resolvers would redirect to the default link; whoever asks for links gets links.
"""

from collections.abc import Callable
from functools import wraps
from typing import Any

from flask import Blueprint, Response, current_app, jsonify, redirect, render_template, request, url_for

from portal.db import reading
from portal.errors import TooMany, sentence, wants_json
from portal.limits import SCANS, UNKNOWN_CODES
from portal.stamps.answers import facts_of, scanned_json, steps_of, unknown_json
from portal.stamps.errors import UNKNOWN, TooManyUnknown
from portal.stamps.forged import note_unknown
from portal.stamps.linksets import link_header
from portal.stamps.product_pages import about_code, goods_of_gtin, known, known_page, lot_page, public_url, read_link
from portal.stamps.proofs import log_key_of, state_words
from portal.stamps.resolver import answer_links, describe_resolver, link_asked
from portal.stamps.scan import Scanned, scan
from portal.stamps.scan_keys import key_of
from portal.stamps.wiring import CHAIN, book_of, primary
from portal.stamps.words import pin_words, tone_of, verdict_sentence
from portal.world import current_world
from traceability import DigitalLink, ScanCode, bundle, fold_serial, group_serial
from traceability.errors import CodeSyntaxError, ProofPending, StampUnknown

blueprint = Blueprint("scan", __name__)


def open_to_all(view: Callable[..., Any]) -> Callable[..., Any]:
    """Limit an address, never cache, let any page read the answer, and say on a small page what is no code."""

    @wraps(view)
    def wrapped(*args: Any, **kwargs: Any) -> Response:
        try:
            _limit()
            answer = current_app.make_response(view(*args, **kwargs))
        except StampUnknown as error:
            gtin = error.fields.get("gtin")
            answer = _unknown(str(error.fields.get("serial", "")), None if gtin is None else str(gtin))
        except CodeSyntaxError as error:
            if wants_json():
                raise
            status, text = sentence(current_app, error.code, error.fields)
            answer = Response(
                render_template("stamps/no_code.html", sentence=text, code=(request.view_args or {}).get("typed", "")),
                status=status,
            )
        answer.headers.setdefault("Cache-Control", "no-store")
        return answer

    return wrapped


@blueprint.after_request
def _open(answer: Response) -> Response:
    answer.headers["Access-Control-Allow-Origin"] = "*"
    if request.method == "OPTIONS":
        answer.headers["Access-Control-Allow-Methods"] = "GET, HEAD, OPTIONS"
        answer.headers["Access-Control-Allow-Headers"] = "Accept"
    else:
        answer.headers["Access-Control-Expose-Headers"] = "Link"
    return answer


def _limit() -> None:
    """Refuse an address that scans too much, or that has tried too many unknown codes, even for a known one."""
    address = request.remote_addr or ""
    if not SCANS.hit(address):
        raise TooMany(retry_after_s=SCANS.seconds_left())
    if UNKNOWN_CODES.used_up(address):
        raise TooManyUnknown(retry_after_s=UNKNOWN_CODES.seconds_left())


def _unknown(serial: str, gtin: str | None) -> Response:
    UNKNOWN_CODES.hit(request.remote_addr or "")
    if request.method == "GET" and request.endpoint != "scan.proof":
        note_unknown(current_world(), serial=serial, address=request.remote_addr)
    if wants_json():
        answer = jsonify(unknown_json(serial, sentence=str(UNKNOWN)))
        answer.status_code = 404
    else:
        goods = goods_of_gtin(gtin) if gtin is not None else None
        page = render_template(
            "stamps/unknown.html", sentence=UNKNOWN, code=serial, grouped=group_serial(serial), goods=goods, gtin=gtin
        )
        answer = Response(page, status=404)
    if gtin is not None:
        answer.headers["Link"] = link_header(public_url(), DigitalLink(gtin).path())
    return answer


@blueprint.get("/s/")
@blueprint.get("/S/")
@open_to_all
def no_code() -> Any:
    """Ask for a code, and lead to the one that was typed or pasted as an address."""
    typed = "".join(request.args.get("code", "").split()).rstrip("/").rpartition("/")[2]
    if typed:
        return redirect(url_for("scan.stamp", typed=typed))
    return _said(ScanCode(fold_serial(""))) if wants_json() else render_template("stamps/no_code.html", code="")


@blueprint.get("/s/<typed>", strict_slashes=False)
@blueprint.get("/S/<typed>", strict_slashes=False)
@open_to_all
def stamp(typed: str) -> Any:
    """Scan a stamp by its code alone, however it was typed."""
    code = ScanCode(fold_serial(typed))
    asked = link_asked()
    return answer_links(about_code(code), asked) if asked else _verdict(code, f"/s/{code.serial}")


@blueprint.get("/01/", defaults={"rest": ""})
@blueprint.get("/01/<path:rest>", merge_slashes=False)
@open_to_all
def link(rest: str) -> Any:
    """Scan a stamp by its GS1 Digital Link, show a product or a lot, or give the links that are asked for."""
    found, asked = read_link(rest), link_asked()
    if found.serial is None:
        return answer_links(known(found).about(public_url()), asked) if asked else known_page(found)
    code = ScanCode(found.serial, found.gtin)
    try:
        return answer_links(about_code(code), asked) if asked else _verdict(code, found.path())
    except StampUnknown as error:
        error.fields["gtin"] = found.gtin
        if not asked:
            raise
    UNKNOWN_CODES.hit(request.remote_addr or "")  # no place to try codes for nothing
    return answer_links(known(DigitalLink(found.gtin)).about(public_url()), asked)


@blueprint.get("/lots/<lot_id>")
@open_to_all
def lot(lot_id: str) -> Any:
    """Show a lot by our own address of it, which one without a GTIN has too."""
    return lot_page(lot_id)


@blueprint.get("/.well-known/gs1resolver")
def resolver() -> Any:
    """Describe the resolver to machines."""
    answer = jsonify(describe_resolver(current_world(), name="Chợ Số"))
    answer.headers["Cache-Control"] = "public, max-age=3600"
    return answer


def _verdict(code: ScanCode, path: str) -> Any:
    answer = current_app.make_response(_said(code))
    answer.headers["Link"] = link_header(public_url(), path)
    return answer


def _said(code: ScanCode) -> Any:
    world = current_world()
    seen = scan(world, code=code, address=request.remote_addr, counted=request.method != "HEAD")
    return show(seen)


def show(seen: Scanned, *, told: str = "") -> Any:
    """Show what is known of a stamp, to a person or a machine; `told` is what to say of what was just sent."""
    world = current_world()
    said = verdict_sentence(seen.sight, seen.outcome, seen.counts)
    proof = f"/s/{seen.sight.serial}/proof"
    if wants_json():
        return jsonify(scanned_json(seen, sentence=said, proof=public_url() + proof))
    return render_template(
        "stamps/verdict.html",
        said=said,
        tone=tone_of(seen.outcome),
        verdict=seen.outcome.verdict.value,
        seen=seen,
        facts=facts_of(seen),
        steps=steps_of(seen, reading, public_url=world.settings.public_url),
        lot_id=seen.sight.lot,
        grouped=group_serial(seen.sight.serial),
        proof=proof,
        pin=pin_words(seen),
        place_key=key_of(seen.sight, seen.counted_at, keys=world.field_keys) if seen.counted_at else None,
        told=told,
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
        "witnessed": bool(world.log_signer.witnesses),
        "log_key": log_key_of(world.log_signer, header),
    }


@blueprint.get("/s/<typed>/proof")
@blueprint.get("/S/<typed>/proof")
@open_to_all
def proof(typed: str) -> Any:
    """Give the file with which anybody checks one stamp offline."""
    code, world = ScanCode(fold_serial(typed)), current_world()
    try:
        book = book_of(world.stamp_keys)
        text = bundle(reading(), book=book, code=code, witnesses=world.log_signer.witnesses)
    except ProofPending as error:
        error.fields["retry_after_s"] = error.fields["retry_after_seconds"]
        raise
    answer = Response(text, content_type="text/plain; charset=utf-8")
    answer.headers["Content-Disposition"] = f'attachment; filename="{code.serial}.txt"'
    return answer
