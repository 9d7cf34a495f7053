"""The pages: a seller warns buyers in three taps, an officer finds goods by what they carry; nobody reaches others'."""

import io
from typing import Any

import pytest
import python_calamine
from sqlalchemy import select

from portal.recalls.models import RecallFile
from portal.stamps.models import VoidRequest
from tests.portal.onboarding.conftest import commune_named
from tests.portal.onboarding.test_shop_pages import officer_client
from tests.portal.onboarding.walking import soup, submit
from tests.portal.stamps.making import Stamps
from traceability.models import TraceRecall

SAID = {"instruction": "Trả lại nơi bán", "contact": "0900 000 000", "found_at": "2026-11-22T08:00"}


def words(answer: Any) -> str:
    return " ".join(soup(answer).find("main").get_text(" ").split())


def verdict(client: Any, stamps: Stamps, batch: int, index: int) -> Any:
    return client.get(f"/s/{stamps.serial(batch, index)}", headers={"Accept": "application/json"}).get_json()


def test_a_seller_warns_buyers_and_closes(seller: Any, stamps: Stamps, session: Any) -> None:
    batch = stamps.issue()
    lot_id = stamps.activate(batch, 0, 99)
    assert verdict(seller, stamps, batch, 0)["verdict"] == "genuine_first_scan"
    assert "/my/recalls" in {one.get("href") for one in soup(seller.get("/my")).find("main").find_all("a")}
    chosen = soup(seller.get("/my/recalls/new")).find("a", href=f"/my/recalls/lot/{lot_id}")
    assert "L2026-114" in chosen.get_text()
    done = submit(seller, chosen["href"], SAID)
    page = seller.get(done.headers["Location"])
    assert "Thu hồi" in soup(page).h1.get_text()
    said = verdict(seller, stamps, batch, 0)
    assert (said["verdict"], said["recall"]["contact"]) == ("recalled", "0900 000 000")
    file = session.scalars(select(RecallFile)).one()
    assert (file.by_officer, file.found_at.hour) == (False, 1)  # eight o'clock in Việt Nam
    assert "23/11/2026 08:00" in words(seller.get("/my/recalls"))
    closed = submit(seller, f"/my/recalls/{file.id}/complete", {"note": "đã thu đủ"}, page=f"/my/recalls/{file.id}")
    assert "đã hủy" in words(seller.get(closed.headers["Location"]))
    assert verdict(seller, stamps, batch, 0)["verdict"] == "voided"
    assert "đã thu đủ" in words(seller.get(f"/my/recalls/{file.id}"))


def test_the_product_s_page_says_it_first(seller: Any, client: Any, stamps: Stamps, session: Any) -> None:
    product = stamps.goods()
    lot_id = stamps.activate(stamps.issue(), 0, 9)
    path = f"/products/{product.id}"
    assert soup(client.get(path)).find("main").find(class_="notice") is None
    submit(seller, f"/my/recalls/lot/{lot_id}", SAID)
    main = soup(client.get(path)).find("main")
    said = main.find(class_="notice")
    assert "L2026-114" in said.get_text()
    assert said in main.h1.find_all_previous()


def test_an_officer_finds_stamps_and_lifts(office: Any, client: Any, stamps: Stamps, session: Any) -> None:
    batch = stamps.issue()
    serial = stamps.serial(batch, 7)
    spaced = " ".join(serial[at : at + 5] for at in range(0, 20, 5)).lower()
    found = soup(office.get("/officer/recalls/new", query_string={"code": spaced}))
    link = found.find("main").find("a", class_="danger")["href"]
    assert link == f"/officer/recalls/batch/{batch}?stamp=7"
    done = submit(office, link, {**SAID, "first": "5", "last": "9"}, page=link)
    assert verdict(client, stamps, batch, 9)["verdict"] == "recalled"
    assert verdict(client, stamps, batch, 10)["verdict"] == "not_activated"
    address = done.headers["Location"]
    assert "5" in words(office.get(address))
    lifted = submit(office, f"{address}/lift", {"note": "nhầm"}, page=address)
    assert lifted.headers["Location"] == address
    assert verdict(client, stamps, batch, 9)["verdict"] == "not_activated"
    assert "nhầm" in words(office.get(address))
    assert "L2026" not in words(office.get("/officer/recalls?show=closed"))
    assert session.scalars(select(TraceRecall)).one().closed_because == "lifted"
    lot_id = stamps.activate(batch, 0, 9)
    found = soup(office.get("/officer/recalls/new", query_string={"code": spaced})).find("main")
    offered = [one["href"].partition("?")[0] for one in found.find_all("a", class_="danger")]
    assert offered == [f"/officer/recalls/lot/{lot_id}", f"/officer/recalls/batch/{batch}"]


def test_the_lists_are_files_too(office: Any, client: Any, stamps: Stamps, session: Any) -> None:
    batch = stamps.issue()
    lot_id = stamps.activate(batch, 0, 9)
    client.get(f"/s/{stamps.serial(batch, 3)}")
    address = submit(office, f"/officer/recalls/lot/{lot_id}", SAID).headers["Location"]
    rows = office.get(f"{address}?format=csv").get_data(as_text=True).splitlines()
    assert rows[1].split(",")[:5] == [str(batch), "0", "9", "10", "L2026-114"]
    file = office.get(f"{address}?format=xlsx").get_data()
    book = python_calamine.CalamineWorkbook.from_filelike(io.BytesIO(file))
    assert len(book.sheet_names) == 3
    scanned = book.get_sheet_by_index(1).to_python()
    assert scanned[1][0] == stamps.serial(batch, 3)
    listed = office.get("/officer/recalls?format=csv").get_data(as_text=True)
    assert "L2026-114" in listed
    assert "Thu hồi" in words(office.get("/officer"))


def test_the_clock_runs_from_the_finding(office: Any, stamps: Stamps, clock: Any) -> None:
    lot_id = stamps.activate(stamps.issue(), 0, 9)
    submit(office, f"/officer/recalls/lot/{lot_id}", {**SAID, "found_at": "2026-11-21T10:10"})
    assert "tag amber" in str(soup(office.get("/officer/recalls")).find("main"))
    clock.move(minutes=11)
    page = soup(office.get("/officer/recalls"))
    assert "tag red" in str(page.find("main"))


@pytest.mark.parametrize(
    ("field", "value"),
    [("instruction", ""), ("contact", ""), ("found_at", "2026-11-22T23:00"), ("found_at", "x"), ("last", "300")],
)
def test_bad_input_is_said_at_the_field(office: Any, stamps: Stamps, session: Any, field: str, value: str) -> None:
    batch = stamps.issue()
    path = f"/officer/recalls/batch/{batch}"
    answer = submit(office, path, {**SAID, "first": "0", "last": "9", field: value})
    assert answer.status_code == 400
    page = soup(answer)
    assert page.title.get_text().strip().startswith("Lỗi: ")
    assert page.find(class_="error-summary") is not None
    assert page.find("input", {"name": "contact"})["value"] == ("" if field == "contact" else SAID["contact"])
    assert session.scalars(select(TraceRecall)).all() == []


def test_nobody_reaches_another_s_recalls(
    seller: Any, office: Any, client: Any, stamps: Stamps, session: Any, app: Any, world: Any, province: Any
) -> None:
    batch = stamps.issue()
    lot_id = stamps.activate(batch, 0, 9)
    address = submit(office, f"/officer/recalls/lot/{lot_id}", SAID).headers["Location"]
    recall_id = address.rsplit("/", 1)[-1]
    elsewhere = officer_client(app, world, unit=commune_named(province, "Mộc Hóa"), phone="0912345679")
    for path in (address, f"/officer/recalls/lot/{lot_id}", f"/officer/recalls/batch/{batch}", f"{address}?format=csv"):
        assert elsewhere.get(path).status_code == 404
    assert "L2026-114" not in words(elsewhere.get("/officer/recalls"))
    assert elsewhere.get("/officer/recalls/new", query_string={"code": "L2026-114"}).status_code == 400
    assert office.get(f"/my/recalls/{recall_id}").status_code == 404
    assert seller.get(f"/officer/recalls/{recall_id}").status_code == 404
    assert seller.get(f"/my/recalls/{recall_id}").status_code == 200
    answer = submit(seller, f"/my/recalls/{recall_id}/lift", {"note": "x"}, page="/my/recalls/lot/" + lot_id)
    assert answer.status_code == 302
    assert session.scalars(select(TraceRecall)).one().closed_at is None
    assert app.test_client().get(address).status_code in (302, 401)


def test_many_stamps_wait_for_a_second_person_on_the_pages(
    seller: Any, office: Any, stamps: Stamps, session: Any
) -> None:
    batch = stamps.issue(2000)
    submit(seller, f"/my/stamps/{batch}/void", {"first": "0", "last": "1000", "reason": "mất cuộn"})
    asked = session.scalars(select(VoidRequest)).one()
    own = soup(seller.get(f"/my/stamps/{batch}")).find("main")
    assert own.find("form", action=f"/my/stamps/requests/{asked.id}/agree") is None
    page = office.get("/officer/void-requests")
    assert "mất cuộn" in words(page)
    agreed = submit(office, f"/officer/void-requests/{asked.id}/agree", {}, page="/officer/void-requests")
    assert agreed.status_code == 302
    session.expire_all()
    assert session.get_one(VoidRequest, asked.id).state == "done"
    assert "1.001" in words(seller.get(f"/my/stamps/{batch}"))
