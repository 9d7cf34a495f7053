"""Long An's tills receive what the bank's statements tell, in their own months; who gave a number can be eligible."""

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import func, select

import payments
from payments.models import Payee, Receipt, Refund, Request
from portal.audit.models import AuditRow
from portal.cashier.invariants import check_invariants
from portal.counting import live_cells
from portal.counting.periods import month_of, parse_period
from portal.demo import hospital_day
from portal.demo.collecting import DAYS, Till, collect
from portal.demo.crowd import invented_sellers
from portal.demo.institutions import load_institutions
from portal.demo.load import BEGINS
from portal.demo.money_places import CLASSES, PUPILS, load_money_places
from portal.demo.stage import Stage, stage
from portal.onboarding.validators import parse_id
from portal.pay.wiring import make_gateways
from portal.places import actions as places
from portal.places.areas import day_of
from portal.stalls.models import Stall
from tests.portal.demo.provinces import load_province
from tests.portal.marketplaces.listening import Stage as Partners
from tests.portal.marketplaces.listening import stage as partners_of
from tests.portal.pay.making import School, pay_by_transfer

OURS = ("80@20210101", "80@20250701")


@pytest.fixture
def partners(tmp_path: Path) -> Iterator[Partners]:
    """The stand-ins, running."""
    with partners_of(tmp_path) as running:
        yield running


@pytest.fixture
def scene(session: Any, world: Any, partners: Partners) -> Stage:
    """The stage of April 2022, with the units of Long An; the world's gateways lead to the stand-ins."""
    load_province(session, world, OURS)
    there = replace(world, settings=partners.settings, gateways=make_gateways(partners.settings))
    return stage(there, at=BEGINS, scale=1.0, say=lambda _text: None)


def test_tills_receive_in_their_own_months(scene: Stage, session: Any, app: Any) -> None:
    tills = load_institutions(scene)
    days = [DAYS[0], DAYS[2]]
    assert collect(scene, tills, days=days) == 2 * len(tills)
    for day in days:
        figure = live_cells(session, app.extensions["catalogue"].get("PAY_N"), parse_period(month_of(day)))
        assert sum(figure.values()) == len(tills)
    assert dict(session.execute(select(Request.status, func.count()).group_by(Request.status)).all()) == {
        "paid": 2 * len(tills)
    }
    assert {day_of(receipt.issued_at) for receipt in session.scalars(select(Receipt))} == {day_of(day) for day in days}
    acts = dict(session.execute(select(AuditRow.act, func.count()).group_by(AuditRow.act)).all())
    assert acts["request.asked"] == acts["payment.booked"] == acts["receipt.issued"] == 2 * len(tills)
    assert payments.check(session).breaches == ()


def test_a_class_list_and_stalls_wait_for_payers(scene: Stage, session: Any) -> None:
    load_money_places(scene, load_institutions(scene))
    found = session.execute(select(Request.status, func.count()).group_by(Request.status)).all()
    assert [tuple(one) for one in found] == [("open", len(CLASSES) * PUPILS * 3)]
    assert [one.number for one in session.scalars(select(Stall).order_by(Stall.number))] == ["12", "15", "21", "30"]
    assert payments.check(session).breaches == ()


def test_a_hospitals_day_ends_with_a_return_that_waits_for_somebody(
    scene: Stage, session: Any, client: Any, world: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    tills = load_institutions(scene)

    def told_by_the_bank(_stage: Stage, till: Till, *, code: str, amount: int) -> int:
        payee = session.scalars(select(Payee).where(Payee.account == till.account)).one()
        pay_by_transfer(client, world, School(None, payee, None, None), memo=code, amount=amount)  # type: ignore[arg-type]
        return 1

    monkeypatch.setattr(hospital_day, "pay_at_the_bank", told_by_the_bank)
    today = stage(scene.world, at=world.clock.now(), scale=1.0, say=lambda _text: None)
    assert hospital_day.load_hospital_day(today, tills) == 1
    session.expire_all()
    asked = select(Request.purpose, Request.status, Request.amount_minor).order_by(Request.seq)
    assert [tuple(one) for one in session.execute(asked)] == [
        ("advance", "paid", 3_000_000), ("charge", "paid", 1_450_000), ("advance", "open", 2_000_000),
        ("charge", "open", 240_000),
    ]  # fmt: skip
    assert [tuple(one) for one in session.execute(select(Refund.amount_minor, Refund.status))] == [
        (1_550_000, "requested")
    ]
    assert check_invariants(session)["I1"].breaches == ()
    assert hospital_day.load_hospital_day(today, []) == 0


def test_no_contributor_tells_of_another(scene: Stage, session: Any) -> None:
    """Money is told only where five or more contribute, none of them with more than four fifths of it."""
    tills = load_institutions(scene)
    collect(scene, tills, days=[DAYS[0]])
    by_payee = select(Request.payee_id, func.sum(Request.amount_minor)).group_by(Request.payee_id)
    sums = [int(total) for _payee, total in session.execute(by_payee)]
    assert len(sums) >= 5
    assert max(sums) * 100 <= 80 * sum(sums)


def test_numbers_are_invented_once_and_six_of_seven_gave_theirs(scene: Stage, session: Any) -> None:
    units = places.communes(session, "80", day_of(BEGINS))
    given = [one.id_number for one in invented_sellers([(unit, "") for unit in units], scale=1.0)]
    numbers = [one for one in given if one]
    assert len(set(numbers)) == len(numbers) == 474 - len([one for one in range(474) if one % 7 == 0])
    assert all(parse_id(one, this_year=2022).notes == () for one in numbers)
