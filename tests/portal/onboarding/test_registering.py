"""Registering and approving through the actions: what is written, what is sealed, who may not."""

from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import func, select, text

from portal.acting import Acting
from portal.audit import AuditRow, broken_rows
from portal.errors import NotFound
from portal.onboarding import actions, consents, drafts, registering, sending
from portal.onboarding.errors import AlreadyRegistered, AnswerRefused, IllegalTransition, OwnApproval, SellerIncomplete
from portal.onboarding.models import Person, SellerRequirement, StageReached
from portal.onboarding.officers import find_seller, queue
from portal.onboarding.persons import initials, seller_name
from portal.onboarding.requirements import KINDS, checklist
from portal.onboarding.seeds import load_seeds
from portal.onboarding.trail import _WORDS, done_in_name_of
from portal.people.models import Consent, ConsentText, RoleGrant
from portal.places.areas import day_of
from portal.places.models import PlacesHome
from tests.portal.onboarding.conftest import commune_named
from tests.portal.onboarding.making import ALL, CLI, household, officer, owner_of, registered


def test_a_household_is_registered_with_all_that_follows(province: Any, world: Any, commune: str) -> None:
    organisation, owner = registered(world, province, household(unit=commune, consents={**ALL, "share:voso": False}))
    assert organisation.state == "submitted"
    assert seller_name(province, organisation, world.field_keys) == "Nguyễn Thị Hạnh"
    assert province.scalars(select(PlacesHome.area_id)).all() == [commune]
    given = set(province.scalars(select(Consent.purpose)))
    assert given == {"service", "public_page", "photo", "notices", "share:postmart"}
    grant = province.scalars(select(RoleGrant).where(RoleGrant.login_id == owner.login_id)).one()
    assert (grant.role, grant.organisation_id) == ("household", organisation.id)
    assert province.scalars(select(StageReached.stage)).all() == ["phone_confirmed"]
    acts = province.execute(select(AuditRow.act, AuditRow.actor, AuditRow.subject)).all()
    assert ("household.registered", owner.login_id, organisation.id) in acts
    assert ("household.submitted", owner.login_id, organisation.id) in acts
    assert broken_rows(province) == []


def test_no_personal_value_is_stored_in_clear(province: Any, world: Any, commune: str) -> None:
    registered(world, province, household(unit=commune))
    province.flush()
    for table in ("person", "organisation", "logins", "consents", "audit_rows", "draft"):
        stored = str(province.execute(text(f"SELECT * FROM {table}")).all())
        for planted in ("Hạnh", "82085012346", "966496171"):
            assert planted not in stored, table


def test_one_login_has_one_open_household(province: Any, world: Any, commune: str) -> None:
    _organisation, owner = registered(world, province, household(unit=commune))
    with pytest.raises(AlreadyRegistered):
        registering.register_household(
            province,
            now=world.clock.now(),
            acting=owner,
            household=household(unit=commune),
            keys=world.field_keys,
            login_id=owner.login_id or "",
        )


def test_two_households_may_not_hold_one_id_number(province: Any, world: Any, commune: str) -> None:
    registered(world, province, household(unit=commune))
    with pytest.raises(AnswerRefused) as refused:
        registered(world, province, household("0912000001", unit=commune, name="Lê Văn Út"))
    assert refused.value.code == "id.known"


def test_without_the_first_consent_nothing_is_sent(province: Any, world: Any, commune: str) -> None:
    with pytest.raises(SellerIncomplete) as refused:
        registered(world, province, household(unit=commune, consents={**ALL, "service": False}))
    assert refused.value.fields["kinds"] == ("consent",)
    assert "consent" in KINDS


def test_an_officer_approves_and_everything_is_noted(province: Any, world: Any, commune: str, clock: Any) -> None:
    organisation, _owner = registered(world, province, household(unit=commune))
    boss = officer(province, world)
    clock.move(hours=3)
    actions.approve(province, now=clock.now(), acting=boss, organisation_id=organisation.id)
    assert (organisation.state, organisation.decided_by) == ("approved", boss.login_id)
    assert set(province.scalars(select(StageReached.stage))) == {"phone_confirmed", "approved"}
    row = province.scalars(select(AuditRow).where(AuditRow.act == "household.approved")).one()
    assert (row.actor, row.subject, row.role) == (boss.login_id, organisation.id, "province_officer")
    newest = done_in_name_of(province, organisation)[0]
    assert (newest.sentence, newest.by, newest.at) == (_WORDS["household.approved"], "officer", clock.now())
    with pytest.raises(IllegalTransition):
        actions.approve(province, now=clock.now(), acting=boss, organisation_id=organisation.id)


def test_nobody_approves_what_they_registered_or_own(province: Any, world: Any, commune: str) -> None:
    boss = officer(province, world)
    owner = owner_of(world, province)
    organisation = registering.register_household(
        province,
        now=world.clock.now(),
        acting=boss,
        household=household(unit=commune),
        keys=world.field_keys,
        login_id=owner.login_id or "",
    )
    with pytest.raises(OwnApproval):
        actions.approve(province, now=world.clock.now(), acting=boss, organisation_id=organisation.id)
    as_officer = Acting(login_id=owner.login_id, role="province_officer")
    with pytest.raises(OwnApproval):
        actions.approve(province, now=world.clock.now(), acting=as_officer, organisation_id=organisation.id)
    assert organisation.state == "submitted"


def test_an_open_requirement_stops_the_approval_and_is_named(province: Any, world: Any, commune: str) -> None:
    organisation, _owner = registered(world, province, household(unit=commune, food_safety="not_yet", id_number=None))
    boss = officer(province, world)
    with pytest.raises(SellerIncomplete) as refused:
        actions.approve(province, now=world.clock.now(), acting=boss, organisation_id=organisation.id)
    assert refused.value.fields["kinds"] == ("food_safety",)  # the ID number may follow later
    answers = checklist(province, organisation, stage="approve", on=day_of(world.clock.now()))
    assert {one.kind.code for one in answers if not one.complete} == {"food_safety", "id_given"}


def test_a_later_requirement_counts_from_its_day(province: Any, world: Any, commune: str) -> None:
    organisation, _owner = registered(world, province, household(unit=commune, id_number=None))
    tomorrow = day_of(world.clock.now()) + timedelta(days=1)
    province.add(
        SellerRequirement(
            seller_kind="household", stage="approve", kind="id_given", parameters={}, parameters_key="", position=6,
            required=True, valid_from=tomorrow,
        )
    )  # fmt: skip
    boss = officer(province, world)
    today = {
        one.kind.code: one.required
        for one in checklist(province, organisation, stage="approve", on=day_of(world.clock.now()))
    }
    assert today["id_given"] is False
    with pytest.raises(SellerIncomplete):
        actions.approve(
            province, now=world.clock.now() + timedelta(days=1), acting=boss, organisation_id=organisation.id
        )


def test_officers_reach_their_own_commune_and_no_other(province: Any, world: Any, commune: str) -> None:
    organisation, _owner = registered(world, province, household(unit=commune))
    here = Acting(login_id="lo_here", role="commune_officer", unit_id=commune)
    elsewhere = replace(here, unit_id=commune_named(province, "Mộc Hóa"))
    nowhere = replace(here, unit_id=None)
    household_role = replace(here, role="household")
    assert find_seller(province, here, organisation.id) is organisation
    for other in (elsewhere, nowhere, household_role):
        with pytest.raises(NotFound):
            find_seller(province, other, organisation.id)
        with pytest.raises(NotFound):
            actions.approve(province, now=world.clock.now(), acting=other, organisation_id=organisation.id)
        assert queue(province, other, keys=world.field_keys) == []
    assert [one.name for one in queue(province, here, keys=world.field_keys)] == ["N.T. Hạnh"]


def test_the_queue_is_oldest_first(province: Any, world: Any, commune: str, clock: Any) -> None:
    first, _ = registered(world, province, household("0912000001", unit=commune, id_number=None, name="Lê Văn Út"))
    clock.move(minutes=5)
    second, _ = registered(world, province, household("0912000002", unit=commune))
    found = queue(province, officer(province, world), keys=world.field_keys)
    assert [one.id for one in found] == [first.id, second.id]
    assert [one.id_number for one in found] == [False, True]


def test_a_returned_household_corrects_and_sends_again(province: Any, world: Any, commune: str, clock: Any) -> None:
    organisation, owner = registered(world, province, household(unit=commune, food_safety="not_yet"))
    boss = officer(province, world)
    with pytest.raises(AnswerRefused):
        actions.give_back(province, now=clock.now(), acting=boss, organisation_id=organisation.id, note="  ")
    actions.give_back(
        province, now=clock.now(), acting=boss, organisation_id=organisation.id, note="Bà chọn lại an toàn thực phẩm."
    )
    assert organisation.state == "returned"
    answers = registering.to_answers(province, organisation, keys=world.field_keys)
    assert drafts.first_open(answers) == "check"
    answers["selling"]["food_safety"] = "certificate"
    answers["consents"]["photo"] = False
    draft = drafts.begin_draft(
        province,
        now=clock.now(),
        acting=owner,
        draft_id="0b6a5c1e-1f2d-4c3b-8a4d-5e6f7a8b9c0d",
        login_id=owner.login_id or "",
        answers=answers,
        keys=world.field_keys,
    )
    drafts.read_back(province, now=clock.now(), acting=owner, draft=draft)
    again = sending.send_draft(province, now=clock.now(), acting=owner, draft=draft, keys=world.field_keys)
    assert again is organisation
    assert (organisation.state, organisation.food_safety, organisation.state_note) == ("submitted", "certificate", None)
    assert "photo" not in consents.open_consents(province, organisation.head_person_id or "")
    assert province.scalar(select(func.count()).select_from(Person)) == 1


def test_without_the_service_consent_the_shop_closes(province: Any, world: Any, commune: str) -> None:
    organisation, owner = registered(world, province, household(unit=commune))
    followed: list[str] = []
    consents.after_withdrawal("test", lambda _session, **what: followed.append(what["purpose"]))
    try:
        consents.withdraw(province, now=world.clock.now(), acting=owner, organisation=organisation, purpose="photo")
        consents.withdraw(province, now=world.clock.now(), acting=owner, organisation=organisation, purpose="photo")
        assert followed == ["photo"]
        consents.withdraw(province, now=world.clock.now(), acting=owner, organisation=organisation, purpose="service")
    finally:
        consents._FOLLOWERS.pop("test")
    assert sorted(followed) == ["notices", "photo", "public_page", "service", "share:postmart", "share:voso"]
    assert organisation.state == "closed"
    assert consents.open_consents(province, organisation.head_person_id or "") == {}


def test_who_closed_a_shop_may_open_another_and_stays_one_person(province: Any, world: Any, commune: str) -> None:
    organisation, owner = registered(world, province, household(unit=commune))
    consents.withdraw(province, now=world.clock.now(), acting=owner, organisation=organisation, purpose="service")
    again, _owner = registered(world, province, household(unit=commune))
    assert again.id != organisation.id
    assert again.head_person_id == organisation.head_person_id


def test_a_firm_has_a_public_name_and_a_home(province: Any, world: Any, commune: str) -> None:
    school = actions.create_organisation(
        province,
        now=world.clock.now(),
        acting=CLI,
        kind="institution",
        type_code="school",
        name="Trường tiểu học  Tân Thạnh",
        unit_id=commune,
    )
    assert seller_name(province, school, world.field_keys) == "Trường tiểu học Tân Thạnh"
    assert province.scalars(select(PlacesHome.subject_id)).all() == [school.id]
    assert actions.agrees(province, school, "public_page") is True
    with pytest.raises(AnswerRefused):
        actions.create_organisation(
            province, now=world.clock.now(), acting=CLI, kind="household", name="x", unit_id=commune
        )


def test_seeds_load_twice_without_change(province: Any, world: Any) -> None:
    before = province.scalar(select(func.count()).select_from(ConsentText))
    assert before == 12
    assert load_seeds(province, now=world.clock.now(), acting=CLI) == 0
    languages = {(row.purpose, row.language) for row in province.scalars(select(ConsentText))}
    assert {purpose for purpose, _language in languages} == set(consents.PURPOSES)


def test_initials_hide_all_but_the_last_name() -> None:
    assert initials("Nguyễn Thị Hạnh") == "N.T. Hạnh"
    assert initials("Đặng Ý") == "Đ. Ý"
    assert initials("Út") == "Út"
    assert initials("") == ""
