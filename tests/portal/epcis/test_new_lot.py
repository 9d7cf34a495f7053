"""A new lot begins with its harvest: two presses, and what the shop guessed can be changed; wrong answers are named."""

import json
from typing import Any

from sqlalchemy import func, select

from tests.portal.epcis.walking import lot_to_check, new_lot, press, timeline
from tests.portal.onboarding.walking import soup
from tests.portal.stamps.making import Stamps
from traceability.epcis.models import TraceEvent
from traceability.models import TraceLot

TODAY = {"pick": "today"}


def test_a_lot_noted_for_stamps_begins_with_its_harvest(seller: Any, stamps: Stamps, session: Any, client: Any) -> None:
    batch = stamps.issue(10)
    at = seller.get(f"/my/stamps/{batch}/lot/new").headers["Location"]
    assert at == f"/my/lots/new/{stamps.goods().id}?batch={batch}"
    numbers = []
    for _time in range(3):  # two presses: the number and where it grew are there already
        page = soup(seller.get(press(seller, press(seller, at, TODAY).headers["Location"], {"pick": "none"}).location))
        numbers.append(page.select("dl.summary dd:not(.change)")[2].get_text())
        stamps.lot(batch, numbers[-1])
    assert numbers == ["L20261122", "L20261122-2", "L20261122-3"]
    check = lot_to_check(seller, at, "L1", harvest="2026-11-20", expiry="")
    noted = press(seller, check)
    assert press(seller, check).headers["Location"] == noted.headers["Location"]
    press(seller, noted.headers["Location"], {"first": "0", "last": "9"})
    (event,) = [json.loads(data) for data in session.scalars(select(TraceEvent.data))]
    assert (event["action"], event["bizStep"]) == ("ADD", "creating_class_instance")
    assert event["ilmd"] == {"cbvmda:lotNumber": "L1"}
    shown = timeline(client.get(f"/s/{stamps.serial(batch, 0)}"))
    assert shown[0] == "Thu hoạch 20/11/2026 · Xã Tân Thạnh, Tỉnh Tây Ninh"
    assert [
        step.split(" ")[0] for step in timeline(seller.get(f"/my/lots/{noted.headers['Location'].split('/')[-1]}"))
    ] == ["Thu"]


def test_a_wrong_answer_about_a_new_lot_is_named_and_kept(seller: Any, stamps: Stamps) -> None:
    at = f"/my/lots/new/{stamps.goods().id}"
    day, good = f"{at}?harvest=2026-11-20", f"{at}?harvest=2026-11-20&expiry=-"
    for path, data, says in [
        (at, {"day": "2026-11-23"}, "chưa tới"),
        (at, {"day": ""}, "Chọn ngày"),
        (day, {"day": "2026-11-19"}, "trước ngày thu hoạch"),
        (day, {}, "Chọn ngày"),
        (f"{good}&number={'x' * 21}", {"number": "x" * 21}, "20"),
        (f"{good}&origin={'x' * 201}", {"origin": "x" * 201}, "Dài quá"),
    ]:
        answer = press(seller, path, data)
        page = soup(answer)
        assert answer.status_code == 400, path
        assert says in page.find(class_="error-summary").get_text(), path
        for name, value in data.items():
            assert page.find("input", {"name": name})["value"] == value
    new_lot(seller, stamps.goods().id, "L1")
    taken = press(seller, f"{good}&number=L1")
    assert taken.status_code == 400
    assert soup(taken).find("input", {"name": "number"})["value"] == "L1"


def test_answers_about_a_new_lot_in_the_address_are_read_again(seller: Any, stamps: Stamps, session: Any) -> None:
    at = f"/my/lots/new/{stamps.goods().id}"
    for query in (
        "?harvest=2030-01-01&expiry=-",
        "?harvest=x",
        "?harvest=-&expiry=x",
        "?harvest=2026-11-20&expiry=2026-11-19",
    ):
        assert soup(seller.get(at + query)).find("dl") is None, query
        sent = seller.post(at + query, data={"csrf_token": seller.token("/my")})
        assert sent.status_code == 302
    others = stamps.plain_goods_batch()
    for batch, status in ((others, 404), (77, 404), ("x", 302)):
        sent = seller.post(f"{at}?harvest=-&expiry=-&batch={batch}", data={"csrf_token": seller.token("/my")})
        assert sent.status_code == status
    assert sent.headers["Location"].startswith("/my/lots/lt_")
    assert session.scalar(select(func.count()).select_from(TraceLot)) == 1
