"""A market with more accounts than one: whose account a stall's money goes to is asked, printed, checked and heard."""

from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import select

import payments
from payments.models import Allocation
from portal.db import begin
from portal.pay.models import PayeeOwner
from portal.stalls import actions, boards
from portal.stalls.errors import StallNumberTaken
from portal.stalls.models import Stall
from tests.codes import codes_on, words_on
from tests.portal.pay.making import School, open_school, pay_by_transfer, soup, text
from tests.portal.stalls.test_stalls import desk, look, market, news, opened, picture, token  # noqa: F401  two fixtures


@pytest.fixture
def second(world: Any, market: School) -> School:  # noqa: F811
    """The market with another account of its own."""
    world.clock.move(seconds=1)
    now = world.clock.now()
    with begin() as session:
        payee = payments.create_payee(
            session, name=market.payee.name, holder_name="HTX CHO TAM VU", bank_bin="970418", account="3100009876",
            prefix="TW", gateways=("vietqr",), area_ref=market.payee.area_ref, now=now,
        )  # fmt: skip
        payments.open_feed(session, payee_id=payee.id, provider="sepay", now=now)
        session.add(PayeeOwner(payee_id=payee.id, organisation_id=market.organisation.id))
    return replace(market, payee=payee)


def pays(client: Any, world: Any, whose: School, stall: Stall, number: int, amount: int = 10_000) -> None:
    world.clock.move(seconds=1)
    answer = pay_by_transfer(
        client, world, whose, memo=stall.code, amount=amount, number=number, balance=None
    )  # fmt: skip
    assert answer.status_code == 200


def choices(page: Any) -> list[tuple[str, bool]]:
    found = soup(page).select("input[name=account]")
    return [(str(one["value"]), one.has_attr("checked")) for one in found]


def marks(stream: Any) -> list[str]:
    return [line[4:] for line in stream.get_data(as_text=True).splitlines() if line.startswith("id: ")]


def test_the_only_account_is_named_and_chosen_already(desk: Any, market: School) -> None:  # noqa: F811
    page = desk.get("/stalls")
    assert choices(page) == [(market.payee.id, True)]
    assert "TRUONG TH TAN THANH · Vietcombank …3445" in text(page)
    sent = {"csrf_token": token(desk, "/stalls"), "number": "7", "sells": "Cá"}
    unsaid = desk.post("/stalls", data=sent)
    assert unsaid.status_code == 400 and "Choose the account that the money goes to." in text(unsaid)
    assert choices(unsaid) == [(market.payee.id, False)]


def test_of_two_accounts_one_is_chosen_by_a_person(
    desk: Any, world: Any, session: Any, market: School, second: School, tmp_path: Path  # noqa: F811
) -> None:  # fmt: skip
    assert choices(desk.get("/stalls")) == [(market.payee.id, False), (second.payee.id, False)]
    sent = {"csrf_token": token(desk, "/stalls"), "number": "7", "sells": "Cá", "account": second.payee.id}
    assert desk.post("/stalls", data=sent).status_code == 303
    stall = session.scalars(select(Stall)).one()
    assert stall.payee == second.payee.id and "Account ends with 9876" in text(desk.get("/stalls"))
    with pytest.raises(StallNumberTaken):  # of the same market, whosever account it has
        opened(world, market, "7")
    answer = desk.get("/stalls/boards.pdf")
    pdf = answer.data
    answer.close()
    cut = [(boards.CODE_X_MM, boards.CODE_Y_MM, boards.CODE_MM)]
    read = payments.read_vietqr(codes_on(pdf, 0, cut, folder=tmp_path)[0])
    assert (read.bin, read.account, read.purpose) == ("970418", "3100009876", stall.code)
    assert "HTX CHO TAM VU" in words_on(pdf)
    assert "its own code" in text(look(desk, stall, picture(payments.static_vietqr(second.payee, stall.code))))
    theirs = look(desk, stall, picture(payments.static_vietqr(market.payee, stall.code)))
    assert "an account that ends with 3445" in text(theirs)


def test_anothers_account_is_no_answer(desk: Any, world: Any, session: Any, market: School) -> None:  # noqa: F811
    other = open_school(world, name="Chợ khác", number="99887766", prefix="KH", phone="0987654321", kind="market")
    sent = {"csrf_token": token(desk, "/stalls"), "number": "7", "sells": "Cá", "account": other.payee.id}
    assert desk.post("/stalls", data=sent).status_code == 404
    assert session.scalars(select(Stall)).all() == []


def test_the_board_hears_all_accounts(
    client: Any, desk: Any, world: Any, market: School, second: School  # noqa: F811
) -> None:  # fmt: skip
    one = opened(world, market, "12")
    with begin() as rows:
        two = actions.open_stall(
            rows, now=world.clock.now(), acting=market.cashier, payee_id=second.payee.id, number="13", sells="Cá"
        )
    stream = soup(desk.get("/stalls/board")).find(attrs={"data-board": True})["data-board"]
    pays(client, world, market, one, 1, 60_000)
    pays(client, world, second, two, 2, 45_000)
    told = [("₫60,000 received", "Stall 12"), ("₫45,000 received", "Stall 13")]
    answer = desk.get(stream)
    assert [(item["says"], item["where"]) for item in news(answer)] == told
    seen = marks(answer)
    assert [item["where"] for item in news(desk.get(f"/stalls/live?after={seen[0]}"))] == ["Stall 13"]
    assert news(desk.get(f"/stalls/live?after={seen[1]}")) == []
    assert [item["where"] for item in news(desk.get("/stalls/live?after=999"))] == ["Stall 13"]  # opened since
    for odd in ("", "x", "1.2.3", "-1", "1.", "9" * 30):
        assert news(desk.get(f"/stalls/live?after={odd}")) == []
    assert [item["says"] for item in news(desk.get(f"/stalls/live?after=0&stall={two.id}"))] == ["₫45,000 received"]
    page = text(desk.get("/stalls/board"))
    assert page.index("₫45,000 received") < page.index("₫60,000 received") and "₫105,000" in page


def test_a_quiet_stall_hears_its_payment_among_many(client: Any, desk: Any, world: Any, market: School) -> None:  # noqa: F811
    loud, quiet = opened(world, market, "12"), opened(world, market, "13")
    stream = soup(desk.get(f"/stalls/{quiet.id}")).find(attrs={"data-board": True})["data-board"]
    for number in range(1, 23):
        pays(client, world, market, loud, number)
    pays(client, world, market, quiet, 23, 45_500)
    for number in range(24, 36):
        pays(client, world, market, loud, number)
    told = desk.get(stream)
    assert [item["says"] for item in news(told)] == ["₫45,500 received"]
    assert "₫45,500 received" in text(desk.get(f"/stalls/{quiet.id}"))
    assert "₫45,500 received" not in text(desk.get("/stalls/board"))
    (mark,) = marks(told)
    (further,) = marks(desk.get(stream, headers={"Last-Event-ID": mark}))
    assert int(further) > int(mark)  # the others' payments are gone through once, and told to nobody
    again = desk.get(stream, headers={"Last-Event-ID": further})
    assert marks(again) == [] and news(again) == []


def test_a_match_undone_leaves_the_stalls_board_and_its_sum(
    client: Any, desk: Any, world: Any, session: Any, market: School  # noqa: F811
) -> None:  # fmt: skip
    stall = opened(world, market, "12")
    pays(client, world, market, stall, 1, 60_000)
    pays(client, world, market, stall, 2, 45_000)
    wrong = session.scalars(select(Allocation).where(Allocation.amount_minor == 60_000)).one()
    with begin() as rows:
        payments.undo_allocation(rows, allocation_id=wrong.id, why="Nhầm sạp", now=world.clock.now(), actor="x")
        actions.close_stall(rows, now=world.clock.now(), acting=market.cashier, stall_id=stall.id)
    page = text(desk.get(f"/stalls/{stall.id}"))  # closed, and what it took today stays
    assert "₫60,000" not in page and "₫45,000 received" in page and "Received today ₫45,000" in page
