"""A bank's CSV as spreadsheets here write it: semicolons, tabs, a byte order mark, each style of sums; no guess."""

from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from payments.settlement.errors import FileRefused
from payments.settlement.statement_reading import Statement, read_statement
from tests.payments.scene import ACCOUNT
from tests.payments.settlement.days import xlsx
from tests.payments.settlement.test_statements import OWN, lines_of

OURS = [[str(cell) for cell in line] for line in lines_of([("FT1", "mot", 450_000), ("FT2", "phi", -11_000)])]


def written(folder: Path, lines: list[list[str]], mark: str, encoding: str = "utf-8", *, before: str = "") -> Path:
    """Write lines with a mark between their cells, in quotation marks where one holds the mark."""

    def quoted(cell: str) -> str:
        return f'"{cell}"' if mark in cell else cell

    path = folder / "bank.csv"
    path.write_text(before + "\r\n".join(mark.join(map(quoted, line)) for line in lines) + "\r\n", encoding)
    return path


def amounts(found: Statement) -> tuple[list[int], int, int]:
    return [one.amount_minor for one in found.rows], found.opening_minor, found.closing_minor


def with_sums(opening: str, into: str, between: str, out: str, closing: str) -> list[list[str]]:
    """Return the bank's own sheet with these sums in it."""
    lines = [[*line] for line in OWN]
    lines[2][5], lines[4][4], lines[4][5] = opening, into, between
    lines[5][3], lines[5][5], lines[6][5] = out, closing, closing
    return lines


def test_each_mark_and_each_beginning_is_read(tmp_path: Path) -> None:
    for mark in ",;\t":
        for encoding in ("utf-8", "utf-8-sig", "utf-16"):
            for lines in (OWN, OURS):
                found = read_statement(written(tmp_path, lines, mark, encoding))
                assert amounts(found) == ([450_000, -11_000], 10_000_000, 10_439_000), (mark, encoding)
                assert found.account == ACCOUNT
    said = read_statement(written(tmp_path, OWN, ";", "utf-8-sig", before="sep=;\r\n"))
    assert [one.row for one in said.rows] == [6, 7]


def test_sums_as_banks_print_them(tmp_path: Path) -> None:
    for sums in (
        ("10.000.000,00", "450.000,00", "10.450.000,00", "11.000,0", "10.439.000"),
        ("10,000,000.00 VND", "+450,000.00", "10,450,000 VNĐ", "11000.00", "10439000 ₫"),
        ("10 000 000,00", "450\u202f000", "10\xa0450\xa0000 đ", "11000,00", "10 439 000 vnd"),
    ):
        for mark in ",;\t":
            found = read_statement(written(tmp_path, with_sums(*sums), mark))
            assert amounts(found) == ([450_000, -11_000], 10_000_000, 10_439_000), (mark, sums)


def test_what_could_be_two_sums_is_refused_and_its_row_named(tmp_path: Path) -> None:
    good = ("10.000.000", "450.000", "10.450.000", "11.000", "10.439.000")
    for place, value, column in (
        (1, "450.000.00", "credit"),  # its last mark parts either thousands cut short or a fraction
        (1, "450.000,50", "credit"),
        (1, "45.0000", "credit"),
        (1, "4,50.000", "credit"),
        (2, "10.450,000", "balance"),
        (3, "11.00O", "debit"),
        (3, "(11.000)", "debit"),
    ):
        row = 6 if place == 3 else 5
        with pytest.raises(FileRefused) as refused:
            read_statement(written(tmp_path, with_sums(*good[:place], value, *good[place + 1 :]), ";"))
        assert refused.value.fields == {"row": row, "column": column}, value


def test_a_mark_within_a_cell_moves_no_sum(tmp_path: Path) -> None:
    heads = ["Ngày", "Phát sinh nợ", "Phát sinh có", "Số dư", "Nội dung"]
    lines = [*(line[:5] for line in OWN[1:2]), ["Số dư đầu kỳ", "0"], heads,
             ["22/03/2026", "", "1000", "1000", "HP00000013; lop 1A"], ["Số dư cuối kỳ", "1000"]]  # fmt: skip
    assert read_statement(written(tmp_path, lines, ";")).rows[0].memo == "HP00000013; lop 1A"
    path = written(tmp_path, lines, ";")
    path.write_text(path.read_text("utf-8").replace('"', ""), "utf-8")
    with pytest.raises(FileRefused) as refused:
        read_statement(path)
    assert (refused.value.code, refused.value.fields) == ("bad_row", {"row": 4, "column": "6"})
    # Sums with commas and no quotation marks, in a file of commas, fall apart: no piece of them is taken for a sum.
    bare = "\n".join(
        ",".join(line) for line in with_sums("10,000,000", "450,000", "10,450,000", "11,000", "10,439,000")
    )
    path.write_text(bare, "utf-8")
    with pytest.raises(FileRefused) as refused:
        read_statement(path)
    assert (refused.value.code, refused.value.fields["row"]) == ("bad_row", 5)
    # Of no mark that is known: the columns that lack are named.
    with pytest.raises(FileRefused) as refused:
        read_statement(written(tmp_path, OWN, "|"))
    assert refused.value.code == "settlement_columns"


def test_a_workbooks_number_with_a_fraction_is_no_sum_of_thousands(tmp_path: Path) -> None:
    lines: list[list[Any]] = [[*line] for line in OWN]
    lines[4][4] = 450.125
    with pytest.raises(FileRefused) as refused:
        read_statement(xlsx(tmp_path / "own.xlsx", lines))
    assert refused.value.fields == {"row": 5, "column": "credit"}


@given(st.integers(1_000, 10**12), st.integers(1, 10**12), st.sampled_from(".,"), st.booleans(), st.sampled_from(";\t"))
def test_every_sum_comes_back(
    tmp_path_factory: pytest.TempPathFactory, into: int, out: int, mark: str, noughts: bool, between: str
) -> None:
    def shown(amount: int) -> str:
        return f"{amount:,}".replace(",", mark) + ((".,"[mark == "."] + "00") if noughts else "")

    lines = with_sums(*map(shown, (out, into, out + into, out, into)))
    found = read_statement(written(tmp_path_factory.mktemp("s"), lines, between))
    assert amounts(found) == ([into, -out], out, into)
