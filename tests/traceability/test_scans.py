"""One scan, one verdict: the precedence, who is first, and what is remembered."""

import random
from datetime import date, timedelta
from itertools import product
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import func, select, update

import traceability as trace
from tests.traceability import racing
from tests.traceability.making import GTIN, NOW, Made
from traceability import Suspicion, Verdict, errors
from traceability.models import TraceLot, TraceRange, TraceScan, TraceStamp
from traceability.serials import MAC_BITS, decode_serial, encode_serial
from traceability.verdicts import RecentScan, Standing, Thresholds, judge, pack_scan, unpack_scans

DAY = timedelta(days=1)


def ready(made: Made, count: int = 20) -> int:
    batch = made.issue(count).batch
    made.activate(batch, 0, count // 2 - 1, made.lot())
    return batch


def verdict(made: Made, batch: int, index: int, **when: Any) -> Verdict:
    return made.scan(made.code(batch, index), **when)[0].verdict


def test_first_again_and_copied(made: Made) -> None:
    batch = ready(made)
    assert verdict(made, batch, 3) is Verdict.GENUINE_FIRST_SCAN
    outcome, recorded = made.scan(made.code(batch, 3), now=NOW + timedelta(hours=1), place="80")
    assert outcome.verdict is Verdict.GENUINE_SCANNED_BEFORE
    assert (recorded.counts.first_at, recorded.counts.first_place, recorded.counts.scans) == (NOW, None, 2)
    outcome, _ = made.scan(made.code(batch, 3), now=NOW + timedelta(hours=2))
    assert (outcome.verdict, outcome.suspicion) == (Verdict.SUSPICIOUS, Suspicion.MANY_IN_A_DAY)
    assert verdict(made, batch, 3, now=NOW + 2 * DAY) is Verdict.GENUINE_SCANNED_BEFORE


def test_a_scan_before_activation_is_not_the_first(made: Made) -> None:
    batch = made.issue(20).batch
    outcome, recorded = made.scan(made.code(batch, 0))
    assert outcome.verdict is Verdict.NOT_ACTIVATED
    assert (recorded.counts.first_at, recorded.counts.scans, recorded.counts.scans_before) == (None, 0, 1)
    made.activate(batch, 0, 9, made.lot())
    later = NOW + timedelta(hours=1)
    outcome, recorded = made.scan(made.code(batch, 0), now=later, place="80")
    assert outcome.verdict is Verdict.GENUINE_FIRST_SCAN
    assert (recorded.counts.first_at, recorded.counts.first_place) == (later, "80")
    assert verdict(made, batch, 0, now=NOW + 2 * DAY) is Verdict.GENUINE_SCANNED_BEFORE


def test_three_scans_before_activation_are_suspicious(made: Made) -> None:
    batch = made.issue(20).batch
    for _ in range(3):
        made.scan(made.code(batch, 0))
    made.activate(batch, 0, 9, made.lot())
    outcome, _ = made.scan(made.code(batch, 0))
    assert (outcome.verdict, outcome.suspicion) == (Verdict.SUSPICIOUS, Suspicion.BEFORE_ACTIVATION)


def test_ten_scans_in_a_week_are_suspicious(made: Made) -> None:
    batch = ready(made)
    verdicts = [made.scan(made.code(batch, 0), now=NOW + n * timedelta(hours=13))[0] for n in range(10)]
    assert all(outcome.verdict is not Verdict.SUSPICIOUS for outcome in verdicts[:9])
    assert verdicts[9].suspicion is Suspicion.MANY_IN_A_WEEK


def test_two_places_far_apart_within_a_day(made: Made) -> None:
    batch = ready(made)
    made.scan(made.code(batch, 0), place="80")
    assert verdict(made, batch, 0, now=NOW + 2 * DAY, place="01") is Verdict.GENUINE_SCANNED_BEFORE
    outcome, _ = made.scan(made.code(batch, 0), now=NOW + 2 * DAY, place="80")
    assert outcome.suspicion is Suspicion.FAR_APART
    made.scan(made.code(batch, 1), place=None)
    assert verdict(made, batch, 1, place="80") is Verdict.GENUINE_SCANNED_BEFORE


def test_a_recall_holds_from_the_very_next_scan(made: Made, session: Any) -> None:
    batch = made.issue(20).batch
    lot = made.lot()
    made.activate(batch, 0, 9, lot)
    verdict(made, batch, 0)
    recall = trace.open_recall(session, now=NOW, lot=lot, instruction="Bring it back", contact="1900 0000")
    assert verdict(made, batch, 0) is Verdict.RECALLED
    assert verdict(made, batch, 10) is Verdict.NOT_ACTIVATED
    sight = trace.look(session, book=made.book, code=trace.ScanCode(made.code(batch, 0).serial))
    assert sight.recall == recall
    trace.lift_recall(session, now=NOW, recall=recall.id)
    assert verdict(made, batch, 0, now=NOW + 2 * DAY) is Verdict.GENUINE_SCANNED_BEFORE


def test_recalled_wins_over_all_the_rest(made: Made, session: Any) -> None:
    batch = made.issue(20).batch
    lot = made.lot(expires_on=date(2026, 11, 23))
    made.activate(batch, 0, 9, lot)
    later = NOW + 3 * DAY
    for _ in range(4):
        made.scan(made.code(batch, 0), now=later)
    assert verdict(made, batch, 0, now=later) is Verdict.EXPIRED
    made.void(batch, 0, 0)
    assert verdict(made, batch, 0, now=later) is Verdict.VOIDED
    trace.open_recall(session, now=later, lot=lot, instruction="Bring it back", contact="1900 0000")
    assert verdict(made, batch, 0, now=later) is Verdict.RECALLED
    assert verdict(made, batch, 1, now=later) is Verdict.RECALLED


@given(st.booleans(), st.integers(0, 5))
def test_the_order_of_the_list_is_the_order_of_trying(differs: bool, scans: int) -> None:
    counts = trace.StampCounts(NOW, None, scans, 0, tuple(RecentScan(NOW, None, "a") for _ in range(scans)))
    for recalled, voided, active, expired in product((True, False), repeat=4):
        standing = Standing(
            recalled=recalled,
            voided=voided,
            active=active,
            expires_on=date(2026, 11, 21 if expired else 22),
            differs=differs,
        )
        found, reason = judge(standing, counts, now=NOW, thresholds=Thresholds(), far=lambda one, other: True)
        suspicious = differs or scans >= 3
        last = Verdict.GENUINE_SCANNED_BEFORE if scans > 1 else Verdict.GENUINE_FIRST_SCAN
        holds = [recalled, voided, not active, expired, suspicious, True]
        order = [Verdict.RECALLED, Verdict.VOIDED, Verdict.NOT_ACTIVATED, Verdict.EXPIRED, Verdict.SUSPICIOUS, last]
        assert found is order[holds.index(True)]
        assert (reason is not None) == (found is Verdict.SUSPICIOUS)


def test_unknown_codes(made: Made, session: Any) -> None:
    batch = ready(made)
    serial = made.code(batch, 0).serial
    parts = decode_serial(serial)
    assert parts is not None
    outside = made.book.key(session, batch).serial(20)
    wrong = [
        serial[:-1] + ("0" if serial[-1] != "0" else "1"),
        outside,
        encode_serial(batch + 1, 0, parts.mac),
        serial.lower(),
        "ABC",
        "",
    ]
    for text in wrong:
        with pytest.raises(errors.StampUnknown):
            trace.look(session, book=made.book, code=trace.ScanCode(text))
    trace.look(session, book=made.book, code=trace.ScanCode(serial, gtin=GTIN))
    with pytest.raises(errors.StampUnknown):
        trace.look(session, book=made.book, code=trace.ScanCode(serial, gtin="00000096385074"))
    assert session.execute(select(func.count()).select_from(TraceStamp)).scalar_one() == 0


def test_random_macs_are_all_unknown(made: Made, session: Any) -> None:
    batch = ready(made)
    key = made.book.key(session, batch)
    chance = random.Random(7)
    for _ in range(100_000):
        parts = trace.decode_serial(encode_serial(batch, 3, chance.getrandbits(MAC_BITS)))
        assert parts is not None
        assert not key.accepts(parts)


def test_of_two_processes_exactly_one_is_first(database_url: str, tmp_path: Any) -> None:
    engine = racing.open_engine(database_url)
    with racing.writing(engine) as session:
        made = Made(session, tmp_path)
        batch = made.issue(200).batch
        made.activate(batch, 0, 199, made.lot())
        serials = [made.code(batch, index).serial for index in range(200)]
    one, other = racing.race(racing.scan_each, [(database_url, serials), (database_url, serials)])
    with racing.writing(engine) as session:
        counted = session.execute(select(func.sum(TraceStamp.scans))).scalar_one()
    engine.dispose()
    assert all(
        {first, second} == {"genuine_first_scan", "genuine_scanned_before"}
        for first, second in zip(one, other, strict=True)
    )
    assert counted == 400


def test_a_flood_from_one_address_counts_ten_a_minute(made: Made, session: Any) -> None:
    batch = ready(made)
    code = made.code(batch, 0)
    recorded = [made.scan(code, address="aa")[1] for _ in range(15)]
    assert [answer.counted for answer in recorded] == [True] * 10 + [False] * 5
    assert recorded[-1].counts.scans == 10
    assert made.scan(code, address="bb")[1].counts.scans == 11
    assert made.scan(code, address="aa", now=NOW + timedelta(minutes=2))[1].counted
    assert session.execute(select(func.count()).select_from(TraceScan)).scalar_one() == 12
    assert made.fsck() == []


def test_many_addresses_that_take_turns_count_no_more_than_the_row_remembers(made: Made, session: Any) -> None:
    code = made.code(ready(made), 0)
    recorded = [made.scan(code, address=f"{number % 7:x}")[1] for number in range(60)]
    assert [answer.counted for answer in recorded] == [True] * 15 + [False] * 45
    assert recorded[-1].counts.scans == 15
    assert made.scan(code, address="aa", now=NOW + timedelta(minutes=2))[1].counts.scans == 16
    assert session.execute(select(func.count()).select_from(TraceScan)).scalar_one() == 16


def test_a_flood_across_activation_takes_nobody_s_first_scan(made: Made, session: Any) -> None:
    batch = made.issue(20).batch
    code = made.code(batch, 0)
    for _ in range(10):
        made.scan(code, address="aa")
    made.activate(batch, 0, 9, made.lot())
    _, recorded = made.scan(code, address="aa")
    assert (recorded.counted, recorded.counts.first_at, recorded.counts.scans) == (False, None, 0)
    assert made.scan(code, address="bb", place="80")[1].counts.first_place == "80"


def test_without_the_write_the_reader_still_gets_a_verdict(made: Made, session: Any) -> None:
    batch = ready(made)
    sight = trace.look(session, book=made.book, code=trace.ScanCode(made.code(batch, 0).serial))
    detail = trace.ScanDetail(batch, 0, NOW, None, "ab")
    for expected in (Verdict.GENUINE_FIRST_SCAN, Verdict.GENUINE_SCANNED_BEFORE):
        counts = trace.counts_with(session, sight=sight, detail=detail)
        outcome = trace.conclude(sight, counts, now=NOW, thresholds=Thresholds(), far=lambda one, other: False)
        assert outcome.verdict is expected
        assert trace.record_scan(session, sight=sight, detail=detail).counts == counts


def test_details_go_after_90_days_and_verdicts_stay(made: Made, session: Any) -> None:
    batch = ready(made)
    made.scan(made.code(batch, 0))
    made.scan(made.code(batch, 1), now=NOW + 60 * DAY)
    later = NOW + 91 * DAY
    assert made.fsck(now=later) == ["scan 1 details are older than 90 days"]
    assert trace.purge_scan_details(session, now=later) == 1
    assert session.execute(select(func.count()).select_from(TraceScan)).scalar_one() == 1
    assert made.fsck(now=later) == []
    session.expire_all()
    assert session.get(TraceStamp, (batch, 0)).recent == ""
    _, recorded = made.scan(made.code(batch, 0), now=NOW + 2 * DAY)
    assert (recorded.counts.scans, recorded.counts.first_at) == (2, NOW)


def test_a_marked_difference_is_said_at_once(made: Made, session: Any) -> None:
    batch = ready(made)
    assert verdict(made, batch, 0) is Verdict.GENUINE_FIRST_SCAN

    session.execute(update(TraceLot).values(origin_words="elsewhere"))
    session.expire_all()
    found = trace.fsck(session, now=NOW, keys=made.keys, ledgers={})
    assert [item.area for item in found] == ["lot"]
    trace.mark_differences(session, found)
    outcome, _ = made.scan(made.code(batch, 0))
    assert (outcome.verdict, outcome.suspicion) == (Verdict.SUSPICIOUS, Suspicion.RECORD_DIFFERS)
    session.execute(update(TraceLot).values(origin_words=""))
    session.execute(update(TraceRange).values(first=1))
    session.expire_all()
    trace.mark_differences(session, trace.fsck(session, now=NOW, keys=made.keys, ledgers={}))
    outcome, _ = made.scan(made.code(batch, 2))
    assert outcome.suspicion is Suspicion.RECORD_DIFFERS
    session.execute(update(TraceRange).values(first=0))
    session.expire_all()
    trace.mark_differences(session, trace.fsck(session, now=NOW, keys=made.keys, ledgers={}))
    assert made.scan(made.code(batch, 3))[0].verdict is Verdict.GENUINE_FIRST_SCAN


@given(
    st.lists(
        st.builds(
            RecentScan,
            st.datetimes(min_value=NOW.replace(tzinfo=None, year=2000)).map(
                lambda at: at.replace(microsecond=0, tzinfo=NOW.tzinfo)
            ),
            st.none() | st.text(alphabet="ABC019_-", min_size=1, max_size=12),
            st.text(alphabet="0123456789abcdef", min_size=1, max_size=8),
        ),
        max_size=20,
    )
)
def test_a_row_remembers_at_least_sixteen_scans(scans: list[RecentScan]) -> None:
    packed = "".join(pack_scan(scan) for scan in scans)[:512]
    read = unpack_scans(packed)
    assert list(read) == scans[: len(read)]
    assert len(read) >= min(16, len(scans))


@pytest.mark.parametrize("wrong", [{"day": 1}, {"week": 17}, {"before_activation": 0}])
def test_thresholds_that_a_row_cannot_remember(wrong: dict[str, int]) -> None:
    with pytest.raises(ValueError, match="thresholds"):
        Thresholds(**wrong)


@pytest.mark.parametrize(
    ("place", "address"), [("80;x", "ab"), ("", "ab"), ("8" * 13, "ab"), (None, "xy"), (None, "a" * 9)]
)
def test_details_hold_no_more_than_they_may(place: str | None, address: str) -> None:
    with pytest.raises(ValueError, match="up to"):
        trace.ScanDetail(1, 1, NOW, place, address)
