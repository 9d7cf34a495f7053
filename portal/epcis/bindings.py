"""What this subject hands to those below it: its part of the shop's home, and the words of its acts."""

from flask import url_for
from flask_babel import gettext as _
from flask_babel import ngettext
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from portal.epcis.words import TRAIL
from portal.onboarding.models import Organisation
from portal.onboarding.panels import Panel, add_panel
from portal.onboarding.trail import add_words
from traceability.models import TraceLot


def bind() -> None:
    """Register with the subjects below; called once as the app is built."""
    add_panel("lots", _lots)
    add_words(TRAIL)


def _lots(session: Session, organisation: Organisation) -> Panel:
    lots = session.scalar(select(func.count()).where(TraceLot.establishment == organisation.id)) or 0
    if lots:
        text = ngettext("%(num)s lot", "%(num)s lots", lots)
    else:
        text = _("Note each harvest and where it goes. Buyers see its way when they scan.")
    return Panel(_("My lots"), text, (), _("See my lots"), url_for("lots.lots"))
