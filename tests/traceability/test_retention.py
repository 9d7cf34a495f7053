"""Trace data stays 12 months after expiry, 60 months where there is none; then its words go and the log still holds."""

from datetime import date, datetime, timedelta
from typing import Any

import pytest
from sqlalchemy import text

import traceability as trace
from tests.traceability.making import NOW, Made
from traceability import errors

DAY = timedelta(days=1)


@pytest.mark.parametrize(
    ("facts", "until"),
    [
        ({"expires_on": date(2026, 12, 31)}, date(2027, 12, 31)),
        ({"expires_on": date(2028, 2, 29)}, date(2029, 2, 28)),
        ({"expires_on": None, "produced_on": date(2026, 11, 1)}, date(2031, 11, 22)),
        ({"expires_on": None, "packed_on": date(2026, 12, 31)}, date(2031, 12, 31)),
    ],
)
def test_nothing_is_erased_before_its_time(made: Made, session: Any, facts: dict[str, Any], until: date) -> None:
    lot = made.lot(origin_words="vườn ông Bảy", **facts)
    last = datetime.combine(until, datetime.min.time(), NOW.tzinfo)
    assert trace.kept_until(trace.get_lot(session, lot)) == until
    for early in (NOW, last):
        with pytest.raises(errors.KeptLonger):
            trace.erase_lot(session, now=early, lot=lot)
    row = trace.erase_lot(session, now=last + DAY, lot=lot)
    assert (row.origin_words, row.salt, row.erased_at) == ("", b"", last + DAY)


def test_what_the_log_states_still_holds(made: Made, session: Any) -> None:
    batch = made.issue(20).batch
    lot = made.lot(origin_words="vườn ông Bảy", expires_on=date(2026, 12, 31))
    made.activate(batch, 0, 9, lot)
    trace.open_recall(session, now=NOW, lot=lot, instruction="Bring it back", contact="1900")
    assert made.fsck() == []
    later = NOW + 800 * DAY
    trace.erase_lot(session, now=later, lot=lot)
    assert made.fsck() == []
    session.execute(text("UPDATE trace_lots SET erased_at = '2027-01-01 00:00:00+00:00'"))
    assert made.fsck() == ["lot was erased before its time"]
