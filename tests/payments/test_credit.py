"""How sums are split over a request: nothing appears, nothing vanishes, and exceptions say what is odd."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from payments.credit import Standing, credit, exceptions_text

amounts = st.integers(1, 10**10)


def standing(status="open", amount=450_000, allocated=0, over=0, exceptions=()):
    return Standing(status, amount, allocated, over, frozenset(exceptions))


@given(
    st.sampled_from(["draft", "open", "expired", "paid", "canceled"]),
    amounts,
    st.data(),
    st.integers(0, 10**9),
    amounts,
)
def test_every_sum_is_split_whole(status, amount, data, over, came):
    allocated = amount if status == "paid" else data.draw(st.integers(0, amount - 1))
    part = credit(standing(status, amount, allocated, over), sum_minor=came, late=False)
    assert part.to_owed + part.to_payer_credit + part.to_suspense == came
    assert min(part.to_owed, part.to_payer_credit, part.to_suspense) >= 0
    assert part.after.allocated_minor == allocated + part.to_owed <= amount
    assert part.after.over_minor == over + part.to_payer_credit
    assert ("over" in part.after.exceptions) is (part.after.over_minor > 0)
    assert ("partial" in part.after.exceptions) is (0 < part.after.allocated_minor < amount)


@pytest.mark.parametrize(
    ("status", "came", "after", "exceptions"),
    [
        ("open", 450_000, "paid", ""),
        ("open", 400_000, "open", "partial"),
        ("open", 500_000, "paid", "over"),
        ("expired", 450_000, "paid", "late"),
        ("expired", 1_000, "expired", "late partial"),
        ("canceled", 450_000, "canceled", "late"),
        ("draft", 450_000, "draft", ""),
    ],
)
def test_what_follows(status, came, after, exceptions):
    part = credit(standing(status), sum_minor=came, late=False)
    assert (part.after.status, exceptions_text(part.after.exceptions)) == (after, exceptions)


def test_the_rest_of_a_part_payment_takes_the_exception_away():
    first = credit(standing(), sum_minor=100_000, late=False).after
    second = credit(first, sum_minor=350_000, late=False).after
    assert (second.status, second.exceptions) == ("paid", frozenset())


def test_late_stays():
    first = credit(standing(), sum_minor=100_000, late=True).after
    second = credit(first, sum_minor=350_000, late=False).after
    assert second.exceptions == {"late"}
