"""Rolls of keys: stated in the log, old keys published for ever, old stamps derived as before."""

import itertools
import json
from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import delete, select

import traceability as trace
from tests.traceability.making import NOW, ORIGIN, ROOT_KEY, Made
from traceability import errors
from traceability.models import TraceEntry, TraceLogKey
from traceability.notes import open_checkpoint

FIRST, SECOND = bytes([7]) * 32, bytes([8]) * 32
SECONDS = itertools.count()


def state(made: Made, *, log: dict[int, bytes] | None = None, stamps: dict[int, bytes] | None = None) -> int:
    """Go on with these keys."""
    made.log_keys = made.log_keys if log is None else trace.SigningKeys(log)
    if stamps is not None:
        made.keys = trace.StampKeys(stamps)
        made.book = trace.BatchBook(made.keys)
    given = {"log_keys": made.log_keys, "stamp_keys": made.keys}
    due = trace.keys_rolled(made.session, **given)
    stated = trace.state_keys(made.session, now=NOW + timedelta(seconds=next(SECONDS)), **given)
    assert due or not stated
    assert not trace.keys_rolled(made.session, **given)
    return stated


def rolls(session: Any) -> list[dict[str, Any]]:
    rows = session.scalars(select(TraceEntry).where(TraceEntry.kind == "key_rotated").order_by(TraceEntry.id))
    return [json.loads(row.data) for row in rows]


def test_the_first_keys_need_no_statement(made: Made, session: Any) -> None:
    assert state(made) == 0
    made.issue(3)
    made.publish()
    assert state(made) == 0
    assert rolls(session) == []


def test_a_roll_of_the_log_s_keys(made: Made, session: Any) -> None:
    made.issue(3)
    state(made)
    made.publish()
    old = made.log_keys.verifiers(ORIGIN)
    assert state(made, log={1: FIRST, 2: SECOND}) == 1
    both = made.log_keys.verifiers(ORIGIN)
    signed = made.publish()
    assert signed is not None
    for keys in (old, both[1:], both):  # either key opens it, and both
        assert open_checkpoint(signed.note, keys).size == 2
    assert state(made) == 0
    assert state(made, log={2: SECOND}) == 1
    signed = made.publish()
    assert signed is not None
    with pytest.raises(errors.NoteInvalid):  # one taken out stops signing …
        open_checkpoint(signed.note, old)
    assert open_checkpoint(signed.note, both[1:]).size == 3
    assert set(trace.log_keys(session)) == {key.text() for key in both}  # … and stays published
    assert [roll["signs"] for roll in rolls(session)] == [[key.text() for key in both], [both[1].text()]]
    assert rolls(session)[0]["purpose"] == "log"
    assert state(made, log={1: FIRST, 2: SECOND}) == 1  # a key may come back
    assert made.fsck() == []


def test_a_key_that_another_process_brought_is_stated_by_the_signer(made: Made, session: Any) -> None:
    made.issue(3)
    state(made)
    made.log_keys = trace.SigningKeys({1: FIRST, 2: SECOND})
    made.issue(3)  # its promise is signed by the new key before the signer knows of it
    assert len(trace.log_keys(session)) == 2
    assert state(made) == 1
    assert set(session.scalars(select(TraceLogKey.signs))) == {True}


def test_a_roll_of_the_stamps_root_leaves_old_batches_whole(made: Made, session: Any) -> None:
    old = made.issue(300).batch
    state(made)
    before = made.code(old, 299)
    assert state(made, stamps={1: ROOT_KEY, 2: SECOND}) == 1
    assert [(roll["purpose"], roll["key_version"]) for roll in rolls(session)] == [("stamps", 2)]
    new = made.issue(300).batch
    made.activate(old, 0, 299, made.lot())
    made.publish()
    assert made.code(old, 299) == before
    assert made.scan(before)[0].verdict is trace.Verdict.GENUINE_FIRST_SCAN
    assert (trace.read_header(session, old).key_version, trace.read_header(session, new).key_version) == (1, 2)
    for batch in (old, new):  # each is derived again from its own root
        text = trace.bundle(session, book=made.book, code=trace.ScanCode(made.code(batch, 0).serial))
        trace.verify_bundle(text.encode(), log_keys=made.log_keys.verifiers(ORIGIN))
    assert made.fsck() == []


def test_without_the_old_root_new_stamps_go_on_and_the_old_are_named(made: Made, session: Any) -> None:
    old = made.issue(300).batch
    state(made)
    code = made.code(old, 0)
    state(made, stamps={2: SECOND})
    assert [(one.code, one.fields["version"]) for one in trace.key_problems(session, made.keys)] == [
        ("stamp_key_missing", 1)
    ]
    new = made.issue(3).batch
    assert made.code(new, 0).serial
    with pytest.raises(errors.StampKeyMissing):
        trace.look(session, book=made.book, code=trace.ScanCode(code.serial))


def test_another_root_under_the_same_version_issues_nothing(made: Made, session: Any) -> None:
    made.issue(3)
    wrong = trace.StampKeys({1: SECOND})
    with pytest.raises(errors.StampKeyDiffers):
        trace.reserve_batch(session, keys=wrong, count=5)
    assert trace.reserve_batch(session, keys=trace.StampKeys({1: ROOT_KEY, 2: SECOND}), count=5).key_version == 2


def test_a_statement_about_keys_that_is_gone_or_false_is_a_difference(made: Made, session: Any) -> None:
    made.issue(3)
    state(made)
    state(made, log={1: FIRST, 2: SECOND})
    made.publish()
    assert made.fsck() == []
    row = session.get(TraceLogKey, made.log_keys.verifiers(ORIGIN)[1].key_id.hex())
    row.signs = False
    session.flush()
    assert made.fsck() == ["key the keys that sign differ from the log's last statement"]
    row.signs = True
    row.verifier = trace.SigningKeys({1: bytes([9]) * 32}).verifiers(ORIGIN)[0].text()
    session.flush()
    assert "key is not the key of its id" in made.fsck()


def test_a_stamp_version_that_was_never_stated_is_a_difference(made: Made, session: Any) -> None:
    made.issue(3)
    state(made)
    made.keys = trace.StampKeys({1: ROOT_KEY, 2: SECOND})
    made.issue(3)  # states it itself: no stamp is older than the word on its key
    assert len(rolls(session)) == 1
    assert state(made) == 0
    assert made.fsck() == []
    session.execute(delete(TraceEntry).where(TraceEntry.kind == "key_rotated"))
    assert made.fsck() == ["key stamps have version 2, which the log never stated"]
