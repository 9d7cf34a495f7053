"""Prices, amounts and barcode numbers: the rows of the bad-input table, and what must always hold."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from portal.catalogue.errors import SENTENCES, GoodsRefused
from portal.catalogue.prices import (
    MOST_DONG,
    Price,
    format_milli,
    parse_gtin,
    parse_milli,
    parse_price,
    unit_price,
)


@pytest.mark.parametrize(
    ("typed", "price"),
    [
        ("60.000", Price(60_000)),
        ("60,000", Price(60_000)),
        ("60 000", Price(60_000)),
        ("60000", Price(60_000)),
        (" 60.000 đ ", Price(60_000)),
        ("60.000₫", Price(60_000)),
        ("60.000 đồng", Price(60_000)),
        ("1.250.000 VND", Price(1_250_000)),
        ("60k", Price(60_000, ask=True)),
        ("60 K", Price(60_000, ask=True)),
        ("60 nghìn", Price(60_000, ask=True)),
        ("60 ngàn đồng", Price(60_000, ask=True)),
        ("2,5k", Price(2_500, ask=True)),
        ("60", Price(60)),
    ],
)
def test_a_price_is_read_however_it_is_written(typed: str, price: Price) -> None:
    assert parse_price(typed) == price


def test_sixty_dong_looks_like_sixty_thousand() -> None:
    assert parse_price("60").low
    assert not parse_price("60.000").low


@pytest.mark.parametrize("typed", ["0", "-5", "1,5", "60.5", "60.00", "", "abc", "1e5", "٦٠", "0k", "6.0000", "<b>"])
def test_what_is_no_whole_dong_is_refused(typed: str) -> None:
    with pytest.raises(GoodsRefused) as refused:
        parse_price(typed)
    assert refused.value.code == "price.whole_dong"


def test_a_price_with_too_many_zeros_is_refused() -> None:
    with pytest.raises(GoodsRefused) as refused:
        parse_price(str(MOST_DONG + 1))
    assert refused.value.code == "price.too_high"


@given(st.integers(min_value=1, max_value=MOST_DONG))
def test_every_price_reads_back_as_it_is_written(dong: int) -> None:
    assert parse_price(str(dong)).amount_minor == dong
    assert parse_price(f"{dong:,}".replace(",", ".")).amount_minor == dong


@given(st.text(max_size=30))
def test_any_text_is_a_price_or_a_refusal_with_a_sentence(typed: str) -> None:
    try:
        found = parse_price(typed).amount_minor
    except GoodsRefused as refused:
        found = 0 if refused.code in SENTENCES else -1
    assert 0 <= found <= MOST_DONG


@pytest.mark.parametrize(
    ("typed", "milli"),
    [("1", 1000), ("0,5", 500), ("1.5", 1500), ("1.000", 1_000_000), ("12,345", 12_345), ("2,50", 2500)],
)
def test_an_amount_is_kept_in_thousandths(typed: str, milli: int) -> None:
    assert parse_milli(typed, code="amount.invalid") == milli


@pytest.mark.parametrize("typed", ["0", "-1", "", "một", "1,2345", "99999999"])
def test_what_is_no_amount_is_refused(typed: str) -> None:
    with pytest.raises(GoodsRefused) as refused:
        parse_milli(typed, code="amount.invalid")
    assert refused.value.code == "amount.invalid"


@given(st.integers(min_value=1, max_value=999_999))
def test_every_amount_below_a_thousand_reads_back(milli: int) -> None:
    assert parse_milli(format_milli(milli), code="amount.invalid") == milli


@pytest.mark.parametrize(
    ("price", "quantity", "content", "per_unit"),
    [
        (60_000, 1000, 1000, 60_000),  # a kilogram
        (30_000, 500, 1000, 60_000),  # half a kilogram
        (30_000, 500_000, 1, 60_000),  # 500 g
        (2_000_000, 1000, 100_000, 20_000),  # a tạ
        (120_000, 1000, 12_000, 10_000),  # a chục of twelve
        (100_000, 3000, 1000, 33_333),
        (200_000, 3000, 1000, 66_667),
    ],
)
def test_the_unit_price_is_rounded_half_up(price: int, quantity: int, content: int, per_unit: int) -> None:
    assert unit_price(price_minor=price, quantity_milli=quantity, content_milli=content) == per_unit


def test_a_barcode_numbers_last_digit_is_checked() -> None:
    assert parse_gtin("8936012345674") == "08936012345674"
    with pytest.raises(GoodsRefused) as refused:
        parse_gtin("8936012345670")
    assert (refused.value.code, refused.value.fields) == ("gtin.check_digit", {"expected": "4"})
    for typed in ("123", "89360123456xx", ""):
        with pytest.raises(GoodsRefused) as refused:
            parse_gtin(typed)
        assert refused.value.code == "gtin.length"
