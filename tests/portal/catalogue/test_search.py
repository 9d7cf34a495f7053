"""The market's shelf: who is on it, what a search finds and in which order, paging without gaps."""

from typing import Any

import pytest
from sqlalchemy import event

from portal.catalogue import actions, search
from portal.catalogue.search import PAGE, shelf
from portal.db import db
from portal.onboarding import consents
from portal.onboarding.actions import organisation_of
from tests.portal.catalogue.making import picture, product


def names(session: Any, text: str = "", **more: Any) -> list[str]:
    return [one.name for one, _seller in shelf(session, text, **more).rows]


def test_marks_may_be_left_out_and_exact_ones_come_first(province: Any, world: Any, shop: Any, clock: Any) -> None:
    for name in ("Dừa xiêm", "Dứa mật", "Bưởi da xanh", "Gạo nàng thơm"):
        clock.move(minutes=1)
        product(province, world, shop, name)
    assert names(province) == ["Gạo nàng thơm", "Bưởi da xanh", "Dứa mật", "Dừa xiêm"]
    assert names(province, "buoi da xanh") == ["Bưởi da xanh"]
    assert names(province, "BƯỞI") == ["Bưởi da xanh"]
    assert names(province, "dừa") == ["Dừa xiêm", "Dứa mật"]
    assert names(province, "dứa") == ["Dứa mật", "Dừa xiêm"]
    assert names(province, "gao thom") == ["Gạo nàng thơm"]
    assert names(province, "ạo") == []
    assert names(province, "xanh bu") == ["Bưởi da xanh"]


@pytest.mark.parametrize("text", ["%", "_", "' OR 1=1 --", "\\", "%' OR 1=1 --", "x" * 10_000, "\x00", "bưởi\x00da"])
def test_no_text_breaks_the_search(province: Any, world: Any, shop: Any, text: str) -> None:
    product(province, world, shop)
    assert names(province, text) in ([], ["Bưởi da xanh"])


def test_only_signs_show_the_newest(province: Any, world: Any, shop: Any) -> None:
    product(province, world, shop)
    assert names(province, "?!") == ["Bưởi da xanh"]


def test_only_approved_sellers_who_agreed_are_shown(province: Any, world: Any, shop: Any) -> None:
    made = product(province, world, shop)
    draft = product(province, world, shop, "Chanh", on_sale=False)
    assert search.on_sale(province, draft.id) is None
    assert search.on_sale(province, made.id) is not None
    organisation = organisation_of(province, shop)
    consents.withdraw(province, now=world.clock.now(), acting=shop, organisation=organisation, purpose="public_page")
    assert names(province) == []
    assert search.on_sale(province, made.id) is None
    consents.give(
        province,
        now=world.clock.now(),
        acting=shop,
        organisation=organisation,
        purpose="public_page",
        language="vi",
        method="page",
    )
    assert names(province) == ["Bưởi da xanh"]
    actions.take_off(province, now=world.clock.now(), acting=shop, product=made)
    assert names(province) == []


@pytest.mark.parametrize("text", ["", "bưởi"])
def test_pages_follow_each_other_without_gap_or_repeat(
    province: Any, world: Any, shop: Any, clock: Any, text: str
) -> None:
    one = picture()
    made = []
    for number in range(PAGE + 3):
        if number % 3:
            clock.move(seconds=1)
        made.append(product(province, world, shop, f"Bưởi {number}", picture=one).name)
    first = shelf(province, text)
    assert len(first.rows) == PAGE
    second = shelf(province, text, after=first.after)
    assert second.after is None
    seen = [product.name for product, _seller in (*first.rows, *second.rows)]
    assert sorted(seen) == sorted(made)


@pytest.mark.parametrize("after", ["x", "!!!", "W10", "eyJhIjoxfQ", "a" * 500, "WzAsICJ4IiwgInkiXQ"])
def test_an_address_that_was_changed_begins_at_the_start(province: Any, world: Any, shop: Any, after: str) -> None:
    product(province, world, shop)
    assert names(province, after=after) == ["Bưởi da xanh"]


def test_a_page_takes_three_statements(province: Any, world: Any, shop: Any) -> None:
    one = picture()
    for number in range(6):
        product(province, world, shop, f"Bưởi {number}", picture=one)
    province.expunge_all()
    statements: list[str] = []
    listen = ("before_cursor_execute", lambda *what: statements.append(what[2]))
    event.listen(db.engine, *listen)
    try:
        rows = shelf(province, "bưởi").rows
        assert all(row.variants[0].unit.code == "kg" and row.photos for row, _seller in rows)
    finally:
        event.remove(db.engine, *listen)
    selects = [one for one in statements if one.lstrip().upper().startswith("SELECT")]
    assert len(selects) == 3
