"""The reader that goes row by row gives what the full reader gives, or hands over to it; and holds no sheet."""

import re
import tracemalloc
import zipfile
from collections.abc import Callable
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest
import xlsxwriter

from portal.uploads import sheets
from portal.uploads.ahead import ReadAhead
from portal.uploads.errors import FileRefused
from portal.uploads.workbook import NotPlain, PlainWorkbook

NAMES = ("Nguyễn Thị Hạnh", "A & B <c> \"d\" 'e'", "  hai đầu  ", "dòng 1\ndòng 2", "_x0041_", "cr\rlf", "a\tb", "")
Fill = Callable[[Any, Any], None]


def _texts(book: Any, sheet: Any) -> None:
    bold = book.add_format({"bold": True})
    for row, name in enumerate(NAMES):
        sheet.write_string(row, 0, name)
        sheet.write_string(row, 2, f"Ấp {row}", bold)
    sheet.write_rich_string(9, 1, "Danh ", bold, "sách", " hộ")
    sheet.write_blank(9, 3, None, bold)


def _numbers(book: Any, sheet: Any) -> None:
    money = book.add_format({"num_format": "#,##0 _(;(#,##0)"})
    for column, number in enumerate((82085012346, 1.5, -3, 1e21, 1e15, 0, 0.1 + 0.2)):
        sheet.write_number(0, column, number)
        sheet.write_number(1, column, number, money)
    sheet.write_boolean(2, 0, True)
    sheet.write_boolean(2, 1, False)
    sheet.write_formula(2, 2, "=1+1", None, 2)
    sheet.write_formula(2, 3, '="x"', None, "x & y")


def _days(book: Any, sheet: Any) -> None:
    for row, code in enumerate(("dd/mm/yyyy", "yyyy-mm-dd", "d/m/yy;@", "[$-42A]dd/mm/yyyy", "dd\\-mm\\-yyyy")):
        form = book.add_format({"num_format": code})
        sheet.write_number(row, 0, 31112, form)
        sheet.write_number(row, 1, 44837.545, form)
    sheet.write_number(6, 0, 31112, book.add_format({"num_format": 14}))


def _from_c5(book: Any, sheet: Any) -> None:
    sheet.write_string("C5", "Họ và tên")
    sheet.write_string("E9", "xa")


def _written(tmp_path: Path, fill: Fill, **options: Any) -> Path:
    path = tmp_path / "list.xlsx"
    book = xlsxwriter.Workbook(str(path), options)
    fill(book, book.add_worksheet("Danh sách"))
    book.close()
    return path


def _changed(path: Path, part: str, change: Callable[[str], str]) -> Path:
    """Write a workbook anew with one part changed."""
    with zipfile.ZipFile(path) as before:
        parts = {one: before.read(one).decode() for one in before.namelist()}
    parts[part] = change(parts[part])
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as after:
        for name, text in parts.items():
            after.writestr(name, text)
    return path


def _filled(lines: Any) -> list[tuple[int, list[str]]]:
    """Return the rows that hold anything, with their numbers, up to their last text."""
    found = []
    for number, line in enumerate(lines, 1):
        cells = list(line)
        while cells and not cells[-1]:
            cells.pop()
        if cells:
            found.append((number, cells))
    return found


def _both(path: Path) -> tuple[Any, Any]:
    source = sheets.open_source(path)
    return _filled(source.lines()), _filled(sheets._whole_sheet(source))


def _plainly(path: Path) -> Any:
    with closing(PlainWorkbook(path)) as book:
        return _filled(book.rows(book.names[0]))


@pytest.mark.parametrize("fill", [_texts, _numbers, _days, _from_c5])
@pytest.mark.parametrize("inline", [False, True])
def test_what_is_plain_is_read_as_by_the_full_reader(tmp_path: Path, fill: Fill, inline: bool) -> None:
    path = _written(tmp_path, fill, constant_memory=inline)
    if inline and fill is _texts:  # its escapes within cells are left to the full reader
        with pytest.raises(NotPlain):
            _plainly(path)
    else:
        assert _plainly(path) == _both(path)[1]
    ours, theirs = _both(path)
    assert ours == theirs != []


def test_rows_and_columns_keep_their_places_where_a_sheet_begins_below_and_aside(tmp_path: Path) -> None:
    for lines in _both(_written(tmp_path, _from_c5)):
        assert lines == [(5, ["", "", "Họ và tên"]), (9, ["", "", "", "", "xa"])]


SHEET, STRINGS = "xl/worksheets/sheet1.xml", "xl/sharedStrings.xml"


@pytest.mark.parametrize(
    ("part", "old", "new"),
    [
        (SHEET, r"<(/?)(row|c|v|sheetData|worksheet|dimension)\b", r"<\1x:\2"),
        (SHEET, r"<sheetData>", r"<sheetData><!-- <row r='1'> -->"),
        (SHEET, r' r="[A-Z]+2"', ""),
        (SHEET, r'<row r="2"', "<row"),
        (SHEET, r'(<c r="C2")', r'\1 cm="1"'),
        (SHEET, r'<c r="C3"[^<>]* t="s"><v>\d+</v>', '<c r="C3" t="e"><v>#DIV/0!</v>'),
        (SHEET, r'<c r="C3"[^<>]* t="s"><v>\d+</v>', '<c r="C3" t="d"><v>2022-10-03</v>'),
        (STRINGS, r"<t>Ấp 1</t>", "<t><![CDATA[Ấp 1]]></t>"),
        (STRINGS, r"Ấp 1", "&#7844;p 1"),
        ("xl/workbook.xml", r"<workbookPr ", '<workbookPr date1904="1" '),
    ],
)
def test_what_is_not_plain_goes_to_the_full_reader(tmp_path: Path, part: str, old: str, new: str) -> None:
    path = _changed(_written(tmp_path, _texts), part, lambda text: re.sub(old, new, text))
    with pytest.raises(NotPlain):
        _plainly(path)
    ours, theirs = _both(path)
    assert ours == theirs


@pytest.mark.parametrize(
    ("part", "old", "new"),
    [
        (SHEET, r'<row r="2"', '<row r="2" customFormat="false" ht="12.8" hidden="false" customHeight="false"'),
        (SHEET, r"</row></sheetData>", '</row><row r="11" spans="1:3"/></sheetData>'),
        (SHEET, r'<row r="10"', '<row r="9" spans="1:3"/><row r="10"'),
        (SHEET, r"(<\?xml[^>]*\?>)\n", "\\1\r\n"),
        (STRINGS, r"<si><t>Ấp 1</t></si>", '<si><t>Ấp 1</t><rPh sb="0" eb="1"><t>đọc</t></rPh></si>'),
    ],
)
def test_what_other_programs_write_is_plain_too(tmp_path: Path, part: str, old: str, new: str) -> None:
    path = _changed(_written(tmp_path, _texts), part, lambda text: re.sub(old, new, text))
    assert _plainly(path) == _both(path)[1] != []


def test_a_sheet_that_breaks_off_is_not_taken_for_a_whole_one(tmp_path: Path) -> None:
    path = _changed(_written(tmp_path, _texts), SHEET, lambda text: text.partition('<row r="5"')[0])
    with pytest.raises(NotPlain):
        _plainly(path)


def test_a_broken_archive_is_refused_in_plain_words(tmp_path: Path) -> None:
    path = tmp_path / "list.xlsx"
    path.write_bytes(b"PK\x03\x04" + bytes(60))
    with pytest.raises(FileRefused, match=r"file\.type"):
        sheets.sheet_names(path)


def test_hidden_sheets_are_not_offered(tmp_path: Path) -> None:
    path = tmp_path / "list.xlsx"
    book = xlsxwriter.Workbook(str(path))
    book.add_worksheet("Ghi chú").hide()
    book.add_worksheet("Hộ & vườn").activate()
    book.close()
    assert sheets.sheet_names(path) == ["Hộ & vườn"]


def test_a_long_sheet_is_never_held(tmp_path: Path) -> None:
    def fill(_book: Any, sheet: Any) -> None:
        for row in range(6_000):
            for column in range(8):
                sheet.write_string(row, column, f"Nguyễn Thị Hạnh {row} {column} ở một ấp có tên thật dài")

    source = sheets.open_source(_written(tmp_path, fill, constant_memory=True))
    tracemalloc.start()
    try:
        assert sum(1 for _ in source.lines()) == 6_000
        most = tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()
    assert most < 8 * 1024 * 1024  # its texts alone would be 10 MB and more


def test_lines_read_ahead_keep_their_order_and_their_failures() -> None:
    def lines() -> Any:
        yield from range(7)
        raise FileRefused("file.type")

    found = []

    def read(ahead: ReadAhead[int]) -> None:
        for one in ahead:
            found.append(one)
            if one % 3 == 0:
                ahead.fetch()
                ahead.fetch()  # while some are coming it does nothing

    with closing(ReadAhead(lines(), most=2)) as ahead, pytest.raises(FileRefused):
        read(ahead)
    assert found == list(range(7))
