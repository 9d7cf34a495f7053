"""GTINs and Digital Link paths; rows of the table of bad input, each with its exact code."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from traceability.errors import CodeSyntaxError
from traceability.gs1 import (
    PlaceLink,
    ShipmentLink,
    check_gtin14,
    check_lot_number,
    gtin_check_digit,
    parse_digital_link,
    parse_uri,
    to_gtin14,
)
from traceability.serials import fold_serial

GTIN = "08938505974194"
SERIAL = "0000500000D404PDMPB1"
TEXT = st.text(alphabet="ABCxyz019!\"%&'()*+,-./_:;<=>?", min_size=1, max_size=20)


def code_of(path: str, query: str = "") -> str:
    with pytest.raises(CodeSyntaxError) as caught:
        parse_digital_link(path, query, year=2026)
    return caught.value.code


@pytest.mark.parametrize(
    ("path", "query", "code"),
    [
        (f"/01/{GTIN[1:]}", "", "gtin_length"),
        ("/01/", "", "gtin_length"),
        ("/01/08938505974195", "", "gtin_check_digit"),
        ("/01/0893850597419A", "", "gtin_not_digits"),
        ("/01/٠٨٩٣٨٥٠٥٩٧٤١٩٤", "", "gtin_not_digits"),
        (f"/01/{GTIN}/21/S/10/L", "", "ai_order"),
        (f"/01/{GTIN}/21/S/21/S", "", "ai_order"),
        (f"/01/{GTIN}/10/L/22/V", "", "ai_order"),
        (f"/01/{GTIN}/235/X/21/S", "", "ai_order"),
        (f"/01/{GTIN}/17/260101", "", "ai_order"),
        (f"/gtin/{GTIN}", "", "ai_order"),
        (f"/01/{GTIN}/9999/1", "", "ai_unknown"),
        (f"/01/{GTIN}//21/S", "", "ai_unknown"),
        (f"/01/{GTIN}/ser/S", "", "ai_unknown"),
        (f"/01/{GTIN}", "21=S", "ai_not_allowed_in_query"),
        (f"/01/{GTIN}", "10=L", "ai_not_allowed_in_query"),
        (f"/01/{GTIN}", "9999=1", "ai_unknown"),
        (f"/01/{GTIN}", "&".join(f"k{n}=1" for n in range(65)), "ai_unknown"),
        (f"/01/{GTIN}", "17=991301", "date_invalid"),
        (f"/01/{GTIN}", "17=260230", "date_invalid"),
        (f"/01/{GTIN}", "17=2602", "date_invalid"),
        (f"/01/{GTIN}", "12=260600", "date_invalid"),
        (f"/01/{GTIN}", "7007=260101260231", "date_invalid"),
        (f"/01/{GTIN}", "7007=2601012", "date_invalid"),
        (f"/01/{GTIN}", "3103=50", "ai_value_invalid"),
        (f"/01/{GTIN}", "422=VN", "ai_value_invalid"),
        (f"/01/{GTIN}", "416=8938505974195", "ai_value_invalid"),
        (f"/01/{GTIN}", "8030=a b", "ai_value_invalid"),
        (f"/01/{GTIN}", "37=", "ai_value_invalid"),
        (f"/01/{GTIN}/10/", "", "lot_syntax"),
        (f"/01/{GTIN}/10/{'L' * 21}", "", "lot_syntax"),
        (f"/01/{GTIN}/21/", "", "serial_syntax"),
        (f"/01/{GTIN}/21", "", "serial_syntax"),
        (f"/01/{GTIN}/21/{'A' * 21}", "", "serial_syntax"),
        (f"/01/{GTIN}/21/a%20b", "", "serial_syntax"),
        (f"/01/{GTIN}/21/%E1%BA%A1", "", "serial_syntax"),
        (f"/01/{GTIN}/21/ạ", "", "serial_syntax"),
        (f"/01/{GTIN}/21/%00", "", "serial_syntax"),
        (f"/01/{GTIN}/21/%zz", "", "serial_syntax"),
        (f"/01/{GTIN}/21/%ff", "", "serial_syntax"),
    ],
)
def test_bad_input_has_its_exact_code(path: str, query: str, code: str) -> None:
    assert code_of(path, query) == code


def test_what_is_read() -> None:
    link = parse_digital_link(f"/01/{GTIN}/10/LOT%2F7/21/{SERIAL}/", "17=260600&linkType=all&3103=000500", year=2026)
    assert (link.gtin, link.lot, link.serial) == (GTIN, "LOT/7", SERIAL)
    assert link.attributes == {"17": "260600", "linkType": "all", "3103": "000500"}
    assert (
        link.canonical_uri()
        == f"https://id.gs1.org/01/{GTIN}/10/LOT%2F7/21/{SERIAL}?17=260600&linkType=all&3103=000500"
    )
    assert parse_digital_link(f"/01/{GTIN}/", year=2026).serial is None
    assert parse_digital_link(f"/01/{GTIN}/22/V/21/a+b", year=2026).serial == "a+b"


def test_a_leap_day_depends_on_the_century_that_the_window_gives() -> None:
    assert parse_digital_link(f"/01/{GTIN}", "17=000229", year=2026).attributes["17"] == "000229"
    assert code_of(f"/01/{GTIN}", "17=270229") == "date_invalid"
    with pytest.raises(CodeSyntaxError):
        parse_digital_link(f"/01/{GTIN}", "17=000229", year=2080)  # 2100 has none


def uri_code(uri: str) -> str:
    with pytest.raises(CodeSyntaxError) as caught:
        parse_uri(uri, year=2026)
    return caught.value.code


def test_whole_links_of_products_places_and_shipments() -> None:
    product = parse_uri(f"HTTPS://TEM.VN/Q/01/{GTIN}/21/{SERIAL}?17=260600#x", year=2026)
    assert product == parse_digital_link(f"/01/{GTIN}/21/{SERIAL}", "17=260600", year=2026)
    place = parse_uri("https://tem.vn/414/8938505974194/254/A%2F1", year=2026)
    assert place == PlaceLink("8938505974194", "A/1")
    assert place.canonical_uri() == "https://id.gs1.org/414/8938505974194/254/A%2F1"
    unit = parse_uri("https://tem.vn/00/389385059741940025?410=8938505974194", year=2026)
    assert unit == ShipmentLink("389385059741940025", {"410": "8938505974194"})
    assert unit.canonical_uri() == "https://id.gs1.org/00/389385059741940025?410=8938505974194"


@pytest.mark.parametrize(
    ("uri", "code"),
    [
        (f"Https://tem.vn/01/{GTIN}", "uri_syntax"),
        (f"ftp://tem.vn/01/{GTIN}", "uri_syntax"),
        (f"https:///01/{GTIN}", "uri_syntax"),
        (f"https://tem.vn/gtin/{GTIN}", "uri_syntax"),
        ("https://tem.vn/", "uri_syntax"),
        ("https://tem.vn/414/8938505974195", "gln_invalid"),
        ("https://tem.vn/414/893850597419", "gln_invalid"),
        ("https://tem.vn/414/8938505974194/10/L", "ai_order"),
        ("https://tem.vn/414/8938505974194?254=x", "ai_not_allowed_in_query"),
        ("https://tem.vn/00/389385059741940026", "sscc_invalid"),
        ("https://tem.vn/00/38938505974194002", "sscc_invalid"),
        ("https://tem.vn/00/389385059741940025/21/S", "ai_order"),
    ],
)
def test_whole_links_have_exact_codes_too(uri: str, code: str) -> None:
    assert uri_code(uri) == code


@given(st.text(max_size=80))
def test_any_text_after_a_host_is_read_or_refused(rest: str) -> None:
    for key in ("01", "414", "00"):
        try:
            link = parse_uri(f"https://tem.vn/{key}/{rest}", year=2026)
        except CodeSyntaxError:
            continue
        assert link.canonical_uri().startswith("https://id.gs1.org/")


@given(TEXT, TEXT)
def test_what_we_write_we_read(lot: str, serial: str) -> None:
    written = parse_digital_link(f"/01/{GTIN}", year=2026)
    whole = type(written)(gtin=GTIN, lot=lot, serial=serial)
    assert parse_digital_link(whole.path(), year=2026) == whole
    assert check_lot_number(lot) == lot


@given(st.text(max_size=60), st.text(max_size=40))
def test_any_text_is_read_or_refused_with_a_code(path: str, query: str) -> None:
    for tried in (path, f"/01/{GTIN}/21/{path}", f"/01/{path}"):
        try:
            link = parse_digital_link(tried, query, year=2026)
        except CodeSyntaxError:
            continue
        assert check_gtin14(link.gtin) == link.gtin


@given(st.integers(0, 10**13 - 1))
def test_check_digits_against_the_definition(number: int) -> None:
    body = f"{number:013d}"
    gtin = check_gtin14(body + gtin_check_digit(body))
    weights = [3, 1] * 7
    assert sum(int(digit) * weight for digit, weight in zip(gtin, weights, strict=True)) % 10 == 0


def test_a_barcode_s_shorter_gtins() -> None:
    assert to_gtin14("8938505974194") == GTIN
    assert to_gtin14("9638 5074") == "00000096385074"
    with pytest.raises(CodeSyntaxError):
        to_gtin14("893850597419")


def test_typed_codes_do_not_reach_the_strict_path() -> None:
    lower = parse_digital_link(f"/01/{GTIN}/21/{SERIAL.lower()}", year=2026).serial
    assert lower == SERIAL.lower()
    assert fold_serial(lower) == SERIAL
