"""In which cells sellers stand: of many the sums of each, in as many statements for few as for many."""

from collections import Counter
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

import pytest
from sqlalchemy import event

from portal.db import db
from portal.marketplaces.indicators import COUNTERS
from tests.portal.adoption.conftest import Province, province

__all__ = ["province"]
AT = datetime(2022, 4, 20, tzinfo=UTC)
[OF_SELLERS, _OF_CHANNELS] = COUNTERS


@pytest.fixture
def sellers(province: Province) -> list[str]:
    """Twelve sellers: some with goods on both marketplaces, some with an account alone, some with nothing."""
    made = []
    for number in range(12):
        seller = province.seller(number % 2, kind="household" if number % 3 else "cooperative")
        if number % 4:
            province.on_sale(seller, "VN-RICE", *(("postmart", "voso") if number % 2 else ("postmart",)))
            province.on_sale(seller, "VN-FISH", "voso")
        if number % 5:
            province.account(seller)
        made.append(seller)
    province.session.commit()
    return made


def statements(read: Callable[[], Any]) -> int:
    seen: list[str] = []

    def note(_connection: Any, _cursor: Any, statement: str, *_more: Any) -> None:
        if statement.startswith("SELECT"):
            seen.append(statement)

    db.session.expunge_all()
    event.listen(db.engine, "before_cursor_execute", note)
    try:
        read()
    finally:
        event.remove(db.engine, "before_cursor_execute", note)
    assert seen
    return len(seen)


def test_the_cells_of_many_are_the_sums_of_each(session: Any, sellers: list[str]) -> None:
    each: Counter[Any] = Counter()
    for seller in sellers:
        each.update(OF_SELLERS.cells(session, seller, AT))
    assert OF_SELLERS.cells_of_many(session, sellers, AT) == each
    assert {code for code, _cut, _area in each} == {"SELLER_ACTIVE", "PRODUCT_LISTED", "LISTING", "HH_ACCOUNT"}


def test_many_take_no_more_statements_than_few(session: Any, sellers: list[str]) -> None:
    few, many = (
        statements(lambda some=some: OF_SELLERS.cells_of_many(session, some, AT)) for some in (sellers[:2], sellers)
    )
    assert few == many
