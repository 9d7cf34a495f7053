"""What the watch hands to the subjects below: alarms on the shop's home."""

from flask import url_for
from flask_babel import gettext as _
from flask_babel import ngettext
from sqlalchemy import select
from sqlalchemy.orm import Session

from portal.acting import Acting
from portal.onboarding.models import Organisation
from portal.onboarding.panels import Panel, add_panel
from portal.stamps.models import StampOrder
from portal.watch.listing import alarms
from portal.world import current_world


def bind() -> None:
    """Register with the subjects below; called once as the app is built."""
    add_panel("alarms", _alarms)


def _alarms(session: Session, organisation: Organisation) -> Panel | None:
    """Tell of stamps that look copied; while none does, there is no part."""
    if session.scalar(select(StampOrder.id).where(StampOrder.organisation_id == organisation.id).limit(1)) is None:
        return None
    world, own = current_world(), Acting(login_id=None, role="household", organisation_id=organisation.id)
    found = alarms(session, own, now=world.clock.now(), days=30, show="all", text="", keys=world.field_keys)
    if not found:
        return None
    text = ngettext("%(num)s stamp looks copied.", "%(num)s stamps look copied.", len(found))
    return Panel(_("Alarms"), text, (), _("See alarms"), url_for("watch.alarms"))
