"""What a seller must have, answered on read and enforced at two moments only: at submit and at approve.

A kind of requirement is a judge with its words. A later subject registers its own (n products, say), so that no
import points upwards.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any

from flask_babel import lazy_gettext as _l
from sqlalchemy import select
from sqlalchemy.orm import Session

from portal.onboarding.errors import SellerIncomplete
from portal.onboarding.models import Organisation, Person, SellerRequirement
from portal.people.actions import has_consent

Judge = Callable[[Session, Organisation, Person, Mapping[str, Any]], bool]


@dataclass(frozen=True, slots=True)
class Kind:
    """One kind of requirement: what it is called, what to do while it is open, and who judges."""

    code: str
    label: Any
    todo: Any
    judge: Judge
    endpoint: str | None = None  # the owner's page on which it is done


@dataclass(frozen=True, slots=True)
class Answer:
    """How one requirement stands for one seller now."""

    kind: Kind
    complete: bool
    required: bool


def _phone_confirmed(
    _session: Session, _organisation: Organisation, head: Person, _parameters: Mapping[str, Any]
) -> bool:
    return head.login_id is not None and head.phone_index is not None


def _profile_complete(
    _session: Session, organisation: Organisation, head: Person, _parameters: Mapping[str, Any]
) -> bool:
    return bool(head.name_sealed and organisation.grown)


def _place_resolved(
    _session: Session, organisation: Organisation, _head: Person, _parameters: Mapping[str, Any]
) -> bool:
    return organisation.current_unit_id is not None


def _consent(session: Session, _organisation: Organisation, head: Person, parameters: Mapping[str, Any]) -> bool:
    return has_consent(session, person_id=head.id, purpose=parameters["purpose"])


def _food_safety(_session: Session, organisation: Organisation, _head: Person, _parameters: Mapping[str, Any]) -> bool:
    return organisation.food_safety in ("certificate", "commitment")


def _id_given(_session: Session, _organisation: Organisation, head: Person, _parameters: Mapping[str, Any]) -> bool:
    return head.id_index is not None


def _payment_declared(
    _session: Session, organisation: Organisation, _head: Person, _parameters: Mapping[str, Any]
) -> bool:
    return organisation.payment_declared is not None


KINDS: dict[str, Kind] = {
    kind.code: kind
    for kind in (
        Kind("phone_confirmed", _l("Phone confirmed"), _l("Type the code from the message."), _phone_confirmed),
        Kind("profile_complete", _l("Name and goods"), _l("Tell us your name and what you grow."), _profile_complete),
        Kind(
            "place_resolved",
            _l("Commune known"),
            _l("Choose your commune from the list."),
            _place_resolved,
            "onboarding.my_place",
        ),
        Kind(
            "consent",
            _l("Agreed to the service"),
            _l("Say yes to the first question of the consents."),
            _consent,
            "onboarding.my_consents",
        ),
        Kind(
            "food_safety",
            _l("Food safety"),
            _l("Say how your food is kept safe."),
            _food_safety,
            "onboarding.my_selling",
        ),
        Kind(
            "id_given",
            _l("ID number"),
            _l("Add your ID number when you have the card at hand."),
            _id_given,
            "onboarding.my_id",
        ),
        Kind(
            "payment_declared",
            _l("Way to be paid"),
            _l("Say if you can be paid by bank transfer."),
            _payment_declared,
            "onboarding.my_selling",
        ),
    )
}


def register_kind(kind: Kind) -> None:
    """Add a kind of requirement that a later subject judges."""
    KINDS[kind.code] = kind


def checklist(session: Session, organisation: Organisation, *, stage: str, on: date) -> list[Answer]:
    """Answer every requirement of a stage that is in force on that day; the newest version of each counts."""
    query = select(SellerRequirement).where(
        SellerRequirement.seller_kind == organisation.kind,
        SellerRequirement.stage == stage,
        SellerRequirement.valid_from <= on,
    )
    newest: dict[tuple[str, str], SellerRequirement] = {}
    for row in session.scalars(query.order_by(SellerRequirement.valid_from)):
        newest[row.kind, row.parameters_key] = row
    head = session.get(Person, organisation.head_person_id)
    if head is None:
        return []
    return [
        Answer(KINDS[row.kind], KINDS[row.kind].judge(session, organisation, head, row.parameters), row.required)
        for row in sorted(newest.values(), key=lambda one: one.position)
    ]


def enforce(session: Session, organisation: Organisation, *, stage: str, on: date) -> None:
    """Raise `SellerIncomplete`, which names every required answer that is open."""
    missing = [
        one.kind for one in checklist(session, organisation, stage=stage, on=on) if one.required and not one.complete
    ]
    if missing:
        raise SellerIncomplete(kinds=[kind.code for kind in missing], labels=[kind.label for kind in missing])
