"""What looks after the records by itself: keys at the worker's start, everything each hour, with a case that ends."""

from dataclasses import replace
from typing import Any

import pytest
from sqlalchemy import text

from portal.cases import open_cases
from portal.stamps.due import grow_log
from portal.stamps.watching import Fsck, watch_keys
from portal.stamps.wiring import book_of
from tests.portal.stamps.making import Stamps
from tests.portal.stamps.test_cli import run
from traceability import SigningKeys, StampKeys
from traceability.models import TraceEntry

OTHER = bytes([9]) * 32


def go_on(app: Any, stamps: Stamps, **keys: Any) -> None:
    """Start again with other keys in the settings."""
    world = app.extensions["world"]
    signer = world.log_signer
    if "log" in keys:
        signer = replace(signer, keys=SigningKeys(keys["log"]))
    stamp_keys = StampKeys(keys["root"]) if "root" in keys else world.stamp_keys
    app.extensions["world"] = stamps.world = replace(world, log_signer=signer, stamp_keys=stamp_keys)
    book_of.cache_clear()


def roots(app: Any) -> dict[int, bytes]:
    return dict(app.extensions["world"].settings.versioned("STAMP_ROOT_KEY"))


def cases(session: Any, kind: str) -> list[tuple[str, str]]:
    session.expire_all()
    return [(case.subject, case.reason) for case in open_cases(session, kind=kind)]


def scan(client: Any, serial: str) -> tuple[int, str]:
    answer = client.get(f"/s/{serial}", headers={"Accept": "application/json"})
    body = answer.get_json()
    return answer.status_code, body.get("verdict") or body["code"]


def test_old_stamps_scan_on_after_a_roll_of_the_root_key(app: Any, client: Any, stamps: Stamps, session: Any) -> None:
    old = stamps.issue(30)
    stamps.activate(old, 0, 29)
    serial = stamps.serial(old, 7)
    stamps.publish()
    go_on(app, stamps, root=roots(app) | {2: OTHER})
    new = stamps.issue(30)
    stamps.publish()
    assert scan(client, serial) == (200, "genuine_first_scan")
    assert scan(client, stamps.serial(new, 0)) == (200, "not_activated")
    assert session.query(TraceEntry).filter_by(kind="key_rotated").count() == 1
    assert watch_keys(stamps.world) is False
    assert cases(session, "log.stamp_key") == []
    assert run(app, "ledger", "fsck")["count"] == 0


def test_a_missing_old_root_is_named_and_new_stamps_go_on(app: Any, client: Any, stamps: Stamps, session: Any) -> None:
    old = stamps.issue(30)
    serial = stamps.serial(old, 7)
    kept = roots(app)
    go_on(app, stamps, root={2: OTHER})
    watch_keys(stamps.world)
    assert cases(session, "log.stamp_key") == [("version 1", "stamp_key_missing")]
    assert "stamp_key:1" in client.get("/readyz").get_json()["degraded"]
    assert scan(client, serial) == (503, "stamp_key_missing")
    assert scan(client, stamps.serial(stamps.issue(5), 0)) == (200, "not_activated")
    go_on(app, stamps, root=kept | {2: OTHER})
    watch_keys(stamps.world)
    assert cases(session, "log.stamp_key") == []
    assert scan(client, serial)[0] == 200
    assert client.get("/readyz").get_json()["degraded"] == []


def test_a_wrong_root_serves_but_issues_and_scans_nothing(app: Any, client: Any, stamps: Stamps, session: Any) -> None:
    serial = stamps.serial(stamps.issue(30), 7)
    stamps.publish()
    go_on(app, stamps, root={1: OTHER})
    watch_keys(stamps.world)
    assert cases(session, "log.stamp_key") == [("version 1", "stamp_key_differs")]
    assert scan(client, serial) == (503, "stamp_key_differs")
    page = client.get(f"/s/{serial}")
    assert (page.status_code, "<h1" in page.get_data(as_text=True)) == (503, True)
    assert client.get(f"/s/{serial}/proof").status_code == 503
    failed = run(app, "stamps", "issue", "--product", stamps.goods().id, "--count", "3", code=1)
    assert failed["code"] == "stamp_key_differs"
    for path in ("/", "/log/checkpoint", "/healthz", "/readyz"):
        assert client.get(path).status_code == 200


def test_a_roll_of_the_log_s_key_is_stated_without_waiting_for_an_entry(
    app: Any, client: Any, stamps: Stamps, session: Any
) -> None:
    stamps.issue(3)
    stamps.publish()
    settings = app.extensions["world"].settings
    keys = settings.versioned("LOG_SIGNING_KEY")
    go_on(app, stamps, log=keys | {2: OTHER})
    stamps.publish()
    assert client.get("/log/checkpoint").get_data(as_text=True).count("— localhost/log ") == 2
    go_on(app, stamps, log={2: OTHER})
    stamps.publish()
    assert client.get("/log/checkpoint").get_data(as_text=True).count("— localhost/log ") == 1
    assert len(client.get("/log/key").get_data(as_text=True).splitlines()) == 2
    assert session.query(TraceEntry).filter_by(kind="key_rotated").count() == 2
    assert grow_log(stamps.world) is False
    assert run(app, "ledger", "fsck")["count"] == 0


@pytest.fixture
def hourly() -> Fsck:
    return Fsck(first_s=0)


def test_d12_a_row_changed_after_anchoring_is_found_each_hour(
    app: Any, client: Any, stamps: Stamps, session: Any, hourly: Fsck
) -> None:
    batch = stamps.issue(30)
    stamps.activate(batch, 0, 29)
    serial = stamps.serial(batch, 7)
    stamps.publish()
    assert hourly(stamps.world) is False
    assert cases(session, "log.record_differs") == []
    session.execute(text("UPDATE trace_ranges SET last = 20"))
    session.commit()
    assert hourly(stamps.world) is False  # the hour is not over
    assert cases(session, "log.record_differs") == []
    Fsck(first_s=0)(stamps.world)
    found = cases(session, "log.record_differs")
    assert [subject for subject, _ in found] == ["range"]
    assert "differs from its entries" in found[0][1]
    body = client.get(f"/s/{serial}", headers={"Accept": "application/json"}).get_json()
    assert (body["verdict"], body["reason"]) == ("suspicious", "record_differs")
    session.execute(text("UPDATE trace_ranges SET last = 29"))
    session.commit()
    Fsck(first_s=0)(stamps.world)
    assert cases(session, "log.record_differs") == []
    assert scan(client, serial) == (200, "genuine_scanned_before")
