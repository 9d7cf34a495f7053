"""The table of bad input, row by row: the exact code, what is kept, what is refused; files that are none."""

import struct
import zipfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import select

from portal.onboarding.models import Organisation, Person
from portal.onboarding.persons import person_id_number, person_name, person_phone
from portal.onboarding.roster_models import RosterRow, RosterRun
from portal.onboarding.rosters.cells import read_birth, read_food_safety, read_yes
from portal.onboarding.rosters.errors import RosterRefused
from portal.uploads.errors import FileRefused
from portal.uploads.kinds import kind_of
from tests.portal.rosters.conftest import HEADINGS, household


def told(session: Any) -> list[tuple[str, set[str]]]:
    """Return each row's outcome and the codes of what it was told."""
    rows = session.scalars(select(RosterRow).order_by(RosterRow.row))
    return [(row.outcome, {problem[1] for problem in row.problems or ()}) for row in rows]


@pytest.mark.parametrize(
    ("phone", "kept", "code"),
    [
        ("0120 456 7890", "+84704567890", "phone.prefix_2018"),
        ("0966496171/0912345678", "+84966496171", "phone.two"),
        ("O966496171", "+84966496171", "phone.letter_o"),
        ("0272 3821 234", "+842723821234", "phone.landline"),
        ("0130 123 4567", None, "phone.prefix"),
        ("096649617", None, "phone.length"),
        ("+855 12 345 678", None, "phone.not_vn_mobile"),
    ],
)
def test_phones(
    take: Callable[..., Any], as_csv: Callable[..., Path], province: Any, world: Any, phone: str, kept: str, code: str
) -> None:
    take(as_csv(HEADINGS, household(1, phone=phone)))
    ((outcome, codes),) = told(province)
    assert code in codes
    assert outcome == ("created" if kept else "rejected")
    people = province.scalars(select(Person)).all()
    assert [person_phone(one, world.field_keys).e164 for one in people] == ([kept] if kept else [])


def test_two_phones_are_both_kept(
    take: Callable[..., Any], as_csv: Callable[..., Path], province: Any, world: Any
) -> None:
    take(as_csv(HEADINGS, household(1, phone="0966496171/0912345678")))
    person = province.scalars(select(Person)).one()
    second = world.field_keys.open(person.phone2_sealed, place=f"person.phone2.{person.id}")
    assert second == "+84912345678"


@pytest.mark.parametrize(
    ("number", "outcome", "code"),
    [
        ("8.2085E+10", "rejected", "id.digits_lost"),
        ("312345678", "created", "id.old_card"),
        ("12345678", "rejected", "id.length"),
        ("082185012346", "created", "id.sex"),
        ("097085012346", "created", "id.province"),
        ("082485012346", "rejected", "id.future"),
        ("000000000000", "rejected", "id.province_zero"),
        ("=1+1", "rejected", "id.characters"),
    ],
)
def test_id_numbers(
    take: Callable[..., Any], as_csv: Callable[..., Path], province: Any, number: str, outcome: str, code: str
) -> None:
    take(as_csv(HEADINGS, household(1, id=number)))
    assert told(province) == [(outcome, {code})] or (told(province)[0][0] == outcome and code in told(province)[0][1])


def test_numbers_as_numbers_get_their_zero_back(
    take: Callable[..., Any], as_xlsx: Callable[..., Path], province: Any, world: Any
) -> None:
    rows = [household(n, id=82085000000 + n, phone=912000000 + n, birth=1985, stt=n) for n in range(1, 5)]
    assert take(as_xlsx(HEADINGS, *rows)).outcomes["created"] == 4
    people = province.scalars(select(Person).order_by(Person.id)).all()
    assert person_id_number(people[0], world.field_keys).value == "082085000001"
    assert person_phone(people[0], world.field_keys).e164 == "+84912000001"
    assert all({"id.zero_restored", "phone.zero_restored"} <= codes for _, codes in told(province))


@pytest.mark.parametrize(
    ("name", "code"),
    [("Trần 2", "name.characters"), ('=HYPERLINK("http://x")', "name.characters"), ("a" * 10_000, "name.length")],
)
def test_names(take: Callable[..., Any], as_csv: Callable[..., Path], province: Any, name: str, code: str) -> None:
    take(as_csv(HEADINGS, household(1, name=name)))
    assert told(province) == [("rejected", {code})]


@pytest.mark.parametrize(
    ("birth", "outcome", "year"),
    [
        ("31/02/1985", "rejected", None),
        ("02/13/1985", "rejected", None),
        ("1985", "created", 1985),
        ("31112", "created", 1985),
    ],
)
def test_births(
    take: Callable[..., Any], as_csv: Callable[..., Path], province: Any, birth: str, outcome: str, year: int
) -> None:
    take(as_csv(HEADINGS, household(1, birth=birth, id="312345678")))
    assert told(province)[0][0] == outcome
    assert [one.birth_year for one in province.scalars(select(Person))] == ([year] if year else [])


def test_the_same_id_number_and_a_near_match(
    take: Callable[..., Any], as_csv: Callable[..., Path], province: Any
) -> None:
    take(as_csv(HEADINGS, household(1), household(1, phone="0912345678")))
    assert told(province)[1] == ("duplicate", {"roster.same_id"})
    near = take(as_csv(HEADINGS, household(1, id="", account=""), name="near.csv"), source="other")
    assert near.outcomes["duplicate"] == 1
    assert len(province.scalars(select(Organisation)).all()) == 1


def test_one_account_belongs_to_one_household(
    take: Callable[..., Any], as_csv: Callable[..., Path], province: Any
) -> None:
    take(as_csv(HEADINGS, household(1), household(2, account="PM00001"), household(3, channel="Chợ Trời")))
    codes = [codes for _, codes in told(province)]
    assert codes[1:] == [{"account.taken"}, {"account.marketplace"}]


def test_an_ambiguous_commune_is_saved_and_asked(
    take: Callable[..., Any], as_csv: Callable[..., Path], province: Any
) -> None:
    take(as_csv(HEADINGS, household(1, commune="Tân Bình", district="")))
    organisation = province.scalars(select(Organisation)).one()
    assert (organisation.confidence, organisation.current_unit_id) == ("ambiguous", None)
    row = province.scalars(select(RosterRow)).one()
    assert row.problems[0][1] == "place.ambiguous" and ";" in row.problems[0][3]["candidates"]


def test_a_former_commune_keeps_what_was_captured(
    take: Callable[..., Any], as_csv: Callable[..., Path], province: Any, clock: Any
) -> None:
    clock.at = clock.at.replace(year=2026)
    take(as_csv(HEADINGS, household(1, commune="Tân Hòa")))
    organisation = province.scalars(select(Organisation)).one()
    assert (organisation.captured_unit_id, organisation.confidence) == ("28006@20210101", "ambiguous")


def test_old_letters_wait_for_a_yes(
    take: Callable[..., Any], as_csv: Callable[..., Path], province: Any, world: Any
) -> None:
    for scheme, name in (("tcvn3", "NguyÔn V¨n Hïng"), ("vni", "Nguyeãn Vaên Huøng")):
        path = as_csv(HEADINGS, household(1, name=name), name=f"{scheme}.csv")
        with pytest.raises(RosterRefused) as refused:
            take(path, source=scheme)
        assert refused.value.code == f"encoding.{scheme}"
        assert refused.value.fields["sample"] == "Nguyễn Văn Hùng"
        province.rollback()
        assert province.scalars(select(RosterRun)).all() == []
    take(path, source="vni", convert=True)
    assert person_name(province.scalars(select(Person)).one(), world.field_keys) == "Nguyễn Văn Hùng"


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "cp1258"])
def test_letters_of_text_files(
    take: Callable[..., Any], as_csv: Callable[..., Path], province: Any, world: Any, encoding: str
) -> None:
    import unicodedata

    def written(text: str) -> str:
        """Write tones apart, as Windows-1258 does; its circumflex, breve and horn are part of the letter."""
        tones = "\u0300\u0301\u0303\u0309\u0323"
        parts = []
        for sign in text:
            apart = unicodedata.normalize("NFD", sign)
            letter = unicodedata.normalize("NFC", "".join(mark for mark in apart if mark not in tones))
            parts.append(letter + "".join(mark for mark in apart if mark in tones))
        return "".join(parts)

    rows = [HEADINGS, household(1), household(2, name="Đặng Thị Tường Vy")]
    if encoding == "cp1258":
        rows = [[written(str(cell)) for cell in row] for row in rows]
    assert take(as_csv(*rows, encoding=encoding, delimiter=";")).outcomes["created"] == 2
    names = {person_name(one, world.field_keys) for one in province.scalars(select(Person))}
    assert names == {"Nguyễn Thị Hạnh", "Đặng Thị Tường Vy"}


def test_headings_under_a_title_in_two_rows_behind_a_hidden_sheet(
    take: Callable[..., Any], as_xlsx: Callable[..., Path], province: Any
) -> None:
    above = [("UBND HUYỆN BẾN LỨC",), (), ("DANH SÁCH HỘ",)]
    headings = [("STT", "Họ và tên", "Nơi ở", "", "Điện thoại"), ("", "", "Xã", "Huyện", "")]
    rows = [("1", "Nguyễn Thị Hạnh", "Tân Hòa", "Bến Lức", "0912000001"), ("", "Tổng cộng", "1")]
    assert take(as_xlsx(*headings, *rows, above=above, hidden=True)).outcomes == {
        "created": 1, "changed": 0, "unchanged": 0, "duplicate": 0, "rejected": 0,
    }  # fmt: skip


def test_lists_that_can_not_be_read(take: Callable[..., Any], as_csv: Callable[..., Path], province: Any) -> None:
    for rows, code in (
        ([("a", "b"), ("1", "2")], "roster.no_header"),
        ([HEADINGS], "roster.no_rows"),
        ([("STT", "Họ và tên"), ("1", "Nguyễn Văn A")], "roster.column_missing"),
    ):
        with pytest.raises(RosterRefused) as refused:
            take(as_csv(*rows))
        assert refused.value.code == code
        province.rollback()


def _bomb(path: Path, *, lying: bool) -> Path:
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("xl/workbook.xml", "<workbook/>")
        archive.writestr("xl/worksheets/sheet1.xml", b"0" * (60 * 1024 * 1024))
    if lying:
        body = bytearray(path.read_bytes())
        place = body.rindex(b"PK\x01\x02")
        body[place + 24 : place + 28] = struct.pack("<I", 1_000)
        path.write_bytes(bytes(body))
    return path


@pytest.mark.parametrize("lying", [False, True])
def test_a_bomb_is_not_opened(tmp_path: Path, lying: bool) -> None:
    import tracemalloc

    path = _bomb(tmp_path / "bomb.xlsx", lying=lying)
    tracemalloc.start()
    with pytest.raises(FileRefused) as refused:
        kind_of(path)
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert refused.value.code == "file.unpacked_size"
    assert peak < 50 * 1024 * 1024


@pytest.mark.parametrize(
    ("content", "code"),
    [
        (b"", "file.empty"),
        (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + "EncryptedPackage".encode("utf-16-le"), "file.locked"),
        (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + b"Workbook", "file.old_xls"),
        (b"PK\x03\x04 no workbook", "file.type"),
        (b"\x7fELF\x00\x00", "file.type"),
    ],
)
def test_files_that_are_no_lists(tmp_path: Path, content: bytes, code: str) -> None:
    path = tmp_path / "list.xlsx"
    path.write_bytes(content)
    with pytest.raises(FileRefused) as refused:
        kind_of(path)
    assert refused.value.code == code


@pytest.mark.parametrize(
    ("cell", "answer"),
    [
        ("Có", True), ("x", True), ("12/03/2022", True), ("Đã xác nhận", True), ("Không", False), ("Chưa", False),
        ("Chưa xác nhận", False), ("Chưa (hẹn 12/2022)", False), ("Không có 2 giấy", False), ("", None),
    ],
)  # fmt: skip
def test_a_cell_that_denies_is_no_yes(cell: str, answer: bool | None) -> None:
    assert read_yes(cell) is answer


@pytest.mark.parametrize(
    ("cell", "answer"),
    [
        ("Giấy chứng nhận", "certificate"), ("Cam kết", "commitment"), ("Đã ký cam kết", "commitment"),
        ("Chưa cam kết", "not_yet"), ("Không có giấy", "not_yet"), ("Chưa", "not_yet"), ("", None),
    ],
)  # fmt: skip
def test_food_safety_that_is_denied_is_not_there_yet(cell: str, answer: str | None) -> None:
    assert read_food_safety(cell) == answer


@pytest.mark.parametrize(
    ("cell", "year", "code"),
    [
        ("1985", 1985, None), ("31112", 1985, None), ("06/03/1985", 1985, None), ("1900", 1900, None),
        ("2022", 2022, None), ("2023", None, "date.no_birth"), ("1899", None, "date.no_birth"),
        ("0085", None, "date.no_birth"), ("01/01/1785", None, "date.no_birth"), ("99999", None, "date.no_birth"),
        ("31/02/1985", None, "date.impossible"), ("0000", None, "date.no_birth"),
    ],
)  # fmt: skip
def test_nobody_is_born_in_another_century(cell: str, year: int | None, code: str | None) -> None:
    found, told = read_birth(cell, this_year=2022)
    assert (found, [one.code for one in told]) == (year, [code] if code else [])
