"""Text of the fonts before Unicode: told by column, turned into Unicode letter by letter, stored on a yes alone."""

import unicodedata
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import func, select

from portal.onboarding.models import Person
from portal.onboarding.persons import person_name
from portal.onboarding.roster_models import RosterRun
from portal.onboarding.rosters.errors import RosterRefused
from portal.onboarding.rosters.legacy import convert, judge_column
from tests.portal.rosters.conftest import HEADINGS, household

NAMES = (
    "Nguyễn Văn Hùng", "Trương Thị Mỹ Lệ", "Đặng Hữu Ước", "Huỳnh Ngọc Ẩn", "Lê Thị Thuỷ", "Phạm Bảy", "Võ Thị Kỹ",
    "Bùi Quới", "Đỗ Thị Diễm", "Hồ Văn Ngoan", "Thạch Sô Phia", "Lý Thị Hoàng Oanh", "Cao Thị Ái", "Nguyễn Khuê",
)  # fmt: skip
TONES = {"\u0301": "ù", "\u0300": "ø", "\u0309": "û", "\u0303": "õ", "\u0323": "ï"}
ROUND = {"": "â", "\u0301": "á", "\u0300": "à", "\u0309": "å", "\u0303": "ã", "\u0323": "ä"}
BREVE = {"": "ê", "\u0301": "é", "\u0300": "è", "\u0309": "ú", "\u0303": "ü", "\u0323": "ë"}
ALONE = {"ỉ": "æ", "ĩ": "ó", "ị": "ò", "ỵ": "î", "đ": "ñ", "ơ": "ô", "ư": "ö"}


def in_vni(text: str) -> str:
    """Write a text as a VNI font has it: the letter, then its mark."""
    return "".join(_vni(sign) for sign in text)


def _vni(sign: str) -> str:
    lower = sign.lower()
    if lower in ALONE:
        found = ALONE[lower]
    else:
        letter, *marks = unicodedata.normalize("NFD", lower)
        tone = next((mark for mark in marks if mark in TONES), "")
        if "\u0302" in marks:
            found = letter + ROUND[tone]
        elif "\u0306" in marks:
            found = letter + BREVE[tone]
        elif letter == "i":
            found = lower
        else:
            base = {"o": "ô", "u": "ö"}[letter] if "\u031b" in marks else letter
            found = base + TONES.get(tone, "")
    return found if sign == lower else found.upper()


TCVN3 = dict(
    zip(
        "àáảãạăằắẳẵặâầấẩẫậđèéẻẽẹêềếểễệìíỉĩịòóỏõọôồốổỗộơờớởỡợùúủũụưừứửữựỳýỷỹỵĂÂÊÔƠƯĐ",
        "µ¸¶·¹¨»¾¼½Æ©ÇÊÈÉË®ÌÐÎÏÑªÒÕÓÔÖ×ÝØÜÞßãáâä«åèæçé¬êíëìîïóñòô\u00adõøö÷ùúýûüþ¡¢£¤¥¦§",
        strict=True,
    )
)


def in_tcvn3(text: str) -> str:
    """Write a text as TCVN3 has it; capitals with a tone are a font of their own, and written small."""
    return "".join(TCVN3.get(sign) or TCVN3.get(sign.lower(), sign) for sign in text)


@pytest.mark.parametrize("name", NAMES)
def test_names_come_back_whole(name: str) -> None:
    assert convert(in_vni(name), scheme="vni") == name
    assert convert(in_tcvn3(name), scheme="tcvn3").casefold() == name.casefold()


def test_vni_has_the_two_letters_that_others_get_wrong_and_tcvn3_the_soft_hyphen() -> None:
    assert convert("kyû kyõ", scheme="vni") == "kỷ kỹ"
    assert convert("Tr\u00ad¬ng", scheme="tcvn3") == "Trương"


def test_a_column_is_told_and_clean_unicode_is_never_asked_about() -> None:
    assert judge_column([in_tcvn3(name) for name in NAMES]) == "tcvn3"
    assert judge_column([in_vni(name) for name in NAMES]) == "vni"
    for clean in (NAMES, [name.upper() for name in NAMES], ["Ấp 3", "", "Cái Bè"], ["0912000001"], []):
        assert judge_column(list(clean)) is None
    assert judge_column([*NAMES * 3, in_vni(NAMES[0])]) is None  # one in forty may be a slip


@pytest.mark.parametrize(("scheme", "write"), [("tcvn3", in_tcvn3), ("vni", in_vni)])
def test_a_workbook_in_old_letters_is_stored_on_a_yes_alone_and_never_garbled(
    take: Callable[..., Any], as_xlsx: Callable[..., Path], province: Any, world: Any, scheme: str,
    write: Callable[[str], str],
) -> None:  # fmt: skip
    path = as_xlsx(HEADINGS, *(household(n, name=write("Trương Văn Hùng")) for n in range(1, 4)))
    with pytest.raises(RosterRefused) as refused:
        take(path)
    assert (refused.value.code, refused.value.fields["sample"]) == (f"encoding.{scheme}", "Trương Văn Hùng")
    province.rollback()
    for table in (Person, RosterRun):
        assert province.scalar(select(func.count()).select_from(table)) == 0
    assert take(path, convert=True).outcomes["created"] == 3
    assert {person_name(one, world.field_keys) for one in province.scalars(select(Person))} == {"Trương Văn Hùng"}
