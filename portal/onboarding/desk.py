"""What onboarding puts on an officer's desk: registrations, places and lists that wait, and its acts in words."""

from collections.abc import Mapping
from typing import Any

from flask import url_for
from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from portal.acting import Acting
from portal.onboarding.answers import reach
from portal.onboarding.claims import open_claims
from portal.onboarding.models import Organisation, PlaceQuestion
from portal.onboarding.officers import reachable, reached_units
from portal.onboarding.roster_models import RosterRun
from portal.onboarding.roster_states import FOR_A_PERSON
from portal.places.models import AdminUnit
from portal.queues import Queue, Rows

ACTS: Mapping[str, Any] = {
    "household.registered": _l("A household was registered."),
    "household.submitted": _l("A registration was sent for approval."),
    "household.approved": _l("A shop was approved."),
    "household.returned": _l("A registration was sent back to be put right."),
    "household.corrected": _l("A household put its answers right."),
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
    "role.unit_parted": _l("An officer's commune was parted. Give the officer a commune of today."),
}


def registrations(session: Session, acting: Acting) -> Rows:
    """Select the sellers that wait for approval."""
    since = func.coalesce(Organisation.submitted_at, Organisation.registered_at)
    return (
        select(since.label("since"), Organisation.id.label("id"), func.coalesce(AdminUnit.name, "").label("about"))
        .outerjoin(AdminUnit, AdminUnit.id == Organisation.current_unit_id)
        .where(Organisation.state == "submitted", reachable(session, acting))
    )


def place_questions(session: Session, acting: Acting) -> Rows:
    """Select the records of which nobody has said yet in which commune they lie."""
    return (
        select(
            PlaceQuestion.asked_at.label("since"),
            PlaceQuestion.id.label("id"),
            func.coalesce(AdminUnit.name, "").label("about"),
        )
        .outerjoin(AdminUnit, AdminUnit.id == PlaceQuestion.former_id)
        .where(PlaceQuestion.state == "open", *reach(session, acting))
    )


def rosters(session: Session, acting: Acting) -> Rows:
    """Select the runs that go on only when a person says so; one of the whole province is no commune's."""
    columns = (RosterRun.uploaded_at.label("since"), RosterRun.id.label("id"), RosterRun.state.label("about"))
    query = select(*columns).where(RosterRun.state.in_(FOR_A_PERSON))
    units = reached_units(session, acting)
    return query if units is None else query.where(RosterRun.unit_id.in_(units))


def _registration(organisation_id: str, commune: str) -> tuple[Any, str]:
    words = _("A registration in %(commune)s", commune=commune) if commune else _("A registration without a commune")
    return words, url_for("onboarding.officer_seller", organisation_id=organisation_id)


def _claim(claim_id: str, commune: str) -> tuple[Any, str]:
    words = _("Whose household in %(commune)s?", commune=commune) if commune else _("Whose household is it?")
    return words, url_for("onboarding.officer_claim", claim_id=claim_id)


def _place(question_id: str, former: str) -> tuple[Any, str]:
    words = _("A record of the former %(commune)s", commune=former) if former else _("A record of an unclear place")
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
        code="rosters",
        name=_l("Lists waiting to be imported"),
        rows=rosters,
        address=lambda: url_for("onboarding.officer_rosters"),
        one=_roster,
    ),
)
