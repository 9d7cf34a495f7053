"""What an owner changes after registering: each act, its refusals, and the pages with what the officer sees of it."""

from typing import Any

import pytest
from flask_babel import force_locale, ngettext
from sqlalchemy import select

from portal.acting import Acting
from portal.audit import AuditRow
from portal.db import begin
from portal.errors import NotFound
from portal.marketplaces.rules import RULES
from portal.onboarding import details
from portal.onboarding.errors import AnswerRefused, IllegalTransition, OwnApproval
from portal.onboarding.models import Organisation, Person
from portal.onboarding.requirements import KINDS
from portal.onboarding.validators import parse_id
from tests.portal.onboarding.making import CLI, household
from tests.portal.onboarding.making import registered as register
from tests.portal.onboarding.test_shop_pages import officer_client, register_by_pages
from tests.portal.onboarding.walking import ANSWERS, soup, submit


def approved(session: Any, organisation: Organisation) -> Organisation:
    organisation.state = "approved"
    session.commit()
    return organisation


def test_each_page_that_is_named_as_the_next_step_is_there(app: Any) -> None:
    known = {rule.endpoint for rule in app.url_map.iter_rules()}
    named = {one.endpoint for one in (*RULES.values(), *KINDS.values()) if one.endpoint}
    assert named <= known
    assert {"onboarding.my_id", "onboarding.my_selling"} <= named


def test_an_owner_says_anew_how_food_is_kept_safe_and_an_officer_looks_at_the_paper(
    client: Any, app: Any, world: Any, province: Any
) -> None:
    organisation = approved(province, register_by_pages(client, world, province))
    page = soup(client.get("/my/details"))
    assert "0820******46" in page.get_text()
    assert client.get("/my/details/id-number").headers["Location"] == "/my/details"
    assert submit(client, "/my/details/selling", {"payment": "yes"}).status_code == 400
    same = {"food_safety": "commitment", "payment": "yes"}
    submit(client, "/my/details/selling", same)
    assert "household.selling_changed" not in acts(province)
    submit(client, "/my/details/selling", {"food_safety": "certificate", "payment": "no"})
    province.expire_all()
    assert (organisation.food_safety, organisation.payment_declared) == ("certificate", False)
    assert "household.selling_changed" in acts(province)
    link = f"/officer/sellers/{organisation.id}"
    officer = officer_client(app, world, unit=organisation.current_unit_id)
    for page in ("/officer", "/officer/papers"):
        listed = [one["href"] for one in soup(officer.get(page)).find("main").find_all("a")]
        assert link in listed
    elsewhere = officer_client(app, world, unit="28306@20210101", phone="0912345679")
    assert elsewhere.get(link).status_code == 404
    assert organisation.reference not in elsewhere.get("/officer/papers").get_data(as_text=True)
    submit(officer, f"{link}/paper/missing", {}, page=link)
    province.expire_all()
    assert organisation.food_safety == "not_yet"
    assert "household.paper_missing" in acts(province)
    assert link not in officer.get("/officer/papers").get_data(as_text=True)


def test_an_id_number_left_for_later_is_added_once(
    client: Any, world: Any, province: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(ANSWERS, "id", {"id_number": "", "later": "1"})
    organisation = register_by_pages(client, world, province)
    home = soup(client.get("/my"))
    assert home.find("a", href="/my/details/id-number") is not None
    wrong = submit(client, "/my/details/id-number", {"id_number": "12345678"})
    assert wrong.status_code == 400
    assert "8" in soup(wrong).find("main").get_text()
    page = submit(client, "/my/details/id-number", {"id_number": "082085012346"})
    assert page.headers["Location"] == "/my/details"
    province.expire_all()
    head = province.get_one(Person, organisation.head_person_id)
    assert (head.id_kind, head.sex, head.birth_year) == ("cccd", "male", 1985)
    assert "household.id_added" in acts(province)
    shown = client.get("/my/details").get_data(as_text=True)
    assert "0820******46" in shown
    assert "082085012346" not in shown


def test_a_number_on_record_stays_and_anothers_is_refused(world: Any, province: Any, commune: str) -> None:
    keys, now = world.field_keys, world.clock.now()
    number = parse_id("082085012346", this_year=2026)
    with begin() as rows:
        first, _owner = register(world, rows, household(unit=commune))
        other, _owner = register(
            world, rows, household("0966496172", unit=commune, name="Trần Thị Lan", id_number=None)
        )
        for organisation, code in ((first, "id.given"), (other, "id.known")):
            with pytest.raises(AnswerRefused) as refused:
                details.add_id_number(rows, now=now, acting=CLI, organisation=organisation, number=number, keys=keys)
            assert refused.value.code == code


def test_nothing_is_changed_of_a_shop_that_is_open_to_correction_or_closed(
    world: Any, province: Any, commune: str
) -> None:
    with begin() as rows:
        organisation, _owner = register(world, rows, household(unit=commune))
        for state in ("recorded", "onboarding", "returned", "closed", "erased"):
            organisation.state = state
            with pytest.raises(IllegalTransition):
                details.change_selling(
                    rows, now=world.clock.now(), acting=CLI, organisation=organisation, food_safety="not_yet",
                    payment=True,
                )  # fmt: skip
        assert organisation.food_safety == "commitment"


def test_nobody_looks_at_the_own_paper_nor_at_one_that_nobody_claims(world: Any, province: Any, commune: str) -> None:
    now, officer = world.clock.now(), Acting(login_id="lo_officer", role="province_officer")
    with begin() as rows:
        organisation, owner = register(world, rows, household(unit=commune))
        own = Acting(login_id=owner.login_id, role="province_officer")
        with pytest.raises(NotFound):
            details.look_at_paper(rows, now=now, acting=officer, organisation_id=organisation.id, seen=True)
        details.change_selling(
            rows, now=now, acting=owner, organisation=organisation, food_safety="certificate", payment=True
        )
        afar = Acting(login_id="lo_afar", role="commune_officer", unit_id="28306@20210101")
        with pytest.raises(NotFound):
            details.look_at_paper(rows, now=now, acting=afar, organisation_id=organisation.id, seen=False)
        with pytest.raises(OwnApproval):
            details.look_at_paper(rows, now=now, acting=own, organisation_id=organisation.id, seen=True)
        details.look_at_paper(rows, now=now, acting=officer, organisation_id=organisation.id, seen=True)
        assert organisation.food_safety == "certificate"
        assert details.claimed_certificate(rows, organisation.id) is None


def test_a_large_number_in_a_sentence_is_grouped_as_the_language_writes_it(app: Any) -> None:
    template = app.jinja_env.from_string('{{ ngettext("%(num)s day", "%(num)s days", 1675) }}')
    for language, there, said in (("vi", "1.675 ngày", "1.675 hộ"), ("en", "1,675 days", "1,675 households")):
        with app.test_request_context("/"), force_locale(language):
            assert template.render() == there
            assert ngettext("%(num)s household", "%(num)s households", 1675) == said


def acts(session: Any) -> set[str]:
    return set(session.scalars(select(AuditRow.act)))
