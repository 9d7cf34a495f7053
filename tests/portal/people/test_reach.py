"""A reform takes roles along whole successions, and asks about the rest once."""

from typing import Any

from sqlalchemy import select

from portal.acting import Acting
from portal.audit import AuditRow
from portal.cases import Case, close_case
from portal.onboarding.officers import reached_units
from portal.people import actions as people
from portal.people.models import RoleGrant
from portal.people.phones import parse_mobile
from portal.people.reach import follow_reform
from tests.portal.onboarding.conftest import province
from tests.portal.onboarding.making import CLI, TAN_HOA

__all__ = ["province"]
PHUONG_1, PHUONG_2, TODAY = "27694@20210101", "27688@20210101", "27694@20250701"


def grant(session: Any, world: Any, unit: str, phone: str = "0912345678", role: str = "commune_officer") -> RoleGrant:
    now = world.clock.now()
    login = people.login_for(session, now=now, acting=CLI, phone=parse_mobile(phone), keys=world.field_keys)
    return people.grant_role(session, now=now, acting=CLI, login_id=login.id, role=role, unit_id=unit)


def run(session: Any, world: Any) -> list[int]:
    done = []
    while moved := follow_reform(session, now=world.clock.now(), acting=CLI):
        done.append(moved)
        session.commit()
    return done


def test_a_role_follows_its_commune_whole(province: Any, world: Any, clock: Any) -> None:
    clock.at = clock.at.replace(year=2023, month=10)
    own, other = grant(province, world, PHUONG_2), grant(province, world, PHUONG_2, "0938111222")
    assert run(province, world) == []
    clock.at = clock.at.replace(year=2026)
    assert run(province, world) == [2]
    assert {own.unit_id, other.unit_id} == {TODAY}
    assert (own.to_at, other.to_at) == (None, None)
    reach = reached_units(province, Acting(login_id=own.login_id, role="commune_officer", unit_id=own.unit_id))
    assert {PHUONG_1, PHUONG_2, TODAY} <= (reach or frozenset())
    rows = province.scalars(select(AuditRow).where(AuditRow.act == "role.moved")).all()
    assert sorted(row.subject for row in rows) == sorted([own.login_id, other.login_id])


def test_two_roles_that_become_one_are_one(province: Any, world: Any, clock: Any) -> None:
    clock.at = clock.at.replace(year=2023, month=10)
    first, second = grant(province, world, PHUONG_1), grant(province, world, PHUONG_2)
    clock.at = clock.at.replace(year=2026)
    run(province, world)
    open_now = province.scalars(select(RoleGrant).where(RoleGrant.to_at.is_(None))).all()
    assert [one.unit_id for one in open_now] == [TODAY]
    assert [one.to_at is None for one in (first, second)].count(True) == 1


def test_a_parted_commune_is_asked_about_once(province: Any, world: Any, clock: Any) -> None:
    clock.at = clock.at.replace(year=2023, month=10)
    own, member = grant(province, world, TAN_HOA), grant(province, world, TAN_HOA, "0938111222", "team_member")
    clock.at = clock.at.replace(year=2026)
    assert run(province, world) == [1]
    assert (own.unit_id, own.to_at, member.unit_id) == (TAN_HOA, None, TAN_HOA)
    case = province.scalars(select(Case).where(Case.kind == "role.unit_parted")).one()
    assert case.subject == own.id
    close_case(province, case, now=clock.now(), note="Granted over Lương Hòa")
    assert run(province, world) == []
