"""The PIN beside the verdict, without JavaScript: answered, limited, remembered; in no address, log or table."""

import io
from typing import Any

import pytest
from sqlalchemy import select, text
from sqlalchemy.exc import OperationalError

from portal.stamps import scan as scan_module
from portal.stamps.models import StampOrder
from portal.stamps.wiring import book_of
from portal.tables import all_metadata
from tests.portal.onboarding.walking import soup, submit
from tests.portal.stamps.making import Stamps
from traceability.models import TraceStamp

JSON = {"Accept": "application/json"}


@pytest.fixture
def batch(stamps: Stamps) -> int:
    number = stamps.issue(20, pin=True)
    stamps.activate(number, 0, 9)
    return number


def pin_of(stamps: Stamps, session: Any, batch: int, index: int) -> str:
    return str(book_of(stamps.world.stamp_keys).key(session, batch).pin(index))


def test_a_shopper_types_the_pin_on_the_scan_page(
    client: Any, stamps: Stamps, batch: int, session: Any, clock: Any
) -> None:
    path, pin = f"/s/{stamps.serial(batch, 0)}", pin_of(stamps, session, batch, 0)
    page = soup(client.get(path))
    form = page.find("main").find("form")
    assert (form["method"], form["action"]) == ("post", f"{path}/pin")
    assert page.find("script") is None
    first = client.post(form["action"], data={"pin": pin})
    assert first.status_code == 200
    assert soup(first).find(role="status").get_text() == "Mã PIN đúng. Trước đây chưa ai nhập mã này."
    assert soup(first).h1.get_text().startswith("Mã tem này là mã thật.")
    assert len(first.get_data()) < 30_000
    assert first.headers["Cache-Control"] == "no-store"
    assert "Set-Cookie" not in first.headers
    clock.move(minutes=5)
    again = soup(client.post(form["action"], data={"pin": pin}))
    assert "lần đầu lúc 22/11/2026 10:00" in again.find(role="status").get_text()
    clock.move(days=100)
    later = soup(client.get(path)).find(role="status").get_text()
    assert later == "Mã PIN của tem này được nhập lần đầu lúc 22/11/2026 10:00."
    assert client.get(f"{path}/pin").headers["Location"] == path


def test_machines_get_four_answers_and_none_is_a_scan(client: Any, stamps: Stamps, batch: int, session: Any) -> None:
    serial, pin = stamps.serial(batch, 1), pin_of(stamps, session, batch, 1)
    address = f"/S/{serial}/pin"
    wrong = client.post(address, json={"pin": "x"}, headers=JSON)
    assert (wrong.status_code, wrong.get_json()["pin"]) == (200, {"answer": "wrong", "first_revealed_at": None})
    right = client.post(address, data={"pin": pin}, headers=JSON).get_json()
    assert right["pin"] == {"answer": "first", "first_revealed_at": "2026-11-22T03:00:00+00:00"}
    assert (right["verdict"], right["scans"]) == ("genuine_first_scan", 0)
    assert client.post(address, data={"pin": pin}, headers=JSON).get_json()["pin"]["answer"] == "revealed_before"
    for _ in range(2):
        client.post(address, data={"pin": "000000"}, headers=JSON)
    locked = client.post(address, data={"pin": pin}, headers=JSON)
    assert (locked.status_code, locked.get_json()["code"]) == (429, "locked")
    assert 0 < int(locked.headers["Retry-After"]) <= 3600
    page = client.post(address, data={"pin": pin})
    assert page.status_code == 429
    assert "quá nhiều lần" in soup(page).find(role="status").get_text()
    assert int(page.headers["Retry-After"]) > 0
    assert session.scalar(select(TraceStamp.scans)) is None
    assert client.get(f"/s/{serial}", headers=JSON).get_json()["pin"] == {
        "first_revealed_at": "2026-11-22T03:00:00+00:00"
    }


def test_without_pins_unknown_and_from_elsewhere(client: Any, stamps: Stamps, batch: int, session: Any) -> None:
    plain = stamps.issue(5)
    absent = client.post(f"/s/{stamps.serial(plain, 0)}/pin", data={"pin": "1"}, headers=JSON)
    assert (absent.status_code, absent.get_json()["code"]) == (404, "pin_absent")
    assert "pin" not in client.get(f"/s/{stamps.serial(plain, 0)}", headers=JSON).get_json()
    serial = stamps.serial(batch, 0)
    wrong = serial[:-1] + ("0" if serial[-1] != "0" else "1")
    unknown = client.post(f"/s/{wrong}/pin", data={"pin": "1"}, headers=JSON)
    assert (unknown.status_code, unknown.get_json()["verdict"]) == (404, "unknown")
    assert client.post("/s/ABC/pin", data={"pin": "1"}, headers=JSON).status_code == 400
    for headers in ({"Origin": "https://elsewhere.example"}, {"Sec-Fetch-Site": "cross-site", "Origin": "null"}):
        assert client.post(f"/s/{serial}/pin", data={"pin": "1"}, headers=headers).status_code == 403
    assert client.post(f"/s/{serial}/pin", data={}, headers=JSON).get_json()["pin"]["answer"] == "wrong"


def test_no_database_no_answer(
    client: Any, stamps: Stamps, batch: int, session: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    def down(*_args: Any, **_more: Any) -> None:
        raise OperationalError("INSERT", {}, OSError("gone"))

    monkeypatch.setattr(scan_module, "try_pin", down)
    answer = client.post(
        f"/s/{stamps.serial(batch, 0)}/pin", data={"pin": pin_of(stamps, session, batch, 0)}, headers=JSON
    )
    assert answer.status_code == 503


def test_the_pin_is_in_no_table_and_no_log_line(
    client: Any, stamps: Stamps, batch: int, session: Any, app: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    lines = io.StringIO()
    monkeypatch.setattr(app.extensions["log"]._logger, "_write", lines.write)
    pin = pin_of(stamps, session, batch, 0)
    client.post(f"/s/{stamps.serial(batch, 0)}/pin", data={"pin": pin})
    assert "/s/<typed>/pin" in lines.getvalue()
    assert pin not in lines.getvalue()
    for metadata in all_metadata():
        for table in metadata.sorted_tables:
            for row in session.execute(text(f'SELECT * FROM "{table.name}"')):
                assert pin not in [str(value) for value in row], table.name


def test_the_order_form_asks_and_the_sheets_have_it(seller: Any, stamps: Stamps, session: Any) -> None:
    check = submit(seller, f"/my/stamps/order/{stamps.goods().id}", {"count": "40", "pin": "y"})
    page = soup(seller.get(check.headers["Location"]))
    assert "Mã PIN dưới lớp cào Có" in page.find("main").get_text(" ", strip=True)
    submit(seller, check.headers["Location"], {})
    order = session.scalars(select(StampOrder)).one()
    assert order.pin
    stamps.activate(order.batch, 0, 9)
    assert soup(seller.get(f"/s/{stamps.serial(order.batch, 0)}")).find("input", id="pin") is not None
    pdf = submit(seller, f"/my/stamps/{order.batch}/print", {"first": "0", "last": "9", "sheet": "a4-24"})
    assert pdf.mimetype == "application/pdf"
