"""The pages of the watch: an officer's, and a seller's own alarms."""

from typing import Any

from flask import Blueprint, g, render_template, request
from flask_babel import gettext as _

from portal.db import reading
from portal.errors import NotFound
from portal.i18n import number
from portal.onboarding.validators import plain
from portal.sheets import csv_file
from portal.watch import listing
from portal.watch.mapping import chart_of
from portal.world import current_world
from traceability import group_serial

blueprint = Blueprint("watch", __name__)
MOST_SHOWN = 200


@blueprint.get("/officer/watch")
def watch() -> Any:
    """List what looks copied or forged within reach, by period, kind, seller or product."""
    show, days = request.args.get("show", "all"), request.args.get("days", listing.PERIODS[0], type=int)
    if show not in listing.SHOWS or days not in listing.PERIODS:
        raise NotFound
    text, world, rows = plain(request.args.get("q", ""))[:60], current_world(), reading()
    asked: dict[str, Any] = {"now": world.clock.now(), "days": days, "text": text, "keys": world.field_keys}
    stamps = [] if show == "forged" else listing.alarms(rows, g.acting, show=show, **asked)
    forged = listing.forged(rows, g.acting, **asked) if show in ("all", "forged") else []
    if request.args.get("format") == "csv":
        return _file(stamps, forged)
    chart = chart_of(rows, [one.alarm for one in stamps])
    return render_template(
        "watch/watch.html", stamps=stamps[:MOST_SHOWN], left_out=max(0, len(stamps) - MOST_SHOWN), forged=forged,
        show=show, days=days, text=text, group_serial=group_serial, chart=chart,
        chart_rows=[(dot.name, number(dot.stamps), number(dot.scans)) for dot in chart.dots] if chart else [],
    )  # fmt: skip


def _file(stamps: list[listing.AlarmLine], forged: list[listing.ForgedLine]) -> Any:
    columns = (
        _("Code"), _("Batch"), _("Product"), _("Seller"), _("Why"), _("Scans on goods"), _("Scans before that"),
        _("Networks"), _("Provinces"), _("First scan"), _("Last scan"),
    )  # fmt: skip
    cells: list[tuple[object, ...]] = [
        (one.alarm.serial, one.alarm.batch, one.product, one.seller, one.why, one.alarm.scans, one.alarm.scans_before,
         one.alarm.networks, ", ".join(one.places), one.alarm.first_at, one.alarm.last_at)
        for one in stamps
    ]  # fmt: skip
    cells += [
        ("", one.batch, one.product, one.seller, _("never issued"), one.count, 0, one.networks, "", None, one.last)
        for one in forged
    ]
    return csv_file("watch", columns, cells)


@blueprint.get("/my/stamps/alarms")
def alarms() -> str:
    """Show a seller which of the own stamps look copied, of the last 30 days."""
    world, rows = current_world(), reading()
    asked: dict[str, Any] = {"now": world.clock.now(), "days": 30, "text": "", "keys": world.field_keys}
    if g.acting.organisation_id is None:
        raise NotFound
    return render_template(
        "watch/mine.html", stamps=listing.alarms(rows, g.acting, show="all", **asked)[:MOST_SHOWN],
        forged=listing.forged(rows, g.acting, **asked), group_serial=group_serial,
    )  # fmt: skip
