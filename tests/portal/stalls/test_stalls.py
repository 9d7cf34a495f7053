"""A market: a board's code takes any sum for its stall, the board shows it at once, a pasted-over code is found."""

import io
import json
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
import qrcode
from sqlalchemy import select

import payments
from payments.models import Receipt, Request
from portal.cases import open_cases
from portal.cashier.invariants import check_invariants
from portal.db import begin
from portal.people import actions as people
from portal.places.areas import day_of
from portal.stalls import actions, boards, listing
from portal.stalls.models import Stall, StallCheck
from tests.codes import codes_on, words_on
from tests.portal.pay.making import CLI, School, cashier_browser, open_school, pay_by_transfer, soup, text


@pytest.fixture
def market(world: Any) -> School:
    """A market whose cashier is its manager."""
    made = open_school(world, name="Chợ Tầm Vu", prefix="TV", kind="market")
    with begin() as session:
        now = world.clock.now()
        for grant in people.open_grants(session, made.cashier.login_id or "", now=now):
            grant.to_at = now
        people.grant_role(
            session, now=now, acting=CLI, login_id=made.cashier.login_id or "", role="market_manager",
            organisation_id=made.organisation.id, duties=["read"],
        )  # fmt: skip
    return made


@pytest.fixture
def desk(app: Any, client: Any, world: Any, market: School) -> Any:
    return cashier_browser(app, world, market)


def opened(world: Any, market: School, number: str = "12") -> Stall:
    with begin() as session:
        return actions.open_stall(
            session, now=world.clock.now(), acting=market.cashier, payee_id=market.payee.id, number=number, sells="Rau"
        )


def token(desk: Any, address: str) -> str:
    return str(soup(desk.get(address)).find("input", {"name": "csrf_token"})["value"])


def picture(*texts: str) -> io.BytesIO:
    """Return a photo with these codes beside each other."""
    from PIL import Image

    drawn = [qrcode.make(one, box_size=6).get_image().convert("RGB") for one in texts]
    size = (sum(one.width for one in drawn) + 40, max([one.height for one in drawn] or [200]) + 40)
    ground = Image.new("RGB", size, "white")
    left = 20
    for one in drawn:
        ground.paste(one, (left, 20))
        left += one.width
    out = io.BytesIO()
    ground.save(out, "JPEG", quality=85)
    out.seek(0)
    return out


def look(desk: Any, stall: Stall, photo: io.BytesIO) -> Any:
    address = f"/stalls/{stall.id}/check"
    data = {"csrf_token": token(desk, address), "picture": (photo, "board.jpg")}
    return desk.post(address, data=data, content_type="multipart/form-data")


def news(answer: Any) -> list[dict[str, Any]]:
    return [json.loads(line[6:]) for line in answer.get_data(as_text=True).splitlines() if line.startswith("data: ")]


def test_each_payment_by_a_board_is_the_stalls(
    client: Any, desk: Any, world: Any, session: Any, market: School
) -> None:
    one, other = opened(world, market), opened(world, market, "13")
    page = soup(desk.get(f"/stalls/{one.id}"))
    stream = page.find(attrs={"data-board": True})["data-board"]
    assert page.find(attrs={"data-empty": True}) and news(desk.get(stream)) == []
    for number, amount, balance in ((1, 60_000, 60_000), (1, 60_000, 60_000), (2, 45_500, 105_500)):
        answer = pay_by_transfer(
            client, world, market, memo=f"CT {one.code} rau", amount=amount, number=92700 + number, balance=balance
        )
        assert answer.status_code == 200
    came = news(desk.get(stream))
    assert [(item["says"], item["where"], item["ends"]) for item in came] == [
        ("₫60,000 received", "Stall 12", "7017"), ("₫45,500 received", "Stall 12", "7027"),
    ]  # fmt: skip
    assert news(desk.get(f"/stalls/live?after=0&stall={other.id}")) == []
    session.expire_all()
    rows = session.scalars(select(Request).order_by(Request.seq)).all()
    assert [(row.amount_minor, row.status, row.item, row.desk_ref) for row in rows] == [
        (60_000, "paid", "12 · Rau", one.desk_ref), (45_500, "paid", "12 · Rau", one.desk_ref),
    ]  # fmt: skip
    assert len(session.scalars(select(Receipt)).all()) == 2 and payments.open_cases(session) == []
    assert not any(found.breaches for found in check_invariants(session).values())
    assert "₫105,500" in text(desk.get("/stalls"))
    tiny = pay_by_transfer(client, world, market, memo=one.code, amount=500, number=92710, balance=106_000)
    assert tiny.status_code == 200 and [case.kind for case in payments.open_cases(session)] == ["unmatched"]
    board = text(desk.get("/stalls/board"))
    assert "No stall named" in board and "₫106,000" in board
    assert "₫500 more came today without a stall's code." in text(desk.get("/stalls"))


def test_a_closed_stalls_money_waits_for_a_person(
    client: Any, desk: Any, world: Any, session: Any, market: School
) -> None:
    one = opened(world, market)
    pressed = {"csrf_token": token(desk, f"/stalls/{one.id}")}
    pay_by_transfer(client, world, market, memo=one.code, amount=45_000, number=92600, balance=45_000)
    for _twice in range(2):
        assert desk.post(f"/stalls/{one.id}/close", data=pressed).status_code == 303
    pay_by_transfer(client, world, market, memo=one.code, amount=60_000, balance=105_000)
    assert len(session.scalars(select(Request)).all()) == len(payments.open_cases(session)) == 1
    page = text(desk.get("/stalls"))
    assert "₫45,000" in page and "closed" in page and "Not looked at today" not in page
    assert "₫60,000 more came today without a stall's code." in page
    tomorrow = day_of(world.clock.now()) + timedelta(days=1)
    assert listing.day_lines(session, [market.payee.id], on=tomorrow) == []
    assert opened(world, market).code != one.code


def test_boards_decode_and_say_whose_they_are(desk: Any, world: Any, market: School, tmp_path: Path) -> None:
    stalls = [opened(world, market), opened(world, market, "13")]
    answer = desk.get("/stalls/boards.pdf")
    pdf = answer.data
    answer.close()
    cut = [(boards.CODE_X_MM, boards.CODE_Y_MM, boards.CODE_MM)]
    for page, stall in enumerate(stalls):
        read = payments.read_vietqr(codes_on(pdf, page, cut, folder=tmp_path)[0])
        assert (read.bin, read.account, read.purpose) == (market.payee.bin, market.payee.account, stall.code)
        assert (read.amount_minor, read.dynamic) == (None, False)
    words = words_on(pdf)
    assert "TRUONG TH TAN THANH" in words and f"/b/{stalls[0].id}" in words
    public = text(desk.get(f"/b/{stalls[0].id}"))
    assert "TRUONG TH TAN THANH" in public and market.payee.account not in public


def test_a_code_that_is_not_the_stalls_own_raises_an_alarm(desk: Any, world: Any, session: Any, market: School) -> None:
    one, other = opened(world, market), opened(world, market, "13")
    own, second = (payments.static_vietqr(market.payee, stall.code) for stall in (one, other))
    theirs = payments.encode_vietqr(bank_bin="970418", account="99887766", amount_minor=None, purpose=one.code)
    assert "Not looked at today: 12, 13" in text(desk.get("/stalls"))
    for photo, says in (
        (picture(own), "its own code"), (picture(second), "another stall's code"), (picture(), "not readable"),
        (picture("https://example.org/pay"), "no code to pay by"),
        (picture(own, theirs), "The code leads to an account that ends with 7766."),
    ):  # fmt: skip
        assert says in text(look(desk, one, photo))
        world.clock.move(seconds=1)
    session.expire_all()
    found = session.scalars(select(StallCheck.result).order_by(StallCheck.at)).all()
    assert found == ["own", "other_stall", "unreadable", "no_vietqr", "other_account"]
    assert [case.kind for case in open_cases(session)] == ["stall.code_replaced"]
    page = text(desk.get("/stalls"))
    assert "Stall 12: the board shows another's code." in page and "Not looked at today: 13" in page
    assert look(desk, one, io.BytesIO(b"no picture")).status_code == 400


def test_a_closed_stall_has_no_board_to_take_down(client: Any, desk: Any, world: Any, market: School) -> None:
    one = opened(world, market)
    pay_by_transfer(client, world, market, memo=one.code, amount=45_000, number=92600, balance=45_000)
    theirs = payments.encode_vietqr(bank_bin="970418", account="99887766", amount_minor=None, purpose=one.code)
    look(desk, one, picture(theirs))
    assert "the board shows another's code. Take it down now" in text(desk.get("/stalls"))
    desk.post(f"/stalls/{one.id}/close", data={"csrf_token": token(desk, f"/stalls/{one.id}")})
    page = text(desk.get("/stalls"))
    assert "₫45,000" in page and "closed" in page and "Take it down" not in page


def test_a_stall_is_opened_by_its_market_alone(app: Any, desk: Any, world: Any, session: Any, market: School) -> None:
    data = {"csrf_token": token(desk, "/stalls"), "number": " 7 ", "sells": "Cá", "account": market.payee.id}
    assert desk.post("/stalls", data=data).status_code == 303
    again = desk.post("/stalls", data=data)
    assert again.status_code == 400 and "Another stall has this number already." in text(again)
    assert desk.post("/stalls", data={**data, "number": ""}).status_code == 400
    stall = session.scalars(select(Stall)).one()
    other = open_school(world, name="Chợ khác", number="99887766", prefix="KH", phone="0987654321", kind="market")
    theirs = cashier_browser(app, world, other)
    paths = (f"/stalls/{stall.id}", f"/stalls/{stall.id}/check", f"/stalls/boards.pdf?stall={stall.id}")
    assert [theirs.get(one).status_code for one in paths] == [404] * 3
    assert theirs.post("/stalls", data={**data, "csrf_token": token(theirs, "/till")}).status_code == 403
