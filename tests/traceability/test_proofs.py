"""The bundle, and `python -m traceability verify` with neither database nor web framework at hand."""

import base64
import json
import random
import re
import subprocess
import sys
from collections.abc import Callable
from hashlib import sha256
from pathlib import Path
from time import process_time
from typing import Any

import pytest

import traceability as trace
from tests.traceability.making import NOW, ORIGIN, Made
from tests.traceability.test_log import add_events
from tests.traceability.witnessing import COSIGNER
from traceability import errors
from traceability.bundles import read_bundle
from traceability.proofs import stamp_proof

PROJECT = Path(__file__).parents[2]
Change = Callable[[str], str]


def with_digest(text: str) -> str:
    title, _, body = text.split("\n", 2)
    return f"{title}\ndigest {sha256(body.encode()).hexdigest()}\n{body}"


def bundle_of(made: Made, *, index: int = 299, anchored: bool = True) -> str:
    batch = made.issue(300).batch
    add_events(made.session, 5)
    made.publish()
    if anchored:
        made.anchor()
    return trace.bundle(made.session, book=made.book, code=trace.ScanCode(made.code(batch, index).serial))


def keys_of(made: Made) -> list[trace.VerifierKey]:
    return made.log_keys.verifiers(ORIGIN)


def run(folder: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    """Run the command where importing a database or a web framework is an error."""
    stubs = folder / "stubs"
    for name in ("sqlalchemy", "flask", "psycopg", "portal", "jinja2"):
        (stubs / name).mkdir(parents=True, exist_ok=True)
        (stubs / name / "__init__.py").write_text(f"raise ImportError('{name} must not be needed')\n")
    return subprocess.run(
        [sys.executable, "-m", "traceability", "verify", *arguments],
        env={"PYTHONPATH": f"{stubs}:{PROJECT}", "PATH": "", "PYTHONIOENCODING": "utf-8"},
        cwd=folder,
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )


def test_the_command_accepts_a_bundle_and_refuses_it_with_one_character_changed(made: Made, tmp_path: Path) -> None:
    text = bundle_of(made)
    file = tmp_path / "stamp.bundle"
    file.write_text(text, encoding="utf-8")
    key = keys_of(made)[0].text()
    valid = run(tmp_path, str(file), "--log-key", key)
    assert (valid.returncode, valid.stderr) == (0, "")
    assert valid.stdout.startswith("VALID\n")
    assert "anchor not checked" in valid.stdout
    assert "nothing about the goods" in valid.stdout
    ledger = f"notary:{tmp_path / 'notary.jsonl'}"
    answer = run(tmp_path, str(file), "--log-key", key, "--ledger", ledger, "--json")
    assert answer.returncode == 0
    facts = json.loads(answer.stdout)
    assert (facts["valid"], facts["index"], facts["anchor"], facts["log"]) == (True, 299, "checked", ORIGIN)

    file.write_text(text.replace("statement HTTPS", "statement HTTPX"), encoding="utf-8")
    assert run(tmp_path, str(file), "--log-key", key).returncode == 2
    file.write_text(with_digest(text.replace("statement HTTPS", "statement HTTPX")), encoding="utf-8")
    refused = run(tmp_path, str(file), "--log-key", key, "--json")
    assert (refused.returncode, json.loads(refused.stdout)["check"]) == (1, "statement")


def test_what_the_command_cannot_read(made: Made, tmp_path: Path) -> None:
    file = tmp_path / "stamp.bundle"
    file.write_text(bundle_of(made), encoding="utf-8")
    key = keys_of(made)[0].text()
    stranger = trace.SigningKeys({1: bytes([3]) * 32}).verifiers(ORIGIN)[0].text()
    assert run(tmp_path, str(file), "--log-key", stranger).returncode == 1
    assert run(tmp_path, str(file), "--log-key", stranger, "--log-key", key).returncode == 0
    assert run(tmp_path, str(file), "--log-key", "nonsense").returncode == 2
    assert run(tmp_path, str(tmp_path / "none"), "--log-key", key).returncode == 2
    assert run(tmp_path, str(file), "--log-key", key, "--ledger", "elsewhere:x").returncode == 2
    assert run(tmp_path, str(file), "--log-key", key, "--ledger", f"notary:{tmp_path}/none").returncode == 2
    (tmp_path / "empty.jsonl").touch()
    assert run(tmp_path, str(file), "--log-key", key, "--ledger", f"notary:{tmp_path}/empty.jsonl").returncode == 1


@pytest.mark.parametrize("repaired", [False, True])
def test_a_thousand_random_changes_are_never_valid(made: Made, repaired: bool) -> None:
    content = bundle_of(made).encode()
    keys = keys_of(made)
    trace.verify_bundle(content, log_keys=keys, ledger=made.ledger)
    start = content.index(b"\nstatement") + 1 if repaired else 0
    chance = random.Random(20)
    for _ in range(1000):
        place = chance.randrange(start, len(content))
        value = (content[place] + chance.randrange(1, 256)) % 256
        changed = content[:place] + bytes([value]) + content[place + 1 :]
        if repaired:
            body = changed[start:]
            changed = b"traceability-bundle/v1\ndigest " + sha256(body).hexdigest().encode() + b"\n" + body
        with pytest.raises((errors.BundleInvalid, errors.BundleUnreadable)):
            trace.verify_bundle(changed, log_keys=keys, ledger=made.ledger)


def test_a_thousand_changes_of_a_witnessed_bundle_are_never_valid_for_who_asks_the_witness(made: Made) -> None:
    bare = bundle_of(made)
    note = bare.partition("c2sp.org/tlog-proof@v1\n")[2].split("\n\n", 1)[1]
    line = COSIGNER.cosign(note.partition("\n\n")[0] + "\n", time=5)
    content = with_digest(bare + line).encode()
    asked: dict[str, Any] = {"log_keys": keys_of(made), "witness_keys": [COSIGNER.public], "ledger": made.ledger}
    assert trace.verify_bundle(content, **asked).witnesses == (COSIGNER.public.name,)
    start, chance = content.index(b"\nstatement") + 1, random.Random(21)
    for _ in range(1000):
        place = chance.randrange(start, len(content))
        body = content[start:place] + bytes([content[place] ^ chance.randrange(1, 256)]) + content[place + 1 :]
        changed = b"traceability-bundle/v1\ndigest " + sha256(body).hexdigest().encode() + b"\n" + body
        with pytest.raises((errors.BundleInvalid, errors.BundleUnreadable)):
            trace.verify_bundle(changed, **asked)


def test_only_receipt_and_unknown_signatures_may_differ_offline(made: Made) -> None:
    text = bundle_of(made)
    keys = keys_of(made)
    stranger = "— someone.example/w " + base64.b64encode(bytes(68)).decode() + "\n"
    receipt = re.search(r'"time":"2026', text)
    assert receipt is not None
    for changed in (text + stranger, text.replace('"time":"2026', '"time":"2025')):
        trace.verify_bundle(with_digest(changed).encode(), log_keys=keys)
    later = with_digest(text.replace('"time":"2026', '"time":"2025'))
    with pytest.raises(errors.BundleInvalid):
        trace.verify_bundle(later.encode(), log_keys=keys, ledger=made.ledger)


@pytest.mark.parametrize(
    "change",
    [
        lambda text: re.sub(r"(statement .*)\n", r"\1 \n", text),
        lambda text: re.sub(r"stamp-proof 299 (\d+)", r"stamp-proof 298 \1", text),
        lambda text: text.replace('"count":300', '"count":301'),
        lambda text: text.replace('"count":300', '"count":300.0'),
        lambda text: text.replace('"batch":', '"batch": '),
        lambda text: text.replace('"type":"batch_issued"', '"type":"range_issued"'),
        lambda text: re.sub(r"\nheader .*\n", "\nheader []\n", text),
        lambda text: re.sub(r"\nheader .*\n", "\nheader " + "[" * 5000 + "\n", text),
        lambda text: text.replace("\nindex 0\n", "\nindex 1\n"),
        lambda text: text.replace(ORIGIN + "\n6\n", ORIGIN + "\n7\n"),
    ],
)
def test_a_changed_field_under_a_right_digest_is_not_valid(made: Made, change: Change) -> None:
    text = bundle_of(made)
    changed = with_digest(change(text))
    assert changed != text
    with pytest.raises(errors.BundleInvalid):
        trace.verify_bundle(changed.encode(), log_keys=keys_of(made))


@pytest.mark.parametrize(
    "change",
    [
        lambda text: text[:200],
        lambda text: "",
        lambda text: text.replace("\n", "\r\n"),
        lambda text: with_digest(text.replace("nonce ", "Nonce ")),
        lambda text: with_digest(re.sub(r"nonce .*\n", "nonce AAAA\n", text)),
        lambda text: with_digest(re.sub(r"stamp-proof 299 \d+", "stamp-proof 299 99", text)),
        lambda text: with_digest(re.sub(r"stamp-proof 299", "stamp-proof 0299", text)),
        lambda text: with_digest(re.sub(r"\nanchor .*\n", "\nanchor {}\n", text)),
        lambda text: text + "x" * 256 * 1024,
    ],
)
def test_what_is_no_bundle_is_unreadable(made: Made, change: Change) -> None:
    changed = change(bundle_of(made))
    with pytest.raises(errors.BundleUnreadable):
        trace.verify_bundle(changed.encode(), log_keys=keys_of(made))


def test_spare_bits_of_base64_cannot_be_flipped_unseen(made: Made) -> None:
    text = bundle_of(made)
    nonce = re.search(r"nonce (.*)==\n", text)
    assert nonce is not None
    last = nonce[1][-1]
    alphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/"
    flipped = alphabet[alphabet.index(last) ^ 1]
    changed = text.replace(f"{nonce[1]}==", f"{nonce[1][:-1]}{flipped}==")
    with pytest.raises(errors.BundleUnreadable):
        trace.verify_bundle(with_digest(changed).encode(), log_keys=keys_of(made))


def test_a_proof_waits_for_its_checkpoint(made: Made, session: Any) -> None:
    batch = made.issue(3).batch
    code = trace.ScanCode(made.code(batch, 0).serial)
    with pytest.raises(errors.ProofPending):
        trace.bundle(session, book=made.book, code=code)
    trace.integrate_entries(session, now=NOW)
    with pytest.raises(errors.ProofPending) as caught:
        trace.bundle(session, book=made.book, code=code)
    assert caught.value.fields["retry_after_seconds"] > 0
    made.publish()
    verified = trace.verify_bundle(trace.bundle(session, book=made.book, code=code).encode(), log_keys=keys_of(made))
    assert (verified.batch, verified.index, verified.anchor) == (batch, 0, None)
    with pytest.raises(errors.StampUnknown):
        trace.bundle(session, book=made.book, code=trace.ScanCode(code.serial[:-1] + "*"))


def test_without_an_anchor_a_ledger_cannot_vouch(made: Made) -> None:
    text = bundle_of(made, anchored=False)
    assert "\nanchor none\n" in text
    with pytest.raises(errors.BundleInvalid):
        trace.verify_bundle(text.encode(), log_keys=keys_of(made), ledger=made.ledger)


def test_the_newest_anchored_checkpoint_is_taken(made: Made, session: Any) -> None:
    bundle_of(made)
    add_events(session, 5, start=50)
    made.publish()
    code = trace.ScanCode(made.code(1, 0).serial)
    assert (
        trace.verify_bundle(trace.bundle(session, book=made.book, code=code).encode(), log_keys=keys_of(made)).size == 6
    )
    made.anchor()
    assert (
        trace.verify_bundle(trace.bundle(session, book=made.book, code=code).encode(), log_keys=keys_of(made)).size
        == 11
    )


def test_a_bundle_shows_no_other_stamp_s_nonce(made: Made, session: Any) -> None:
    text = bundle_of(made, index=7)
    hidden = read_bundle(text.encode())
    header, key = made.book.open(session, 1)
    shown = b"".join((*hidden.stamp_proof, *hidden.log_proof, text.encode()))
    assert key.nonce(7) == hidden.nonce
    for index in range(header.count):
        if index != 7:
            assert key.nonce(index) not in shown
            assert base64.b64encode(key.nonce(index)).rstrip(b"=") not in shown


def test_proofs_in_the_last_partial_tile_take_no_longer(made: Made, session: Any) -> None:
    batch = made.issue(256 * 40 + 100).batch
    header, key = made.book.open(session, batch)

    def milliseconds(index: int) -> float:
        times = []
        for _ in range(9):
            start = process_time()
            stamp_proof(session, header=header, key=key, index=index)
            times.append(process_time() - start)
        return min(times) * 1000

    start = process_time()
    for _ in range(1000):
        sha256(bytes(65)).digest()
    bare = (process_time() - start) * 1000
    # A slow machine is told from slow code by the cost of 1,000 bare hashes; 3 ms on the machine of the design.
    for index in (0, 256 * 40 - 1, 256 * 40, header.count - 1):
        assert milliseconds(index) < max(3.0, 12 * bare)
