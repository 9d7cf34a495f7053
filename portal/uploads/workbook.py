"""Read a sheet of a workbook row after row, where it is written plainly, as spreadsheet programs write it.

The full reader holds a whole sheet, hundreds of megabytes of a province's list; this one a few, and stops where the
reader of its rows does. What it does not know for certain raises `NotPlain`: then the full reader goes on.
"""

import re
import zipfile
import zlib
from collections.abc import Iterator
from datetime import date, timedelta
from functools import lru_cache
from pathlib import Path
from xml.sax.saxutils import unescape

from portal.uploads.errors import FileRefused

_PIECE, _LONGEST = 256 * 1024, 4 * 1024 * 1024
_END = b"</row>"
_TEXT = frozenset(("inlineStr", "str"))
_ROW = re.compile(r'<row r="(\d+)"[^<>]*')
_BLANK_ROW = re.compile("<row [^<>]*/>")
_CELL = re.compile(
    r'<c r="([A-Z]+)\d+"(?: s="(\d+)")?(?: t="([A-Za-z]+)")?'
    r"(?:>(?:<f[^<>]*(?:/>|>[^<]*</f>))?"
    r'(?:<is><t>|<v>|<is><t xml:space="preserve">)([^<]*)</(?:t></is>|v>)</c>|/>|>(?:<v/>|<is><t/></is>)?</c>)'
)
_STRING = re.compile(r'<si><t(?: xml:space="preserve")?(?:/>|>([^<]*)</t>)</si>')
_ANY_STRING = re.compile(r"<si(?:/>|>(.*?)</si>)", re.DOTALL)
_READING_AID = re.compile(r"<rPh .*?</rPh>", re.DOTALL)
_PART_OF_STRING = re.compile(r'<t(?: xml:space="preserve")?>([^<]*)</t>')
_ESCAPED = re.compile("_x([0-9A-Fa-f]{4})_")
_ATTRIBUTE = re.compile(r'([\w:]+)="([^"<]*)"')
_ENTITIES = {"&quot;": '"', "&apos;": "'"}
_PLAIN_FORMATS = frozenset((*range(14), *range(37, 45), 48, 49))
_SHORT_DATE = 14
_NUMBER_FORMAT = re.compile(r"(?:General|[0#?,.%@ ;()*-]|\\.|_.|&quot;[^&]*&quot;)+")
_DATE_FORMAT = re.compile(r"(?:\[\$[^\]]*\])?(?:d{1,2}|m{1,2}|y{2,4}|\\?[/. -]|&quot;/&quot;)+(?:;@)?", re.IGNORECASE)
_EPOCH, _FIRST_DAY, _LAST_DAY = date(1899, 12, 30), 61, 2_958_466  # before March 1900 programs disagree


class NotPlain(Exception):
    """A workbook, or a row of it, that is not written plainly."""


class PlainWorkbook:
    """A workbook whose parts are found by the names that its directory gives them."""

    def __init__(self, path: Path) -> None:
        """Open a workbook; raise `NotPlain`, or `FileRefused` where it is none."""
        try:
            self._archive = zipfile.ZipFile(path)
        except (zipfile.BadZipFile, ValueError, NotImplementedError):
            raise FileRefused("file.type") from None
        book = self._part("xl/workbook.xml")
        if 'date1904="1"' in book or 'date1904="true"' in book:
            raise NotPlain
        targets = {
            one["Id"]: one["Target"]
            for one in _elements(self._part("xl/_rels/workbook.xml.rels"), "Relationship")
            if {"Id", "Target"} <= one.keys()
        }
        sheets = [(_plain(one.get("name", "")), one) for one in _elements(book, "sheet")]
        self._sheets = {name: targets.get(one.get("r:id", ""), "") for name, one in sheets}
        self.names = [name for name, one in sheets if one.get("state", "visible") == "visible"] or list(self._sheets)

    def rows(self, sheet: str) -> Iterator[list[str]]:
        """Yield every row of a sheet from the first, blank ones too; raise `NotPlain` at the first that is not."""
        part = self._sheets.get(sheet, "")
        if not part:
            raise NotPlain
        reader = _Cells(self._formats(), self._strings())
        last = 0
        for number, body in self._bodies(f"xl/{part}" if not part.startswith("/") else part[1:]):
            if number <= last:
                raise NotPlain
            for _ in range(last + 1, number):
                yield []
            last = number
            yield reader.read(body)

    def close(self) -> None:
        """Close the file."""
        self._archive.close()

    def _bodies(self, part: str) -> Iterator[tuple[int, str]]:
        """Yield each row's number and what stands in it."""
        before = b""
        for piece in self._pieces(part):
            whole, end, before = (before + piece).rpartition(_END)
            if len(before) > _LONGEST:
                raise NotPlain
            if end:
                yield from _numbered(_text(whole).split(_END.decode()))
        head, closed, _ = _text(before).partition("</sheetData>")
        if not closed or _BLANK_ROW.sub("", head.rpartition("<sheetData>")[2]).strip():
            raise NotPlain

    def _formats(self) -> list[bool | None]:
        """Return of each style whether its numbers are days; None where that is not certain."""
        if "xl/styles.xml" not in self._archive.namelist():
            return []
        text = self._part("xl/styles.xml")
        own = {one.get("numFmtId", ""): _is_date_format(one.get("formatCode", "")) for one in _elements(text, "numFmt")}
        _, begun, styles = text.partition("<cellXfs")
        return [
            _holds_days(one.get("numFmtId", "0"), own)
            for one in _elements(styles.partition("</cellXfs>")[0] if begun else "", "xf")
        ]

    def _strings(self) -> list[str]:
        """Return the texts that cells share."""
        name = "xl/sharedStrings.xml"
        if name not in self._archive.namelist():
            return []
        found: list[str] = []
        before, end = b"", b"</si>"
        for piece in self._pieces(name):
            whole, closed, before = (before + piece).rpartition(end)
            if len(before) > _LONGEST:
                raise NotPlain
            if not closed:
                continue
            text = _text(whole + closed)
            texts = _STRING.findall(text)
            if len(texts) != text.count("<si>"):
                texts = [_joined(one) for one in _ANY_STRING.findall(text)]
            found += map(_plain, texts) if "&" in text or "_x" in text else texts
        return found

    def _part(self, name: str) -> str:
        return _text(b"".join(self._pieces(name)))

    def _pieces(self, name: str) -> Iterator[bytes]:
        try:
            with self._archive.open(name) as stream:
                while piece := stream.read(_PIECE):
                    yield piece
        except KeyError:
            raise NotPlain from None
        except (zipfile.BadZipFile, zlib.error, EOFError):
            raise FileRefused("file.type") from None


class _Cells:
    """Reads the cells of one row after the other."""

    def __init__(self, formats: list[bool | None], strings: list[str]) -> None:
        self._formats, self._strings = formats, strings
        self._letters: list[str] = []  # of columns that stand side by side, from the first

    def read(self, body: str) -> list[str]:
        """Return a row's cells as text."""
        cells = _CELL.findall(body)
        if len(cells) != body.count("<c") or ("_x" in body and _ESCAPED.search(body)):
            raise NotPlain
        found = [
            value if kind in _TEXT or not value else self._value(kind, style, value) for _, style, kind, value in cells
        ]
        if "&" in body:
            found = [_plain(text) if one[2] != "s" else text for text, one in zip(found, cells, strict=True)]
        letters = [one[0] for one in cells]
        return found if letters == self._letters or self._side_by_side(letters) else _spread(letters, found)

    def _side_by_side(self, letters: list[str]) -> bool:
        if [_column(one) for one in letters] != list(range(len(letters))):
            return False
        self._letters = letters
        return True

    def _value(self, kind: str, style: str, value: str) -> str:
        try:
            if kind == "s":
                return self._strings[int(value)]
            if kind == "b":
                return "x" if value == "1" else ""
            return self._number(style, float(value))
        except (ValueError, IndexError):
            raise NotPlain from None

    def _number(self, style: str, number: float) -> str:
        days = self._formats[int(style)] if style else False
        if days is None:
            raise NotPlain
        if not days:
            return str(int(number)) if number.is_integer() and abs(number) < 1e15 else repr(number)
        if not _FIRST_DAY <= number < _LAST_DAY:
            raise NotPlain
        return f"{_EPOCH + timedelta(days=int(number)):%d/%m/%Y}"


def _numbered(rows: list[str]) -> Iterator[tuple[int, str]]:
    """Yield the rows of one piece; each begins after whatever closed the one before."""
    for row in rows:
        before, start, body = "", *row.partition(">")[::2]
        if not start.startswith("<row ") or start.endswith("/"):
            before, _, last = row.rpartition("<row ")
            start, body = f"<row {last}".partition(">")[::2]
            if any(not blank.endswith("/") for blank in re.findall("<row ([^>]*)>", before)):
                raise NotPlain
        found = _ROW.match(start)
        if found is None or start.endswith("/"):
            raise NotPlain
        yield int(found[1]), body


def _text(body: bytes) -> str:
    """Return bytes as text; raise `NotPlain` for letters, comments and line ends that need a full reader."""
    if b"<!" in body or b"\r" in body.replace(b"?>\r\n", b"?>"):
        raise NotPlain
    try:
        return body.decode()
    except UnicodeDecodeError:
        raise NotPlain from None


def _elements(text: str, name: str) -> list[dict[str, str]]:
    """Return the attributes of each element of a name."""
    return [dict(_ATTRIBUTE.findall(one)) for one in re.findall(rf"<{name} ([^<>]*)>", text)]


def _holds_days(number: str, own: dict[str, bool | None]) -> bool | None:
    if number in own:
        return own[number]
    if not number.isdigit():
        return None
    return True if int(number) == _SHORT_DATE else False if int(number) in _PLAIN_FORMATS else None


def _is_date_format(code: str) -> bool | None:
    if _NUMBER_FORMAT.fullmatch(code):
        return False
    return True if _DATE_FORMAT.fullmatch(code) else None


def _joined(string: str) -> str:
    """Return the text of a shared string that is written in several fonts; a reading aid is no part of it."""
    return "".join(_PART_OF_STRING.findall(_READING_AID.sub("", string)))


def _plain(text: str) -> str:
    """Return a text without the escapes of XML and of workbooks."""
    if "&" in text:
        if "&#" in text:
            raise NotPlain
        text = unescape(text, _ENTITIES)
    return _ESCAPED.sub(lambda found: chr(int(found[1], 16)), text) if "_x" in text else text


def _spread(letters: list[str], texts: list[str]) -> list[str]:
    """Return a row's texts, each in its column."""
    found: list[str] = []
    for column, text in zip(map(_column, letters), texts, strict=True):
        if column < len(found):
            raise NotPlain
        found += [""] * (column - len(found))
        found.append(text)
    return found


@lru_cache(maxsize=1024)
def _column(letters: str) -> int:
    found = 0
    for letter in letters:
        found = found * 26 + ord(letter) - 64
    return found - 1
