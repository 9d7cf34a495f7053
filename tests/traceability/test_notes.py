"""Signed notes, canonical JSON and the promise: what is accepted, and what never."""

import base64
import json
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from traceability.canonical import canonical_json
from traceability.checkpoints import HeadFile, open_promise, sign_promise
from traceability.errors import EntryNotCanonical, NoteInvalid
from traceability.notes import Checkpoint, SigningKeys, VerifierKey, open_checkpoint, parse_checkpoint

ORIGIN = "stamps.example/log"
CHECKPOINT = Checkpoint(ORIGIN, 7, bytes(range(32)))
OLD = SigningKeys({1: bytes([1]) * 32})
BOTH = SigningKeys({2: bytes([2]) * 32, 1: bytes([1]) * 32})
NEW = SigningKeys({2: bytes([2]) * 32})
NOTE = BOTH.sign(CHECKPOINT.text(), ORIGIN)
STRANGER = "— someone.example/witness " + base64.b64encode(bytes(76)).decode() + "\n"


def test_a_published_vector_of_a_verifier_key() -> None:
    # The example of the signed-note documentation of Go's golang.org/x/mod/sumdb/note.
    text = "PeterNeumann+c74f20a3+ARpc2QcUPDhMQegwxbzhKqiBfsVkmqq/LDE4izWy10TW"
    key = VerifierKey.parse(text)
    assert key.text() == text
    message = b"If you think cryptography is the answer to your problem,\nthen you don't know what your problem is.\n"
    line = "x08go/ZJkuBS9UG/SffcvIAQxVBtiFupLLr8pAcElZInNIuGUgYN1FFYC2pZSNXgKvqfqdngotpRZb6KE6RyyBwJnAM="
    assert key.accepts(message, base64.b64decode(line)[4:])


def test_the_form_of_a_checkpoint() -> None:
    text = f"{ORIGIN}\n7\n{base64.b64encode(bytes(range(32))).decode()}\n"
    assert CHECKPOINT.text() == text
    assert NOTE.startswith(text + "\n— " + ORIGIN + " ")
    assert NOTE.count("\n") == 6


def test_during_a_key_roll_either_key_verifies() -> None:
    for keys in (OLD.verifiers(ORIGIN), NEW.verifiers(ORIGIN), BOTH.verifiers(ORIGIN)):
        assert open_checkpoint(NOTE, keys) == CHECKPOINT
        assert open_checkpoint(NOTE + STRANGER, keys) == CHECKPOINT


def test_a_failing_signature_of_a_known_key_refuses_the_whole_note() -> None:
    first, second = NOTE.splitlines()[-2:]
    broken = NOTE.replace(second, second[:-4] + ("AAA=" if not second.endswith("AAA=") else "BBB="))
    assert open_checkpoint(broken, OLD.verifiers(ORIGIN)) == CHECKPOINT
    with pytest.raises(NoteInvalid):
        open_checkpoint(broken, BOTH.verifiers(ORIGIN))
    assert first != second


@pytest.mark.parametrize(
    "change",
    [
        lambda note: note[:-1],
        lambda note: note.replace("\n\n", "\n"),
        lambda note: note.replace("—", "-"),
        lambda note: note.replace("\n7\n", "\n07\n"),
        lambda note: note.replace("\n7\n", "\n8\n"),
        lambda note: note.replace("\n7\n", "\n7\r\n"),
        lambda note: note.replace("\n7\n", "\n7\nextension\n"),
        lambda note: note[:0],
        lambda note: note + STRANGER * 70,
    ],
)
def test_notes_that_are_refused(change: Callable[[str], str]) -> None:
    with pytest.raises(NoteInvalid):
        open_checkpoint(change(NOTE), BOTH.verifiers(ORIGIN))


def test_sixteen_signatures_are_read() -> None:
    assert open_checkpoint(NOTE + STRANGER * 16, NEW.verifiers(ORIGIN)) == CHECKPOINT


def test_another_log_s_key_signs_nothing_here() -> None:
    note = OLD.sign(CHECKPOINT.text(), "other.example/log")
    with pytest.raises(NoteInvalid):
        open_checkpoint(note, OLD.verifiers("other.example/log"))
    with pytest.raises(NoteInvalid):
        open_checkpoint(NOTE, SigningKeys({1: bytes([3]) * 32}).verifiers(ORIGIN))


@pytest.mark.parametrize(
    "text", ["", "a\n1\n", "a\n1\nAAAA\n", "a\n01\n" + "A" * 43 + "=\n", "\n1\n" + "A" * 43 + "=\n"]
)
def test_texts_that_are_no_checkpoint(text: str) -> None:
    with pytest.raises(NoteInvalid):
        parse_checkpoint(text)


def test_a_promise_is_read_and_is_no_checkpoint() -> None:
    now = datetime(2026, 1, 23, 4, 5, 6, tzinfo=UTC)
    promise = sign_promise(now=now, keys=BOTH, origin=ORIGIN, leaf_hash=bytes(32))
    opened = open_promise(promise, OLD.verifiers(ORIGIN))
    assert (opened.origin, opened.leaf_hash, opened.promised_at) == (ORIGIN, bytes(32), now)
    with pytest.raises(NoteInvalid):
        open_checkpoint(promise, OLD.verifiers(ORIGIN))
    with pytest.raises(NoteInvalid):
        open_promise(NOTE, OLD.verifiers(ORIGIN))


def test_the_head_file_keeps_the_last_one(tmp_path: Path) -> None:
    path = tmp_path / "below" / "head"
    assert HeadFile(path).read() is None
    HeadFile(path).write(CHECKPOINT)
    assert HeadFile(path).read() == CHECKPOINT
    path.write_bytes(b"\xff")
    with pytest.raises(NoteInvalid):
        HeadFile(path).read()


JSON = st.recursive(
    st.none() | st.booleans() | st.integers(-(2**53) + 1, 2**53 - 1) | st.text(alphabet=st.characters(codec="utf-8")),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(alphabet=st.characters(codec="utf-8")), inner),
    max_leaves=12,
)


@given(JSON)
def test_canonical_json_reads_back_and_is_stable(value: object) -> None:
    written = canonical_json(value)  # type: ignore[arg-type]
    assert json.loads(written) == value
    assert canonical_json(json.loads(written)) == written


def test_the_order_of_keys_is_by_utf16_units() -> None:
    # RFC 8785 §3.2.3: U+1F600 is written with surrogates, which sort before U+FB33.
    assert canonical_json({"\ufb33": 1, "\U0001f600": 2, "ö": 3, "1": 4, "\r": 5}) == (
        '{"\\r":5,"1":4,"ö":3,"\U0001f600":2,"\ufb33":1}'.encode()
    )


@pytest.mark.parametrize("value", [1.0, 2**53, {1: 2}, {"a": {"b": 0.5}}, b"x", "\ud800", object()])
def test_what_has_no_canonical_form(value: object) -> None:
    with pytest.raises(EntryNotCanonical):
        canonical_json(value)  # type: ignore[arg-type]
