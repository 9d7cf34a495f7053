"""The list of odd money: alike on the page, in the file and at the interface; walked, looked at, never another's."""

from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import insert, inspect, select

from payments.models import Request
from portal.audit import AuditRow
from tests.portal.cashier.test_exceptions import stray
from tests.portal.cashier.test_going_back import press, with_duty
from tests.portal.pay.making import School, asked, open_school, pay_by_transfer, soup, text
from tests.portal.pay.sdk import sdk_of

LOOKED_AT = "/exceptions/looked-at"


@pytest.fixture
def desk(app: Any, client: Any, world: Any, school: School) -> Any:
    return with_duty(app, world, school, "reconcile", "approve")


def test_the_same_on_page_in_file_and_at_the_interface(
    desk: Any, client: Any, world: Any, school: School, session: Any
) -> None:
    assert "Nothing is out of the ordinary" in text(desk.get("/exceptions"))
    requests = [asked(world, school, form_id=f"f{n}") for n in range(3)]
    for number, (one, amount) in enumerate(zip(requests, (200_000, 500_000, 450_000), strict=True), 1):
        pay_by_transfer(client, world, school, memo=one.code, amount=amount, number=number, balance=None)
    stray(client, world, school, number=9)
    page = text(desk.get("/exceptions"))
    assert [page.count(word) for word in (requests[0].code, requests[1].code, requests[2].code)] == [1, 1, 0]
    assert "FT97" in page  # what the payer's bank shows, not the ninth message of a feed
    file = desk.get("/exceptions?format=csv").get_data(as_text=True).splitlines()
    assert sorted(line.split(",")[0] for line in file[1:]) == ["over", "partial", "unmatched"]
    assert desk.get("/exceptions?kind=over&format=csv").get_data(as_text=True).count("over,") == 1
    sdk, _ = sdk_of(client, world, school.payee.id)
    told = {one["payment_code"]: one["exceptions"] for one in sdk.v1.payment_intents.list().data}
    assert [told[one.code] for one in requests] == [["partial"], ["over"], []]
    assert "Paid too much" in page and "today" in page and "0 days" not in page


def test_what_was_looked_at_leaves_the_list_until_more_money_comes(
    desk: Any, app: Any, client: Any, world: Any, school: School, session: Any
) -> None:
    first, second = (asked(world, school, form_id=f"f{n}") for n in range(2))
    for number, one in enumerate((first, second), 1):
        pay_by_transfer(client, world, school, memo=one.code, amount=100_000, number=number, balance=None)
    stray(client, world, school, number=9)
    page = soup(desk.get("/exceptions"))
    assert "To look at: 3" in page.get_text() and "Looked at: 0" in page.get_text()
    boxes = [one["value"] for one in page.select("input[name=seen]")]
    assert sorted(boxes) == sorted(f"{one.id}:100000" for one in (first, second))
    pay_by_transfer(client, world, school, memo=second.code, amount=50_000, number=3, balance=None)
    answer = press(desk, LOOKED_AT, seen=boxes)
    assert answer.status_code == 303
    page = desk.get(answer.location)
    assert "Some have changed meanwhile" in text(page)
    assert [one["value"] for one in soup(page).select("input[name=seen]")] == [f"{second.id}:150000"]
    assert "To look at: 2" in text(page) and "Looked at: 1" in text(page)
    file = desk.get("/exceptions?format=csv").get_data(as_text=True)
    assert (first.code in file, second.code in file) == (False, True)
    assert first.code in desk.get("/exceptions?kind=looked_at&format=csv").get_data(as_text=True)
    sdk, _ = sdk_of(client, world, school.payee.id)  # it differs as before: only the work on it is done
    assert {tuple(one["exceptions"]) for one in sdk.v1.payment_intents.list().data} == {("partial",)}
    pay_by_transfer(client, world, school, memo=first.code, amount=100_000, number=4, balance=None)
    assert f"{first.id}:200000" in desk.get("/exceptions?kind=partial").get_data(as_text=True)
    for sent, view, left in (([f"{first.id}:200000"], "", 2), ([f"{first.id}:200000"], "?kind=looked_at", 3)):
        press(desk, f"{LOOKED_AT}{view}", seen=sent)
        assert f"To look at: {left}" in text(desk.get("/exceptions"))
    acts = session.scalars(
        select(AuditRow.act).where(AuditRow.act.startswith("exception.")).order_by(AuditRow.at)
    ).all()
    assert acts == ["exception.looked_at"] * 2 + ["exception.again"]


def test_nobody_looks_at_anothers_and_nothing_is_taken_that_is_no_line(
    desk: Any, app: Any, client: Any, world: Any, school: School, session: Any
) -> None:
    one = asked(world, school)
    pay_by_transfer(client, world, school, memo=one.code, amount=100_000, number=1, balance=None)
    other = open_school(world, name="Trường khác", number="9999999999", phone="0901100088", prefix="KH")
    stranger = with_duty(app, world, other, "reconcile", phone="0901100099")
    reader = with_duty(app, world, school, "read", phone="0901100066")
    assert soup(reader.get("/exceptions")).select("input[name=seen]") == []
    for who, sent, status in (
        (reader, [f"{one.id}:100000"], 403), (stranger, [f"{one.id}:100000"], 303), (desk, [], 303),
        (desk, ["", "x", f"{one.id}:", f"{one.id}:x", f"{one.id}:-1"], 303),
    ):  # fmt: skip
        assert press(who, LOOKED_AT, seen=sent).status_code == status
        assert one.code in text(desk.get("/exceptions"))


def test_a_long_list_is_walked_page_by_page_the_longest_waiting_first(
    desk: Any, client: Any, world: Any, school: School, session: Any, clock: Any
) -> None:
    one = asked(world, school)
    pay_by_transfer(client, world, school, memo=one.code, amount=100_000, number=1, balance=None)
    first = session.scalars(select(Request)).one()
    kept = {column.key: getattr(first, column.key) for column in inspect(Request).columns if column.key != "seq"}
    begins = first.created_at + timedelta(hours=1)
    session.execute(
        insert(Request),
        [
            kept | {"id": f"pr_{n:03}", "code": f"ZZ{n:08}", "client_ref": f"f{n}", "desk_ref": f"d{n}",
                    "exceptions": "late over" if n % 2 else "partial", "created_at": begins + timedelta(seconds=n),
                    "over_minor": n % 2}
            for n in range(100)
        ],
    )  # fmt: skip
    session.commit()
    found = []
    for number in range(1, 5):
        page = soup(desk.get(f"/exceptions?page={number}"))
        found += [row.th.get_text(strip=True) for row in page.select("tbody tr")]
    assert found[0] == one.code
    assert found[1:151] == [f"ZZ{n:08}" for n in range(100) for _ in range(1 + n % 2)]
    file = desk.get("/exceptions?format=csv").get_data(as_text=True).splitlines()
    assert [line.split(",")[2] for line in file[1:]] == found[:151]
    assert "Page 1 of 4" in text(desk.get("/exceptions"))
    for kind, count in (("partial", 51), ("over", 50), ("late", 50)):
        assert len(desk.get(f"/exceptions?format=csv&kind={kind}").get_data(as_text=True).splitlines()) == count + 1
