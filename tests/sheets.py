"""Printed labels read back: rasterised by pdfium, cut as a cutter would, read by zbar, which did not draw them.

A whole sheet of forty codes is more than zbar sorts out (it misses about 3 codes in 100, at any resolution);
cut apart, as the labels are used, every one of them reads.
"""

import subprocess
from pathlib import Path

import pypdfium2

from traceability.labels import Sheet, sheet_named

DOTS_A_MM = 300 / 25.4
POINTS_A_MM = 72 / 25.4


def page_codes(pdf: bytes | Path, page: int, *, sheet: str, folder: Path) -> list[str]:
    """Return the texts of a page's codes, in the order of its labels."""
    form = sheet_named(sheet)
    with pypdfium2.PdfDocument(pdf) as document:
        image = document[page].render(scale=DOTS_A_MM / POINTS_A_MM, grayscale=True).to_pil()
    cuts = []
    for place in range(form.labels):
        cuts.append(folder / f"label{place:02d}.png")
        image.crop(_edges(form, place)).save(cuts[-1])
    read = subprocess.run(
        ["zbarimg", "--quiet", "--raw", "-Sdisable", "-Sqrcode.enable", *map(str, cuts)],
        capture_output=True,
        text=True,
        check=False,  # it exits 4 where labels at the end of the last page are empty
        timeout=60,
    )
    return read.stdout.split()


def _edges(form: Sheet, place: int) -> tuple[int, int, int, int]:
    row, column = divmod(place, form.columns)
    left, top = form.left + column * form.pitch_x, form.top + row * form.pitch_y
    edges = (left, top, left + form.width, top + form.height)
    return tuple(round(edge * DOTS_A_MM) for edge in edges)  # type: ignore[return-value]
