"""The form of a proof bundle: written and read, nothing trusted (pure)."""

import base64
import re
from collections.abc import Sequence
from dataclasses import dataclass
from hashlib import sha256

from traceability.errors import BundleUnreadable, NoteInvalid
from traceability.notes import strict_base64

MOST_BYTES = 256 * 1024
_TITLE = "traceability-bundle/v1"
_LOG_PROOF_TITLE = "c2sp.org/tlog-proof@v1"
_INDEX = re.compile(r"0|[1-9][0-9]{0,18}")
_DIGEST = re.compile(r"[0-9a-f]{64}")
_MOST_HASHES = 64


@dataclass(frozen=True, slots=True)
class Bundle:
    """The fields of a bundle as they were read."""

    statement: str
    nonce: bytes
    stamp_index: int
    stamp_proof: tuple[bytes, ...]
    header: str
    anchor: str | None
    log_index: int
    log_proof: tuple[bytes, ...]
    note: str


def write_bundle(
    *,
    statement: str,
    nonce: bytes,
    stamp_index: int,
    stamp_proof: Sequence[bytes],
    header: bytes,
    receipt: str | None,
    log_index: int,
    log_proof: Sequence[bytes],
    note: str,
) -> str:
    """Write a bundle; the C2SP tlog-proof at its end stands verbatim, for other tlog software."""
    lines = [
        f"statement {statement}",
        f"nonce {_base64(nonce)}",
        f"stamp-proof {stamp_index} {len(stamp_proof)}",
        *map(_base64, stamp_proof),
        f"header {header.decode()}",
        f"anchor {receipt or 'none'}",
        "",
        _LOG_PROOF_TITLE,
        f"index {log_index}",
        *map(_base64, log_proof),
        "",
    ]
    body = "\n".join(lines) + "\n" + note
    return f"{_TITLE}\ndigest {sha256(body.encode()).hexdigest()}\n{body}"


def _base64(data: bytes) -> str:
    return base64.b64encode(data).decode()


def read_bundle(content: bytes) -> Bundle:
    """Read a bundle; raises BundleUnreadable unless it is whole and of exactly this form."""
    if len(content) > MOST_BYTES:
        raise BundleUnreadable(line="", reason="over 256 KiB")
    try:
        text = content.decode("utf-8")
    except UnicodeDecodeError:
        raise BundleUnreadable(line="", reason="not UTF-8") from None
    lines = _Lines(text)
    lines.expect(_TITLE)
    digest = lines.match("digest", _DIGEST)
    if sha256(lines.rest().encode()).hexdigest() != digest:
        raise BundleUnreadable(line="digest", reason="differs")
    statement = lines.field("statement")
    nonce = lines.decode(lines.field("nonce"), size=16)
    index_text, _, count_text = lines.field("stamp-proof").partition(" ")
    stamp_proof = tuple(lines.decode(lines.next(), size=32) for _ in range(lines.number(count_text, most=_MOST_HASHES)))
    header = lines.field("header")
    anchor = lines.field("anchor")
    lines.expect("")
    lines.expect(_LOG_PROOF_TITLE)
    log_index = lines.number(lines.field("index"))
    log_proof: list[bytes] = []
    while line := lines.next():
        if len(log_proof) == _MOST_HASHES:
            raise BundleUnreadable(line="hashes", reason="too many")
        log_proof.append(lines.decode(line, size=32))
    return Bundle(
        statement=statement,
        nonce=nonce,
        stamp_index=lines.number(index_text),
        stamp_proof=stamp_proof,
        header=header,
        anchor=None if anchor == "none" else anchor,
        log_index=log_index,
        log_proof=tuple(log_proof),
        note=lines.rest(),
    )


class _Lines:
    """Lines taken one by one; LF only."""

    def __init__(self, text: str) -> None:
        self._text = text
        self._at = 0

    def next(self) -> str:
        end = self._text.find("\n", self._at)
        if end < 0:
            raise BundleUnreadable(line="", reason="truncated")
        line = self._text[self._at : end]
        self._at = end + 1
        return line

    def rest(self) -> str:
        return self._text[self._at :]

    def expect(self, wanted: str) -> None:
        if self.next() != wanted:
            raise BundleUnreadable(line=wanted, reason="missing")

    def field(self, name: str) -> str:
        line = self.next()
        if not line.startswith(name + " "):
            raise BundleUnreadable(line=name, reason="missing")
        return line[len(name) + 1 :]

    def match(self, name: str, pattern: re.Pattern[str]) -> str:
        value = self.field(name)
        if pattern.fullmatch(value) is None:
            raise BundleUnreadable(line=name, reason="malformed")
        return value

    def number(self, text: str, *, most: int = 2**63) -> int:
        if _INDEX.fullmatch(text) is None or int(text) > most:
            raise BundleUnreadable(line=text[:20], reason="not a number")
        return int(text)

    def decode(self, text: str, *, size: int) -> bytes:
        try:
            data = strict_base64(text)
        except NoteInvalid:
            data = b""
        if len(data) != size:
            raise BundleUnreadable(line=text[:60], reason="not base64 of the right size")
        return data
