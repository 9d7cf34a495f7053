"""The officer's pages of teams: the list, a new one, one team with its members."""

from typing import Any

from flask import flash, g, redirect, render_template, request, url_for
from flask_babel import gettext as _
from sqlalchemy.orm import Session
from werkzeug.wrappers import Response

from portal.db import begin, reading
from portal.errors import PortalError, error_line
from portal.onboarding import places
from portal.onboarding.officers import reached_units
from portal.onboarding.validators import plain
from portal.people.forms import PressForm
from portal.places.actions import home_at
from portal.places.areas import day_of, is_leaf
from portal.places.names import fold
from portal.teams import actions, listing, members, settling
from portal.teams.actions import NewMember
from portal.teams.blueprint import blueprint
from portal.teams.errors import TeamError
from portal.teams.forms import MemberForm, TeamForm
from portal.teams.models import Team
from portal.teams.words import role_words
from portal.world import current_world


@blueprint.get("/officer/teams")
def officer_teams() -> str:
    """List the teams within reach."""
    wanted = plain(request.args.get("q", ""))[:100]
    page = request.args.get("page", 1, type=int)
    found = listing.team_page(reading(), g.acting, page=page, key=fold(wanted))
    return render_template("teams/officer/teams.html", found=found, wanted=wanted)


@blueprint.get("/officer/teams/new")
def officer_team_new() -> str:
    """Ask for a new team."""
    return render_template("teams/officer/new.html", form=_empty(TeamForm()))


@blueprint.post("/officer/teams/new")
def officer_team_found() -> Any:
    """Found a team; where the commune's name means several, ask which."""
    form, acting, world = _empty(TeamForm()), g.acting, current_world()
    if form.validate_on_submit():
        found = _choices(form)
        chosen = form.chosen(found)
        if chosen is None:
            form.say_which(found)
        else:
            try:
                with begin() as rows:
                    team = actions.found_team(
                        rows,
                        now=world.clock.now(),
                        acting=acting,
                        unit_id=chosen.unit_id,
                        name=form.name.data or "",
                        hamlet=form.hamlet.data,
                    )
                flash(_("The team is there. Add its members now."), "success")
                return redirect(url_for("teams.officer_team", team_id=team.id))
            except TeamError as error:
                form.name.errors = [error_line(error.code, **error.fields)]
    return render_template("teams/officer/new.html", form=form), 400


def _empty(form: TeamForm) -> TeamForm:
    form.unit.choices = []
    return form


def _choices(form: TeamForm) -> list[places.Choice]:
    """Return the communes that are meant, of those that the officer reaches."""
    world, rows = current_world(), reading()
    on = day_of(world.clock.now())
    found = places.choices(rows, plain(form.place.data or ""), on=on, province=world.settings.province)
    units = reached_units(rows, g.acting)
    return found if units is None else [one for one in found if one.unit_id in units]


@blueprint.get("/officer/teams/<team_id>")
def officer_team(team_id: str) -> Any:
    """Show one team, its members, and the form for another one."""
    return _team_page(team_id, MemberForm(), 200)


def _team_page(team_id: str, form: MemberForm, status: int) -> Any:
    rows, world = reading(), current_world()
    team = actions.reached_team(rows, g.acting, team_id)
    page = render_template(
        "teams/officer/team.html",
        team=team,
        place=_place(rows, team),
        choices=[
            (one.id, places.place_name(rows, one.id)) for one in settling.open_choices(rows, team, world.clock.now())
        ],
        members=listing.members_of(rows, team, keys=world.field_keys),
        role_words=role_words,
        form=form,
        press=PressForm(),
    )
    return page, status


def _place(rows: Session, team: Team) -> str:
    """Return where the team lies now, or lay when it was founded."""
    home = home_at(rows, team.id, current_world().clock.now())
    return places.place_name(rows, team.unit_id if home is None or is_leaf(home.area_id) else home.area_id)


@blueprint.post("/officer/teams/<team_id>/commune")
def officer_team_settle(team_id: str) -> Response:
    """Keep in which commune a team lies whose own was parted."""
    acting, unit = g.acting, request.form.get("unit", "")
    if not unit:
        flash(_("Choose the commune or ward."), "error")
        return redirect(url_for("teams.officer_team", team_id=team_id))
    with begin() as rows:
        settling.settle_team(rows, now=current_world().clock.now(), acting=acting, team_id=team_id, unit_id=unit)
    flash(_("The commune is kept. The members can go on."), "success")
    return redirect(url_for("teams.officer_team", team_id=team_id))


@blueprint.post("/officer/teams/<team_id>/members")
def officer_member_add(team_id: str) -> Any:
    """Let somebody join, and invite them by a message to their phone."""
    form, acting, world = MemberForm(), g.acting, current_world()
    if not form.validate_on_submit():
        return _team_page(team_id, form, 400)
    assert form.parsed is not None  # noqa: S101
    new = NewMember(team_id=team_id, name=form.parsed_name, phone=form.parsed, role=form.role.data)
    try:
        with begin() as rows:
            now, keys = world.clock.now(), world.field_keys
            member = actions.join(rows, now=now, acting=acting, member=new, keys=keys)
            members.invite(rows, now=now, acting=acting, member_id=member.id, text=_invitation(), keys=keys)
    except TeamError as error:
        form.phone.errors = [error_line(error.code, **error.fields)]
        return _team_page(team_id, form, 400)
    flash(_("The member is added. A message went to the phone."), "success")
    return redirect(url_for("teams.officer_team", team_id=team_id))


@blueprint.post("/officer/teams/<team_id>/members/<member_id>/<any(invite,end):what>")
def officer_member_change(team_id: str, member_id: str, what: str) -> Response:
    """Invite a member again, or end the membership."""
    acting, world = g.acting, current_world()
    try:
        with begin() as rows:
            now = world.clock.now()
            actions.reached_team(rows, acting, team_id)
            if what == "end":
                actions.leave(rows, now=now, acting=acting, member_id=member_id)
            else:
                text, keys = _invitation(), world.field_keys
                members.invite(rows, now=now, acting=acting, member_id=member_id, text=text, keys=keys)
    except PortalError as error:
        if error.code not in ("grant.own", "team.ended"):
            raise
        flash(error_line(error.code, **error.fields), "error")
        return redirect(url_for("teams.officer_team", team_id=team_id))
    flash(_("The member has left the team.") if what == "end" else _("A message went to the phone."), "success")
    return redirect(url_for("teams.officer_team", team_id=team_id))


@blueprint.post("/officer/teams/<team_id>/end")
def officer_team_end(team_id: str) -> Response:
    """End a team and all its memberships."""
    acting = g.acting
    with begin() as rows:
        actions.end_team(rows, now=current_world().clock.now(), acting=acting, team_id=team_id)
    flash(_("The team has ended."), "success")
    return redirect(url_for("teams.officer_teams"))


def _invitation() -> str:
    address = current_world().settings.public_url + url_for("people.sign_in")
    return _("You are in a community digital team on Cho So. Sign in with this phone: %(address)s", address=address)
