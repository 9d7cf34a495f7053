"""Pages of a product and of a lot, recalls first; kept by a cache only as long as nothing has changed."""

import re
from functools import cache
from typing import cast
from urllib.parse import quote

from flask import Response, jsonify, render_template, request
from flask_babel import gettext as _

from portal.db import reading
from portal.errors import wants_json
from portal.security import answered_by_tag
from portal.stamps.answers import goods_rows, known_json, lot_rows
from portal.stamps.errors import GtinUnknown
from portal.stamps.goods import SHELF, Goods, as_on_barcode, product_of_gtin
from portal.stamps.journeys import in_words, shown_steps, told_of_lot
from portal.stamps.known import Known, find_known, find_lot
from portal.stamps.linksets import About, about_stamp, link_header
from portal.stamps.wiring import book_of
from portal.stamps.words import recall_sentence
from portal.world import current_world
from traceability import DigitalLink, ScanCode, identify, parse_digital_link, see
from traceability.errors import CodeSyntaxError

_SLASHED = re.compile(r"(?P<gtin>[0-9]{14})/10/(?P<lot>.+?)(?:/21/(?P<serial>[^/]+))?/?")


def public_url() -> str:
    """Return the address of this portal, without a slash at its end."""
    return current_world().settings.public_url.rstrip("/")


def read_link(rest: str) -> DigitalLink:
    """Read what stands after `/01/`, decoded by the server; raises one of the CodeSyntaxErrors."""
    query, year = request.query_string.decode("latin-1"), current_world().clock.now().year
    try:
        return parse_digital_link("/01/" + quote(rest, safe="/"), query, year=year)
    except CodeSyntaxError:
        found = _with_slash(rest, query, year)
        if found is None:
            raise
        return found


def _with_slash(rest: str, query: str, year: int) -> DigitalLink | None:
    """Read a lot number with a slash in it, which looks like one of the path once the server has decoded it.

    Only before a serial, or where such a lot is noted: else what looks like a wrong key is one.
    """
    parts = _SLASHED.fullmatch(rest)
    if parts is None or "/" not in parts["lot"]:
        return None
    serial = "" if parts["serial"] is None else "/21/" + quote(parts["serial"], safe="")
    try:
        found = parse_digital_link(
            f"/01/{parts['gtin']}/10/{quote(parts['lot'], safe='')}{serial}", query, year=year
        )  # fmt: skip
        return found if serial or known(found).lot is not None else None
    except (CodeSyntaxError, GtinUnknown):
        return None


def known(link: DigitalLink) -> Known:
    """Find the product of a link, and its lot; raises GtinUnknown."""
    return find_known(reading(), link, keys=current_world().field_keys)


def goods_of_gtin(gtin: str) -> Goods | None:
    """Return the product with a GTIN as everybody may see it, None if there is none."""
    product_id = product_of_gtin(reading(), gtin)
    return None if product_id is None else SHELF.find(reading, product_id, keys=current_world().field_keys)


def about_code(code: ScanCode) -> About:
    """Return what there is to read of the stamp of a code; this is no scan. Raises StampUnknown and as `identify`."""
    world = current_world()
    sight = see(reading(), identify(reading, book=book_of(world.stamp_keys), code=code))
    goods = SHELF.find(reading, sight.header.product, keys=world.field_keys)
    lot = SHELF.find_lot(reading, sight.lot) if sight.lot is not None else None
    return about_stamp(public_url(), goods=goods, sight=sight, number=None if lot is None else lot.number)


def known_page(link: DigitalLink) -> Response:
    """Show a product or a lot to a person or a machine; an unknown lot is said above its product."""
    found = known(link)
    answer = _page(found, asked_lot=link.lot if found.lot is None else None)
    answer.headers["Link"] = link_header(public_url(), link.path())
    return cast(Response, answer.make_conditional(request))


def lot_page(lot_id: str) -> Response:
    """Show a lot by our own address of it, which it has with or without a GTIN; raises LotUnknown."""
    found = find_lot(reading(), lot_id, keys=current_world().field_keys)
    return cast(Response, _page(found, asked_lot=None).make_conditional(request))


def _page(found: Known, *, asked_lot: str | None) -> Response:
    sentences = [recall_sentence(one, lot=found.lot) for one in found.recalls]
    if wants_json():
        answer = jsonify(known_json(found, sentences=sentences))
    else:
        answer = Response(
            render_template(
                "stamps/product.html",
                found=found,
                recalls=list(zip(found.recalls, sentences, strict=True)),
                asked_lot=asked_lot,
                rows=[(label, value) for label, value in _rows(found) if value],
                steps=_steps(found),
                style_by_hash=True,
            )
        )
        name, policy = answered_by_tag(_style())
        answer.headers[name] = policy
    answer.headers["Cache-Control"] = "no-cache"
    answer.headers["Vary"] = "Accept, Cookie"
    answer.add_etag()
    return answer


def _steps(found: Known) -> list[tuple[str, str]]:
    if found.lot is None or found.lot_id is None:
        return []
    rows, at = reading(), public_url()
    told = told_of_lot(rows, public_url=at, lot_id=found.lot_id, number=found.lot.number, gtin=found.gtin)
    return in_words(shown_steps(rows, told, public_url=at, facts=found.lot))


def _rows(found: Known) -> list[tuple[str, str]]:
    own = [] if found.lot is None else lot_rows(found.goods, found.lot)
    return [*goods_rows(found.goods), *own, (_("Barcode number"), as_on_barcode(found.gtin or ""))]


@cache
def _style() -> str:
    return render_template("layouts/bare.css")
