"""A farmer tells of a lot's way on the phone, a buyer takes it over, a shopper sees it; a wrong step is taken back."""

import json
import uuid
from datetime import date
from typing import Any

import pytest
from sqlalchemy import func, select

from portal.audit import AuditRow
from portal.onboarding import actions as onboarding
from portal.people import actions as people
from portal.stamps.due import grow_log
from tests.portal.epcis.making import Machine
from tests.portal.epcis.walking import new_lot, press, tell, timeline
from tests.portal.onboarding.making import CLI, household, officer, registered
from tests.portal.onboarding.walking import soup, submit
from tests.portal.stamps.making import GTIN, Stamps
from traceability import CertificateFacts, record_certificate
from traceability.epcis.models import TraceEvent

TODAY, YESTERDAY = {"pick": "today"}, {"pick": "yesterday"}


@pytest.fixture
def grocer(app: Any, province: Any, world: Any, commune: str, shop: Any) -> Any:
    """Another approved seller, with a browser of its own."""
    from tests.pages import CheckedClient

    answers = household("0977000111", unit=commune, name="Trần Văn Nam", id_number="082085012347")
    organisation, owner = registered(world, province, answers)
    onboarding.approve(
        province, now=world.clock.now(), acting=officer(province, world), organisation_id=organisation.id
    )
    token = people.make_link(province, now=world.clock.now(), acting=CLI, login_id=owner.login_id or "")
    province.commit()
    app.test_client_class = CheckedClient
    browser = app.test_client()
    submit(browser, f"/sign-in/link/{token}", {})
    browser.organisation = organisation
    return browser


def kept(session: Any) -> list[dict[str, Any]]:
    return [json.loads(data) for data in session.scalars(select(TraceEvent.data).order_by(TraceEvent.id))]


def test_from_the_farm_to_the_shelf(
    seller: Any, grocer: Any, stamps: Stamps, session: Any, client: Any, world: Any
) -> None:
    product = stamps.goods(gtin=GTIN)
    lot = new_lot(seller, product.id)
    tell(seller, lot, "process", TODAY, {"amount": "118,5"})
    tell(seller, lot, "pack", TODAY, {"amount": "118.5 kg"})
    reference = grocer.organisation.reference
    tell(seller, lot, "ship", TODAY, {"to": reference.lower().replace("-", " ")}, {"pick": "unknown"})
    listed = soup(grocer.get("/my/lots")).find("main").get_text(" ", strip=True)
    assert "L2026-114" in listed
    world.clock.move(hours=20)
    tell(grocer, lot, "receive", TODAY, {"amount": "118"})
    tell(grocer, lot, "shelve", TODAY)
    events = kept(session)
    assert [(one["type"], one.get("action"), one["bizStep"], one["disposition"]) for one in events] == [
        ("ObjectEvent", "ADD", "creating_class_instance", "active"),
        ("TransformationEvent", None, "creating_class_instance", "active"),
        ("AggregationEvent", "ADD", "packing", "in_progress"),
        ("ObjectEvent", "OBSERVE", "shipping", "in_transit"),
        ("ObjectEvent", "OBSERVE", "receiving", "in_progress"),
        ("ObjectEvent", "OBSERVE", "stocking", "sellable_accessible"),
    ]
    assert events[0]["ilmd"] == {"cbvmda:lotNumber": "L2026-114", "cbvmda:itemExpirationDate": "2026-12-20"}
    assert events[1]["outputQuantityList"] == [
        {"epcClass": f"https://id.gs1.org/01/{GTIN}/10/L2026-114", "quantity": 118.5, "uom": "KGM"}
    ]
    assert events[3]["destinationList"][0]["destination"].endswith(grocer.organisation.id)
    assert events[4]["sourceList"] == events[3]["sourceList"]
    batch = stamps.issue(5, gtin=GTIN)
    stamps.activate(batch, 0, 4, lot.rsplit("/", 1)[-1])
    shown = client.get(f"/s/{stamps.serial(batch, 0)}")
    steps = timeline(shown)
    assert [step.split(" ")[0] for step in steps] == ["Thu", "Rửa,", "Đóng", "Gửi", "Nhận", "Bày", "Dán"]
    assert steps[0] == "Thu hoạch 20/11/2026 · Xã Tân Thạnh, Tỉnh Tây Ninh"
    assert "118" not in " ".join(steps)
    assert "Nam" not in shown.get_data(as_text=True)
    public = client.get(lot.removeprefix("/my"))
    assert timeline(public) == [step for step in steps if not step.startswith("Dán")]
    assert public.headers["Cache-Control"] == "no-cache"
    assert len(shown.get_data()) < 30_000
    assert grow_log(world)
    asked = Machine(client, None).ask("?MATCH_anyEPCClass=" + f"https://id.gs1.org/01/{GTIN}/10/L2026-114")
    assert [one["bizLocation"]["id"] for one in asked if "bizLocation" in one]
    assert len(asked) == 6


def test_a_step_sent_twice_is_one(seller: Any, stamps: Stamps, session: Any, world: Any) -> None:
    lot = new_lot(seller, stamps.goods().id)
    at = press(seller, f"{lot}/shelve", TODAY).headers["Location"]
    form = soup(seller.get(at)).find("main").find("form")
    data = {tag["name"]: tag["value"] for tag in form.find_all("input")}
    for _time in range(2):
        assert seller.post(form["action"], data=data).headers["Location"] == lot
        world.clock.move(seconds=5)
    assert session.scalar(select(func.count()).select_from(TraceEvent)) == 2
    assert new_lot(seller, stamps.goods().id) == lot
    assert session.scalar(select(func.count()).select_from(TraceEvent)) == 2


def test_a_wrong_step_is_taken_back_and_stays_in_the_log(
    seller: Any, stamps: Stamps, session: Any, client: Any
) -> None:
    lot = new_lot(seller, stamps.goods().id)
    tell(seller, lot, "pack", YESTERDAY, {"amount": "20"})
    page = soup(seller.get(lot))
    link = next(tag["href"] for tag in page.select("details a") if "Đóng gói" in tag.get_text())
    wrong = press(seller, link)
    assert wrong.status_code == 400
    assert soup(wrong).title.get_text().startswith("Lỗi: ")
    form = soup(seller.get(link)).find("main").find("form")
    data = {tag["name"]: tag["value"] for tag in form.find_all("input", {"type": "hidden"})} | {
        "reason": "incorrect_data"
    }
    for _time in range(2):
        assert seller.post(link, data=data).headers["Location"] == lot
    assert [step.split(" ")[0] for step in timeline(seller.get(lot))] == ["Thu"]
    assert [step.split(" ")[0] for step in timeline(client.get(lot.removeprefix("/my")))] == ["Thu"]
    first, second, third = kept(session)
    assert third == {**second, "errorDeclaration": third["errorDeclaration"]}
    assert third["errorDeclaration"]["reason"] == "incorrect_data"
    assert first["bizStep"] == "creating_class_instance"
    acts = session.scalars(select(AuditRow.act).where(AuditRow.act.like("lot.%")).order_by(AuditRow.id)).all()
    assert list(acts) == ["lot.recorded", "lot.step_told", "lot.step_corrected"]


def test_nobody_tells_of_a_lot_that_was_never_sent_to_him(seller: Any, grocer: Any, stamps: Stamps) -> None:
    lot = new_lot(seller, stamps.goods().id)
    number = soup(seller.get(lot)).select_one("details a")["href"].rsplit("/", 1)[-1]
    for path in (lot, f"{lot}/pack", f"{lot}/wrong/{number}"):
        assert grocer.get(path).status_code == 404
    data = {"csrf_token": grocer.token("/my"), "client_id": str(uuid.uuid4())}
    assert grocer.post(f"{lot}/pack?day=2026-11-21&amount=5", data=data).status_code == 404
    assert grocer.get(f"/my/lots/new/{stamps.goods().id}").status_code == 404
    tell(seller, lot, "ship", TODAY, {"to": grocer.organisation.reference}, {"amount": "5"})
    assert grocer.get(f"{lot}/pack").status_code == 409
    assert grocer.get(f"{lot}/wrong/{number}").status_code == 404
    assert grocer.get(f"{lot}/receive").status_code == 200


WRONG = [
    ("ship", "", {"day": "2026-11-23"}, "chưa tới"),
    ("ship", "", {"day": "2020-01-01"}, "chưa tới"),
    ("ship", "", {}, "Chọn ngày"),
    ("ship", "?day=2026-11-21", {"to": "ABCDE-12345"}, "mã này"),
    ("pack", "?day=2026-11-21", {"amount": "nhiều"}, "ki-lô-gam"),
    ("pack", "?day=2026-11-21", {"amount": "0"}, "ki-lô-gam"),
    ("pack", "?day=2026-11-21", {"amount": "1e5"}, "ki-lô-gam"),
]


@pytest.mark.parametrize(("step", "query", "data", "says"), WRONG)
def test_a_wrong_answer_is_named_and_kept(
    seller: Any, stamps: Stamps, step: str, query: str, data: dict[str, str], says: str
) -> None:
    lot = new_lot(seller, stamps.goods().id)
    answer = press(seller, f"{lot}/{step}{query}", data)
    page = soup(answer)
    assert answer.status_code == 400
    assert page.title.get_text().startswith("Lỗi: ")
    assert says in page.find(class_="error-summary").get_text()
    for name, value in data.items():
        assert page.find("input", {"name": name})["value"] == value


def test_answers_in_the_address_are_read_again(seller: Any, stamps: Stamps) -> None:
    lot = new_lot(seller, stamps.goods().id)
    for query in (
        "?day=2030-01-01&amount=5",
        "?day=x",
        "?amount=5",
        "?day=2026-11-21&amount=-5",
        "?day=2026-11-21&_scheme=x",
    ):
        page = soup(seller.get(f"{lot}/pack{query}"))
        assert "kiểm" not in page.h1.get_text().lower(), query
    data = {"csrf_token": seller.token("/my"), "client_id": str(uuid.uuid4())}
    back = seller.post(f"{lot}/pack?day=2026-11-21&amount=", data=data)
    assert back.headers["Location"] == f"{lot}/pack?day=2026-11-21&amount="
    odd = seller.post(f"{lot}/pack?day=2026-11-21&amount=5", data={**data, "client_id": "x"})
    assert odd.headers["Location"] == f"{lot}/pack?day=2026-11-21&amount=5"
    assert seller.get(f"{lot}/fly").status_code == 404


def test_nothing_yet(seller: Any, client: Any) -> None:
    page = soup(seller.get("/my/lots"))
    assert "Chưa có lô hàng nào" in page.get_text()
    assert client.get("/lots/lt_nothing").status_code == 404


def test_a_recalled_lot_says_so_first(seller: Any, stamps: Stamps, client: Any) -> None:
    lot = new_lot(seller, stamps.goods().id)
    stamps.recall(lot.rsplit("/", 1)[-1])
    main = soup(client.get(lot.removeprefix("/my"))).find("main").get_text(" ", strip=True)
    assert main.startswith("THU HỒI lô này từ 22/11/2026.")


def test_a_lot_without_gtin_has_an_address_as_its_name(seller: Any, stamps: Stamps, session: Any) -> None:
    lot = new_lot(seller, stamps.goods().id)
    assert kept(session)[0]["quantityList"] == [{"epcClass": f"http://localhost{lot.removeprefix('/my')}"}]


def test_machines_and_people_tell_of_one_way(seller: Any, machine: Machine, stamps: Stamps, client: Any) -> None:
    lot = new_lot(seller, stamps.goods(gtin=GTIN).id)
    machine.tell({
        "type": "ObjectEvent", "action": "OBSERVE", "bizStep": "inspecting", "eventTime": "2026-11-21T09:00:00+07:00",
        "eventTimeZoneOffset": "+07:00", "certificationInfo": "https://lab.example/5",
        "quantityList": [{"epcClass": "urn:epc:class:lgtin:893850597.0419.L2026-114"}],
    })  # fmt: skip
    assert [step.split(" ")[0] for step in timeline(client.get(lot.removeprefix("/my")))] == ["Thu", "Kiểm"]


def test_inspected_unpacked_and_destroyed(seller: Any, stamps: Stamps, session: Any, client: Any, world: Any) -> None:
    product = stamps.goods()
    paper = CertificateFacts(
        establishment=stamps.acting.organisation_id, kind="safe_chain", number="01/XN", issuer="Chi cục",
        valid_from=date(2026, 1, 1), valid_to=None,
    )  # fmt: skip
    record_certificate(session, now=world.clock.now(), facts=paper)
    session.commit()
    lot = new_lot(seller, product.id)
    assert seller.get(f"{lot}/unpack").status_code == 409  # it is in no parcel yet
    assert press(seller, f"{lot}/inspect?day=2026-11-21", {"pick": "perhaps"}).status_code == 400
    tell(seller, lot, "inspect", TODAY, {"pick": "passed"})
    tell(seller, lot, "pack", TODAY, {"amount": "20"})
    rare = [one.get_text() for one in soup(seller.get(lot)).select("details .btn")]
    assert rare == ["Kiểm tra hàng", "Mở kiện hàng", "Tiêu hủy hàng"]
    world.clock.move(minutes=1)
    tell(seller, lot, "unpack", TODAY)
    world.clock.move(minutes=1)
    tell(seller, lot, "inspect", TODAY, {"pick": "not-passed"})
    world.clock.move(minutes=1)
    tell(seller, lot, "destroy", TODAY, {"amount": "5"})
    _harvest, passed, packed, unpacked, failed, destroyed = kept(session)
    assert (passed["bizStep"], passed["disposition"]) == ("inspecting", "conformant")
    assert passed["certificationInfo"] == ["http://localhost/safe-chain?q=01%2FXN"]
    assert (unpacked["type"], unpacked["action"], unpacked["parentID"]) == (
        "AggregationEvent", "DELETE", packed["parentID"],
    )  # fmt: skip
    assert failed["disposition"] == "non_conformant"
    assert (destroyed["action"], destroyed["bizStep"], destroyed["disposition"]) == (
        "DELETE",
        "destroying",
        "destroyed",
    )
    steps = [step.split(" · ")[0].rsplit(" ", 1)[0] for step in timeline(client.get(lot.removeprefix("/my")))]
    assert steps == ["Thu hoạch", "Kiểm tra", "Đóng gói", "Mở kiện", "Kiểm tra, không đạt", "Đã hủy"]
