"""fsck names each difference, alone; it changes nothing."""

import json
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import text

import traceability as trace
from tests.traceability.making import NOW, Made
from tests.traceability.test_log import add_events
from traceability.log import add_entry


@pytest.fixture
def whole(made: Made, session: Any) -> Made:
    batch = made.issue(600).batch
    made.issue(5, establishment="hh_7", natural_person=True)
    lot = made.lot()
    made.activate(batch, 0, 99, lot)
    made.void(batch, 50, 120)
    recall = trace.open_recall(session, now=NOW, lot=made.lot("L2"), instruction="Bring it back", contact="1900")
    trace.lift_recall(session, now=NOW, recall=recall.id)
    add_events(session, 300)
    for index in (0, 0, 60, 130):
        made.scan(made.code(batch, index))
    made.publish()
    made.anchor()
    add_events(session, 3, start=300)
    made.publish()
    add_events(session, 2, start=303)
    assert made.fsck() == []
    return made


FALSIFIED = [
    ("UPDATE trace_ranges SET last = 40 WHERE first = 0", "range differs from its entries"),
    ("UPDATE trace_ranges SET first = 101, last = 700 WHERE first = 100", "range reaches outside its batch"),
    ("DELETE FROM trace_ranges WHERE first = 0", "range is stated by entries and not there"),
    (
        "UPDATE trace_ranges SET activated_at = '2020-01-01 00:00:00' WHERE first = 0",
        "range times differ from its entries",
    ),
    (
        "UPDATE trace_lots SET expires_on = '2030-01-01'",
        "lot differs from what was logged when stamps were activated on it",
    ),
    ("UPDATE trace_lots SET number = 'L9' WHERE number = 'L1'", "range lot differs from its entry"),
    ("UPDATE trace_batches SET count = 599 WHERE count = 600", "batch root differs"),
    (
        "UPDATE trace_batches SET establishment = 'or_other' WHERE count = 600",
        "batch establishment differs from the logged one",
    ),
    ("UPDATE trace_batches SET establishment = 'hh_8' WHERE count = 5", "batch establishment differs from its hash"),
    (
        "UPDATE trace_batches SET url_prefix = 'HTTPS://EVIL.EXAMPLE/S/' WHERE count = 5",
        "batch header differs from its entry",
    ),
    ("UPDATE trace_batches SET key_version = 2 WHERE count = 5", "batch check value: stamp_key_missing"),
    ("UPDATE trace_batch_tiles SET number = 1", "batch tiles differ"),
    ("DELETE FROM trace_batch_tiles", "batch tiles differ"),
    ("UPDATE trace_entries SET position = 9999 WHERE position = 200", "entry has place 9999 where 309 was due"),
    ("DELETE FROM trace_entries WHERE position = 150", "entry has place 151 where 150 was due"),
    ("UPDATE trace_entries SET kind = 'recall_opened' WHERE position = 150", "entry is not canonical"),
    ("UPDATE trace_log SET size = 9", "log has"),
    ("DELETE FROM trace_log_tiles WHERE level = 0 AND number = 0", "tile differs from the entries"),
    ("UPDATE trace_log_tiles SET number = 7 WHERE level = 0 AND number = 1", "tile differs from the entries"),
    ("UPDATE trace_checkpoints SET note = replace(note, '306', '305')", "checkpoint"),
    (
        "UPDATE trace_checkpoints SET size = 9000 WHERE size = (SELECT max(size) FROM trace_checkpoints)",
        "checkpoint is larger than the log",
    ),
    ("DELETE FROM trace_log_keys", "checkpoint signature does not hold"),
    ("UPDATE trace_recalls SET opened_at = '2020-01-01 00:00:00'", "recall differs from its entry"),
    ("UPDATE trace_recalls SET closed_because = 'completed'", "recall its end differs from its entry"),
    ("DELETE FROM trace_recalls", "entry states a recall that is not there"),
    ("UPDATE trace_anchors SET size = 2", "anchor is not on the ledger"),
    ("UPDATE trace_anchors SET receipt = '{}'", "anchor differs from what the ledger holds"),
    ("UPDATE trace_anchors SET ledger = 'evm'", "anchor its ledger is not among the settings"),
    ("UPDATE trace_stamps SET mac = mac + 1", "stamp is not one of ours"),
    ('UPDATE trace_stamps SET "index" = 600 WHERE "index" = 130', "stamp is not one of ours"),
    ("UPDATE trace_stamps SET scans = 1 WHERE scans = 2", "stamp has more details than scans"),
    ("UPDATE trace_stamps SET first_at = NULL", "stamp first scan does not fit the others"),
    ("UPDATE trace_stamps SET last_at = '2020-01-01 00:00:00'", "stamp first scan does not fit the others"),
    ("DELETE FROM trace_stamps", "scan details without a stamp's row"),
    ('DELETE FROM trace_scans WHERE "index" = 0', "scan 2 details were deleted before their time"),
    ("UPDATE trace_scans SET scanned_at = '2026-11-30 03:00:00'", "scan 4 details were deleted before their time"),
]


@pytest.mark.parametrize(("statement", "found"), FALSIFIED)
def test_each_falsified_row_is_named(whole: Made, session: Any, statement: str, found: str) -> None:
    changed = session.execute(text(statement)).rowcount
    assert changed > 0
    differences = whole.fsck()
    assert any(item.startswith(found) for item in differences), differences


def test_a_change_beside_a_range_is_named_alone(whole: Made, session: Any) -> None:
    session.execute(text("UPDATE trace_stamps SET mac = mac + 1"))
    assert set(whole.fsck()) == {"stamp is not one of ours"}


@pytest.mark.parametrize("table", ["trace_entries", "trace_log_tiles", "trace_batch_tiles"])
def test_one_changed_byte_is_named(whole: Made, session: Any, table: str) -> None:
    column = "data" if table == "trace_entries" else "hashes"
    place = "position = 299" if table == "trace_entries" else "level = 1"
    data = bytes(session.execute(text(f"SELECT {column} FROM {table} WHERE {place}")).scalar_one())
    session.execute(text(f"UPDATE {table} SET {column} = :data WHERE {place}"), {"data": data[:-5] + b"x" + data[-4:]})
    assert whole.fsck() != []


def test_an_entry_without_its_fact_is_named(whole: Made, session: Any) -> None:
    add_entry(session, now=NOW, kind="batch_issued", facts={"batch": 9})
    add_entry(session, now=NOW, kind="range_voided", facts={"batch": 1})
    assert sorted(whole.fsck()) == ["entry is not readable", "entry states a batch that is not there"]


def test_a_deleted_notary_line_is_named(whole: Made, session: Any, tmp_path: Path) -> None:
    path = tmp_path / "notary.jsonl"
    whole.anchor()
    lines = path.read_bytes().splitlines(keepends=True)
    path.write_bytes(b"".join(lines[:1]))
    assert whole.fsck(ledgers={"notary": whole.open_notary()}) == ["anchor is not on the ledger"]
    path.write_bytes(b"".join(lines[1:]))
    found = whole.fsck(ledgers={"notary": whole.open_notary()})
    assert found[0].startswith("ledger ledger_stopped")
    path.write_bytes(b"".join(lines))
    assert whole.fsck() == []


def test_another_root_key_is_named(whole: Made) -> None:
    assert "batch check value: stamp_key_differs" in whole.fsck(keys=trace.StampKeys({1: bytes(32)}))


def test_old_details_are_named(whole: Made) -> None:
    assert whole.fsck(now=NOW + timedelta(days=91)) == ["scan 4 details are older than 90 days"]


def test_what_is_deleted_in_time_is_no_difference_and_what_goes_with_it_is(whole: Made, session: Any) -> None:
    later = NOW + timedelta(hours=1)
    for index in (130, 131, 132):
        whole.scan(whole.code(1, index), now=later)
    assert trace.purge_scan_details(session, now=later + timedelta(days=90) - timedelta(minutes=1)) == 4
    assert whole.fsck(now=NOW + timedelta(days=90)) == []
    session.execute(text('DELETE FROM trace_scans WHERE "index" = 131'))
    assert whole.fsck(now=NOW + timedelta(days=90)) == ["scan 1 details were deleted before their time"]
    assert trace.purge_scan_details(session, now=NOW + timedelta(days=92)) == 2
    assert whole.fsck(now=NOW + timedelta(days=92)) == []


def test_an_erased_salt_is_no_difference(whole: Made, session: Any) -> None:
    session.execute(text("UPDATE trace_batches SET establishment_salt = NULL WHERE count = 5"))
    assert whole.fsck() == []


def test_nothing_about_a_household_leaves_the_database(whole: Made, session: Any, tmp_path: Path) -> None:
    published = b"".join(bytes(data) for (data,) in session.execute(text("SELECT data FROM trace_entries")))
    notes = "".join(note for (note,) in session.execute(text("SELECT note FROM trace_checkpoints")))
    bundle = trace.bundle(session, book=whole.book, code=trace.ScanCode(whole.code(2, 0).serial))
    everything = published + notes.encode() + bundle.encode() + (tmp_path / "notary.jsonl").read_bytes()
    for private in (b"hh_7", b"Bring it back", b"1900", b"torn roll"):
        assert private not in everything
    assert json.loads(bundle.split("header ")[1].splitlines()[0])["establishment"].startswith("sha256:")
