"""Names and ID numbers as people write them: each row of the bad-input table, and what must always hold."""

from collections.abc import Callable
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from portal.onboarding.errors import SENTENCES, AnswerRefused
from portal.onboarding.validators import parse_id, parse_name

YEAR = 2026


def codes(number: str, **known: object) -> list[tuple[str, str]]:
    return [(note.code, note.kind) for note in parse_id(number, this_year=YEAR, **known).notes]  # type: ignore[arg-type]


def test_a_citizens_number_tells_sex_and_year() -> None:
    found = parse_id("082085012346", this_year=YEAR)
    assert (found.kind, found.value, found.sex, found.birth_year, found.notes) == (
        "cccd",
        "082085012346",
        "male",
        1985,
        (),
    )
    assert parse_id("0821 8501 2346", this_year=YEAR).sex == "female"
    assert parse_id("082300012346", this_year=YEAR).birth_year == 2000
    assert found.masked == "0820******46"


def test_a_lost_zero_comes_back() -> None:
    found = parse_id("82085012346", this_year=YEAR)
    assert found.value == "082085012346"
    assert [note.code for note in found.notes] == ["id.zero_restored"]


def test_a_lost_zero_stays_lost_where_the_number_makes_no_sense() -> None:
    with pytest.raises(AnswerRefused) as refused:
        parse_id("97085012346", this_year=YEAR)  # 097 is no province
    assert (refused.value.code, refused.value.fields) == ("id.length", {"digits": 11})
    with pytest.raises(AnswerRefused) as refused:
        parse_id("82085012346", this_year=YEAR, sex="female")
    assert refused.value.code == "id.length"


def test_an_old_card_keeps_its_nine_digits() -> None:
    found = parse_id("312345678", this_year=YEAR)
    assert (found.kind, found.value) == ("cmnd", "312345678")
    assert codes("312345678") == [("id.old_card", "note")]


@pytest.mark.parametrize(
    ("typed", "code"),
    [
        ("8.2085E+10", "id.digits_lost"),
        ("8,2085e10", "id.digits_lost"),
        ("12345678", "id.length"),
        ("1234567890123", "id.length"),
        ("082485012346", "id.future"),
        ("082299012346", "id.unborn"),
        ("000000000000", "id.province_zero"),
        ("08208501234x", "id.characters"),
        ("٠٨٢٠٨٥٠١٢٣٤٦", "id.characters"),
        ("", "id.characters"),
    ],
)
def test_what_no_card_says_is_refused(typed: str, code: str) -> None:
    with pytest.raises(AnswerRefused) as refused:
        parse_id(typed, this_year=YEAR)
    assert refused.value.code == code
    assert code in SENTENCES


def test_a_disagreement_warns_and_never_refuses() -> None:
    assert codes("082085012346", sex="female") == [("id.sex", "warning")]
    assert codes("082085012346", birth_year=1986) == [("id.birth_year", "warning")]
    assert codes("097085012346") == [("id.province", "warning")]


@pytest.mark.parametrize(
    ("typed", "name"),
    [
        ("  Nguyễn   Thị  Hạnh ", "Nguyễn Thị Hạnh"),
        ("Thạch\u00a0Sa\u200bRây", "Thạch SaRây"),
        ("Nguye\u0302\u0303n Va\u0306n U\u0301t", "Nguyễn Văn Út"),
        ("H’Hen Niê", "H’Hen Niê"),
        ("Út", "Út"),
        ("nguyễn văn a", "nguyễn văn a"),
    ],
)
def test_a_name_is_tidied_and_never_rewritten(typed: str, name: str) -> None:
    assert parse_name(typed) == name


@pytest.mark.parametrize(
    ("typed", "code"),
    [
        ("Trần 2", "name.characters"),
        ('=HYPERLINK("http://x")', "name.characters"),
        ("<script>", "name.characters"),
        ("a" * 10_000, "name.length"),
        ("a" * 101, "name.length"),
        ("A", "name.length"),
        ("  ", "name.empty"),
    ],
)
def test_what_is_no_name_is_refused(typed: str, code: str) -> None:
    with pytest.raises(AnswerRefused) as refused:
        parse_name(typed)
    assert refused.value.code == code


@given(st.text(max_size=60))
def test_reading_a_name_twice_changes_nothing(typed: str) -> None:
    once = read(parse_name, typed)
    assert once in SENTENCES or parse_name(once) == once


@given(st.text(alphabet="0123456789 .-eE+x", max_size=20))
def test_every_id_number_is_read_or_refused_with_a_sentence(typed: str) -> None:
    found = read(lambda text: parse_id(text, this_year=YEAR), typed)
    if isinstance(found, str):
        assert found in SENTENCES
        return
    assert len(found.value) in (9, 12)
    assert all(note.code in SENTENCES for note in found.notes)
    assert found.masked[4:-2] == "*" * (len(found.value) - 6)


def read(reader: Callable[[str], Any], typed: str) -> Any:
    """Return what a reader reads, or the code of its refusal."""
    try:
        return reader(typed)
    except AnswerRefused as refused:
        return refused.code
