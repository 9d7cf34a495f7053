"""What goes on at a till: an earlier payment found, more time, a large sum in parts, the words said aloud."""

import random
import re
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import insert, inspect, select

import payments
from payments.errors import ExpiryPassed, IllegalTransition
from payments.models import Attempt, Request
from portal.audit import AuditRow
from portal.cashier import going_on
from portal.cashier.going_on import parts_of
from portal.db import begin
from portal.errors import NotFound
from portal.i18n import in_words
from tests.portal.pay.making import (
    School,
    asked,
    cashier_browser,
    open_school,
    pay_by_transfer,
    sent_to_vnpay,
    soup,
    text,
)

NOW = datetime(2026, 11, 20, tzinfo=UTC)


@pytest.fixture
def till(app: Any, client: Any, world: Any, school: School) -> Any:
    return cashier_browser(app, world, school)


def codes(answer: Any) -> list[str]:
    """Return the payment codes that a search shows, in its order."""
    return [one.get_text(strip=True) for one in soup(answer).select("table tbody a")]


def test_an_earlier_payment_is_found_by_whatever_is_known_of_it(
    app: Any, world: Any, clock: Any, school: School
) -> None:
    first = asked(world, school, amount=450_000, form_id="a")
    clock.move(days=1)
    till = cashier_browser(app, world, school)
    second = asked(world, school, amount=60_000, form_id="b")
    other = open_school(world, name="Trường B", number="0071000999999", prefix="TB", phone="0987654321")
    asked(world, other, amount=450_000, form_id="c")
    pay_by_transfer(app.test_client(), world, school, memo=second.code, amount=65_000, number=88_4575)
    day = second.created_at.date().isoformat()
    for query, expected in (
        (first.code.lower(), [first.code]), ("450k", [first.code]), ("60.000", [second.code]),
        ("65.000", [second.code]), ("n.v.a.", [second.code, first.code]), ("HOC PHÍ", [second.code, first.code]),
        ("5757", [second.code]), ("4575", []),
        (first.code[-4:], [first.code]), (f"1A&on={day}", [second.code]), (f"&on={day}", [second.code]),
        ("", []), ("%", []), ("_", []), ("TB0001", []), ("&on=yesterday", []),
    ):  # fmt: skip
        answer = till.get(f"/till/search?q={query if query != '%' else '%25'}")
        assert (query, codes(answer)) == (query, expected)
    assert "No payment found" in text(till.get("/till/search?q=TB0001"))
    assert "No payment found" not in text(till.get("/till/search"))


def test_more_time_keeps_the_code_and_opens_what_had_expired(
    till: Any, session: Any, world: Any, clock: Any, school: School
) -> None:
    path = f"/till/{asked(world, school).id}"
    till.send(f"{path}/code", page=path)
    code, ends = session.execute(select(Attempt.qr, Request.expires_at).join(Request)).one()
    form = {"csrf_token": till.token(path), "ends": ends.isoformat()}
    for _tap in range(2):
        assert till.post(f"{path}/time", data=form).status_code == 303
    session.expire_all()
    kept = session.scalars(select(Attempt)).one()
    request = session.scalars(select(Request)).one()
    assert (kept.qr, kept.expires_at) == (code, request.expires_at)
    assert request.expires_at == ends + timedelta(days=7)
    request.expires_at = clock.now() + timedelta(minutes=1)
    session.commit()
    clock.move(minutes=2)
    with begin() as rows:
        payments.expire_due(rows, now=clock.now())
    page = soup(till.get(path))
    assert page.h1.get_text() == "This link has expired"
    seen = page.select_one("input[name=ends]")["value"]
    assert till.send(f"{path}/time", {"ends": seen}, page=path).status_code == 303
    assert soup(till.get(path)).h1.get_text() == "Waiting for the bank"
    assert session.scalars(select(AuditRow.act).where(AuditRow.act == "request.given_time")).all() == [
        "request.given_time", "request.given_time",
    ]  # fmt: skip


def test_no_time_is_given_to_what_is_over_nor_any_that_is_past(world: Any, session: Any, school: School) -> None:
    request, now = asked(world, school), world.clock.now()
    with pytest.raises(ExpiryPassed), begin() as rows:
        payments.give_time(rows, request_id=request.id, until=request.expires_at, now=now)
    with begin() as rows:
        payments.cancel_request(rows, request_id=request.id, reason="x", now=now)
    with pytest.raises(IllegalTransition), begin() as rows:
        going_on.more_time(rows, now=now, acting=school.cashier, request_id=request.id, ends=request.expires_at)


def test_pressed_on_a_page_that_does_not_know_of_the_money_nothing_opens_again(
    till: Any, app: Any, session: Any, world: Any, school: School
) -> None:
    request = asked(world, school)
    path = f"/till/{request.id}"
    seen = soup(till.get(path)).select_one("input[name=ends]")["value"]
    pay_by_transfer(app.test_client(), world, school, memo=request.code, amount=450_000)
    assert till.send(f"{path}/time", {"ends": seen}, page="/till").location == path
    assert soup(till.get(path)).h1.get_text() == "₫450,000 received"
    session.expire_all()
    assert session.scalars(select(Request.status)).all() == ["paid"]
    assert session.scalars(select(AuditRow.act).where(AuditRow.act == "request.given_time")).all() == []


def test_words_are_found_however_many_were_asked_for_since(app: Any, world: Any, school: School, session: Any) -> None:
    first = asked(world, school, form_id="a")
    kept = {column.key: getattr(first, column.key) for column in inspect(Request).columns if column.key != "seq"}
    session.execute(
        insert(Request),
        [
            kept | {"id": f"pr_{n:05}", "code": f"ZZ{n:08}", "client_ref": f"f{n}", "desk_ref": f"d{n}",
                    "item": "Bán trú của Đặng O’Hara, lớp 1A" if n == 7 else f"Tiền ăn {n}"}
            for n in range(5_000)
        ],
    )  # fmt: skip
    session.commit()
    till = cashier_browser(app, world, school)
    day = first.created_at.date().isoformat()
    for words, expected in (
        ("n.v.a.", first.code), ("dang ohara", "ZZ00000007"), ("BAN TRU", "ZZ00000007"), ("lớp 1a", "ZZ00000007"),
        ("tiền ăn 4242", "ZZ00004242"),
    ):  # fmt: skip
        for on in ("", f"&on={day}"):
            assert expected in codes(till.get("/till/search", query_string=f"q={words}{on}")), words
    assert codes(till.get("/till/search?q=n.v.a.&on=2020-01-01")) == []


@pytest.mark.parametrize("address", ["/till/search?on={}", "/till/day?day={}", "/cashier/receipts?day={}"])
def test_days_beyond_the_calendar_are_none(till: Any, address: str) -> None:
    for day in ("9999-12-31", "0001-01-01", "2026-02-30", "x"):
        assert till.get(address.format(day)).status_code in (200, 404), day


def test_the_stream_ends_where_no_number_is_sent(till: Any) -> None:
    for after in ("9" * 30, "9" * 5000, "²", "-1", ""):
        assert till.get("/cashier/live", query_string={"after": after}).get_data(as_text=True) == "retry: 1000\n\n"


def test_a_large_sum_is_asked_for_in_parts_by_one_press(
    till: Any, app: Any, session: Any, world: Any, school: School
) -> None:
    whole = asked(world, school, amount=25_000_000)
    path = f"/till/{whole.id}"
    assert "Ask for it in 3 parts of at most ₫8,334,000" in text(till.get(path))
    token = till.token(path)
    first, again = (till.post(f"{path}/parts", data={"csrf_token": token}) for _ in range(2))
    assert first.location == again.location
    session.expire_all()
    parts = session.scalars(select(Request).where(Request.plan_id.is_not(None)).order_by(Request.seq)).all()
    assert [one.amount_minor for one in parts] == [8_334_000, 8_333_000, 8_333_000]
    assert [one.item[-5:] for one in parts] == ["(1/3)", "(2/3)", "(3/3)"]
    assert session.get_one(Request, whole.seq).status == "canceled"
    assert first.location == f"/till/{parts[0].id}"
    pay_by_transfer(app.test_client(), world, school, memo=parts[0].code, amount=8_334_000)
    page = soup(till.get(first.location))
    assert page.h1.get_text() == "₫8,334,000 received"
    steps = page.find("ol").find_all("li")
    assert [("received" in one.get_text()) for one in steps] == [True, False, False]


def test_a_sum_is_not_split_while_a_payer_is_at_a_gateway_with_it(
    till: Any, app: Any, session: Any, world: Any, school: School
) -> None:
    whole = asked(world, school, amount=25_000_000)
    sent_to_vnpay(app.test_client(), whole)
    answer = till.send(f"/till/{whole.id}/parts", page=f"/till/{whole.id}")
    assert answer.status_code == 409
    assert session.scalars(select(Request).where(Request.plan_id.is_not(None))).all() == []


def test_what_has_money_or_is_small_is_not_split(till: Any, app: Any, session: Any, world: Any, school: School) -> None:
    small, begun = asked(world, school, form_id="a"), asked(world, school, amount=20_000_000, form_id="b")
    pay_by_transfer(app.test_client(), world, school, memo=begun.code, amount=1_000_000)
    for one in (small, begun):
        path = f"/till/{one.id}"
        assert "parts of at most" not in text(till.get(path))
        assert till.send(f"{path}/parts", page=path).status_code == 409
    assert session.scalars(select(Request).where(Request.plan_id.is_not(None))).all() == []


def test_another_institutions_request_is_neither_prolonged_nor_split(
    till: Any, app: Any, world: Any, school: School
) -> None:
    other = open_school(world, name="Trường B", number="0071000999999", prefix="TB", phone="0987654321")
    theirs = asked(world, other, amount=25_000_000)
    token = till.token("/till")
    for act in ("time", "parts"):
        assert till.post(f"/till/{theirs.id}/{act}", data={"csrf_token": token}).status_code == 404


def test_another_institutions_request_is_given_no_time(world: Any, school: School) -> None:
    other = open_school(world, name="Trường B", number="0071000999999", prefix="TB", phone="0987654321")
    theirs = asked(world, other)
    with pytest.raises(NotFound), begin() as rows:
        going_on.more_time(
            rows, now=world.clock.now(), acting=school.cashier, request_id=theirs.id, ends=theirs.expires_at
        )


@given(st.integers(min_value=1000, max_value=120_000_000))
def test_parts_add_up_and_none_asks_for_a_face(amount: int) -> None:
    sums = parts_of(amount, at=NOW)
    assert sum(sums) == amount
    assert max(sums) <= 10_000_000
    assert max(sums) - min(sums) <= 1000
    assert parts_of(amount, at=datetime(2024, 1, 1, tzinfo=UTC)) == (amount,)


def test_every_word_of_a_sum_has_a_clip() -> None:
    script = Path("portal/static/js/sound.js").read_text("utf-8")
    clips = re.findall(r'"(\w+)": \[([\d.]+), ([\d.]+)\]', script)
    dice = random.Random(5)
    words = {word for _ in range(2000) for word in in_words(dice.randrange(10 ** dice.randint(1, 12))).split()}
    assert words | {"đã", "nhận", "trả", "thiếu"} == {word for word, _begins, _lasts in clips}
    ends = [0.0] + [float(begins) + float(lasts) for _word, begins, lasts in clips]
    assert all(float(begins) >= ends[at] for at, (_word, begins, _lasts) in enumerate(clips))
    assert ends[-1] * 11_025 <= Path("portal/static/voice/vi.wav").stat().st_size
