"""Phone numbers, however they are written: the bad-input table of onboarding."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from portal.people.errors import PhoneError
from portal.people.phones import _changes, parse_mobile


@pytest.mark.parametrize(
    ("text", "e164", "notes"),
    [
        ("0966496171", "+84966496171", []),
        ("+84 966 496 171", "+84966496171", []),
        ("0084966496171", "+84966496171", []),
        ("0966.496.171", "+84966496171", []),
        ("0120 456 7890", "+84704567890", ["phone.prefix_2018"]),
        ("1204567890", "+84704567890", ["phone.zero_restored", "phone.prefix_2018"]),
        ("O966496171", "+84966496171", ["phone.letter_o"]),
        ("966496171", "+84966496171", ["phone.zero_restored"]),
    ],
)
def test_read(text: str, e164: str, notes: list[str]) -> None:
    phone = parse_mobile(text)
    assert phone.e164 == e164
    assert [code for code, _ in phone.notes] == notes


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ("0130 123 4567", "phone.prefix"),
        ("096649617", "phone.length"),
        ("+855 12 345 678", "phone.not_vn_mobile"),
        ("0272 3821 234", "phone.not_vn_mobile"),
        ("0966496171/0912345678", "phone.two"),
        ("abc", "phone.length"),
        ("", "phone.length"),
    ],
)
def test_refused(text: str, code: str) -> None:
    with pytest.raises(PhoneError) as caught:
        parse_mobile(text)
    assert caught.value.code == code


def test_every_row_of_the_2018_table_holds() -> None:
    assert len(_changes()) == 21
    for old, new in _changes().items():
        assert parse_mobile(old + "4567890").e164 == "+84" + new[1:] + "4567890"


@given(st.text(max_size=40))
def test_any_text_is_read_or_refused_with_a_type(text: str) -> None:
    try:
        phone = parse_mobile(text)
    except PhoneError:
        return
    assert len(phone.e164) == 12
    assert phone.masked.count("*") == 4
