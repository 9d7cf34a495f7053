"""Papers of many pages with codes: A4, our font, vectors alone, written page after page."""

import tempfile
import unicodedata
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import IO

import fontpkg

from portal.i18n import current_language
from traceability.labels import A4_MM, QUIET_MODULES, SMALLEST_MODULE_MM, qr_matrix
from traceability.pdf import POINTS_A_MM, SIGNS, Font, Paper, open_font

_FAMILY = "Be Vietnam Pro"
_IN_MEMORY = 4 * 1024 * 1024


class Page:
    """One A4 page being drawn; places are mm from the upper left corner."""

    def __init__(self) -> None:
        self._font, self._parts = _font(), list[bytes]()

    def text(self, words: str, *, x: float, y: float, points: float, most: float | None = None) -> None:
        """Write a line whose base is at y; squeeze it where it is longer than `most` mm."""
        room = most * POINTS_A_MM if most is not None else None
        self._parts.append(self._font.show(showable(words), x=x * POINTS_A_MM, y=_up(y), size=points, most=room))

    def middle(self, words: str, *, y: float, points: float, margin: float = 12) -> None:
        """Write a line in the middle of the page."""
        shown, room = showable(words), (A4_MM[0] - 2 * margin) * POINTS_A_MM
        wide = min(self._font.width(shown, points), room)
        self._parts.append(
            self._font.show(shown, x=A4_MM[0] * POINTS_A_MM / 2 - wide / 2, y=_up(y), size=points, most=room)
        )

    def rule(self, *, y: float, margin: float = 12) -> None:
        """Draw a thin line over the width of the page."""
        at = (margin * POINTS_A_MM, _up(y), (A4_MM[0] - margin) * POINTS_A_MM, _up(y))
        self._parts.append(b"0.4 w %.2f %.2f m %.2f %.2f l S\n" % at)

    def code(self, words: str, *, x: float, y: float, side: float) -> None:
        """Draw a QR code of level M in a square of `side` mm, its quiet zone of four modules inside it."""
        modules, dots = qr_matrix(words)
        module = side / (modules + 2 * QUIET_MODULES)
        if module < SMALLEST_MODULE_MM:
            raise ValueError(f"modules of {module:.2f} mm can't be read")
        quiet, scale = QUIET_MODULES * module, module * POINTS_A_MM
        left, top = (x + quiet) * POINTS_A_MM, _up(y + quiet)
        self._parts.append(b"q %.5f 0 0 %.5f %.3f %.3f cm\n" % (scale, scale, left, top))
        for row in range(modules):
            for start, length in _dark(dots[row * modules : (row + 1) * modules]):
                self._parts.append(b"%d %d %d 1 re\n" % (start, -1 - row, length))
        self._parts.append(b"f Q\n")

    @property
    def content(self) -> bytes:
        """Return what the page holds."""
        return b"".join(self._parts)


def bind_pages(title: str, pages: Iterable[Page], *, count: int) -> IO[bytes]:
    """Write a file of so many pages, and return it at its beginning; pages are drawn one after the other."""
    paper = Paper(
        pages=count, width_mm=A4_MM[0], height_mm=A4_MM[1], font=_font(), title=title, language=current_language()
    )
    out = tempfile.SpooledTemporaryFile(max_size=_IN_MEMORY)  # noqa: SIM115  the answer closes it
    paper.write(out, _objects(paper, pages))
    out.seek(0)
    return out


def showable(words: str) -> str:
    """Return a text in the signs that the font holds: marks that it lacks are left off, other signs become dots."""
    found = []
    for sign in unicodedata.normalize("NFC", words):
        bare = unicodedata.normalize("NFKD", sign)[0]
        found.append(sign if sign in SIGNS else bare if bare in SIGNS else "·")
    return "".join(found)


def _font() -> Font:
    return open_font(Path(fontpkg.path(_FAMILY)))


def _objects(paper: Paper, pages: Iterable[Page]) -> Iterator[bytes]:
    for number, page in enumerate(pages):
        yield from paper.page(number, page.content)


def _up(y: float) -> float:
    return (A4_MM[1] - y) * POINTS_A_MM


def _dark(row: bytes) -> Iterator[tuple[int, int]]:
    """Yield the dark stretches of a row as (start, length)."""
    start = None
    for x, dot in enumerate(row + b"\xff"):
        if dot == 0 and start is None:
            start = x
        elif dot and start is not None:
            yield start, x - start
            start = None
