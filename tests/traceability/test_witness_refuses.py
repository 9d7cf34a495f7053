"""The witness says nothing over a log that did anything but grow, nor over what it cannot read."""

from typing import Any

import pytest

from tests.traceability.making import ORIGIN
from tests.traceability.paper_log import KEYS, PaperLog, event, evidence
from tests.traceability.witnessing import Desk, desk, grown, log, shrunken
from traceability import Checkpoint, SigningKeys
from traceability.errors import LogMisbehaves, LogUnreachable

__all__ = ["desk", "log"]


def rewritten(log: PaperLog) -> None:
    log.show([event(9000), *log.entries[1:], event(9001)])


def two_roots(log: PaperLog) -> None:
    log.sign(root=bytes(32))


def emptied(log: PaperLog) -> None:
    log.show([])


def other_tiles(log: PaperLog) -> None:
    grown(log, 400)
    log.tiles[0, 1] = bytes(32) + log.tiles[0, 1][32:]


@pytest.mark.parametrize(
    ("change", "kind"),
    [
        (rewritten, "inconsistent"),
        (shrunken, "shrunken"),
        (two_roots, "two_roots"),
        (emptied, "shrunken"),
        (other_tiles, "inconsistent"),
    ],
)
def test_a_log_that_did_anything_but_grow_is_not_cosigned(desk: Desk, log: PaperLog, change: Any, kind: str) -> None:
    before = log.note
    change(log)
    found = desk.refused()
    assert found["kind"] == kind
    assert found["before"]["note"] == before
    if kind != "shrunken" or log.entries:
        assert found["now"]["note"] == log.note  # both signed notes: proof for anybody
    log.show([event(number) for number in range(300)])
    assert desk.witness.once().head.checkpoint.size == 300  # what it remembers was not spoilt


def test_a_checkpoint_of_nobody_or_of_another_log_is_not_cosigned(desk: Desk, log: PaperLog) -> None:
    good = log.note
    log.note = SigningKeys({1: bytes([3]) * 32}).sign(good.partition("\n\n")[0] + "\n", ORIGIN)
    assert desk.refused()["kind"] == "signature"
    log.note = KEYS.sign(Checkpoint("other.example/log", 301, bytes(32)).text(), ORIGIN)
    assert desk.refused()["kind"] == "signature"
    log.answers["checkpoint"] = (200, b"\xff")
    assert desk.refused()["kind"] == "note_unreadable"


def test_a_log_that_denies_its_own_checkpoint_is_evidence(desk: Desk, log: PaperLog) -> None:
    grown(log, 400)
    log.post_answer = lambda note: (409, b'{"code": "checkpoint_foreign"}')
    with pytest.raises(LogMisbehaves) as caught:
        desk.witness.once()
    assert caught.value.fields["kind"] == "denied"
    assert "checkpoint_foreign" in evidence(str(caught.value.fields["evidence"]))["fields"]["answer"]


@pytest.mark.parametrize("answer", [(500, b""), (302, b""), (404, b""), (200, b"x" * 65_537)])
def test_an_unreachable_log_is_no_alarm_and_is_not_cosigned(
    desk: Desk, log: PaperLog, answer: tuple[int, bytes]
) -> None:
    log.answers["checkpoint"] = answer
    with pytest.raises(LogUnreachable):
        desk.witness.once()
    assert len(log.posted) == 1
    assert not list(desk.folder.glob("*.evidence-*"))


def test_missing_tiles_stop_it(desk: Desk, log: PaperLog) -> None:
    grown(log, 600)
    log.answers[log.file(0, 1)] = (404, b"")
    assert desk.refused()["kind"] == "part_missing"
    log.answers[log.file(0, 1)] = (200, bytes(32))
    assert desk.refused()["kind"] == "tile_length"
    log.answers[log.file(0, 1)] = (503, b"")
    with pytest.raises(LogUnreachable):
        desk.witness.once()
