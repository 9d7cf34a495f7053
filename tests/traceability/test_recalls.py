"""Recalls of lots and of ranges: what they touch, what they win over, how they end."""

from datetime import date, timedelta
from typing import Any

import pytest
from sqlalchemy import text

import traceability as trace
from tests.traceability.making import NOW, Made
from traceability import Verdict, errors

SAID = {"instruction": "Bring it back", "contact": "1900 0000"}


def verdict(made: Made, batch: int, index: int, **more: Any) -> Verdict:
    outcome, _ = made.scan(made.code(batch, index), **more)
    return outcome.verdict


def recall_range(session: Any, batch: int, first: int, last: int) -> trace.Recall:
    return trace.open_range_recall(session, now=NOW, batch=batch, first=first, last=last, **SAID)


@pytest.fixture
def batch(made: Made) -> int:
    """Sixty stamps: 0-9 on lot A, 20-29 on lot B, 40-44 voided, the rest on nothing."""
    number = made.issue(60).batch
    made.activate(number, 0, 9, made.lot("A"))
    made.activate(number, 20, 29, made.lot("B"))
    made.void(number, 40, 44)
    return number


def test_a_range_is_recalled_on_goods_or_not(made: Made, session: Any, batch: int) -> None:
    recall = recall_range(session, batch, 5, 42)
    expected = {
        4: Verdict.GENUINE_FIRST_SCAN, 5: Verdict.RECALLED, 9: Verdict.RECALLED, 15: Verdict.RECALLED,
        20: Verdict.RECALLED, 35: Verdict.RECALLED, 42: Verdict.RECALLED, 43: Verdict.VOIDED, 50: Verdict.NOT_ACTIVATED,
    }  # fmt: skip
    assert {index: verdict(made, batch, index) for index in expected} == expected
    sight = trace.look(session, book=made.book, code=trace.ScanCode(made.code(batch, 42).serial))
    assert sight.recall == recall
    other = made.issue(60).batch
    assert verdict(made, other, 5) is Verdict.NOT_ACTIVATED


def test_a_lot_s_recall_behind_the_stamp_does_not_hide_the_range_s(made: Made, session: Any, batch: int) -> None:
    lot = trace.record_lot(session, now=NOW, facts=trace.lot_facts(trace.get_lot(session, made.lot("A")))).id
    trace.open_recall(session, now=NOW - timedelta(days=1), lot=lot, **SAID)
    assert verdict(made, batch, 15) is Verdict.NOT_ACTIVATED
    recall = recall_range(session, batch, 15, 16)
    sight = trace.look(session, book=made.book, code=trace.ScanCode(made.code(batch, 15).serial))
    assert (sight.recall, sight.standing.active) == (recall, False)


def test_recalled_expired_suspicious_and_voided_says_recalled(made: Made, session: Any) -> None:
    number = made.issue(20).batch
    made.activate(number, 0, 9, made.lot("C", expires_on=date(2026, 11, 23)))
    later = NOW + timedelta(days=3)
    for _ in range(4):
        made.scan(made.code(number, 0), now=later)
    made.void(number, 0, 0)
    assert verdict(made, number, 0, now=later) is Verdict.VOIDED
    recall = recall_range(session, number, 0, 0)
    assert verdict(made, number, 0, now=later) is Verdict.RECALLED
    trace.lift_recall(session, now=later, recall=recall.id)
    assert verdict(made, number, 0, now=later) is Verdict.VOIDED


def test_what_is_recalled_is_not_activated(made: Made, session: Any, batch: int) -> None:
    recall = recall_range(session, batch, 10, 12)
    lot = made.lot("A")
    with pytest.raises(errors.RangeRecalled):
        made.activate(batch, 12, 19, lot)
    assert made.activate(batch, 13, 19, lot).changed == 7
    trace.lift_recall(session, now=NOW, recall=recall.id)
    assert made.activate(batch, 10, 12, lot).changed == 3


@pytest.mark.parametrize(
    ("first", "last", "error"),
    [
        (3, 2, errors.RangeReversed),
        (0, 60, errors.RangeOutsideBatch),
        (5, 20, errors.RangeRecalled),
        (6, 7, errors.RangeRecalled),
    ],
)
def test_refused_ranges(
    made: Made, session: Any, batch: int, first: int, last: int, error: type[errors.TraceabilityError]
) -> None:
    recall_range(session, batch, 5, 20)
    with pytest.raises(error):
        recall_range(session, batch, first, last)
    with pytest.raises(errors.BatchUnknown):
        recall_range(session, batch + 77, 0, 1)
    assert recall_range(session, batch, 5, 21).first == 5
    assert made.fsck() == []


def test_affected_names_ranges_counts_and_scans(made: Made, session: Any, batch: int) -> None:
    for index in (5, 5, 15, 21):
        made.scan(made.code(batch, index))
    recall = recall_range(session, batch, 5, 42)
    found = trace.affected(session, recall.id)
    rows = [(one.first, one.last, one.lot is not None, one.voided_at is not None, one.scanned) for one in found.ranges]
    assert rows == [
        (5, 9, True, False, 1),
        (10, 19, False, False, 1),
        (20, 29, True, False, 1),
        (30, 39, False, False, 0),
        (40, 42, False, True, 0),
    ]
    assert (found.stamps, found.scanned, sum(one.scans for one in found.ranges), len(found.lots)) == (38, 3, 4, 2)


def test_completing_voids_what_was_recalled_and_nothing_else(made: Made, session: Any, batch: int) -> None:
    by_range = recall_range(session, batch, 5, 42)
    done = trace.complete_recall(session, now=NOW, recall=by_range.id)
    assert (done.recall.closed_because, sum(one.changed for one in done.voided)) == ("completed", 35)
    assert [verdict(made, batch, index) for index in (4, 5, 42, 45)] == [
        Verdict.GENUINE_FIRST_SCAN, Verdict.VOIDED, Verdict.VOIDED, Verdict.NOT_ACTIVATED,
    ]  # fmt: skip
    lot = made.lot("B")
    by_lot = trace.open_recall(session, now=NOW, lot=lot, **SAID)
    assert trace.affected(session, by_lot.id).open_ranges == ()
    again = made.issue(10).batch
    made.activate(again, 0, 4, made.lot("A"))
    whole = trace.open_recall(session, now=NOW, lot=made.lot("A"), **SAID)
    voided = trace.complete_recall(session, now=NOW, recall=whole.id).voided
    assert sorted((one.batch, one.first, one.last) for one in voided) == [(batch, 0, 4), (again, 0, 4)]
    with pytest.raises(errors.RecallMove):
        trace.complete_recall(session, now=NOW, recall=whole.id)
    assert made.fsck() == []


def test_fsck_names_a_range_recall_that_was_changed(made: Made, session: Any, batch: int) -> None:
    recall_range(session, batch, 5, 9)
    session.execute(text("UPDATE trace_recalls SET last = 8"))
    assert made.fsck() == ["recall differs from its entry"]
