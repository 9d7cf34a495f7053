"""Amounts as cashiers write them, and labels that must be no name."""

from contextlib import suppress

import pytest
from hypothesis import given
from hypothesis import strategies as st

from portal.cashier.typed import NameSuspected, read_payer
from portal.pay.typed import AmountUnreadable, read_amount, read_number


@pytest.mark.parametrize(
    "text",
    [
        "450000",
        "450.000",
        "450,000",
        "450 000",
        " 450k ",
        "450K",
        "450 k",
        "450.000 đ",
        "450000₫",
        "450.000 đồng",
        "450.000 VND",
    ],
)
def test_one_amount_in_many_hands(text: str) -> None:
    assert read_amount(text) == 450_000


@pytest.mark.parametrize(
    "text",
    [
        "",
        "k",
        "45.00",
        "450.00",
        "4500.000",
        "450.5k",
        "-450000",
        "450,000.000",
        "1e6",
        "bốn trăm",
        "450k k",
        "99999999999",
    ],
)
def test_what_is_no_amount(text: str) -> None:
    with pytest.raises(AmountUnreadable):
        read_amount(text)


@given(st.integers(min_value=0, max_value=9_999_999_999), st.sampled_from([".", ",", " ", ""]))
def test_every_grouping_reads_back(amount: int, gap: str) -> None:
    assert read_amount(f"{amount:,}".replace(",", gap)) == amount


@given(st.text(max_size=30))
def test_nothing_typed_breaks_the_reading(text: str) -> None:
    with suppress(AmountUnreadable):
        assert 0 <= read_amount(text) <= 9_999_999_999
    with suppress(NameSuspected):
        assert read_payer(text) == " ".join(text.split())


@pytest.mark.parametrize(
    "label", ["", "lớp 1A N.V.A.", "1A N.V.A.", "HS-0412", "khoa Nội 0412", "phiếu 0412", "Lớp 1A"]
)
def test_labels_that_name_nobody(label: str) -> None:
    assert read_payer(label) == label


@pytest.mark.parametrize("name", ["Nguyễn Văn An", "nguyễn văn an", "lớp 1A Nguyễn Văn An", "Văn An", "TRAN THI BE"])
def test_labels_that_look_like_a_name(name: str) -> None:
    with pytest.raises(NameSuspected):
        read_payer(name)


def test_a_number_is_what_a_page_of_ours_gave_and_nothing_else():
    assert [read_number(text) for text in ("0", "17", "9" * 18)] == [0, 17, 10**18 - 1]
    assert {read_number(text) for text in ("", "-1", "1.0", " 1", "٣", "²", "1" * 19, "12a")} == {None}
