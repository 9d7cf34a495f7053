"""A month closes once it is over, drained and recounted; what comes late is a revision, and what was told stays."""

from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import select, text

from portal.adoption.closing import MOVES, move_period
from portal.adoption.errors import IllegalTransition
from portal.adoption.models import AdoptObservation, AdoptPeriod
from portal.cases import open_cases
from portal.counting import counting_many
from portal.places.actions import apply_reform
from tests.portal.adoption.conftest import ACTING, APRIL, LONG_AN, MAY_1, NOW, TAY_NINH, Province

DAY = timedelta(days=1)


@pytest.fixture
def counted(on_thirty_in_spring: None, province: Province) -> Province:
    """Thirty households in April: 3, 9 and 18 in three communes; published in April."""
    return province


def state(province: Province, month: str, code: str = "HH_ACCOUNT") -> AdoptPeriod:
    return province.session.get_one(AdoptPeriod, (code, month))


def test_a_month_becomes_final_at_two_in_the_morning_and_not_before(counted: Province) -> None:
    assert (counted.figure("HH_ACCOUNT", "2022-04").status, counted.figure("HH_ACCOUNT", "2022-04").obs_status) == (
        "provisional", "P",
    )  # fmt: skip
    counted.publish(MAY_1 - timedelta(minutes=1))
    assert state(counted, "2022-04").state == "open"
    counted.publish(MAY_1)
    april = state(counted, "2022-04")
    cuts = len(counted.catalogue.cuts_of(counted.catalogue.get("HH_ACCOUNT")))
    assert (april.state, april.units, april.cells) == ("closed", LONG_AN, cuts + len(counted.communes))
    assert len(april.recount_hash or "") == 64
    told = counted.figure("HH_ACCOUNT", "2022-04")
    assert (told.value, told.status, told.obs_status, told.revision, told.as_of) == (
        30,
        "final",
        "A",
        2,
        april.closed_at,
    )
    assert state(counted, "2022-05").state == "open"
    assert counted.figure("HH_ACCOUNT", "2022-05").status == "provisional"


def test_communes_and_cuts_appear_when_the_month_closes_with_a_second_one_hidden(counted: Province) -> None:
    first, second, third, empty = counted.communes[:4]
    before = counted.figure("HH_ACCOUNT", "2022-04", area=first)
    assert (before.obs_status, before.note) == ("Q", "until_closing")
    counted.publish(MAY_1)
    told = {area: counted.figure("HH_ACCOUNT", "2022-04", area=area) for area in (first, second, third, empty)}
    assert [(one.value, one.obs_status) for one in told.values()] == [(None, "Q"), (None, "Q"), (18, "A"), (0, "A")]
    marks = [(one.conf_status, one.status, one.revision, one.as_of, one.note) for one in told.values()][:2]
    assert marks[0] == marks[1]
    assert counted.figure("HH_ACCOUNT", "2022-04", cut="channel@voso").value == 15
    crossing = counted.figure("HH_ACCOUNT", "2022-04", cut="channel@voso", area=third)
    assert (crossing.value, crossing.obs_status, crossing.note) == (None, "Q", "officers_only")


def test_a_late_fact_is_a_revision_and_the_past_answers_as_it_did(counted: Province) -> None:
    counted.publish(MAY_1)
    third = counted.communes[2]
    final = counted.figure("HH_ACCOUNT", "2022-04")
    counted.account(counted.seller(2))
    counted.publish(MAY_1 + DAY)
    told = counted.figure("HH_ACCOUNT", "2022-04")
    assert (told.value, told.status, told.revision, told.note) == (31, "revised", final.revision + 1, "late:+1")
    assert counted.figure("HH_ACCOUNT", "2022-04", as_of=final.as_of) == final
    assert counted.figure("HH_ACCOUNT", "2022-04", area=third).value == 18  # communes wait for the next closing
    assert counted.figure("HH_ACCOUNT", "2022-05").note == ""
    counted.publish(MAY_1 + 31 * DAY)
    later = counted.figure("HH_ACCOUNT", "2022-04", area=third)
    assert (later.value, later.status, later.revision) == (19, "revised", 2)
    assert counted.figure("HH_ACCOUNT", "2022-04", area=third, as_of=MAY_1 + DAY).value == 18


def test_what_was_hidden_stays_hidden_when_it_grows(counted: Province) -> None:
    counted.publish(MAY_1)
    first, second = counted.communes[:2]
    for _ in range(8):
        counted.account(counted.seller(0))
    counted.publish(MAY_1 + DAY)
    counted.publish(MAY_1 + 31 * DAY)
    assert counted.figure("HH_ACCOUNT", "2022-04").value == 38
    assert [counted.figure("HH_ACCOUNT", "2022-04", area=area).value for area in (first, second)] == [None, None]
    assert counted.figure("HH_ACCOUNT", "2022-05", area=first).value == 11


def test_a_quiet_month_is_a_row_of_the_province_alone(counted: Province) -> None:
    counted.publish(MAY_1)
    counted.publish(MAY_1 + 95 * DAY)
    query = select(AdoptObservation.area_id).filter_by(indicator="HH_ACCOUNT", period="2022-06")
    assert set(counted.session.scalars(query)) == {LONG_AN}
    june = counted.figure("HH_ACCOUNT", "2022-06", area=counted.communes[2])
    assert (june.value, june.status, june.obs_status) == (18, "final", "A")
    assert june.as_of == state(counted, "2022-06").closed_at
    assert counted.figure("HH_ACCOUNT", "2022-06", area=counted.communes[0]).value is None


def test_a_fall_to_nothing_is_told_as_nothing(counted: Province) -> None:
    counted.publish(MAY_1)
    third = counted.communes[2]
    sellers = [one for (one,) in counted.session.execute(text(
        "SELECT subject_id FROM places_home WHERE area_id = :area AND to_at IS NULL"), {"area": third})]  # fmt: skip
    for one in sellers:
        counted.move(one, 1, at=MAY_1 + DAY)
    counted.publish(MAY_1 + 31 * DAY)
    assert counted.figure("HH_ACCOUNT", "2022-04", area=third).value == 18
    assert counted.figure("HH_ACCOUNT", "2022-05", area=third).value == 0
    assert counted.figure("HH_ACCOUNT", "2022-05").value == 30


def test_a_month_waits_for_its_last_counts_and_for_an_equal_recount(counted: Province) -> None:
    from portal.adoption.publisher import publish

    counted.account(counted.seller(2), at=APRIL)  # counted, and not rolled up yet
    counted.session.flush()
    while publish(counted.session, counted.catalogue, now=MAY_1, province="80") is not None:
        pass
    assert state(counted, "2022-04").state == "closing"
    assert counted.figure("HH_ACCOUNT", "2022-04").value == 30
    counted.publish(MAY_1 + timedelta(minutes=5))
    assert state(counted, "2022-04").state == "closing"  # tried a moment ago
    counted.publish(MAY_1 + timedelta(minutes=15))
    assert (state(counted, "2022-04").state, counted.figure("HH_ACCOUNT", "2022-04").value) == ("closed", 31)


def test_a_month_whose_recount_differs_stays_open_and_asks_for_a_person(counted: Province) -> None:
    counted.session.execute(text("DELETE FROM channel_account WHERE channel = 'voso'"))
    counted.publish(MAY_1)
    assert state(counted, "2022-04").state == "closing"
    assert counted.figure("HH_ACCOUNT", "2022-04").status == "provisional"
    assert ("adoption.closing_blocked", "HH_ACCOUNT/2022-04") in {
        (case.kind, case.subject) for case in open_cases(counted.session)
    }
    assert state(counted, "2022-04", "SAFE_CHAIN_EST").state == "closed"


def test_months_after_a_reform_wait_until_the_homes_have_followed(counted: Province) -> None:
    counted.publish(NOW)
    assert state(counted, "2024-11").state == "closed"
    assert state(counted, "2024-12").state == "closing"  # its third commune ended on the first of December 2024

    def moving(session: Any, subjects: Any, at: Any) -> Any:
        return counting_many(session, subjects, effective_at=at, until=NOW)

    while apply_reform(counted.session, now=NOW, acting=ACTING, moving=moving) is not None:
        pass
    counted.publish(NOW + timedelta(minutes=11))
    assert state(counted, "2026-10").state == "closed"
    first = counted.figure("HH_ACCOUNT", "2025-07")
    assert (first.area, first.value, first.obs_status) == (TAY_NINH, 30, "B")
    assert counted.figure("HH_ACCOUNT", "2025-08").obs_status == "A"
    assert counted.figure("HH_ACCOUNT", "2025-06").area == LONG_AN


def test_a_month_never_opens_again() -> None:
    assert MOVES["closed"] == ()
    for before, after in (("open", "closed"), ("closed", "open"), ("closed", "closing"), ("closing", "open")):
        with pytest.raises(IllegalTransition):
            move_period(AdoptPeriod(indicator="X", month="2022-04", state=before), after)


def test_a_year_tells_nothing_that_its_months_do_not(counted: Province) -> None:
    counted.publish(MAY_1)
    for period in ("2022-Q2", "2022-S1", "2022"):
        assert counted.figure("HH_ACCOUNT", period).value == 30
        assert counted.figure("HH_ACCOUNT", period).status == "provisional"
        assert counted.figure("HH_ACCOUNT", period, area=counted.communes[0]).value is None
    counted.publish(MAY_1 + 95 * DAY)
    quarter = counted.figure("HH_ACCOUNT", "2022-Q2", area=counted.communes[2])
    assert (quarter.value, quarter.status, quarter.obs_status) == (18, "final", "A")
    assert counted.figure("HH_ACCOUNT", "2022-Q2", area=counted.communes[0]).value is None


def test_the_world_before_the_first_month_is_missing_and_flows_are_nothing(counted: Province) -> None:
    counted.publish(MAY_1)
    assert counted.figure("HH_ACCOUNT", "2022-03").obs_status == "M"
    flow = counted.figure("PAY_N", "2022-04")
    assert (flow.value, flow.obs_status, flow.status) == (0, "A", "final")
    commune = counted.figure("PAY_N", "2022-04", area=counted.communes[0])
    assert (commune.value, commune.obs_status) == (0, "A")
