"""Activating and voiding: the state table, and every refusal leaves things as they were."""

from datetime import date, timedelta
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import func, select

import traceability as trace
from tests.traceability.making import NOW, Made
from traceability import errors
from traceability.models import TraceEntry, TraceRange


def rows(session: Any) -> list[tuple[int, int, bool, bool]]:
    session.expire_all()
    found = session.scalars(select(TraceRange).order_by(TraceRange.first))
    return [(row.first, row.last, row.activated_at is not None, row.voided_at is not None) for row in found]


def entries(session: Any) -> int:
    return int(session.execute(select(func.count()).select_from(TraceEntry)).scalar_one())


def test_the_same_activation_again_changes_nothing(made: Made, session: Any) -> None:
    batch, lot = made.issue().batch, made.lot()
    assert made.activate(batch, 0, 99, lot).changed == 100
    before = entries(session)
    assert made.activate(batch, 0, 99, lot).changed == 0
    assert entries(session) == before
    assert rows(session) == [(0, 99, True, False)]


def test_what_remains_of_a_voided_range_is_no_new_activation(made: Made, session: Any) -> None:
    batch, lot = made.issue().batch, made.lot()
    made.activate(batch, 0, 99, lot)
    made.void(batch, 10, 99)
    with pytest.raises(errors.RangeOverlap):
        made.activate(batch, 0, 9, lot)


def test_voiding_a_part_splits_the_row_and_keeps_activation(made: Made, session: Any) -> None:
    batch, lot = made.issue().batch, made.lot()
    made.activate(batch, 10, 99, lot)
    result = made.void(batch, 50, 120)
    assert (result.changed, result.was_active) == (71, 50)
    assert rows(session) == [(10, 49, True, False), (50, 99, True, True), (100, 120, False, True)]
    result = made.void(batch, 0, 20)
    assert (result.changed, result.was_active) == (21, 11)
    assert rows(session)[:3] == [(0, 9, False, True), (10, 20, True, True), (21, 49, True, False)]
    result = made.void(batch, 30, 31)
    assert rows(session)[2:5] == [(21, 29, True, False), (30, 31, True, True), (32, 49, True, False)]
    assert made.fsck() == []


def test_refusals_change_nothing(made: Made, session: Any) -> None:
    batch, lot = made.issue().batch, made.lot()
    other = made.lot("L2", product="pr_other")
    expired = made.lot("L3", expires_on=date(2026, 11, 21))
    recalled = made.lot("L4")
    trace.open_recall(session, now=NOW, lot=recalled, instruction="Bring it back", contact="1900 0000")
    made.activate(batch, 0, 9, lot)
    made.void(batch, 20, 29)
    before = rows(session), entries(session)
    refused: list[tuple[type[errors.TraceabilityError], int, int, int, str]] = [
        (errors.RangeReversed, batch, 41, 40, lot),
        (errors.RangeOutsideBatch, batch, 40, 300, lot),
        (errors.RangeOutsideBatch, batch, -1, 3, lot),
        (errors.RangeOverlap, batch, 9, 12, lot),
        (errors.RangeOverlap, batch, 29, 32, lot),
        (errors.RangeOverlap, batch, 0, 9, made.lot("L5")),
        (errors.LotProductDiffers, batch, 40, 41, other),
        (errors.LotExpired, batch, 40, 41, expired),
        (errors.LotRecalled, batch, 40, 41, recalled),
        (errors.LotUnknown, batch, 40, 41, "lt_none"),
        (errors.BatchUnknown, batch + 1, 40, 41, lot),
    ]
    for error, number, first, last, onto in refused:
        with pytest.raises(error):
            made.activate(number, first, last, onto)
    for error, first, last in (
        (errors.RangeOverlap, 15, 20),
        (errors.RangeReversed, 5, 4),
        (errors.RangeOutsideBatch, 0, 300),
    ):
        with pytest.raises(error):
            made.void(batch, first, last)
    assert (rows(session), entries(session)) == before


def test_on_its_last_day_a_lot_is_not_expired(made: Made, session: Any) -> None:
    batch = made.issue().batch
    lot = made.lot(expires_on=date(2026, 11, 22))
    late_evening = NOW.replace(hour=16, minute=59)  # 23:59 in Việt Nam
    trace.activate_range(session, now=late_evening, batch=batch, first=0, last=0, lot=lot)
    with pytest.raises(errors.LotExpired):
        trace.activate_range(session, now=late_evening + timedelta(minutes=1), batch=batch, first=1, last=1, lot=lot)


def test_a_lot_is_recorded_once(made: Made, session: Any) -> None:
    facts = trace.LotFacts(number="N-1", product="p", establishment="e", standards=("VietGAP",))
    first = trace.record_lot(session, now=NOW, facts=facts)
    again = trace.record_lot(session, now=NOW, facts=facts)
    assert (first.created, again.created, first.id) == (True, False, again.id)
    assert trace.lot_facts(trace.get_lot(session, first.id)) == facts
    changed = trace.LotFacts(number="N-1", product="p", establishment="e", origin_words="elsewhere")
    with pytest.raises(errors.LotDiffers):
        trace.record_lot(session, now=NOW, facts=changed)
    with pytest.raises(errors.LotSyntax):
        trace.record_lot(session, now=NOW, facts=trace.LotFacts(number="Lô 1", product="p", establishment="e"))


def test_a_recall_opens_once_and_is_lifted_once(made: Made, session: Any) -> None:
    lot = made.lot()
    recall = trace.open_recall(session, now=NOW, lot=lot, instruction="Bring it back", contact="1900 0000")
    assert trace.open_recall_of(session, lot) == recall
    with pytest.raises(errors.LotRecalled):
        trace.open_recall(session, now=NOW, lot=lot, instruction="again", contact="x")
    trace.lift_recall(session, now=NOW, recall=recall.id)
    assert trace.open_recall_of(session, lot) is None
    with pytest.raises(errors.RecallMove):
        trace.lift_recall(session, now=NOW, recall=recall.id)
    with pytest.raises(errors.RecallUnknown):
        trace.lift_recall(session, now=NOW, recall="rc_none")
    assert made.fsck() == []


@given(acts=st.lists(st.tuples(st.booleans(), st.integers(0, 39), st.integers(0, 39)), max_size=8))
@settings(
    max_examples=25,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
def test_rows_agree_with_a_list_of_stamps(made: Made, session: Any, acts: list[tuple[bool, int, int]]) -> None:
    batch, lot = made.issue(40).batch, made.lot()
    model = ["none"] * 40
    for activating, first, last in acts:
        span = range(first, last + 1)
        try:
            if activating:
                changed = made.activate(batch, first, last, lot).changed
            else:
                changed = made.void(batch, first, last).changed
        except errors.StampRefused:
            allowed = {"none"} if activating else {"none", "active"}
            assert first > last or any(model[index] not in allowed for index in span)
            continue
        assert changed in (0, last - first + 1)
        for index in span:
            model[index] = "active" if activating else "voided"
    stored = ["none"] * 40
    found = session.scalars(
        select(TraceRange).where(TraceRange.batch == batch).execution_options(populate_existing=True)
    )
    for row in found:
        for index in range(row.first, row.last + 1):
            assert stored[index] == "none"
            stored[index] = "active" if row.voided_at is None else "voided"
    assert stored == model
    assert made.fsck() == []
