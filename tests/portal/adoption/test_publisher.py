"""Revisions: one for each change that the public may see, numbered without gaps; what is hidden moves nothing."""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from typing import Any

import pytest
import sqlalchemy as sa
from sqlalchemy import select
from sqlalchemy.orm import Session

from portal.adoption.models import AdoptLane, AdoptObservation, AdoptPeriod
from portal.adoption.publisher import publish
from portal.cases import open_cases
from portal.counting import add, counting, roll_up
from portal.counting.models import AdoptClock
from portal.db import configure_engine
from portal.onboarding.stages import reach_stage
from portal.places.actions import load_units
from tests.portal.adoption.conftest import (
    ACTING,
    APRIL,
    LONG_AN,
    MAY_1,
    NOW,
    PROVINCE,
    SPRING,
    SUMMER,
    TAY_NINH,
    Province,
)
from tests.portal.places.conftest import SUCCESSIONS, UNITS


def rows(province: Province, code: str, **where: Any) -> list[AdoptObservation]:
    query = select(AdoptObservation).filter_by(indicator=code, **where)
    return list(province.session.scalars(query.order_by(AdoptObservation.seq)))


def totals(province: Province, code: str, **where: Any) -> list[AdoptObservation]:
    return rows(province, code, cut="_T", area_id=LONG_AN, **where)


def test_each_change_is_one_revision_and_no_change_is_none(province: Province) -> None:
    for number in range(6):
        province.account(province.seller(number % 2))
    province.publish(SPRING)
    province.account(province.seller(0))
    assert province.publish(SPRING + timedelta(seconds=1)) > 0
    assert province.publish(SPRING + timedelta(seconds=2)) == 0
    april = totals(province, "HH_ACCOUNT", period="2022-04")
    assert [(row.revision, row.value) for row in april] == [(1, 6), (2, 7)]
    all_rows = rows(province, "HH_ACCOUNT", cut="_T")
    assert [row.seq for row in all_rows] == list(range(1, len(all_rows) + 1))
    times = [row.as_of for row in all_rows]
    assert times == sorted(times)


def test_times_only_go_forward(province: Province) -> None:
    province.publish(SPRING)
    clock = province.session.get_one(AdoptClock, 1)
    before = clock.last_published_at
    for number in range(6):
        province.account(province.seller(number % 2))
    province.publish(SPRING - timedelta(days=1))  # a clock that was set back
    assert min(row.as_of for row in totals(province, "HH_ACCOUNT", period="2022-04", revision=2)) > before


def test_a_month_that_begins_gets_its_figures(province: Province) -> None:
    for number in range(6):
        province.account(province.seller(number % 2))
    province.publish()
    assert not rows(province, "HH_ACCOUNT", period="2026-12")
    province.publish(NOW + timedelta(days=10))
    assert [row.value for row in rows(province, "HH_ACCOUNT", period="2026-12", area_id=TAY_NINH)] == [6]
    assert province.session.get_one(AdoptPeriod, ("HH_ACCOUNT", "2026-12")).state == "open"
    assert {lane.month for lane in province.session.scalars(select(AdoptLane))} == {"2026-12"}


def test_small_counts_are_hidden_and_their_moves_too(province: Province) -> None:
    province.account(province.seller())
    province.publish(SPRING)
    hidden = rows(province, "HH_ACCOUNT")
    assert {(row.value, row.obs_status, row.conf_status) for row in hidden} == {(None, "Q", "C")}
    for number in range(3):
        province.account(province.seller(number))
        province.publish(SPRING + timedelta(seconds=number + 1))
    assert len(rows(province, "HH_ACCOUNT")) == len(hidden)
    province.account(province.seller())
    province.publish(SPRING + timedelta(seconds=9))
    assert [row.value for row in rows(province, "HH_ACCOUNT", period="2022-04")] == [None, 5]


def test_communes_and_cuts_of_people_have_no_rows_before_their_month_closes(province: Province) -> None:
    for number in range(30):
        province.account(province.seller(number % 3), "voso" if number % 2 else "postmart")
    province.publish(SPRING)
    assert {(row.cut, row.area_id) for row in rows(province, "HH_ACCOUNT")} == {("_T", LONG_AN)}
    province.publish(MAY_1)
    areas = {row.area_id: row.value for row in rows(province, "HH_ACCOUNT", cut="_T", status="final")}
    assert areas == {LONG_AN: 30} | dict.fromkeys(province.communes[:3], 10)
    cuts = {row.cut: row.value for row in rows(province, "HH_ACCOUNT", area_id=LONG_AN, status="final")}
    assert cuts == {"_T": 30, "channel@postmart": 15, "channel@voso": 15, "assisted_by@self": 30}


def test_public_registers_are_told_by_commune(province: Province) -> None:
    from portal.catalogue.chain import confirm_chain

    for commune in (0, 0, 1):
        confirm_chain(
            province.session, now=APRIL, acting=ACTING, establishment_id=province.seller(commune, kind="enterprise")
        )
    province.publish(SPRING)
    april = {row.area_id: row.value for row in rows(province, "SAFE_CHAIN_EST", period="2022-04")}
    assert april == {LONG_AN: 3, province.communes[0]: 2, province.communes[1]: 1}


def _pay(province: Province, *amounts: int, month: int = 4) -> None:
    at = APRIL.replace(month=month)
    for amount in amounts:
        for code, d in (("PAY_N", 1), ("PAY_VND", amount)):
            add(
                province.session,
                code,
                area=province.communes[0],
                d=d,
                effective_at=at,
                values={"type": "school", "partner": "vnpay"},
            )


def _payees(province: Province, monkeypatch: pytest.MonkeyPatch, shares: dict[str, list[int]]) -> None:
    """Say who took how much in each month, in place of the payments' own rows."""
    from portal.adoption import revising
    from portal.counting.periods import Period

    def told(_session: Any, _indicator: Any, period: Period) -> Any:
        return {("_T", province.communes[0]): {f"p{n}": share for n, share in enumerate(shares.get(period.text, []))}}

    monkeypatch.setattr(revising, "contributions", told)


@pytest.mark.parametrize(
    ("shares", "value"),
    [([10, 20, 30, 40, 50], 150), ([10, 20, 30, 90], None), ([1, 1, 1, 1, 96], None), ([5, 5, 5, 5, 80], 100)],
)
def test_money_is_told_only_where_nobody_stands_out(
    province: Province, monkeypatch: pytest.MonkeyPatch, shares: list[int], value: int | None
) -> None:
    _payees(province, monkeypatch, {"2022-04": shares})
    _pay(province, *shares)
    province.publish(SPRING)
    assert [row.value for row in rows(province, "PAY_VND", period="2022-04")] == [value]


def test_a_sum_does_not_give_its_one_hidden_month_away(province: Province) -> None:
    """Quarter less two months would be the third."""
    _pay(province, *[1] * 9, month=4)
    _pay(province, *[1] * 3, month=5)
    _pay(province, *[1] * 8, month=6)
    _pay(province, *[1] * 7, month=7)
    province.publish(SUMMER)
    told = {period: province.figure("PAY_N", period).value for period in ("2022-Q2", "2022-S1", "2022", "2022-Q3")}
    months = [province.figure("PAY_N", f"2022-0{month}").value for month in (4, 5, 6, 7)]
    assert months == [9, None, 8, 7]
    assert told == {"2022-Q2": None, "2022-S1": None, "2022": None, "2022-Q3": 7}


def test_a_flow_of_a_year_in_which_the_code_changed_hands_is_the_new_unit_s_own(province: Province) -> None:
    add(province.session, "PAY_N", area=province.communes[0], d=20, effective_at=NOW.replace(year=2025, month=3))
    add(province.session, "PAY_N", area=province.communes[0], d=30, effective_at=NOW.replace(year=2025, month=8))
    province.publish()
    assert province.figure("PAY_N", "2025-Q1").value == 20
    assert (province.figure("PAY_N", "2025").area, province.figure("PAY_N", "2025").value) == (TAY_NINH, 30)


def test_a_count_below_zero_is_never_told_and_asks_for_a_person(province: Province) -> None:
    add(province.session, "INST_LISTED", area=province.communes[0], d=-1, effective_at=APRIL)
    province.publish(SPRING)
    assert not [row for row in rows(province, "INST_LISTED") if row.value is not None and row.value < 0]
    assert "adoption.negative_cell" in {case.kind for case in open_cases(province.session)}


class _Killed(Exception):
    """Stands for the end of the process."""


class _Real:
    """A database of its own, where commits are real."""

    def __init__(self, url: str, catalogue: Any) -> None:
        self.engine, self.catalogue = sa.create_engine(url), catalogue
        configure_engine(self.engine)

    @contextmanager
    def province(self) -> Iterator[Province]:
        with (
            self.engine.connect().execution_options(write=True) as connection,
            Session(bind=connection, info={"catalogue": self.catalogue}) as session,
            session.begin(),
        ):
            yield Province(session, self.catalogue)

    def everything(self) -> list[Any]:
        tables = (AdoptObservation, AdoptLane, AdoptPeriod, AdoptClock)
        with self.province() as province:
            return [sorted(map(str, province.session.execute(select(*one.__table__.columns)))) for one in tables]

    def publish_until(self, statement: int) -> bool:
        """Publish and end at that statement; say whether it came so far, else it is done."""
        seen = [0]

        def end(*_: Any) -> None:
            seen[0] += 1
            if seen[0] == statement:
                raise _Killed

        try:
            with self.province() as province:
                sa.event.listen(province.session.connection(), "before_cursor_execute", end)
                publish(province.session, self.catalogue, now=SUMMER + timedelta(seconds=1), province=PROVINCE)
        except _Killed:
            return True
        return False


def test_a_publication_that_ends_at_any_statement_has_published_nothing(app: Any, database_url: str) -> None:
    real = _Real(database_url, app.extensions["catalogue"])
    with real.province() as province:
        load_units(province.session, now=NOW, acting=ACTING, units=UNITS, successions=SUCCESSIONS)
    with real.province() as province:
        for number in range(6):
            province.account(province.seller(number % 2))
        province.publish(SUMMER)
        province.account(province.seller(3))
        roll_up(province.session, now=SUMMER)
    before, statements = real.everything(), 0
    while real.publish_until(statements + 1):
        statements += 1
        assert real.everything() == before
    assert statements >= 8
    assert real.everything() != before
    real.engine.dispose()


def test_a_household_on_two_marketplaces_is_one_and_no_sum_is_made_of_both(province: Province) -> None:
    from portal.adoption.errors import NotAdditive
    from portal.adoption.figures import total

    account, listing = province.catalogue.get("HH_ACCOUNT"), province.catalogue.get("LISTING")
    with pytest.raises(NotAdditive):
        total(account, "channel@voso", [1, 1])
    assert total(listing, "channel@voso", [1, 1]) == 2


def test_the_workers_steps_roll_up_and_publish(app: Any, world: Any, province: Province) -> None:
    from portal.adoption.due import STEPS

    seller = province.seller()
    with counting(province.session, seller, effective_at=APRIL):
        from portal.onboarding.models import Organisation

        reach_stage(
            province.session, organisation=province.session.get_one(Organisation, seller), stage="created", at=APRIL
        )
    province.session.commit()
    roll, publishing, _sending = STEPS
    assert roll.run(world)
    assert not roll.run(world)
    while publishing.run(world):
        pass
    lanes = {lane.indicator for lane in province.session.scalars(select(AdoptLane))}
    assert lanes == {one.code for one in province.catalogue if one.kind != "R"}
    april = rows(province, "HH_FUNNEL", period="2022-04")
    assert {(row.obs_status, row.value) for row in april} == {("Q", None)}
