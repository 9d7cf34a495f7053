"""Money is a whole number of minor units; business days are Vietnam's."""

from datetime import UTC, date, datetime

import pytest

from payments.days import COMPACT, business_date, from_local, to_local
from payments.errors import AmountInvalid, AmountTooLarge, AmountTooSmall, CurrencyMixed
from payments.money import Money, askable


@pytest.mark.parametrize("amount", [50000.5, 50000.0, True, "50000", None])
def test_only_integers_are_money(amount):
    with pytest.raises(AmountInvalid):
        Money(amount)


def test_currencies_do_not_mix():
    with pytest.raises(CurrencyMixed):
        Money(1) + Money(1, "USD")
    with pytest.raises(CurrencyMixed):
        askable(Money(5000, "USD"))
    assert Money(5) + Money(3) - Money(1) == Money(7)
    assert -Money(5) == Money(-5)


@pytest.mark.parametrize(("amount", "refusal"), [(0, AmountTooSmall), (999, AmountTooSmall), (10**10, AmountTooLarge)])
def test_what_may_be_asked(amount, refusal):
    with pytest.raises(refusal):
        askable(Money(amount))


@pytest.mark.parametrize("amount", [1000, 9_999_999_999])
def test_limits_are_inside(amount):
    assert askable(Money(amount)) == Money(amount)


def test_five_in_the_afternoon_utc_begins_the_next_business_day():
    assert business_date(datetime(2026, 3, 22, 16, 59, 59, tzinfo=UTC)) == date(2026, 3, 22)
    assert business_date(datetime(2026, 3, 22, 17, 0, tzinfo=UTC)) == date(2026, 3, 23)


def test_local_time_is_read_as_utc_and_written_back():
    at = from_local("20260322235959", COMPACT)
    assert at == datetime(2026, 3, 22, 16, 59, 59, tzinfo=UTC)
    assert to_local(at, COMPACT) == "20260322235959"
