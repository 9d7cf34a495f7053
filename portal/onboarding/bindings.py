"""What sellers add to the shop's home and to the questions about places."""

from flask import url_for
from flask_babel import gettext as _
from sqlalchemy.orm import Session

from portal.onboarding import places
from portal.onboarding.models import Organisation
from portal.onboarding.panels import Panel, add_panel
from portal.onboarding.questions import Kind, add_kind, question_of


def bind() -> None:
    """Register everything; again changes nothing."""
    add_kind(Kind("seller", places.hamlets, places.names, places.settle))
    add_panel("place", place_panel)


def place_panel(session: Session, organisation: Organisation) -> Panel | None:
    """Ask the owner where the shop lies today, while that is open."""
    if question_of(session, organisation.id) is None:
        return None
    return Panel(
        heading=_("Which commune are you in today?"),
        text=_("Communes have changed. Tell us yours, so that buyers and officers find you."),
        next_text=_("Choose my commune"),
        next_url=url_for("onboarding.my_place"),
    )
