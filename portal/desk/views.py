"""The pages of the officer's desk; each list is the same as a file with `format=csv`."""

from typing import Any

from flask import g, redirect, render_template, request, url_for
from flask_babel import gettext as _

from portal.adoption.api import ground
from portal.adoption.query import Ground
from portal.adoption.words import area_label
from portal.db import reading
from portal.desk import behind, case_views, changes, not_yet
from portal.desk.blueprint import blueprint
from portal.desk.navigation import waiting_here
from portal.desk.waiting import longest_waiting, oldest_first
from portal.errors import NotFound
from portal.onboarding.officers import reached_units
from portal.onboarding.stages import STAGES
from portal.paging import Page
from portal.sheets import csv_file

__all__ = ["blueprint", "case_views"]

LONGEST, BUNCHES, COMMUNES, ROWS = 8, 6, 5, 50
MOST_PAGES = 100_000


def _page(total: int) -> Page[Any]:
    return Page(asked=request.args.get("page", 1, type=int), total=total, rows=ROWS)


def _as_file() -> bool:
    return request.args.get("format") == "csv"


@blueprint.get("/officer")
def officer() -> str:
    """Show what needs a person, what changed and who falls behind, of an officer's own area."""
    rows, on = reading(), ground()
    waiting = oldest_first(waiting_here())
    lines = behind.communes(rows, g.acting, on)
    return render_template(
        "desk/officer.html",
        waiting=waiting,
        longest=longest_waiting(rows, g.acting, [one.queue for one in waiting], most=LONGEST),
        bunches=changes.bunched(rows, g.acting, most=BUNCHES),
        communes=behind.by_unlisted(lines)[:COMMUNES],
        unlisted=len(behind.by_unlisted(lines)),
        no_team=len(behind.without_team(lines)),
        quiet=behind.quiet_count(rows, g.acting, on.now),
        place=_own_place(on),
        now=on.now,
    )


def _own_place(on: Ground) -> str:
    unit = g.acting.unit_id
    return area_label(unit or on.province, on.areas.names) if g.acting.role == "commune_officer" else _("The province")


@blueprint.get("/officer/changes")
def changes_page() -> Any:
    """List what was done within reach, newest first."""
    words = changes.act_words()
    act = request.args.get("act") or None
    if act is not None and act not in words:
        raise NotFound
    found = changes.page_of(reading(), g.acting, act=act, before=request.args.get("before", type=int))
    shown = found[: changes.ROWS]
    if _as_file():
        columns = (_("Time"), _("What changed"), _("Code"), _("Done by"), _("Reference number"))
        return csv_file("changes", columns, [(one.at, one.words, one.act, one.doer, one.reference) for one in shown])
    older = shown[-1].id if len(found) > changes.ROWS else None
    choices = sorted(((code, str(text)) for code, text in words.items()), key=lambda one: one[1])
    return render_template("desk/changes.html", found=shown, older=older, act=act, choices=choices)


@blueprint.get("/officer/behind")
def behind_page() -> Any:
    """List the communes or teams that fall behind, by one measure."""
    show = request.args.get("show") or behind.SHOWS[0]
    if show not in behind.SHOWS:
        raise NotFound
    return _quiet_teams() if show == "quiet" else _communes(show)


def _communes(show: str) -> Any:
    lines = behind.communes(reading(), g.acting, ground())
    found = behind.by_unlisted(lines) if show == "unlisted" else behind.without_team(lines)
    if _as_file():
        columns = (
            _("Commune or ward"), _("Households with an account"), _("With goods on sale"),
            _("With nothing on sale"), _("Share on sale (percent)"), _("Digital teams"),
        )  # fmt: skip
        cells = [(one.name, one.created, one.listed, one.unlisted, one.share, one.teams) for one in found]
        return csv_file(f"behind-{show}", columns, cells)
    return render_template("desk/behind.html", show=show, communes=found)


def _quiet_teams() -> Any:
    rows, on = reading(), ground()
    if _as_file():
        columns = (_("Team"), _("Commune or ward"), _("Last registration"))
        found = behind.quiet(rows, g.acting, on)
        return csv_file("behind-quiet", columns, [(one.name, one.commune, one.last) for one in found])
    page = _page(behind.quiet_count(rows, g.acting, on.now))
    teams = behind.quiet(rows, g.acting, on, most=ROWS, start=page.start)
    return render_template("desk/behind.html", show="quiet", teams=teams, page=page)


@blueprint.get("/officer/not-yet")
def not_yet_page() -> Any:
    """List the households that wait for a stage, longest first."""
    waits, area = request.args.get("waits", ""), request.args.get("area") or None
    units = reached_units(reading(), g.acting)
    if (waits and waits not in STAGES) or (area is not None and units is not None and area not in units):
        raise NotFound
    rows, on = reading(), ground()
    place = area_label(area, on.areas.names) if area else ""
    if _as_file():
        columns = (_("Reference number"), _("Commune or ward"), _("Waits for"), _("Since"))
        found, _total = not_yet.standing(rows, g.acting, waits=waits, area=area)
        cells = [(one.reference, one.commune, not_yet.WAITED_FOR[one.waits_for], one.since) for one in found]
        return csv_file("not-yet", columns, cells)
    start = (min(max(1, request.args.get("page", 1, type=int)), MOST_PAGES) - 1) * ROWS
    found, total = not_yet.standing(rows, g.acting, waits=waits, area=area, most=ROWS, start=start)
    if start and not found:  # an old address of a list that is shorter now
        return redirect(url_for("desk.not_yet_page", waits=waits or None, area=area))
    return render_template(
        "desk/not_yet.html",
        found=found,
        page=_page(total),
        waits=waits,
        area=area,
        place=place,
        stages=not_yet.WAITED_FOR,
        now=on.now,
        all_places=url_for("desk.not_yet_page", waits=waits),
    )
