"""A class list becomes requests; the same again changes nothing, another changes only what it must."""

from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import select

from payments.models import Request
from portal.cashier.invariants import check_invariants
from portal.errors import NotFound
from portal.schools import actions
from portal.schools.errors import ListRefused
from portal.schools.listing import classes, owing
from portal.schools.models import Charge, Pupil
from tests.portal.pay.making import CLI, School, pay_by_transfer
from tests.portal.schools.lists import AN, BE, end_what_is_over, imported

INSTALMENTS = {**AN, "item": "Học phí", "amount": "1000000", "instalments": "3"}


def figures(done: actions.Imported) -> tuple[int, int, int, int, int]:
    one = done.as_json()
    return one["created"], one["changed"], one["unchanged"], one["rejected"], one["requests"]


def live(session: Any) -> list[tuple[str, int, str]]:
    session.expire_all()
    found = session.scalars(select(Request).where(Request.status != "canceled").order_by(Request.seq))
    return [(one.item, one.amount_minor, one.status) for one in found]


def codes(done: actions.Imported) -> list[str]:
    return [each.code for one in done.judged.refused for each in one.problems]


def test_rows_become_requests_once(world: Any, session: Any, school: School, tmp_path: Path) -> None:
    rows = [INSTALMENTS, {**BE, "reduction": "100000", "reduction_reason": "Hộ nghèo"}]
    rows += [{**BE, "item": "Bảo hiểm", "reduction": "600000", "reduction_reason": "Miễn toàn bộ"}]
    assert figures(imported(world, school, tmp_path, rows)) == (3, 0, 0, 0, 4)
    assert live(session) == [
        ("Học phí · N.V.A. 1A · 1/3", 333_000, "open"),
        ("Học phí · N.V.A. 1A · 2/3", 333_000, "open"),
        ("Học phí · N.V.A. 1A · 3/3", 334_000, "open"),
        ("Tiền ăn bán trú · T.T.B. 1A", 500_000, "open"),
    ]
    found = list(session.scalars(select(Request).order_by(Request.seq)))
    plan, pupil = session.scalars(select(Charge).order_by(Charge.item)).all(), session.scalars(select(Pupil)).all()
    assert len({one.code for one in found}) == 4 and {one.plan_id for one in found} < {one.id for one in plan}
    assert {one.subject_ref for one in found} == {one.id for one in pupil}
    ends = [one.expires_at.isoformat() for one in found]
    assert ends[:3] == ["2026-11-30T17:00:00+00:00", "2026-12-30T17:00:00+00:00", "2027-01-30T17:00:00+00:00"]
    assert (
        "Nguyễn" not in pupil[0].name_sealed
        and not session.scalars(select(Request).where(Request.item.contains("Nguyễn"))).all()
    )
    assert figures(imported(world, school, tmp_path, rows)) == (0, 0, 3, 0, 0)
    assert len(live(session)) == 4


def test_a_change_keeps_codes_and_what_was_paid(
    client: Any, world: Any, session: Any, school: School, tmp_path: Path
) -> None:
    imported(world, school, tmp_path, [INSTALMENTS, BE])
    first = session.scalars(select(Request).order_by(Request.seq)).first()
    code, codes_before = first.code, set(session.scalars(select(Request.code)))
    assert pay_by_transfer(client, world, school, memo=f"CK {code}", amount=333_000).status_code == 200
    cheaper = {**INSTALMENTS, "reduction": "300000", "reduction_reason": "Con thương binh", "class": "1B"}
    assert figures(imported(world, school, tmp_path, [cheaper, BE])) == (0, 1, 1, 0, 0)
    assert live(session) == [
        ("Học phí · N.V.A. 1A · 1/3", 333_000, "paid"),
        ("Học phí · N.V.A. 1B · 2/3", 183_000, "open"),
        ("Học phí · N.V.A. 1B · 3/3", 184_000, "open"),
        ("Tiền ăn bán trú · T.T.B. 1A", 600_000, "open"),
    ]
    assert set(session.scalars(select(Request.code))) == codes_before
    less = {**INSTALMENTS, "amount": "300000", "class": "1B"}
    done = imported(world, school, tmp_path, [less])
    assert codes(done) == ["row.paid"] and done.judged.refused[0].problems[0].fields == {"received": 333_000}
    once = {**INSTALMENTS, "amount": "333000", "instalments": "1", "class": "1B"}
    assert figures(imported(world, school, tmp_path, [once])) == (0, 1, 0, 0, 0)
    assert live(session)[0] == ("Học phí · N.V.A. 1A · 1/3", 333_000, "paid") and len(live(session)) == 2
    assert figures(imported(world, school, tmp_path, [{**INSTALMENTS, "class": "1B"}])) == (0, 1, 0, 0, 2)
    assert [one for one in live(session) if "Học phí" in one[0]][1:] == [
        ("Học phí · N.V.A. 1B · 2/3 (2)", 333_000, "open"), ("Học phí · N.V.A. 1B · 3/3 (2)", 334_000, "open"),
    ]  # fmt: skip
    assert not any(one.breaches for one in check_invariants(session).values())


def test_strict_imports_nothing_and_others_leave_the_bad_rows_out(
    world: Any, session: Any, school: School, tmp_path: Path
) -> None:
    bad = {**BE, "amount": "abc", "due_date": "31/02/2026"}
    late = {**BE, "item": "Quỹ lớp", "due_date": "01/11/2026"}
    rows = [AN, bad, {**AN, "amount": "5000"}, {**AN, "item": "Sữa", "class": "1B"}, late]
    with pytest.raises(ListRefused) as refused:
        imported(world, school, tmp_path, rows, strict=True)
    assert (refused.value.code, refused.value.fields) == ("list.rejected", {"rejected": 4}) and live(session) == []
    done = imported(world, school, tmp_path, rows)
    assert figures(done) == (1, 0, 0, 4, 1)
    told = [(one.number, each.column, each.code) for one in done.judged.refused for each in one.problems]
    assert told == [
        (3, "amount", "row.amount"), (3, "due_date", "row.date"), (4, "pupil_code", "row.twice"),
        (5, "pupil_name", "row.pupil_differs"), (6, "due_date", "row.date_passed"),
    ]  # fmt: skip
    with pytest.raises(NotFound):
        actions.import_rows(
            session, now=world.clock.now(), acting=CLI, payee_id=school.payee.id, listing=done, period=None,
            strict=False, keys=world.field_keys, list_id="sl",
        )  # fmt: skip


def test_a_new_period_takes_over_what_is_owed(
    client: Any, world: Any, session: Any, clock: Any, school: School, tmp_path: Path
) -> None:
    imported(world, school, tmp_path, [AN, BE])
    first = session.scalars(select(Request).order_by(Request.seq)).first()
    pay_by_transfer(client, world, school, memo=first.code, amount=200_000)
    clock.at += timedelta(days=20)
    end_what_is_over(world)
    session.expire_all()
    assert [one[2] for one in live(session)] == ["expired", "expired"]
    december = {**AN, "period": "2026-12", "due_date": "31/12/2026"}
    rows = [december, {**december, "item": "Sữa"}]
    done = imported(world, school, tmp_path, rows)
    assert (done.carried, figures(done)) == (1, (2, 0, 0, 0, 2))
    pupil = owing(session, payee_id=school.payee.id, period="2026-12", keys=world.field_keys)[0]
    assert [(one.period, one.due_minor) for one in pupil.payable] == [
        ("2026-11", 400_000), ("2026-12", 600_000), ("2026-12", 600_000),
    ]  # fmt: skip
    assert (pupil.name, pupil.standing, pupil.due_minor) == ("Nguyễn Văn An", "part", 1_600_000)
    line = classes(session, payee_id=school.payee.id, period="2026-11")[0]
    assert (line.name, line.pupils, line.paid, line.part, line.unpaid, line.due_minor, line.late) == (
        "1A", 2, 0, 1, 1, 1_000_000, 1,
    )  # fmt: skip
