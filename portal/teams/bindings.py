"""What teams adds to the subjects below: a part of the shop's home, and the words of the owner's trail."""

from flask import url_for
from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from flask_babel import ngettext
from sqlalchemy.orm import Session

from portal.onboarding.answers import add_reach
from portal.onboarding.models import Organisation
from portal.onboarding.panels import Panel, add_panel
from portal.onboarding.questions import Kind, add_kind
from portal.onboarding.trail import add_words
from portal.teams import asking
from portal.teams.changes import helped
from portal.teams.members import desk_of
from portal.world import current_world

WORDS = {
    "assisted.opened": _l("A team member asked for your code."),
    "assisted.phone_confirmed": _l("Your code was read to a team member."),
    "assisted.registered": _l("A team member registered the household for you."),
    "assisted.cancelled": _l("A team member stopped, because you said no."),
    "assisted.timed_out": _l("A team member's time to help was over."),
    "assisted.refused": _l("A change of phone was tried without your code, and refused."),
    "assisted.undone": _l("What a team member did was taken back."),
    "household.phone_changed": _l("The contact number was changed."),
    "team.joined": _l("Somebody joined a digital team."),
    "team.left": _l("Somebody left a digital team."),
    "team.invited": _l("An invitation to a digital team was sent."),
}


def bind() -> None:
    """Register everything; again changes nothing."""
    add_panel("teams", shop_panel)
    add_reach("team_member", lambda session, acting: desk_of(session, acting, current_world().clock.now()).reach)
    add_kind(Kind("team", asking.hamlets, asking.names, asking.settle))
    add_words(WORDS)


def shop_panel(session: Session, organisation: Organisation) -> Panel | None:
    """Say what team members did in the owner's name; nothing where there is nothing."""
    done = [one for one in helped(session, organisation) if one.undone_at is None]
    if not done:
        return None
    return Panel(
        heading=_("Done in my name"),
        text=ngettext(
            "A team member did %(num)s thing for you. You can undo it.",
            "Team members did %(num)s things for you. You can undo each of them.",
            len(done),
        ),
        next_text=_("Look at it"),
        next_url=url_for("teams.my_helped"),
    )
