"""Long tables on paper: sums go over from page to page, and nothing is lost or counted twice."""

import re
from typing import Any

import pypdfium2

from portal import paper

WORDS = paper.Words("Carried", "Brought", "All")


def pages_of(drawn: bytes) -> list[list[str]]:
    """Return the lines of each page."""
    document = pypdfium2.PdfDocument(drawn)
    try:
        return [page.get_textpage().get_text_range().splitlines() for page in document]
    finally:
        document.close()


def sums(line: str) -> list[int]:
    return [int(one) for one in re.findall(r"-?\d+", line)]


def drawn_of(entries: list[paper.Entry]) -> bytes:
    page = paper.a4("Books", foot="Books of a school")
    paper.ledger(page, ("Day", "Who", "In", "Out"), entries, widths=(22, 100, 34, 34), words=WORDS, form=str)
    return bytes(page.output())


def test_sums_are_carried_from_page_to_page() -> None:
    name = "Trường Tiểu học và Trung học cơ sở Nguyễn Thị Minh Khai, xã Tân Hòa, huyện Tân Thạnh, "
    entries: list[paper.Entry] = [
        (("d", name * 2 if number % 7 == 0 else "Tân An"), (7 * number, None if number % 2 else 3))
        for number in range(1, 151)
    ]
    pages = pages_of(drawn_of(entries))
    assert len(pages) > 3
    before: list[int] = [0, 0]
    for number, lines in enumerate(pages, 1):
        own = [one for one in lines if not one.startswith("Books of")]
        begins = [one for one in own if one.startswith("Brought")]
        ends = [one for one in own if one.startswith(("Carried", "All"))]
        assert [sums(one) for one in begins] == ([before] if number > 1 else [])
        assert ends == own[-len(ends) :] or f"{number} / {len(pages)}" in own[-1]
        assert [one.split()[0] for one in ends] == ["All" if number == len(pages) else "Carried"]
        assert any(f"{number} / {len(pages)}" in one for one in lines)
        before = sums(ends[0])
    assert before == [7 * 150 * 151 // 2, 3 * 75]


def test_a_short_table_is_one_page() -> None:
    pages: list[Any] = pages_of(drawn_of([(("d", "x"), (5, None))]))
    assert len(pages) == 1
    assert not any(one.startswith(("Carried", "Brought")) for one in pages[0])
    assert "1 / 1" in pages[0][-1]
