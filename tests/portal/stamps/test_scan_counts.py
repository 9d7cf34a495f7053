"""A scan is counted once, keeps nothing finer than a network, and is answered when nothing can be written."""

import re
from typing import Any

import pytest
from sqlalchemy import func, select
from sqlalchemy.exc import OperationalError

from portal.counting.live import live_cells
from portal.counting.periods import month_of, parse_period
from portal.stamps import scan as scan_module
from tests.portal.stamps.making import Stamps
from tests.portal.stamps.test_scan_pages import as_json
from traceability.models import TraceScan, TraceStamp


def test_a_scan_is_counted_once_with_its_figure(
    client: Any, stamps: Stamps, session: Any, app: Any, clock: Any
) -> None:
    batch = stamps.issue()
    stamps.activate(batch, 0, 9)
    path = f"/s/{stamps.serial(batch, 0)}"
    client.head(path)
    client.options(path)
    assert session.scalar(select(func.count()).select_from(TraceStamp)) == 0
    client.get(path)
    client.get(path + "/proof")
    session.expire_all()
    assert session.scalar(select(TraceStamp.scans)) == 1
    detail = session.scalars(select(TraceScan)).one()
    assert re.fullmatch(r"[0-9a-f]{8}", detail.address_hash)
    assert detail.place is None
    month = parse_period(month_of(clock.now()))
    figures = app.extensions["catalogue"]
    assert sum(live_cells(session, figures.get("QR_SCAN"), month).values()) == 1
    assert sum(live_cells(session, figures.get("QR_STAMP"), month).values()) == 300
    assert sum(live_cells(session, figures.get("QR_STAMP_ACTIVE"), month).values()) == 10


def test_networks_of_addresses_and_nothing_finer(clock: Any, world: Any) -> None:
    def hashed(address: str | None) -> str:
        return scan_module.address_hash(address, now=clock.now(), keys=world.field_keys)

    assert hashed("203.0.113.9") == hashed("203.0.113.250") == hashed("::ffff:203.0.113.9") != hashed("203.0.114.9")
    assert hashed("2001:db8:1:2::3") == hashed("2001:db8:1:ffff::9") != hashed("2001:db8:2:2::3")
    odd = {hashed(text) for text in (None, "", "unix", "203.0.113", "0x7f.1", "1.2.3.4.5", "a\x00b", "fe80::1%eth0")}
    assert odd == {hashed(None)}
    assert hashed(None) not in {hashed("0.0.0.0"), hashed("203.0.113.9")}  # noqa: S104  no address is listened on


def test_a_database_that_takes_no_writes_still_gives_the_verdict(
    client: Any, stamps: Stamps, monkeypatch: pytest.MonkeyPatch
) -> None:
    batch = stamps.issue()
    stamps.activate(batch, 0, 9)
    path = f"/s/{stamps.serial(batch, 0)}"

    def full(*_args: Any, **_more: Any) -> None:
        raise OperationalError("INSERT", {}, OSError("database or disk is full"))

    monkeypatch.setattr(scan_module, "record_scan", full)
    body = as_json(client, path).get_json()
    assert (body["verdict"], body["recorded"], body["scans"]) == ("genuine_first_scan", False, 1)
    assert "chưa được đếm" in client.get(path).get_data(as_text=True)


@pytest.mark.usefixtures("one_minute")
def test_an_address_that_guesses_is_stopped_even_for_a_known_code(client: Any, stamps: Stamps) -> None:
    batch = stamps.issue()
    right = stamps.serial(batch, 0)
    answers = [client.get(f"/s/{right[:10]}{n:010d}").status_code for n in range(60)]
    assert set(answers) == {404, 429}
    assert answers.index(429) == 30
    stopped = as_json(client, f"/s/{right}")
    assert (stopped.status_code, stopped.get_json()["code"]) == (429, "too_many_unknown")
    assert int(stopped.headers["Retry-After"]) > 0
