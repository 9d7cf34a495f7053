"""Where a shopper bought it: asked after the verdict, answered on purpose, kept as a province and nothing finer."""

from typing import Any

from flask import redirect, render_template, request
from flask_babel import gettext as _

from portal.db import begin, reading
from portal.places.areas import day_of
from portal.places.lookup import provinces
from portal.stamps.scan import judged
from portal.stamps.scan_keys import scan_of
from portal.stamps.scan_views import blueprint, open_to_all, show
from portal.stamps.wiring import book_of
from portal.world import current_world
from traceability import ScanCode, Stamp, fold_serial, group_serial, identify, place_scan

_LONGEST = 60


@blueprint.get("/s/<typed>/where")
@blueprint.get("/S/<typed>/where")
@open_to_all
def place_page(typed: str) -> Any:
    """Ask for the province in which the package of one scan was bought."""
    stamp, key = _stamp(typed), request.args.get("scan", "")[:_LONGEST]
    if not key:
        return redirect(f"/s/{stamp.serial}", 303)
    scan_of(stamp, key, keys=current_world().field_keys)
    return _page(stamp, key)


@blueprint.post("/s/<typed>/where")
@blueprint.post("/S/<typed>/where")
@open_to_all
def place(typed: str) -> Any:
    """Note the province of one scan, and show the verdict as it is with it; it is no scan of its own."""
    world, stamp = current_world(), _stamp(typed)
    key, province = (request.form.get(name, "")[:_LONGEST] for name in ("scan", "province"))
    scanned_at = scan_of(stamp, key, keys=world.field_keys)
    if province not in {one.id for one in provinces(reading(), day_of(world.clock.now()))}:
        return _page(stamp, key, error=_("Choose a province.")), 400
    with begin(flushed=False) as session:
        noted = place_scan(session, stamp=stamp, scanned_at=scanned_at, place=province)
    told = _("Thank you. We keep only the province.") if noted else _("The place of this scan is known already.")
    return show(judged(world, stamp), told=told)


def _stamp(typed: str) -> Stamp:
    code = ScanCode(fold_serial(typed))
    return identify(reading, book=book_of(current_world().stamp_keys), code=code)


def _page(stamp: Stamp, key: str, *, error: str = "") -> str:
    return render_template(
        "stamps/place.html", serial=stamp.serial, grouped=group_serial(stamp.serial), scan=key, error=error,
        provinces=provinces(reading(), day_of(current_world().clock.now())),
    )  # fmt: skip
