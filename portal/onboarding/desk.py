"""What onboarding puts on an officer's desk: registrations, places and lists that wait, and its acts in words."""

from collections.abc import Mapping
from typing import Any

from flask import url_for
from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from sqlalchemy import ColumnElement, func, select
from sqlalchemy.orm import Session

from portal.acting import Acting
from portal.cases import Case
from portal.onboarding.answers import reach
from portal.onboarding.claims import open_claims
from portal.onboarding.details import CLAIMED
from portal.onboarding.models import Organisation, PlaceQuestion
from portal.onboarding.officers import reachable, reached_units
from portal.onboarding.roster_models import RosterRun
from portal.onboarding.roster_states import FOR_A_PERSON
from portal.places.models import AdminUnit
from portal.queues import Queue, Rows

_BETWEEN = "\x1f"  # stands in no name
ACTS: Mapping[str, Any] = {
    "household.registered": _l("A household was registered."),
    "household.submitted": _l("A registration was sent for approval."),
    "household.approved": _l("A shop was approved."),
    "household.returned": _l("A registration was sent back to be put right."),
    "household.corrected": _l("A household put its answers right."),
    "household.selling_changed": _l("A household changed its food safety or its way to be paid."),
    "household.paper_seen": _l("An officer looked at a household's certificate."),
    "household.paper_missing": _l("An officer found no certificate where a household said one is."),
    "household.id_added": _l("A household added the ID number that was missing."),
    "household.claimed": _l("An owner took over a household from a list."),
    "claim.asked": _l("An owner asked for a household from a list."),
    "claim.accepted": _l("An officer said that a household from a list is the owner's."),
    "claim.refused": _l("An officer said that a household from a list is another's."),
    "household.closed": _l("A shop was closed."),
    "place.settled": _l("The commune of a household was chosen."),
    "organisation.entered": _l("An institution or a firm was entered."),
    "consent.withdrawn": _l("A household took a consent back."),
    "roster.uploaded": _l("A list was uploaded."),
    "roster.confirmed": _l("The import of a list was confirmed."),
    "roster.done": _l("The import of a list was finished."),
    "roster.report_taken": _l("The rows that a list's import refused were downloaded."),
    "roster.aborted": _l("The import of a list was stopped."),
    "sellers.places_derived": _l("Sellers followed a reform of the communes."),
    "role.moved": _l("An officer's role followed a reform of the communes."),
}
CASES: Mapping[str, Any] = {
    CLAIMED: _l("A household says that it has a food safety certificate now. Look at the paper."),
    "role.unit_parted": _l("An officer's commune was parted. Give the officer a commune of today."),
}


def _about(*parts: Any) -> ColumnElement[str]:
    """Return what tells a row apart as one text, the commune first; never what a person wrote."""
    joined: ColumnElement[str] = func.coalesce(parts[0], "")
    for part in parts[1:]:
        joined = joined.concat(_BETWEEN).concat(func.coalesce(part, ""))
    return joined.label("about")


def registrations(session: Session, acting: Acting) -> Rows:
    """Select the sellers that wait for approval."""
    since = func.coalesce(Organisation.submitted_at, Organisation.registered_at)
    return (
        select(since.label("since"), Organisation.id.label("id"), _about(AdminUnit.name, Organisation.reference))
        .outerjoin(AdminUnit, AdminUnit.id == Organisation.current_unit_id)
        .where(Organisation.state == "submitted", reachable(session, acting))
    )


def place_questions(session: Session, acting: Acting) -> Rows:
    """Select the records of which nobody has said yet in which commune they lie."""
    return (
        select(
            PlaceQuestion.asked_at.label("since"),
            PlaceQuestion.id.label("id"),
            _about(AdminUnit.name, func.coalesce(Organisation.reference, PlaceQuestion.hamlet)),
        )
        .outerjoin(AdminUnit, AdminUnit.id == PlaceQuestion.former_id)
        .outerjoin(Organisation, Organisation.id == PlaceQuestion.subject_id)
        .where(PlaceQuestion.state == "open", *reach(session, acting))
    )


def certificates(session: Session, acting: Acting) -> Rows:
    """Select the households that say they have a certificate now, which no officer has looked at."""
    return (
        select(Case.opened_at.label("since"), Organisation.id.label("id"), Organisation.reference.label("about"))
        .join(Organisation, Organisation.id == Case.subject)
        .where(Case.kind == CLAIMED, Case.closed_at.is_(None), reachable(session, acting))
    )


def rosters(session: Session, acting: Acting) -> Rows:
    """Select the runs that go on only when a person says so; one of the whole province is no commune's."""
    columns = (RosterRun.uploaded_at.label("since"), RosterRun.id.label("id"), RosterRun.state.label("about"))
    query = select(*columns).where(RosterRun.state.in_(FOR_A_PERSON))
    units = reached_units(session, acting)
    return query if units is None else query.where(RosterRun.unit_id.in_(units))


def _registration(organisation_id: str, about: str) -> tuple[Any, str]:
    commune, reference = about.split(_BETWEEN)
    words = (
        _("Approve %(reference)s in %(commune)s", reference=reference, commune=commune)
        if commune
        else _("Approve %(reference)s, commune unknown", reference=reference)
    )
    return words, url_for("onboarding.officer_seller", organisation_id=organisation_id)


def _claim(claim_id: str, commune: str) -> tuple[Any, str]:
    words = _("Whose household in %(commune)s?", commune=commune) if commune else _("Whose household is it?")
    return words, url_for("onboarding.officer_claim", claim_id=claim_id)


def _certificate(organisation_id: str, reference: str) -> tuple[Any, str]:
    words = _("The certificate of shop %(reference)s", reference=reference)
    return words, url_for("onboarding.officer_seller", organisation_id=organisation_id)


def _place(question_id: str, about: str) -> tuple[Any, str]:
    former, reference = about.split(_BETWEEN)
    if former:
        words = _("Which commune today: %(reference)s, formerly in %(commune)s", reference=reference, commune=former)
    else:
        words = _("Which commune is meant: %(reference)s", reference=reference)
    return words, url_for("onboarding.officer_place", question_id=question_id)


def _roster(run_id: str, state: str) -> tuple[Any, str]:
    words = _("A list that was checked and can begin") if state == "checked" else _("A list whose columns are unclear")
    return words, url_for("onboarding.officer_roster", run_id=run_id)


QUEUES: tuple[Queue, ...] = (
    Queue(
        code="registrations",
        name=_l("Households waiting for approval"),
        rows=registrations,
        address=lambda: url_for("onboarding.officer_sellers"),
        one=_registration,
    ),
    Queue(
        code="claims",
        name=_l("Owners of households from lists"),
        rows=open_claims,
        address=lambda: url_for("onboarding.officer_claims"),
        one=_claim,
    ),
    Queue(
        code="places",
        name=_l("Places to settle"),
        rows=place_questions,
        address=lambda: url_for("onboarding.officer_places"),
        one=_place,
    ),
    Queue(
        code="papers",
        name=_l("Certificates to look at"),
        rows=certificates,
        address=lambda: url_for("onboarding.officer_papers"),
        one=_certificate,
    ),
    Queue(
        code="rosters",
        name=_l("Lists waiting to be imported"),
        rows=rosters,
        address=lambda: url_for("onboarding.officer_rosters"),
        one=_roster,
    ),
)
