"""Payment codes, and what is left of them in a bank's memo."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from payments.codes import CodeForm, codes_in, make_code, plain
from payments.errors import CodesUsedUp, PayeeInvalid
from tests.payments.scene import VECTORS

FORM = CodeForm("HP")
MEMOS = VECTORS["memo_match"]
SHORT = CodeForm(MEMOS["prefix"], digits=MEMOS["digits"], check_digit=MEMOS["check_digit"])


@pytest.mark.parametrize(("number", "code"), VECTORS["payment_code"]["examples"].items())
def test_codes_carry_a_damm_digit(number, code):
    assert make_code(FORM, int(number)) == code


@pytest.mark.parametrize("memo", MEMOS["finds_only_HP0001"])
def test_memos_that_name_one_code(memo):
    assert codes_in(memo, SHORT) == ("HP0001",)


@pytest.mark.parametrize("memo", MEMOS["finds_HP0001_and_HP0002"])
def test_memos_that_name_two(memo):
    assert codes_in(memo, SHORT) == ("HP0001", "HP0002")


@pytest.mark.parametrize("memo", MEMOS["finds_nothing"])
def test_memos_that_name_none(memo):
    assert codes_in(memo, SHORT) == ()


def test_a_wrong_check_digit_is_no_code():
    assert codes_in("HP00000013 nop hoc phi", FORM) == ("HP00000013",)
    assert codes_in("HP00000014 nop hoc phi", FORM) == ()


@given(st.integers(1, 9_999_999), st.sampled_from(["{} ct tu", "MBVCB.1.{}.x", "nộp {}", "{}"]))
def test_every_code_is_found_again(number, memo):
    code = make_code(FORM, number)
    assert codes_in(memo.format(code.lower()), FORM) == (code,)


@given(st.integers(1, 9_999_999), st.integers(0, 9))
def test_a_longer_run_of_digits_is_never_a_code(number, digit):
    assert codes_in(f"{make_code(FORM, number)}{digit}", FORM) == ()


def test_diacritics_go_and_so_does_the_crossed_d():
    assert plain("nộp học phí Đặng") == "NOP HOC PHI DANG"


@pytest.mark.parametrize("number", [0, 10_000_000])
def test_numbers_outside_the_form(number):
    with pytest.raises(CodesUsedUp):
        make_code(FORM, number)


@pytest.mark.parametrize("prefix", ["H", "hp", "HPHPH", "H1", ""])
def test_prefixes_that_a_memo_could_not_carry(prefix):
    with pytest.raises(PayeeInvalid):
        CodeForm(prefix)
