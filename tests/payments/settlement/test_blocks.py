"""A file's lines become the same cells whether polars cuts them up or the csv module reads them."""

import random
from csv import writer

import pytest

from payments.settlement import blocks
from payments.settlement.blocks import blocks_of
from payments.settlement.errors import FileUnreadable
from payments.settlement.lines import lines_of


def written(path, content):
    path.write_bytes(content)
    return path


def rows_of(path):
    """Return the cells of all lines, by way of the tables."""
    return [row for block in blocks_of(path) if block for row in map(list, block.table().iter_rows())]


@pytest.mark.parametrize("size", [1, 25, blocks.BLOCK])
def test_lines_are_cut_up_as_the_csv_module_does(tmp_path, monkeypatch, size):
    monkeypatch.setattr(blocks, "BLOCK", size)
    path = tmp_path / "lines.csv"
    chance = random.Random(5)
    for form in range(40):
        cells = [
            [chance.choice(("", "a", "ă", " b", "1", "x\ty", "#")) for _ in range(4)]
            for _ in range(chance.randrange(1, 9))
        ]
        for line in cells:
            line[0] = line[0] or "z"
            if form % 4 == 3 and chance.random() < 0.3:
                line[1] = chance.choice(("x,y", 'q"q', "two\nlines"))
        with path.open("w", encoding="utf-8-sig" if form % 3 else "utf-8", newline="") as file:
            writer(file, lineterminator="\r\n" if form % 2 else "\n").writerows(cells)
        assert rows_of(path) == list(lines_of(path)) == cells, form
        assert [line for block in blocks_of(path) for line in block.cells()] == cells, form


@pytest.mark.parametrize("quoted", ["", '"q",1\n"q",2\n'])
def test_a_line_of_another_width_is_never_filled_up(tmp_path, quoted):
    first = f"a,b\n1,2\n{quoted}"
    for rest in ("3,4\n5\n", "3\n4,5,6\n", "3,4,5\n6\n", "3,4\n\n5,6\n", "3,4\n5,6,7\n"):
        *_, last = blocks_of(written(tmp_path / "x.csv", (first + rest).encode()))
        assert last.table() is None, rest
        assert last.cells()[-1][-1] in "567", rest


@pytest.mark.parametrize("quoted", ["", '"q",1\n"q",2\n'])
def test_blank_lines_end_no_block(tmp_path, quoted):
    path = written(tmp_path / "x.csv", f"a,b\n1,2\n{quoted}3,\n4,\n\n,\n,,,\n\n".encode())
    *_, last = blocks_of(path)
    assert last.last() == ["4", ""]
    assert last.without_last().last() == ["3", ""]
    assert not last.without_last().without_last()
    *_, nothing = blocks_of(written(path, f"a,b\n1,2\n{quoted}\n,,\n\n".encode()))
    assert not nothing


@pytest.mark.parametrize(
    "content", [b"a,b\n1,\x002\n", b"a,b\n1,2\n\xff,3\n", b'a,b\n"1",\xff\n', b"\xff\xfea\x00,\x00\x00"]
)
def test_what_is_no_text_is_refused(tmp_path, content):
    with pytest.raises(FileUnreadable):
        rows_of(written(tmp_path / "x.csv", content))
    with pytest.raises(FileUnreadable):
        list(lines_of(tmp_path / "x.csv"))
