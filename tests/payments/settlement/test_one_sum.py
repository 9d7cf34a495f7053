"""A whole class pays one sum in one day: who paid is told apart, whichever of statement and feed comes first."""

from pathlib import Path

import pytest
from sqlalchemy.orm import Session

from payments.settlement.told import pair
from tests.payments.scene import ask, bank_notice, books, hear, school, sepay
from tests.payments.settlement.test_statements import BANK, OPENING, counts, lines_of, seen, taken, written


@pytest.mark.parametrize("balances", [True, False])
def test_a_sum_that_the_statement_lists_hides_no_other_payers(session: Session, tmp_path: Path, balances: bool) -> None:
    payee = school(session)
    one, other = ask(session, payee), ask(session, payee)

    def told(number: int, code: str) -> None:
        after = OPENING + number * 450_000 if balances else None
        hear(session, sepay(), bank_notice(number=number, amount=450_000, memo=f"{code} CT", accumulated=after))

    # The bank's statement gives no references here, and was read in before the second transfer came.
    assert counts(taken(session, payee, written(tmp_path, lines_of([("", one.code, 450_000)])))) == {"matched": 1}
    told(2, other.code)
    assert (one.status, other.status) == ("paid", "paid")
    told(1, one.code)
    whole = written(tmp_path, lines_of([("", one.code, 450_000), ("", other.code, 450_000)]), name="whole.csv")
    assert counts(taken(session, payee, whole)) == {"seen": 2}
    assert (one.exceptions, other.exceptions) == ("", "")
    assert books(session, payee) == {BANK: 900_000, "owed": -900_000}


@pytest.mark.parametrize(
    ("memo", "other", "same"),
    [
        ("HP00000013", "HP00000021", False),
        ("MBVCB.5551234.HP00000013.CT", "HP00000013", True),
        ("HP00000013 nop tien", "HP000000", True),  # cut by the bank
        ("nop tien hoc", "HP00000013", True),  # nothing speaks against it
        ("", "HP00000013", True),
    ],
)
def test_of_one_sum_and_day_the_numbers_in_both_memos_decide(memo: str, other: str, same: bool) -> None:
    assert bool(pair([seen(1, 100, memo=memo)], [seen(11, 100, memo=other)])) is same


@pytest.mark.parametrize(
    ("memo", "other", "balance", "same"),
    [
        ("ME LAN", "ME HOA", 400, False),
        ("ME LAN", "CK tu ME LAN", 400, True),  # balances are not of one kind everywhere, and the words are the same
        ("ME LAN", "ME HOA", None, True),
        ("", "ME HOA", 400, True),
    ],
)
def test_without_numbers_other_words_and_another_balance_decide(
    memo: str, other: str, balance: int | None, same: bool
) -> None:
    lines, told = [seen(1, 100, memo=memo, balance_minor=300)], [seen(11, 100, memo=other, balance_minor=balance)]
    assert bool(pair(lines, told)) is same
