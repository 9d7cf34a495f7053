"""Sheets: drawn by one library, rasterised by a second, read by a third."""

from pathlib import Path
from typing import Any

import fontpkg_be_vietnam_pro
import pypdfium2
import pytest
from hypothesis import given
from hypothesis import strategies as st

import traceability as trace
from tests.sheets import page_codes
from tests.traceability.making import PREFIX, Made
from traceability import errors
from traceability.labels import SHEETS, SMALLEST_MODULE_MM, lay_out, sheet_named
from traceability.pdf import open_font
from traceability.printing import LABELS_A_PART, MOST_LABELS

LONG_HOST = f"https://{'a' * 60}.{'b' * 12}.example"


def decode(pdf: Path, folder: Path, sheet: str) -> list[list[str]]:
    with pypdfium2.PdfDocument(pdf) as document:
        pages = len(document)
    return [page_codes(pdf, page, sheet=sheet, folder=folder) for page in range(pages)]


def texts(pdf: Path) -> list[str]:
    document = pypdfium2.PdfDocument(str(pdf))
    found = [page.get_textpage().get_text_bounded() for page in document]
    document.close()
    return found


ROLLS = ["roll-50x30", "roll-22x22", "roll-30x20", "roll-25x40"]


@pytest.fixture
def look() -> trace.Look:
    font = Path(fontpkg_be_vietnam_pro.__file__).parent / "files" / "BeVietnamPro-Regular.ttf"
    return trace.Look(font, title="Lô tem")


@pytest.mark.parametrize("sheet", [*sorted(SHEETS), *ROLLS])
def test_every_code_of_every_page_decodes(
    made: Made, session: Any, tmp_path: Path, look: trace.Look, sheet: str
) -> None:
    batch = made.issue(200).batch
    labels = sheet_named(sheet).labels
    first, last = 10, 10 + labels + 4
    out = tmp_path / "sheet.pdf"
    run = trace.plan_run(session, book=made.book, batch=batch, first=first, last=last, sheet=sheet)
    printed = trace.print_sheets(session, run, book=made.book, look=look, out=out)
    codes = list(trace.stamp_codes(session, book=made.book, batch=batch, first=first, last=last))
    pages = [codes[start : start + labels] for start in range(0, len(codes), labels)]
    assert (printed.labels, printed.pages) == (labels + 5, len(pages))
    assert decode(out, tmp_path, sheet) == [[code.url for code in page] for page in pages]
    for words, page in zip(texts(out), pages, strict=True):
        assert f"Lô tem {batch} · {page[0].index} – {page[-1].index}" in words
        for code in page:
            grouped = trace.group_serial(code.serial)
            assert grouped in words or (grouped[:11] in words and grouped[12:] in words)  # narrow labels have two lines
    assert b"/Subtype /Image" not in out.read_bytes()
    assert out.stat().st_mode & 0o777 == 0o600


def test_parts_made_one_by_one_and_made_again_join_to_the_same_file(
    made: Made, session: Any, tmp_path: Path, look: trace.Look
) -> None:
    batch = made.issue(2 * LABELS_A_PART + 50).batch
    run = trace.plan_run(session, book=made.book, batch=batch, first=7, last=2 * LABELS_A_PART + 20, sheet="a4-24")
    whole, joined = tmp_path / "whole.pdf", tmp_path / "joined.pdf"
    trace.print_sheets(session, run, book=made.book, look=look, out=whole)
    parts = [tmp_path / f"{part}.part" for part in range(run.parts)]
    for part in (2, 0, 1, 0):
        trace.write_part(session, run, part, book=made.book, look=look, out=parts[part])
    trace.join_parts(run, parts, look=look, out=joined)
    assert run.parts == 3
    assert run.printed_after(2) == 2 * LABELS_A_PART
    assert run.printed_after(3) == run.labels
    assert joined.read_bytes() == whole.read_bytes()
    assert sorted(path.name for path in tmp_path.iterdir()) == ["0.part", "1.part", "2.part", "joined.pdf", "whole.pdf"]


def test_the_file_has_its_title_its_language_and_letters(
    made: Made, session: Any, tmp_path: Path, look: trace.Look
) -> None:
    batch = made.issue(3).batch
    out = tmp_path / "sheet.pdf"
    run = trace.plan_run(session, book=made.book, batch=batch, first=0, last=2, sheet="a4-40")
    trace.print_sheets(session, run, book=made.book, look=look, out=out)
    document = pypdfium2.PdfDocument(str(out))
    assert document.get_metadata_value("Title") == f"Lô tem {batch} · 0 – 2"
    document.close()
    assert b"/Lang(vi)" in out.read_bytes()
    letters = "àáảãạăằắẳẵặâầấẩẫậèéẻẽẹêềếểễệìíỉĩịòóỏõọôồốổỗộơờớởỡợùúủũụưừứửữựỳýỷỹỵđ"
    kept = open_font(look.font).glyphs
    assert len(letters) == 67
    assert all(kept[sign] for sign in letters + letters.upper() + "₫")


def test_alphanumeric_codes_stay_small(made: Made, session: Any) -> None:
    batch = made.issue(1).batch
    modules, dots = trace.qr_matrix(made.code(batch, 0).url)
    assert modules == 33  # version 4 for 66 characters; in byte mode it would be version 6
    assert len(dots) == modules * modules
    assert trace.qr_matrix("HTTPS://TEM.EXAMPLE.VN/S/0000500000D404PDMPB1")[0] == 29
    for form in SHEETS.values():
        assert lay_out(form, modules=33, pin=False).module >= SMALLEST_MODULE_MM
    assert PREFIX.upper() == PREFIX


def test_what_does_not_fit_is_refused_with_the_size_needed(made: Made, session: Any) -> None:
    small = made.issue(3, prefix=trace.url_prefix(public_url=LONG_HOST, gtin="08938505974194")).batch
    plain = made.issue(3).batch

    def plan(batch: int, sheet: str, last: int) -> Any:
        return trace.plan_run(session, book=made.book, batch=batch, first=0, last=last, sheet=sheet)

    with pytest.raises(errors.LabelTooSmall) as caught:
        plan(small, "a4-65", 2)
    assert caught.value.fields["needed_width_mm"] > 18.4
    for error, batch, sheet, last in (
        (errors.SheetUnknown, small, "a3-1", 2),
        (errors.SheetUnknown, small, "roll-50", 2),
        (errors.SheetUnknown, small, "roll-5x5", 2),
        (errors.SheetUnknown, small, "roll-50x30x2", 2),
        (errors.RangeOutsideBatch, small, "a4-40", 3),
        (errors.PrintRunTooLong, small, "a4-40", MOST_LABELS),
        (errors.LabelTooSmall, plain, "roll-16x40", 2),
        (errors.LabelTooSmall, plain, "roll-40x19", 2),
    ):
        with pytest.raises(error):
            plan(batch, sheet, last)


@given(st.integers(10, 80), st.integers(10, 80), st.sampled_from([29, 33, 37]), st.booleans())
def test_the_size_that_is_said_to_be_needed_is_enough(width: int, height: int, modules: int, pin: bool) -> None:
    try:
        layout = lay_out(sheet_named(f"roll-{width}x{height}"), modules=modules, pin=pin)
    except errors.LabelTooSmall as error:
        needed = [
            max(side, error.fields[name]) for side, name in ((width, "needed_width_mm"), (height, "needed_height_mm"))
        ]
        layout = lay_out(sheet_named("roll-{:.1f}x{:.1f}".format(*needed)), modules=modules, pin=pin)
    assert layout.module >= SMALLEST_MODULE_MM - 1e-9
    sheet, quiet = layout.sheet, 4 * layout.module
    across = modules * layout.module
    assert layout.code_x - quiet >= -1e-9
    assert layout.code_y - quiet >= -1e-9
    assert layout.code_x + across + quiet <= (layout.pin_x or sheet.width) + 1e-9
    assert layout.code_y + across + quiet <= sheet.height - layout.lines * 2.8 + 1e-9


@pytest.mark.parametrize("sheet", ROLLS)
def test_no_words_of_a_roll_s_label_lie_on_each_other(
    made: Made, session: Any, tmp_path: Path, look: trace.Look, sheet: str
) -> None:
    run = trace.plan_run(session, book=made.book, batch=made.issue(5).batch, first=0, last=0, sheet=sheet)
    trace.print_sheets(session, run, book=made.book, look=look, out=tmp_path / "roll.pdf")
    with pypdfium2.PdfDocument(tmp_path / "roll.pdf") as document:
        words = document[0].get_textpage()
        boxes = [words.get_charbox(place) for place in range(words.count_chars())]
    signs = [box for box in boxes if box[2] - box[0] > 0.1 and box[3] - box[1] > 0.1]
    assert len(signs) > 25
    for one, (left, bottom, right, top) in enumerate(signs):
        for other in signs[one + 1 :]:
            apart = (
                other[0] >= right - 0.1 or other[2] <= left + 0.1 or other[1] >= top - 0.1 or other[3] <= bottom + 0.1
            )
            assert apart, (sheet, signs[one], other)
