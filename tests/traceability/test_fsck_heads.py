"""fsck over the published heads, and each provocation of the specification found alone."""

from typing import Any

import pytest
from sqlalchemy import text

import traceability as trace
from tests.traceability.making import NOW, ORIGIN, Made
from tests.traceability.test_fsck import whole
from tests.traceability.test_log import add_events
from tests.traceability.witnessing import COSIGNER
from traceability.models import TraceCheckpoint, TraceLogTile
from traceability.notes import Checkpoint

__all__ = ["whole"]


def heads(session: Any) -> list[TraceCheckpoint]:
    return list(session.query(TraceCheckpoint).order_by(TraceCheckpoint.size))


ALONE = [
    (
        "UPDATE trace_ranges SET last = 40 WHERE first = 0",  # a changed range
        {"range differs from its entries", "range is stated by entries and not there"},
    ),
    ("UPDATE trace_stamps SET mac = mac + 1", {"stamp is not one of ours"}),  # a scan row with a bad MAC
    ("UPDATE trace_lots SET origin_words = 'elsewhere' WHERE number = 'L1'", {
        "lot differs from what was logged when stamps were activated on it",
    }),
    ("UPDATE trace_anchors SET receipt = '{}'", {"anchor differs from what the ledger holds"}),
    ("UPDATE trace_recalls SET closed_because = 'completed'", {"recall its end differs from its entry"}),
    ("UPDATE trace_batches SET key_version = 2 WHERE count = 5", {
        "batch header differs from its entry", "batch check value: stamp_key_missing",
        "key stamps have version 2, which the log never stated",
    }),
]  # fmt: skip


@pytest.mark.parametrize(("statement", "found"), ALONE)
def test_each_provocation_is_found_alone(whole: Made, session: Any, statement: str, found: set[str]) -> None:
    assert session.execute(text(statement)).rowcount > 0
    assert set(whole.fsck()) == found


@pytest.mark.parametrize("level", [0, 1])
def test_a_swapped_tile_is_found_and_named(whole: Made, session: Any, level: int) -> None:
    add_events(session, 1300, start=1000)
    whole.publish()
    assert whole.fsck() == []
    rows = [session.get(TraceLogTile, (level, 0)), session.get(TraceLogTile, (level, 1) if level == 0 else (0, 2))]
    rows[0].hashes, rows[1].hashes = rows[1].hashes[: len(rows[0].hashes)], rows[0].hashes
    session.flush()
    found = whole.fsck()
    assert found.count("tile differs from the entries") == 2
    assert {one for one in found if not one.startswith("checkpoint does not extend")} == {
        "tile differs from the entries"
    }


def test_tiles_that_prove_nothing_any_more_are_found(whole: Made, session: Any) -> None:
    first = heads(session)[0].size
    row = session.get(TraceLogTile, (0, 1))
    row.hashes = row.hashes[:-32] + bytes(32)  # the partial tile's last hash, in no level above
    session.flush()
    assert set(whole.fsck()) == {"tile differs from the entries", f"checkpoint does not extend that of {first}"}


def test_two_histories_among_our_own_checkpoints(whole: Made, session: Any) -> None:
    first, last = heads(session)
    forged = Checkpoint(ORIGIN, first.size, bytes(32))
    first.root, first.note = forged.root, whole.log_keys.sign(forged.text(), ORIGIN)
    session.flush()
    assert set(whole.fsck()) == {
        "checkpoint root differs from the entries",
        f"checkpoint does not extend that of {first.size}",
        "anchor differs from the checkpoint of its size",
    }
    assert last.size > first.size


def test_every_published_root_is_computed_again(whole: Made, session: Any) -> None:
    for number in range(12):
        add_events(session, 40, start=3000 + 40 * number)
        whole.publish()
    for row in heads(session):
        kept, row.root = row.root, bytes(32)
        session.flush()
        assert any(one.startswith("checkpoint root differs") for one in whole.fsck()), row.size
        row.root = kept
        session.flush()
    assert whole.fsck() == []


def test_a_head_that_was_signed_and_forgotten_is_found(whole: Made, session: Any) -> None:
    head = whole.head.read()
    assert whole.fsck(head=head) == []
    session.delete(heads(session)[-1])
    session.flush()
    assert whole.fsck(head=head) == ["checkpoint was signed and is not here"]
    assert whole.fsck(head=Checkpoint(ORIGIN, 1, bytes(32)))[0] == "checkpoint was signed and is not here"


def test_a_ledger_that_is_not_asked_now_is_no_difference(whole: Made) -> None:
    assert whole.fsck(ledgers={"notary": None}) == []
    assert whole.fsck(ledgers={}) == ["anchor its ledger is not among the settings"]


def test_a_changed_cosignature_is_found(whole: Made, session: Any) -> None:
    note = heads(session)[-1].note.partition("\n\n")[0] + "\n"
    said = f"{note}\n{COSIGNER.cosign(note, time=int(NOW.timestamp()))}"
    trace.keep_cosignatures(session, now=NOW, note=said, witnesses=[COSIGNER.public])
    assert whole.fsck(witnesses=[COSIGNER.public]) == []
    session.execute(text("UPDATE trace_cosignatures SET line = replace(line, '=', 'A')"))
    assert whole.fsck(witnesses=[COSIGNER.public]) == ["cosignature does not hold"]
    assert whole.fsck() == []  # of a witness that is listed no more nothing is served
