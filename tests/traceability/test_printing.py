"""Sheets: drawn by one library, rasterised by a second, read by a third."""

import subprocess
from pathlib import Path
from typing import Any

import fontpkg_be_vietnam_pro
import pypdfium2
import pytest

import traceability as trace
from tests.traceability.making import PREFIX, Made
from traceability import errors
from traceability.printing import MOST_LABELS, SHEETS, SMALLEST_MODULE_MM, Sheet

LONG_HOST = f"https://{'a' * 60}.{'b' * 12}.example"

DOTS_A_MM = 300 / 25.4


@pytest.fixture
def font() -> Path:
    return Path(fontpkg_be_vietnam_pro.__file__).parent / "files" / "BeVietnamPro-Regular.ttf"


def decode(pdf: Path, folder: Path, form: Sheet) -> list[list[str]]:
    """Rasterise each page, cut it along its labels as a cutter would, and read each label with zbar."""
    pages = []
    document = pypdfium2.PdfDocument(str(pdf))
    for page in document:
        image = page.render(scale=DOTS_A_MM * 25.4 / 72, grayscale=True).to_pil()
        cuts = []
        for place in range(form.labels):
            row, column = divmod(place, form.columns)
            left, top = form.left + column * form.pitch_x, form.top + row * form.pitch_y
            box = (left, top, left + form.width, top + form.height)
            cuts.append(folder / f"label{place:02d}.png")
            image.crop(tuple(round(edge * DOTS_A_MM) for edge in box)).save(cuts[-1])
        read = subprocess.run(
            ["zbarimg", "--quiet", "--raw", "-Sdisable", "-Sqrcode.enable", *map(str, cuts)],
            capture_output=True,
            text=True,
            check=False,  # it exits 4 where labels at the end of the last page are empty
            timeout=60,
        )
        pages.append(read.stdout.split())
    document.close()
    return pages


def texts(pdf: Path) -> list[str]:
    document = pypdfium2.PdfDocument(str(pdf))
    found = [page.get_textpage().get_text_bounded() for page in document]
    document.close()
    return found


@pytest.mark.parametrize("sheet", sorted(SHEETS))
def test_every_code_of_every_page_decodes(made: Made, session: Any, tmp_path: Path, font: Path, sheet: str) -> None:
    batch = made.issue(200).batch
    labels = SHEETS[sheet].labels
    first, last = 10, 10 + labels + 4
    out = tmp_path / "sheet.pdf"
    printed = trace.print_sheets(
        session, book=made.book, batch=batch, first=first, last=last, sheet=sheet, out=out, font=font, title="Lô tem"
    )
    assert (printed.labels, printed.pages) == (labels + 5, 2)
    codes = list(trace.stamp_codes(session, book=made.book, batch=batch, first=first, last=last))
    urls = [code.url for code in codes]
    assert decode(out, tmp_path, SHEETS[sheet]) == [urls[:labels], urls[labels:]]
    words = texts(out)
    assert f"Lô tem {batch} · 10 – {9 + labels}" in words[0]
    assert f"Lô tem {batch} · {10 + labels} – {last}" in words[1]
    for place, code in enumerate(codes):
        assert trace.group_serial(code.serial) in words[place // labels]
    assert b"/Subtype /Image" not in out.read_bytes()


def test_alphanumeric_codes_stay_small(made: Made, session: Any) -> None:
    batch = made.issue(1).batch
    modules, dots = trace.qr_matrix(made.code(batch, 0).url)
    assert modules == 33  # version 4 for 66 characters; in byte mode it would be version 6
    assert len(dots) == modules * modules
    assert trace.qr_matrix("HTTPS://TEM.EXAMPLE.VN/S/0000500000D404PDMPB1")[0] == 29
    for form in SHEETS.values():
        assert min(form.width, form.height - 2.8) / (33 + 8) >= SMALLEST_MODULE_MM
    assert PREFIX.upper() == PREFIX


def test_what_does_not_fit_is_refused_and_nothing_is_written(
    made: Made, session: Any, tmp_path: Path, font: Path
) -> None:
    small = made.issue(3, prefix=trace.url_prefix(public_url=LONG_HOST, gtin="08938505974194")).batch
    large = made.issue(MOST_LABELS + 1).batch
    out = tmp_path / "sheet.pdf"

    def print_it(batch: int, sheet: str, last: int) -> None:
        trace.print_sheets(session, book=made.book, batch=batch, first=0, last=last, sheet=sheet, out=out, font=font)

    with pytest.raises(errors.LabelTooSmall) as caught:
        print_it(small, "a4-65", 2)
    assert caught.value.fields["needed_width_mm"] > 18.4
    for error, batch, sheet, last in (
        (errors.SheetUnknown, small, "a3-1", 2),
        (errors.RangeOutsideBatch, small, "a4-40", 3),
        (errors.PrintRunTooLong, large, "a4-40", MOST_LABELS),
    ):
        with pytest.raises(error):
            print_it(batch, sheet, last)
    assert not out.exists()
