"""The member's home: the next household, today's list, whom to call, how far the team's households came."""

from flask import g, render_template

from portal.db import reading
from portal.onboarding.places import place_name
from portal.onboarding.question_list import open_records
from portal.teams import funnel
from portal.teams.blueprint import blueprint
from portal.teams.flags import MOST_A_DAY
from portal.teams.members import desk_of
from portal.teams.words import stage_words, state_words
from portal.world import current_world


@blueprint.get("/team")
def team() -> str:
    """Show what is next, what was done today, and whom to call."""
    rows, world = reading(), current_world()
    now = world.clock.now()
    desk = desk_of(rows, g.acting, now)
    found = funnel.households(rows, desk.team, keys=world.field_keys)
    names = {one.session_id: one for one in found}
    listed = [(row, names.get(row.id), state_words(row, now)) for row in funnel.today(rows, desk.login_id, now)]
    done = sum(row.state == "done" for row, _name, _words in listed)
    return render_template(
        "teams/team.html",
        places=open_records(rows, g.acting),
        desk=desk,
        place=place_name(rows, desk.unit_id),
        listed=listed,
        done=done,
        most=MOST_A_DAY,
        calls=len(funnel.to_call(found, now)),
        total=len(found),
    )


@blueprint.get("/team/calls")
def team_calls() -> str:
    """List whom to call, and why."""
    rows, world = reading(), current_world()
    now = world.clock.now()
    desk = desk_of(rows, g.acting, now)
    calls = funnel.to_call(funnel.households(rows, desk.team, keys=world.field_keys), now)
    return render_template("teams/calls.html", calls=calls, stage_words=stage_words, now=now)


@blueprint.get("/team/funnel")
def team_funnel() -> str:
    """Show how far the team's households came."""
    rows, world = reading(), current_world()
    desk = desk_of(rows, g.acting, world.clock.now())
    found = funnel.households(rows, desk.team, keys=world.field_keys)
    return render_template(
        "teams/funnel.html",
        team=desk.team,
        total=len(found),
        steps=funnel.funnel(found),
        stage_words=stage_words,
        now=world.clock.now(),
    )
