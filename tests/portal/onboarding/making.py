"""Households and officers for tests, made through the real actions."""

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from portal.acting import Acting
from portal.onboarding.consents import PURPOSES
from portal.onboarding.models import Organisation
from portal.onboarding.persons import Identity
from portal.onboarding.registering import Household, register_household
from portal.onboarding.validators import parse_id
from portal.people import actions as people
from portal.people.phones import parse_mobile

CLI = Acting.system("test")
TAN_HOA = "28006@20210101"
ALL = dict.fromkeys(PURPOSES, True)


def household(phone: str = "0966496171", *, unit: str, **more: Any) -> Household:
    """Return complete answers."""
    consents: Mapping[str, bool] = more.pop("consents", ALL)
    number = more.pop("id_number", "082085012346")
    made = Household(
        identity=Identity(
            name=more.pop("name", "Nguyễn Thị Hạnh"),
            phone=parse_mobile(phone),
            id_number=parse_id(number, this_year=2026) if number else None,
        ),
        place_raw="Tân Thạnh",
        unit_id=unit,
        confidence="exact",
        hamlet="Ấp 3",
        grown="Thanh long, 5 tấn một năm",
        food_safety="commitment",
        payment_declared=True,
        consents=consents,
    )
    return replace(made, **more)


def owner_of(world: Any, session: Any, phone: str = "0966496171") -> Acting:
    """Return the owner of a confirmed phone."""
    login = people.login_for(
        session, now=world.clock.now(), acting=CLI, phone=parse_mobile(phone), keys=world.field_keys
    )
    return Acting(login_id=login.id, role="household")


def registered(world: Any, session: Any, answers: Household) -> tuple[Organisation, Acting]:
    """Return a household that was sent for approval, and its owner."""
    owner = owner_of(world, session, answers.identity.phone.e164)
    organisation = register_household(
        session,
        now=world.clock.now(),
        acting=owner,
        household=answers,
        keys=world.field_keys,
        login_id=owner.login_id or "",
    )
    return organisation, replace(owner, organisation_id=organisation.id)


def officer(session: Any, world: Any, *, role: str = "province_officer", unit: str | None = None) -> Acting:
    """Return an officer with a grant."""
    login = people.login_for(
        session, now=world.clock.now(), acting=CLI, phone=parse_mobile("0912345678"), keys=world.field_keys
    )
    people.grant_role(session, now=world.clock.now(), acting=CLI, login_id=login.id, role=role, unit_id=unit)
    return Acting(login_id=login.id, role=role, unit_id=unit)
