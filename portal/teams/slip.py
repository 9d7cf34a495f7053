"""The receipt slip of an assisted registration: what was agreed to and whom to ask, without name or ID number."""

from dataclasses import dataclass
from datetime import datetime

from flask_babel import gettext as _
from sqlalchemy import select
from sqlalchemy.orm import Session

from portal import paper
from portal.crypto import FieldKeys
from portal.errors import NotFound
from portal.i18n import moment
from portal.onboarding.consents import PURPOSES, open_consents
from portal.onboarding.models import Organisation, Person
from portal.onboarding.persons import given_name, person_phone
from portal.onboarding.readback import purpose_words
from portal.people.actions import login_name
from portal.people.models import Login
from portal.teams.models import Assisted, Team


@dataclass(frozen=True, slots=True, kw_only=True)
class Slip:
    """What the paper says; `helper` is the last word of the member's name, `phone` is masked."""

    reference: str
    state: str
    at: datetime
    helper: str
    team: str
    phone: str
    purposes: tuple[str, ...]
    undone: bool


def slip_of(session: Session, token: str, *, keys: FieldKeys) -> Slip:
    """Return the slip with this name; raise `NotFound`."""
    query = (
        select(Assisted, Organisation, Person, Team.name, Login)
        .join(Organisation, Organisation.id == Assisted.organisation_id)
        .join(Person, Person.id == Organisation.head_person_id)
        .join(Team, Team.id == Assisted.team_id)
        .join(Login, Login.id == Assisted.login_id)
        .where(Assisted.slip == token)
    )
    found = session.execute(query).one_or_none()
    if found is None:
        raise NotFound
    row, organisation, head, team, member = found
    phone, agreed = person_phone(head, keys), open_consents(session, head.id)
    return Slip(
        reference=organisation.reference,
        state=organisation.state,
        at=row.ended_at or row.opened_at,
        helper=given_name(login_name(member, keys) or ""),
        team=team,
        phone=phone.masked if phone is not None else "",
        purposes=tuple(purpose for purpose in PURPOSES if purpose in agreed),
        undone=row.undone_at is not None,
    )


def draw_slip(slip: Slip, *, address: str, help_phone: str) -> bytes:
    """Return the slip as a PDF of A6 in the page's language; its code leads to `address`."""
    page = paper.a6(_("Registration %(reference)s", reference=slip.reference))
    paper.line(page, _("Shop registered"), points=16, bold=True)
    paper.line(page, slip.reference, points=18, bold=True)
    paper.line(page, moment(slip.at), points=10)
    paper.line(page, _("Helped by: %(name)s, %(team)s", name=slip.helper, team=slip.team), points=10)
    paper.line(page, _("Phone: %(phone)s", phone=slip.phone), points=10)
    paper.line(page, _("You agreed to:"), points=10, bold=True)
    for purpose in slip.purposes:
        paper.line(page, "• " + purpose_words(purpose), points=10)
    text = _("Not right? Scan the code or call %(number)s.", number=help_phone)
    paper.code(page, address, text=text)
    return bytes(page.output())
