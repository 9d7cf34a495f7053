"""The public log and the proofs, as strangers read them."""

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from portal.cases import open_cases
from portal.db import begin
from portal.stamps.anchoring import anchor
from portal.stamps.due import grow_log, purge
from portal.stamps.readiness import late_ledgers
from tests.portal.stamps.log_reader import read_log
from tests.portal.stamps.making import Stamps
from traceability import Checkpoint, integrate_entries, open_log
from traceability.log import add_entry
from traceability.merkle import leaf_hash
from traceability.models import TraceEntry


def fetch(client: Any, path: str) -> bytes:
    answer = client.get(path)
    assert answer.status_code == 200, (path, answer.get_data(as_text=True))
    assert answer.headers["Access-Control-Allow-Origin"] == "*"
    assert "Set-Cookie" not in answer.headers
    return bytes(answer.get_data())


def verify(bundle: bytes, key: str, folder: Path, *more: str) -> "subprocess.CompletedProcess[str]":
    """Check a bundle in a process of its own, which has neither database nor portal."""
    path = folder / "bundle.txt"
    path.write_bytes(bundle)
    blocked = (
        "import sys, runpy\n"
        "for name in ('flask', 'sqlalchemy', 'portal', 'payments'): sys.modules[name] = None\n"
        "runpy.run_module('traceability', run_name='__main__')\n"
    )
    command = [sys.executable, "-c", blocked, "verify", str(path), "--log-key", key, "--json", *more]
    return subprocess.run(command, capture_output=True, text=True, timeout=60)


def test_an_independent_reader_follows_the_log(client: Any, stamps: Stamps) -> None:
    first = stamps.issue(300)
    stamps.publish()
    assert len(read_log(lambda path: fetch(client, path))) == 1
    stamps.activate(first, 0, 99)
    stamps.void(first, 50, 59)
    stamps.publish()
    entries = [json.loads(entry) for entry in read_log(lambda path: fetch(client, path))]
    assert [entry["type"] for entry in entries] == ["batch_issued", "range_activated", "range_voided"]
    assert "Hạnh" not in json.dumps(entries, ensure_ascii=False)
    assert stamps.acting.organisation_id not in json.dumps(entries)


@pytest.mark.parametrize("size", [1, 255, 256, 257])
def test_the_reader_follows_whole_and_partial_tiles(client: Any, stamps: Stamps, session: Any, size: int) -> None:
    stamps.issue(10)
    with begin() as rows:
        for number in range(size - 1):
            add_entry(rows, now=stamps.world.clock.now(), kind="event_recorded", facts={"hash": f"{number:064x}"})
    stamps.publish()
    assert len(read_log(lambda path: fetch(client, path))) == size


def test_the_reader_follows_70_000_entries(client: Any, stamps: Stamps, session: Any) -> None:
    entries = [f'{{"hash":"{number}","type":"event_recorded","v":1}}'.encode() for number in range(70_000)]
    now = stamps.world.clock.now()
    with begin() as rows:
        open_log(rows, now=now, origin=stamps.world.log_signer.origin)
        rows.execute(
            TraceEntry.__table__.insert(),
            [
                {"kind": "event_recorded", "data": data, "leaf_hash": leaf_hash(data), "recorded_at": now}
                for data in entries
            ],
        )
    left = 1
    while left:
        with begin() as rows:
            left = integrate_entries(rows, now=now, most=25_000)
            rows.expunge_all()
    stamps.publish()
    assert read_log(lambda path: fetch(client, path)) == entries


def test_both_names_of_entries_give_the_same_bytes(client: Any, stamps: Stamps) -> None:
    stamps.issue(10)
    stamps.publish()
    assert fetch(client, "/log/entries/000.p/1") == fetch(client, "/log/tile/entries/000.p/1")


@pytest.mark.parametrize(
    "path",
    [
        "/log/tile/0/001", "/log/tile/0/000.p/0", "/log/tile/0/000.p/256", "/log/tile/0/000.p/2", "/log/tile/0/000",
        "/log/tile/64/000", "/log/tile/00/000", "/log/tile/0/007", "/log/tile/0/7", "/log/tile/0/x000/007",
        "/log/entries/001", "/log/entries/000.p/2", "/log/tile/entries/000.p/0", "/log/tile/-1/000",
    ],
)  # fmt: skip
def test_what_the_log_does_not_hold_is_404(client: Any, stamps: Stamps, path: str) -> None:
    stamps.issue(10)
    stamps.publish()
    answer = client.get(path)
    assert (answer.status_code, answer.get_json()["code"]) == (404, "tile_absent")


def test_an_empty_log_says_so(client: Any) -> None:
    answer = client.get("/log/checkpoint")
    assert (answer.status_code, answer.get_json()["code"]) == (404, "log_empty")
    assert answer.headers["Retry-After"] == "5"
    assert client.get("/log/key").get_data(as_text=True).startswith("localhost/log+")


def test_caches_may_keep_tiles_but_not_the_checkpoint(client: Any, stamps: Stamps) -> None:
    stamps.issue(10)
    stamps.publish()
    assert "immutable" in client.get("/log/tile/0/000.p/1").headers["Cache-Control"]
    assert client.get("/log/checkpoint").headers["Cache-Control"] == "public, max-age=2"


def test_the_proof_convinces_without_us_and_one_changed_character_does_not(
    client: Any, stamps: Stamps, tmp_path: Path
) -> None:
    batch = stamps.issue(300)
    serial = stamps.serial(batch, 299)
    pending = client.get(f"/s/{serial}/proof", headers={"Accept": "application/json"})
    assert (pending.status_code, pending.get_json()["code"]) == (404, "proof_pending")
    assert pending.headers["Retry-After"] == "5"
    stamps.publish()
    answer = client.get(f"/s/{serial}/proof")
    assert answer.headers["Content-Type"] == "text/plain; charset=utf-8"
    assert answer.headers["Content-Disposition"] == f'attachment; filename="{serial}.txt"'
    bundle = bytes(answer.get_data())
    key = client.get("/log/key").get_data(as_text=True).strip()
    good = verify(bundle, key, tmp_path, "--ledger", f"notary:{tmp_path / 'notary.jsonl'}")
    assert good.returncode == 0, good.stdout + good.stderr
    assert json.loads(good.stdout)["anchor"] == "checked"
    place = bundle.index(serial.encode()) + 19
    other = b"0" if bundle[place : place + 1] != b"0" else b"1"
    assert verify(bundle[:place] + other + bundle[place + 1 :], key, tmp_path).returncode in (1, 2)
    unknown = client.get(f"/s/{serial[:-1] + other.decode()}/proof", headers={"Accept": "application/json"})
    assert (unknown.status_code, unknown.get_json()["verdict"]) == (404, "unknown")


def test_the_page_says_how_far_the_proof_is(client: Any, stamps: Stamps) -> None:
    batch = stamps.issue(10)
    stamps.activate(batch, 0, 9)
    assert "Đang vào nhật ký" in client.get(f"/s/{stamps.serial(batch, 0)}").get_data(as_text=True)
    while grow_log(stamps.world):
        pass
    assert "Đã vào nhật ký, đang chờ sổ cái" in client.get(f"/s/{stamps.serial(batch, 1)}").get_data(as_text=True)
    while anchor(stamps.world):
        pass
    page = client.get(f"/s/{stamps.serial(batch, 2)}").get_data(as_text=True)
    assert "Đã vào nhật ký và sổ cái" in page
    assert "không phải bằng chứng độc lập" in page
    assert "python -m traceability verify" in page


def test_a_log_behind_its_own_head_does_not_sign(stamps: Stamps, session: Any) -> None:
    stamps.issue(10)
    signer = stamps.world.log_signer
    signer.head.write(Checkpoint(signer.origin, 7, bytes(32)))
    assert grow_log(stamps.world) is False
    session.expire_all()
    assert [case.kind for case in open_cases(session)] == ["log.refused_to_sign"]
    assert session.query(TraceEntry).count() == 1


def test_a_ledger_that_is_late_is_named_and_the_portal_goes_on(
    client: Any, stamps: Stamps, session: Any, clock: Any
) -> None:
    def ready() -> tuple[int, Any]:
        answer = client.get("/readyz")
        assert answer.get_json()["degraded"] == late_ledgers(session, now=clock.now(), ledgers=("notary",))
        return answer.status_code, answer.get_json()["degraded"]

    stamps.issue(10)
    while grow_log(stamps.world):
        pass
    clock.move(minutes=10)
    assert ready() == (200, [])
    clock.move(seconds=1)
    assert ready() == (200, ["ledger:notary"])
    while anchor(stamps.world):
        pass
    session.expire_all()
    assert ready() == (200, [])


def test_details_of_scans_go_after_ninety_days(client: Any, stamps: Stamps, session: Any, clock: Any) -> None:
    batch = stamps.issue(10)
    stamps.activate(batch, 0, 9)
    client.get(f"/s/{stamps.serial(batch, 0)}")
    clock.move(days=89)
    assert purge(stamps.world) is False
    clock.move(days=2)
    assert purge(stamps.world) is True
    body = client.get(f"/s/{stamps.serial(batch, 0)}", headers={"Accept": "application/json"}).get_json()
    assert body["verdict"] == "genuine_scanned_before"
