"""The monitor: whatever the log does but grow, it says so, keeps what proves it, and is not fooled the next time."""

import json
from collections.abc import Callable, Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from tests.traceability.making import NOW, ORIGIN
from tests.traceability.misbehaving import WAYS, row_and_tile_changed, row_changed, upper_tile_changed
from tests.traceability.paper_log import KEYS, PaperLog, batch_issued, event, evidence, serving
from tests.traceability.witnessing import COSIGNER, run
from traceability import Checkpoint, NotaryLedger, SigningKeys
from traceability.canonical import canonical_json
from traceability.days import utc_text
from traceability.errors import LogMisbehaves, LogUnreachable, StateUnusable
from traceability.merkle import leaf_hash
from traceability.outside.memory import Memory
from traceability.outside.monitor import MOST_HEADS, Monitor, Watch
from traceability.outside.reader import LogReader

KEY = KEYS.verifiers(ORIGIN)[0]


@pytest.fixture
def log() -> Iterator[PaperLog]:
    with serving(PaperLog([batch_issued(), *(event(number) for number in range(699))])) as served:
        yield served


class Post:
    """One monitor with its state."""

    def __init__(self, log: PaperLog, folder: Path) -> None:
        self.log, self.folder, self.at = log, folder, NOW
        self.memory = Memory(folder / "state.json", origin=ORIGIN, role="monitor")
        self.open()

    def open(self, **changes: Any) -> Monitor:
        watch = Watch(**{"log_keys": [KEY], **changes})
        self.monitor = Monitor(LogReader(self.log.url), watch, origin=ORIGIN, memory=self.memory, clock=lambda: self.at)
        return self.monitor

    def alarm(self) -> dict[str, Any]:
        """Run a round that must raise the alarm; hold that the memory stays as it was, and give the evidence."""
        path = self.folder / "state.json"
        before = path.read_bytes() if path.exists() else b""
        with pytest.raises(LogMisbehaves) as caught:
            self.monitor.once()
        assert (path.read_bytes() if path.exists() else b"") == before
        return evidence(str(caught.value.fields["evidence"]))


@pytest.fixture
def post(log: PaperLog, tmp_path: Path) -> Post:
    made = Post(log, tmp_path)
    found = made.monitor.once()
    assert (found.head.checkpoint.size, found.entries_read, found.heads_checked) == (700, 700, 0)
    return made


def test_growth_is_in_order(post: Post, log: PaperLog) -> None:
    for size in (700, 701, 767, 768, 769, 1300):
        log.show([*log.entries, *(event(number) for number in range(len(log.entries), size))])
        found = post.monitor.once()
        assert (found.head.checkpoint.size, found.entries_read) == (size, size)
    assert found.heads_checked == 5


@pytest.mark.parametrize("size", [0, 1, 255, 256, 257, 512])
def test_logs_of_each_size_are_followed_from_the_start(tmp_path: Path, size: int) -> None:
    with serving(PaperLog([event(number) for number in range(size)])) as log:
        post = Post(log, tmp_path)
        assert post.monitor.once().head.checkpoint.size == size
        log.show([*log.entries, event(9000)])
        assert post.monitor.once().head.checkpoint.size == size + 1


def test_old_bundles_are_read_again_as_many_as_asked(post: Post, log: PaperLog) -> None:
    assert post.open(again=0).once().entries_read == 188  # the last part alone
    assert post.open(again=1).once().entries_read == 444
    assert post.open(again=9).once().entries_read == 700


@pytest.mark.parametrize(("change", "kind"), WAYS)
def test_each_way_to_misbehave_is_an_alarm(
    post: Post, log: PaperLog, change: Callable[[PaperLog], None], kind: str
) -> None:
    before = log.note
    change(log)
    found = post.alarm()
    assert found["kind"] == kind, found
    assert [head["note"] for head in found["before"]] == [before]
    assert post.alarm()["kind"] == kind  # and again, as long as it is so


def test_the_changed_row_is_named(post: Post, log: PaperLog) -> None:
    row_changed(log)
    fields = post.alarm()["fields"]
    assert (fields["position"], fields["positions"]) == (3, 1)
    assert fields["entry_hash"] == leaf_hash(event(9000)).hex()
    assert fields["tile_hash"] == log.leaves[3].hex()


def test_a_monitor_without_memory_still_sees_a_log_that_contradicts_itself(log: PaperLog, tmp_path: Path) -> None:
    for change, kind in (
        (row_changed, "entry_differs"),
        (row_and_tile_changed, "root_differs"),
        (upper_tile_changed, "tile_differs"),
    ):
        log.show([batch_issued(), *(event(number) for number in range(699))])
        change(log)
        assert Post(log, tmp_path).alarm()["kind"] == kind


def test_any_earlier_checkpoint_is_held_against_the_newest(post: Post, log: PaperLog) -> None:
    first = log.entries
    log.show([*first, event(9000)])
    post.monitor.once()
    state = json.loads((post.folder / "state.json").read_text())
    forged = KEYS.sign(Checkpoint(ORIGIN, 650, bytes(32)).text(), ORIGIN)  # another list, once shown to us
    state["heads"].insert(0, {"note": forged, "root": bytes(32).hex(), "size": 650})
    (post.folder / "state.json").write_text(json.dumps(state))
    found = post.alarm()
    assert (found["kind"], found["fields"]["before"], found["fields"]["now"]) == ("inconsistent", 650, 701)


def lot(**changes: Any) -> bytes:
    facts = {
        "batch": 1,
        "first": 0,
        "last": 99,
        "lot": "L1",
        "lot_hash": "sha256:00",
        "type": "range_activated",
        "v": 1,
    }
    return canonical_json({**facts, "activated_at": utc_text(NOW), **changes})


@pytest.mark.parametrize(
    ("entry", "kind"),
    [
        (canonical_json({"type": "note_taken", "v": 1}), "entry_unknown"),
        (canonical_json({"hash": "sha256:00", "type": "event_recorded", "v": 2}), "entry_unknown"),
        (b'{"v":1, "type":"event_recorded"}', "entry_not_canonical"),
        (b'{"type":"event_recorded","v":1.0}', "entry_not_canonical"),
        (b"[]", "entry_not_canonical"),
        (b"\xff", "entry_not_canonical"),
        (b"[" * 60_000, "entry_not_canonical"),
        (b"", "entry_not_canonical"),
        (batch_issued(1), "batch_twice"),
        (batch_issued(2, count=0), "batch_malformed"),
        (batch_issued(2, count=2**25 + 1), "batch_malformed"),
        (batch_issued(2, root="ab"), "batch_malformed"),
        (batch_issued(2, origin="other.example/log"), "batch_malformed"),
        (batch_issued(True), "batch_malformed"),
        (batch_issued(2, issued_at=utc_text(NOW - timedelta(minutes=11))), "time_backwards"),
        (batch_issued(2, issued_at=utc_text(NOW + timedelta(minutes=11))), "time_ahead"),
        (batch_issued(2, issued_at="2026-11-22"), "time_unreadable"),
        (batch_issued(2, issued_at=None), "time_unreadable"),
        (lot(last=100), "range_outside_batch"),
        (lot(batch=2), "range_outside_batch"),
        (lot(first=-1), "range_outside_batch"),
        (lot(first=5, last=4), "range_outside_batch"),
        (lot(activated_at=utc_text(NOW - timedelta(days=1))), "time_backwards"),
    ],
)
def test_what_an_entry_must_not_tell(post: Post, log: PaperLog, entry: bytes, kind: str) -> None:
    log.show([*log.entries, entry])
    found = post.alarm()
    assert (found["kind"], found["fields"]["position"]) == (kind, 700)


def test_what_entries_may_tell(post: Post, log: PaperLog) -> None:
    late = batch_issued(2, issued_at=utc_text(NOW - timedelta(minutes=9)))
    log.show([*log.entries, lot(), late, lot(batch=2, type="range_voided", voided_at=utc_text(NOW))])
    assert post.monitor.once().head.checkpoint.size == 703
    log.show([*log.entries, *(event(number) for number in range(9000, 9100))])
    post.monitor.once()
    log.show([*log.entries, batch_issued(2)])  # remembered, though its bundle is whole and done with
    assert post.alarm()["kind"] == "batch_twice"


def test_an_unreachable_log_is_no_alarm(post: Post, log: PaperLog) -> None:
    log.answers[log.file("entries", 0)] = (500, b"")
    with pytest.raises(LogUnreachable):
        post.monitor.once()
    log.answers = {"checkpoint": (404, b"")}
    with pytest.raises(LogUnreachable):
        post.monitor.once()
    assert not list(post.folder.glob("*.evidence-*"))
    log.answers = {}
    assert post.monitor.once().heads_checked == 1


def test_a_part_that_is_not_kept_any_more_is_read_from_the_whole(post: Post, log: PaperLog) -> None:
    log.show([*log.entries, *(event(number) for number in range(700, 800))])
    log.answers[log.file("entries", 3)] = (404, b"")
    log.answers[log.file(0, 3)] = (404, b"")
    log.answers["tile/entries/003"] = log.answer("tile/entries/003")
    log.answers["tile/0/003"] = (200, log.tiles[0, 3] + bytes(8192 - len(log.tiles[0, 3])))
    filler = b"".join(len(one).to_bytes(2, "big") + one for one in (event(9) for _ in range(224)))
    log.answers["tile/entries/003"] = (200, log.answers["tile/entries/003"][1] + filler)
    assert post.monitor.once().head.checkpoint.size == 800


def test_witnesses_are_told_and_missed(post: Post, log: PaperLog) -> None:
    text = log.note.partition("\n\n")[0] + "\n"
    log.show(log.entries, cosignatures=COSIGNER.cosign(text, time=int(NOW.timestamp())))
    keys = {"witness_keys": [COSIGNER.public], "witnessed_within": timedelta(hours=1)}
    assert post.open(**keys).once().witnesses == ("witness.example/w1",)
    log.show([*log.entries, event(9000)])
    post.at += timedelta(minutes=59)
    assert post.monitor.once().witnesses == ()
    post.at += timedelta(minutes=2)
    assert post.alarm()["kind"] == "not_witnessed"
    broken = COSIGNER.cosign(text, time=5)
    log.show(log.entries, cosignatures=broken)  # over another checkpoint: known, and it does not verify
    assert post.alarm()["kind"] == "signature"


def test_the_ledger_is_asked_too(post: Post, log: PaperLog, tmp_path: Path) -> None:
    path = tmp_path / "notary.jsonl"
    notary = NotaryLedger(path, keys=SigningKeys({1: bytes([9]) * 32}), clock=lambda: NOW)
    reading = NotaryLedger(path, keys=None, clock=lambda: NOW)
    with pytest.raises(LogUnreachable):
        post.open(ledger=reading).once()
    notary.anchor(
        Checkpoint(ORIGIN, 700, bytes.fromhex(json.loads((tmp_path / "state.json").read_text())["heads"][0]["root"]))
    )
    assert post.open(ledger=reading).once().anchored == 1
    log.show([*log.entries, event(9000)])
    notary.anchor(Checkpoint(ORIGIN, 701, bytes(32)))
    assert post.alarm()["kind"] == "ledger_differs"
    path.write_bytes(path.read_bytes().replace(b'"size":700', b'"size":600'))
    fresh = NotaryLedger(path, keys=None, clock=lambda: NOW)
    post.open(ledger=fresh)
    assert post.alarm()["kind"] == "ledger_broken"


def test_the_memory_stays_small_and_keeps_the_first(tmp_path: Path) -> None:
    with serving(PaperLog([event(0)])) as log:
        post = Post(log, tmp_path)
        for number in range(1, MOST_HEADS + 40):
            post.monitor.once()
            log.show([*log.entries, event(number)])
    heads = json.loads((tmp_path / "state.json").read_text())["heads"]
    sizes = [head["size"] for head in heads]
    assert len(sizes) <= MOST_HEADS
    assert (sizes[0], sizes[-1]) == (1, MOST_HEADS + 39)
    assert sizes == sorted(set(sizes))


def test_a_damaged_memory_is_not_built_on(post: Post) -> None:
    path = post.folder / "state.json"
    state = json.loads(path.read_text())
    for wrong in ({**state, "heads": [{}]}, {**state, "bundles": ["x"]}, {**state, "role": "witness"}):
        path.write_text(json.dumps(wrong))
        with pytest.raises(StateUnusable):
            post.monitor.once()


def test_the_command(log: PaperLog, tmp_path: Path) -> None:
    common = ["monitor", log.url, "--log-key", KEY.text(), "--state", "state"]
    fine = run(tmp_path, *common)
    assert (fine.returncode, fine.stderr) == (0, "")
    assert fine.stdout.startswith("IN ORDER\n")
    assert "size: 700" in fine.stdout
    row_changed(log)
    alarm = run(tmp_path, *common, "--every", "0.1", "--json")
    assert (alarm.returncode, alarm.stderr) == (1, "")
    said = json.loads(alarm.stdout)
    assert (said["in_order"], said["kind"], said["position"]) == (False, "entry_differs", 3)
    assert Path(said["evidence"]).name.endswith("-entry_differs.json")
    assert run(tmp_path, "monitor", "http://127.0.0.1:9/log", *common[2:]).returncode == 2
    assert run(tmp_path, "monitor", "ftp://127.0.0.1/log", *common[2:]).returncode == 2
    assert run(tmp_path, *common[:3], "nonsense", *common[4:]).returncode == 2
