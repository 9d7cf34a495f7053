"""Lists as files: none of their lines is lost, whatever its number, and every name is one that a file may have."""

import csv
import io
from typing import Any

import pytest
from python_calamine import CalamineWorkbook

from portal import sheets


@pytest.fixture(autouse=True)
def _asked(app: Any) -> Any:
    with app.test_request_context():
        yield


def held(answer: Any) -> bytes:
    assert answer.headers["Cache-Control"] == "no-store"
    answer.direct_passthrough = False
    content: bytes = answer.get_data()
    answer.close()
    assert answer.content_length == len(content)
    return content


def book(answer: Any) -> dict[str, list[list[Any]]]:
    found = CalamineWorkbook.from_filelike(io.BytesIO(held(answer)))
    return {name: found.get_sheet_by_name(name).to_python() for name in found.sheet_names}


@pytest.mark.parametrize(("rows", "parts"), [(0, [0]), (3, [3]), (4, [3, 1]), (9, [3, 3, 3])])
def test_a_list_too_long_for_a_sheet_goes_on_in_the_next(
    rows: int, parts: list[int], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sheets, "LINES", 4)
    found = book(sheets.xlsx_file("x", ("Sales", ("No",), ([number] for number in range(rows))), ("Last", ("A",), ())))
    names = [*(f"Sales ({part})" if part > 1 else "Sales" for part in range(1, len(parts) + 1)), "Last"]
    assert list(found) == names
    assert [len(found[name]) - 1 for name in names[:-1]] == parts
    assert all(found[name][0] == ["No"] for name in names[:-1])
    assert [cell for name in names[:-1] for (cell,) in found[name][1:]] == list(range(rows))


def test_more_lines_than_are_measured_are_all_there_in_their_order() -> None:
    found = book(sheets.xlsx_file("x", ("Sales", ("No", "For"), ((number, f"=1+{number}") for number in range(1000)))))
    assert found["Sales"][1:] == [[float(number), f"=1+{number}"] for number in range(1000)]


@pytest.mark.parametrize(
    ("title", "name"),
    [("10/2", "10-2"), ("Lá [A]:*?", "Lá -A----"), ("'Chồi'", "Chồi"), ("a" * 40, "a" * 31), ("", "Sheet1")],
)
def test_a_title_that_no_sheet_may_have_is_written_otherwise(title: str, name: str) -> None:
    assert list(book(sheets.xlsx_file("x", (title, ("A",), ())))) == [name]


def test_a_file_may_be_named_as_a_class_is() -> None:
    """What a browser makes of the header is tried in Chromium, in tests/portal/schools."""
    answer = sheets.csv_file("class-Chồi 10/2", ("A",), ())
    said = answer.headers["Content-Disposition"]
    assert said.isascii()
    assert said.endswith("filename*=UTF-8''class-Ch%E1%BB%93i%2010-2.csv")


def test_a_long_csv_is_whole(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sheets, "_IN_MEMORY", 1000)  # the rest waits on the disk
    answer = sheets.csv_file("x", ("No", "For"), ((number, "Tiền, ăn") for number in range(5000)))
    assert answer.content_type == "text/csv; charset=utf-8"
    content = held(answer)
    assert content.startswith(b"\xef\xbb\xbfNo,For\r\n0,")
    found = list(csv.reader(io.StringIO(content.decode("utf-8-sig"))))
    assert found[1:] == [[f"{number}", "Tiền, ăn"] for number in range(5000)]
