"""What registers hand to the subjects below: a part of the shop's home, the words of their acts."""

from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from sqlalchemy.orm import Session

from portal.i18n import day
from portal.onboarding.models import Organisation
from portal.onboarding.panels import Panel, add_panel
from portal.onboarding.trail import add_words
from portal.places.areas import day_of
from portal.registers.listing import own_lines
from portal.world import current_world

_WORDS = {
    "certificate.recorded": _l("A certificate was put into the register."),
    "certificate.withdrawn": _l("A certificate was withdrawn."),
}


def bind() -> None:
    """Register with the subjects below; called once as the app is built."""
    add_panel("certificates", _certificates)
    add_words(_WORDS)


def _certificates(session: Session, organisation: Organisation) -> Panel | None:
    """Tell the seller which certificate holds until when; without one there is no part."""
    world = current_world()
    lines = own_lines(session, organisation, today=day_of(world.clock.now()), keys=world.field_keys)
    valid = [one for one in lines if one.standing in ("valid", "soon")]
    if not lines:
        return None
    if not valid:
        return Panel(_("My certificates"), _("No certificate is valid now. Ask the commune how to get a new one."))
    first = valid[0]
    if first.row.valid_to is None:
        return Panel(_("My certificates"), _("%(kind)s, No. %(number)s.", kind=first.kind, number=first.row.number))
    text = _(
        "%(kind)s, No. %(number)s, valid to %(day)s.", kind=first.kind, number=first.row.number,
        day=day(first.row.valid_to),
    )  # fmt: skip
    return Panel(_("My certificates"), text)
