"""A seller orders, prints, activates and cancels stamps, without JavaScript; nobody reaches another's."""

import re
from pathlib import Path
from typing import Any

import pypdfium2
import pytest
from sqlalchemy import func, select

from portal.audit import AuditRow, broken_rows
from portal.onboarding import actions as onboarding
from portal.people import actions as people
from portal.stamps.due import LargeOrders
from portal.stamps.models import StampOrder
from tests.portal.epcis.walking import lot_to_check, press
from tests.portal.onboarding.conftest import commune_named
from tests.portal.onboarding.making import CLI, household, officer, registered
from tests.portal.onboarding.walking import soup, submit
from tests.portal.stamps.making import Stamps
from tests.sheets import page_codes
from traceability.models import TraceBatch, TraceRange


def order(client: Any, product_id: str, count: str) -> Any:
    check = submit(client, f"/my/stamps/order/{product_id}", {"count": count})
    assert check.status_code == 302
    return submit(client, check.headers["Location"], {})


def test_order_print_activate_cancel(seller: Any, stamps: Stamps, session: Any, tmp_path: Path) -> None:
    product = stamps.goods()
    done = order(seller, product.id, "1.000")
    page = soup(seller.get(done.headers["Location"]))
    assert page.h1.get_text() == "Tem của bạn đã xong"
    batch = session.scalars(select(TraceBatch)).one()
    assert batch.count == 1000
    sheet = submit(seller, f"/my/stamps/{batch.batch}/print", {"first": "0", "last": "79"})
    assert sheet.mimetype == "application/pdf"
    new = seller.get(f"/my/stamps/{batch.batch}/lot/new").headers["Location"]
    check = lot_to_check(seller, new, "L2026-114", harvest="2026-11-12", expiry="2026-11-26")
    activate = press(seller, check).headers["Location"]
    assert "L2026-114" in soup(seller.get(activate)).h1.get_text()
    back = submit(seller, activate, {"first": "0", "last": "79"})
    assert "80 tem" in seller.get(back.headers["Location"]).get_data(as_text=True)
    again = submit(seller, activate, {"first": "0", "last": "79"})
    assert "không có gì thay đổi" in seller.get(again.headers["Location"]).get_data(as_text=True)
    submit(seller, f"/my/stamps/{batch.batch}/void", {"first": "10", "last": "19", "reason": "rách"})
    seller.get(f"/s/{stamps.serial(batch.batch, 0)}")
    listed = soup(seller.get("/my/stamps")).find("main").get_text(" ", strip=True)
    for fact in ("Đã cấp 1.000", "Đã gắn lô hàng 80", "Đã quét 1"):
        assert fact in listed
    acts = session.scalars(select(AuditRow.act).where(AuditRow.act.like("stamps.%")).order_by(AuditRow.id)).all()
    assert list(acts) == ["stamps.ordered", "stamps.issued", "stamps.printed", "stamps.activated", "stamps.voided"]
    assert broken_rows(session) == []


def test_every_code_of_a_sheet_decodes_by_another_decoder(seller: Any, stamps: Stamps, tmp_path: Path) -> None:
    batch = stamps.issue(12)
    pdf = submit(seller, f"/my/stamps/{batch}/print", {"first": "0", "last": "11"}).get_data()
    with pypdfium2.PdfDocument(pdf) as document:
        assert len(document) == 1
        words = document[0].get_textpage().get_text_bounded()
    wanted = [f"HTTP://LOCALHOST/S/{stamps.serial(batch, index)}" for index in range(12)]
    assert page_codes(pdf, 0, sheet="a4-40", folder=tmp_path) == wanted
    serial = stamps.serial(batch, 11)
    assert " ".join(serial[at : at + 5] for at in range(0, 20, 5)) in words


def test_the_same_order_sent_twice_is_one(seller: Any, stamps: Stamps, session: Any) -> None:
    path = f"/my/stamps/order/{stamps.goods().id}/check?count=50"
    form = soup(seller.get(path)).find("main").find("form")
    data = {tag["name"]: tag["value"] for tag in form.find_all("input")}
    first, second = seller.post(path, data=data), seller.post(path, data=data)
    assert first.headers["Location"] == second.headers["Location"]
    assert session.scalar(select(func.count()).select_from(TraceBatch)) == 1


@pytest.mark.parametrize(
    ("count", "said"),
    [
        ("", "Hãy nhập một số"),
        ("vài trăm", "Hãy nhập một số"),
        ("0", "ít nhất 1"),
        ("33554433", "nhiều nhất"),
    ],
)
def test_a_bad_number_keeps_what_was_typed(seller: Any, stamps: Stamps, count: str, said: str) -> None:
    answer = submit(seller, f"/my/stamps/order/{stamps.goods().id}", {"count": count})
    page = soup(answer)
    assert answer.status_code == 400
    assert said in page.find(class_="error-summary").get_text()
    assert page.find("input", {"name": "count"})["value"] == count
    assert page.title.get_text().startswith("Lỗi:")


def test_a_large_order_is_made_by_the_worker(seller: Any, stamps: Stamps, session: Any) -> None:
    done = order(seller, stamps.goods().id, "30000")
    page = soup(seller.get(done.headers["Location"]))
    assert page.h1.get_text() == "Tem của bạn đang được làm"
    assert page.find("progress")["max"] == "30000"
    step = LargeOrders()
    rounds = 0
    while step(stamps.world):
        rounds += 1
        assert rounds < 600
    session.expire_all()
    order_row = session.scalars(select(StampOrder)).one()
    assert (order_row.state, order_row.done) == ("issued", 30_000)
    assert soup(seller.get(done.headers["Location"])).h1.get_text() == "Tem của bạn đã xong"
    assert seller.get(f"/s/{stamps.serial(order_row.batch, 29_999)}").status_code == 200


def test_an_order_whose_maker_died_is_made_again_with_the_same_number(stamps: Stamps, session: Any, clock: Any) -> None:
    from portal.db import begin
    from portal.stamps.orders import claim_order, place_order

    world = stamps.world
    with begin() as rows:
        placed = place_order(
            rows, now=clock.now(), acting=stamps.acting, product_id=stamps.goods().id, count=40, keys=world.stamp_keys,
            signer=world.log_signer,
        )  # fmt: skip
        number = placed.batch
        assert claim_order(rows, now=clock.now()) is not None
    step = LargeOrders()
    assert step(world) is False
    clock.move(minutes=3)
    while step(world):
        pass
    session.expire_all()
    assert session.scalars(select(TraceBatch.batch)).all() == [number]


def test_overlaps_and_wrong_ranges_change_nothing(seller: Any, stamps: Stamps, session: Any) -> None:
    batch = stamps.issue(100)
    lot_id = stamps.activate(batch, 0, 9)
    path = f"/my/stamps/{batch}/lot/{lot_id}"
    for data, said in (
        ({"first": "5", "last": "15"}, "Tem 0 đến 9 đã dùng"),
        ({"first": "20", "last": "100"}, "Lô tem không có đến số này"),
        ({"first": "30", "last": "20"}, "Số đầu không được lớn hơn số cuối"),
        ({"first": "x", "last": "20"}, "Hãy nhập số ghi ở đầu tờ tem"),
    ):
        answer = submit(seller, path, data)
        assert answer.status_code == 400
        assert said in answer.get_data(as_text=True)
    session.expire_all()
    assert session.scalar(select(func.count()).select_from(TraceRange)) == 1


def test_more_than_a_thousand_are_not_cancelled_alone(seller: Any, stamps: Stamps, session: Any) -> None:
    batch = stamps.issue(2000)
    answer = submit(seller, f"/my/stamps/{batch}/void", {"first": "0", "last": "1000", "reason": "mất cuộn"})
    assert "người thứ hai" in seller.get(answer.headers["Location"]).get_data(as_text=True)
    assert session.scalar(select(func.count()).select_from(TraceRange)) == 0


def test_nobody_reaches_another_s_stamps(
    seller: Any, stamps: Stamps, province: Any, world: Any, app: Any, commune: str
) -> None:
    batch = stamps.issue(100)
    lot_id = stamps.activate(batch, 0, 9)
    other, owner = registered(
        world, province, household("0966496172", unit=commune_named(province, "Tân Thạnh"), id_number="082085012347")
    )
    onboarding.approve(province, now=world.clock.now(), acting=officer(province, world), organisation_id=other.id)
    token = people.make_link(province, now=world.clock.now(), acting=CLI, login_id=owner.login_id)
    province.commit()
    stranger = app.test_client()
    submit(stranger, f"/sign-in/link/{token}", {})
    order_id = province.scalars(select(StampOrder.id)).one()
    for path in (
        f"/my/stamps/{batch}", f"/my/stamps/{batch}/print", f"/my/stamps/{batch}/lot", f"/my/stamps/{batch}/lot/new",
        f"/my/stamps/{batch}/lot/{lot_id}", f"/my/stamps/{batch}/void", f"/my/stamps/orders/{order_id}",
        f"/my/stamps/order/{stamps.goods().id}", "/my/stamps/77",
    ):  # fmt: skip
        assert stranger.get(path).status_code == 404, path
    token = re.search(r'name="csrf_token"[^>]*value="([^"]+)"', stranger.get("/my").get_data(as_text=True))
    assert token
    data = {"csrf_token": token[1], "first": "0", "last": "1", "reason": "x"}
    for path in (f"/my/stamps/{batch}/print", f"/my/stamps/{batch}/lot/{lot_id}", f"/my/stamps/{batch}/void"):
        assert stranger.post(path, data=data).status_code == 404, path
    assert stranger.get("/my/stamps").status_code == 200


def test_only_an_approved_seller_orders(seller: Any, stamps: Stamps, session: Any) -> None:
    from portal.onboarding.models import Organisation

    product = stamps.goods()
    session.get(Organisation, stamps.acting.organisation_id).state = "suspended"
    session.commit()
    answer = order(seller, product.id, "10")
    assert answer.status_code == 409
    assert session.scalar(select(func.count()).select_from(StampOrder)) == 0


def test_the_shop_and_the_product_lead_to_stamps(seller: Any, stamps: Stamps) -> None:
    product = stamps.goods()
    assert "/my/stamps" in seller.get("/my").get_data(as_text=True)
    assert f"/my/stamps/order/{product.id}" in seller.get(f"/my/products/{product.id}").get_data(as_text=True)
