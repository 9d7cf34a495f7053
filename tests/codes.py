"""Codes on a printed page, read by zbar, which did not draw them: each cut out as the eye would see it alone."""

import subprocess
from collections.abc import Sequence
from pathlib import Path

import pypdfium2

DOTS_A_MM = 300 / 25.4
_POINTS_A_MM = 72 / 25.4
Cut = tuple[float, float, float]


def codes_on(pdf: bytes, page: int, cuts: Sequence[Cut], *, folder: Path) -> list[str]:
    """Return the texts of the codes whose squares are (left, top, side) in mm; an empty one has no text."""
    with pypdfium2.PdfDocument(pdf) as document:
        image = document[page].render(scale=DOTS_A_MM / _POINTS_A_MM, grayscale=True).to_pil()
    found = []
    for number, (left, top, side) in enumerate(cuts):
        path = folder / f"code{page}-{number}.png"
        image.crop(tuple(round(at * DOTS_A_MM) for at in (left, top, left + side, top + side))).save(path)
        read = subprocess.run(
            ["zbarimg", "--quiet", "--raw", "-Sdisable", "-Sqrcode.enable", str(path)],
            capture_output=True, text=True, check=False, timeout=60,
        )  # fmt: skip
        found.append(read.stdout.strip())
    return found


def words_on(pdf: bytes) -> str:
    """Return all that a file says."""
    with pypdfium2.PdfDocument(pdf) as document:
        return "\n".join(page.get_textpage().get_text_range() for page in document)
