"""Is this file fit to be opened? Decided from its first bytes, its directory, and by counting while it is unpacked.

A workbook's directory can lie about sizes, so every entry is unpacked once without keeping anything, under the limits.
"""

import struct
import zipfile
import zlib
from pathlib import Path

from portal.uploads.errors import FileRefused

MOST_BYTES = 50 * 1024 * 1024
MOST_UNPACKED = 512 * 1024 * 1024
MOST_RATIO = 50
MOST_ENTRIES = 1_000
_ZIP, _OLE = b"PK\x03\x04", b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"
_PIECE = 256 * 1024
_LOCAL_HEADER = 30
WORKBOOK, TEXT = "xlsx", "csv"


def kind_of(path: Path, *, counted: bool = False) -> str:
    """Return `xlsx` or `csv`; raise `FileRefused` for what is neither, too large, locked or a bomb.

    With `counted` the same bytes were unpacked and counted before: it is not done again.
    """
    size = path.stat().st_size
    if size == 0:
        raise FileRefused("file.empty")
    if size > MOST_BYTES:
        raise FileRefused("file.size", most=MOST_BYTES // 1024 // 1024)
    with path.open("rb") as stream:
        start = stream.read(8)
    if start == _OLE:
        raise FileRefused("file.locked" if _is_encrypted(path) else "file.old_xls")
    if start.startswith(_ZIP):
        if not counted:
            _check_unpacked(path, size)
        return WORKBOOK
    if b"\x00" in start and not start.startswith((b"\xff\xfe", b"\xfe\xff")):
        raise FileRefused("file.type")
    return TEXT


def _is_encrypted(path: Path) -> bool:
    """Say whether an OLE container is a workbook under a password, not one of the old kind."""
    with path.open("rb") as stream:
        return "EncryptedPackage".encode("utf-16-le") in stream.read(1024 * 1024)


def _check_unpacked(path: Path, size: int) -> None:
    try:
        with zipfile.ZipFile(path) as archive:
            entries = archive.infolist()
    except (zipfile.BadZipFile, ValueError, NotImplementedError):
        raise FileRefused("file.type") from None
    if not any(one.filename == "xl/workbook.xml" for one in entries):
        raise FileRefused("file.type")
    most = min(MOST_UNPACKED, size * MOST_RATIO)
    if len(entries) > MOST_ENTRIES or sum(one.file_size for one in entries) > most:
        raise FileRefused("file.unpacked_size")
    if any(one.flag_bits & 1 for one in entries):
        raise FileRefused("file.locked")
    left = most
    with path.open("rb") as stream:
        for one in entries:
            left -= _unpacked(stream, one, most=left)


def _unpacked(stream: "object", entry: zipfile.ZipInfo, *, most: int) -> int:
    """Count what an entry really unpacks to; raise `FileRefused` above `most`."""
    read, seek = stream.read, stream.seek  # type: ignore[attr-defined]
    seek(entry.header_offset)
    head = read(_LOCAL_HEADER)
    if len(head) < _LOCAL_HEADER or not head.startswith(_ZIP):
        raise FileRefused("file.type")
    name_length, extra_length = struct.unpack("<HH", head[26:30])
    seek(entry.header_offset + _LOCAL_HEADER + name_length + extra_length)
    if entry.compress_type == zipfile.ZIP_STORED:
        return entry.compress_size
    if entry.compress_type != zipfile.ZIP_DEFLATED:
        raise FileRefused("file.type")
    return _inflated(read, most=most)


def _inflated(read: "object", *, most: int) -> int:
    inflating, found, rest = zlib.decompressobj(-15), 0, b""
    try:
        while not inflating.eof:
            fed = rest or read(_PIECE)  # type: ignore[operator]
            if not fed:
                break
            found += len(inflating.decompress(fed, _PIECE * 8))
            rest = inflating.unconsumed_tail
            if found > most:
                raise FileRefused("file.unpacked_size")
    except zlib.error:
        raise FileRefused("file.type") from None
    return found
