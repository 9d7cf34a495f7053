"""A PDF of many pages, written page after page: one embedded font, vectors only, and nothing of it kept in memory.

The number of pages is known before the first one, so each object's number is too, and a page's bytes are the same
whoever writes them. Lengths are points (1/72 inch), from the lower left corner.
"""

import io
import zlib
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import IO, Any

from fontTools.subset import Options, Subsetter
from fontTools.ttLib import TTFont

POINTS_A_MM = 72 / 25.4
_VIETNAMESE = "àáảãạăằắẳẵặâầấẩẫậèéẻẽẹêềếểễệìíỉĩịòóỏõọôồốổỗộơờớởỡợùúủũụưừứửữựỳýỷỹỵđ"
SIGNS = frozenset((*map(chr, range(32, 127)), *_VIETNAMESE, *_VIETNAMESE.upper(), *"·–—₫×"))
_HEAD = b"%PDF-1.7\n%\xe2\xe3\xcf\xd3\n"
_FIRST_PAGE = 9
_KIDS = 512


@dataclass(frozen=True, slots=True, eq=False)
class Font:
    """The part of a font that a paper needs: its file, and glyph and width (thousandths of the size) of each sign."""

    data: bytes
    glyphs: dict[str, int]
    widths: dict[str, int]
    ascent: int
    descent: int
    box: tuple[int, ...]

    def width(self, text: str, size: float) -> float:
        """Return how long a text is, in points."""
        return sum(self.widths[sign] for sign in text) * size / 1000

    def show(self, text: str, *, x: float, y: float, size: float, most: float | None = None) -> bytes:
        """Write a text whose line begins at (x, y); squeeze it where it is longer than `most`."""
        wide = self.width(text, size)
        squeeze = b"%.1f Tz " % (100 * most / wide) if most is not None and wide > most else b""
        digits = "".join(f"{self.glyphs[sign]:04x}" for sign in text).encode()
        return b"BT /F %.2f Tf %s%.2f %.2f Td <%s> Tj ET\n" % (size, squeeze, x, y, digits)


@lru_cache(maxsize=4)
def open_font(file: Path) -> Font:
    """Read a TrueType font and keep the signs of Vietnamese and of codes."""
    whole: Any = TTFont(file)
    kept = Subsetter(Options(hinting=False, layout_features=[], notdef_outline=True))
    kept.populate(unicodes=[ord(sign) for sign in SIGNS])
    kept.subset(whole)
    per_em, cmap, metrics = whole["head"].unitsPerEm, whole.getBestCmap(), whole["hmtx"]
    data = io.BytesIO()
    whole.save(data)
    head = whole["head"]
    return Font(
        data=data.getvalue(),
        glyphs={sign: whole.getGlyphID(cmap[ord(sign)]) for sign in SIGNS},
        widths={sign: round(metrics[cmap[ord(sign)]][0] * 1000 / per_em) for sign in SIGNS},
        ascent=round(whole["hhea"].ascent * 1000 / per_em),
        descent=round(whole["hhea"].descent * 1000 / per_em),
        box=tuple(round(edge * 1000 / per_em) for edge in (head.xMin, head.yMin, head.xMax, head.yMax)),
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class Paper:
    """A file to be: how many pages of which size (mm), in which font, what it is called and in which language."""

    pages: int
    width_mm: float
    height_mm: float
    font: Font
    title: str
    language: str = "vi"

    def page(self, number: int, content: bytes) -> tuple[bytes, bytes]:
        """Return the two objects of one page, counted from 0."""
        packed = zlib.compress(content, 6)
        first = _FIRST_PAGE + 2 * number
        node = _FIRST_PAGE + 2 * self.pages + number // _KIDS
        size = b"%.2f %.2f" % (self.width_mm * POINTS_A_MM, self.height_mm * POINTS_A_MM)
        return (
            _stream(first, packed, b"/Filter/FlateDecode"),
            b"%d 0 obj\n<</Type/Page/Parent %d 0 R/MediaBox[0 0 %s]/Resources<</Font<</F 4 0 R>>>>/Contents %d 0 R>>\n"
            b"endobj\n" % (first + 1, node, size, first),
        )

    def write(self, out: IO[bytes], objects: Iterable[bytes]) -> None:
        """Write the whole file; `objects` are those of all pages in order."""
        offsets: dict[int, int] = {}
        place = out.write(_HEAD)
        for number, one in (*self._fixed(), *self._nodes()):
            offsets[number], place = place, place + out.write(one)
        pages = [0] * (2 * self.pages)
        for position, one in enumerate(objects):
            pages[position], place = place, place + out.write(one)
        count = _FIRST_PAGE + 2 * self.pages + self._parents
        out.write(b"xref\n0 %d\n0000000000 65535 f \n" % count)
        for number in range(1, count):
            at = pages[number - _FIRST_PAGE] if 0 <= number - _FIRST_PAGE < len(pages) else offsets[number]
            out.write(b"%010d 00000 n \n" % at)
        out.write(b"trailer\n<</Size %d/Root 1 0 R/Info 3 0 R>>\nstartxref\n%d\n%%%%EOF\n" % (count, place))

    @property
    def _parents(self) -> int:
        return -(-self.pages // _KIDS)

    def _nodes(self) -> Iterator[tuple[int, bytes]]:
        first = _FIRST_PAGE + 2 * self.pages
        nodes = range(first, first + self._parents)
        yield 2, _tree(2, nodes, self.pages, b"")
        for position, number in enumerate(nodes):
            pages = range(position * _KIDS, min(self.pages, (position + 1) * _KIDS))
            yield number, _tree(number, [_FIRST_PAGE + 2 * page + 1 for page in pages], len(pages), b"/Parent 2 0 R")

    def _fixed(self) -> Iterator[tuple[int, bytes]]:
        font = self.font
        yield (
            1,
            b"1 0 obj\n<</Type/Catalog/Pages 2 0 R/Lang(%s)/ViewerPreferences<</DisplayDocTitle true>>>>\nendobj\n"
            % (self.language.encode()),
        )
        yield 3, b"3 0 obj\n<</Title<feff%s>>>\nendobj\n" % self.title.encode("utf-16-be").hex().encode()
        yield (
            4,
            (
                b"4 0 obj\n<</Type/Font/Subtype/Type0/BaseFont/Label/Encoding/Identity-H/DescendantFonts[5 0 R]"
                b"/ToUnicode 8 0 R>>\nendobj\n"
            ),
        )
        widths = " ".join(f"{font.glyphs[sign]}[{font.widths[sign]}]" for sign in sorted(font.glyphs)).encode()
        yield (
            5,
            (
                b"5 0 obj\n<</Type/Font/Subtype/CIDFontType2/BaseFont/Label/CIDToGIDMap/Identity/FontDescriptor 6 0 R"
                b"/CIDSystemInfo<</Registry(Adobe)/Ordering(Identity)/Supplement 0>>/W[%s]>>\nendobj\n" % widths
            ),
        )
        yield (
            6,
            (
                b"6 0 obj\n<</Type/FontDescriptor/FontName/Label/Flags 32/FontBBox[%d %d %d %d]/ItalicAngle 0/Ascent %d"
                b"/Descent %d/CapHeight %d/StemV 80/FontFile2 7 0 R>>\nendobj\n"
                % (*font.box, font.ascent, font.descent, font.ascent)
            ),
        )
        yield 7, _stream(7, zlib.compress(font.data, 9), b"/Filter/FlateDecode/Length1 %d" % len(font.data))
        yield 8, _stream(8, _to_unicode(font.glyphs), b"")


def _stream(number: int, data: bytes, more: bytes) -> bytes:
    return b"%d 0 obj\n<</Length %d%s>>\nstream\n%s\nendstream\nendobj\n" % (number, len(data), more, data)


def _tree(number: int, kids: Sequence[int], count: int, more: bytes) -> bytes:
    listed = b" ".join(b"%d 0 R" % kid for kid in kids)
    return b"%d 0 obj\n<</Type/Pages%s/Count %d/Kids[%s]>>\nendobj\n" % (number, more, count, listed)


def _to_unicode(glyphs: dict[str, int]) -> bytes:
    """Say which sign each glyph is, so that text can be searched and read aloud."""
    lines = [f"<{glyph:04x}> <{ord(sign):04x}>" for sign, glyph in sorted(glyphs.items(), key=lambda one: one[1])]
    blocks = [lines[start : start + 100] for start in range(0, len(lines), 100)]
    body = "\n".join(f"{len(block)} beginbfchar\n" + "\n".join(block) + "\nendbfchar" for block in blocks)
    return (
        "/CIDInit /ProcSet findresource begin\n12 dict begin\nbegincmap\n"
        "/CIDSystemInfo <</Registry (Adobe) /Ordering (UCS) /Supplement 0>> def\n"
        "/CMapName /Label def\n/CMapType 2 def\n"
        f"1 begincodespacerange\n<0000> <ffff>\nendcodespacerange\n{body}\nendcmap\n"
        "CMapName currentdict /CMap defineresource pop\nend\nend"
    ).encode()
