"""The spellings of one name, its key, its place in a list."""

import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from portal.places.names import fold, place_key, readings, sort_key, tidy

SIGNS = "aăâbcdđeêghiklmnoôơpqrstuưvxyAĐ áàảãạýỳỷỹỵóòỏõọúùủũụéèẻẽẹðÐ'-0189\u0301\u0300\u0309"
WORDS = st.text(alphabet=SIGNS, max_size=30)


@pytest.mark.parametrize(
    ("typed", "name"),
    [
        ("Hoà Bình", "Hòa Bình"),
        ("thuỷ", "thủy"),
        ("khoẻ", "khỏe"),
        ("HOÀ", "HÒA"),
        ("qúy", "quý"),
        ("quý", "quý"),
        ("quà", "quà"),
        ("hoàn toàn", "hoàn toàn"),
        ("xoáy", "xoáy"),
        ("thuyền", "thuyền"),
        ("  Tân \u00a0 An ", "Tân An"),
        (unicodedata.normalize("NFD", "Nguyễn Huệ"), "Nguyễn Huệ"),
        ("Ðồng Tháp", "Đồng Tháp"),
    ],
)
def test_one_spelling(typed: str, name: str) -> None:
    assert tidy(typed) == name


@pytest.mark.parametrize(
    ("text", "key"),
    [
        ("Tân An", "tan an"),
        ("ĐỒNG THÁP", "dong thap"),
        ("Ðồng ðô", "dong do"),
        ("Bà Rịa - Vũng Tàu", "ba ria vung tau"),
        ("Xã Ea H’Leo", "xa ea hleo"),
        ("Cư M'gar", "cu mgar"),
        ("Ưu ơ ă â ê ô", "uu o a a e o"),
        ("", ""),
        (" - ", ""),
    ],
)
def test_fold(text: str, key: str) -> None:
    assert fold(text) == key


@given(WORDS)
def test_folding_forgets_form_tone_placement_and_case(text: str) -> None:
    key = fold(text)
    assert fold(key) == key
    assert fold(unicodedata.normalize("NFD", text)) == fold(unicodedata.normalize("NFC", text)) == key
    assert fold(tidy(text)) == key
    assert fold(text.upper()) == key
    assert key.isascii()


@given(WORDS)
def test_tidying_is_done_once(text: str) -> None:
    assert tidy(tidy(text)) == tidy(text)


@given(st.text(max_size=20))
def test_any_text_can_be_folded_and_sorted(text: str) -> None:
    assert fold(fold(text)) == fold(text)
    assert sort_key(text) == sort_key(tidy(text))


def test_the_order_of_a_vietnamese_list() -> None:
    names = ["Phường 10", "Phường 2", "Đức Hòa", "Dương Minh Châu", "Cần Giuộc", "Cạn", "Cằn", "Càn", "Can", "Ăn", "An"]
    in_order = [
        "An",
        "Ăn",
        "Can",
        "Càn",
        "Cạn",
        "Cằn",
        "Cần Giuộc",
        "Dương Minh Châu",
        "Đức Hòa",
        "Phường 2",
        "Phường 10",
    ]
    assert sorted(names, key=sort_key) == in_order


def test_a_unit_is_kept_without_its_kind() -> None:
    assert place_key("Phường Tân An", "phường") == "tan an"
    assert place_key("Thành phố Hà Nội", "thành phố trung ương") == "ha noi"
    assert place_key("Phường 01", "phường") == "1"
    assert place_key("Xã Xà Phiên", "xã") == "xa phien"


def test_what_a_typed_place_may_mean() -> None:
    assert readings("TP. Tân An") == [("tp tan an", ()), ("tan an", ("thành phố", "thành phố trung ương"))]
    assert readings("P.01") == readings("p1") == [("p 1", ()), ("1", ("phường",))]
    assert ("xa phien", ()) in readings("xà phiên")
    assert readings(" , ") == []
