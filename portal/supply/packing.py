"""One ZIP, written as it is sent: what it is, each table as JSON and CSV, the events as a document, and the proofs.

Nothing is left out for its number: rows are read some at a time, and no part of the file is held whole.
"""

import csv
import io
import json
import shutil
import tempfile
import zipfile
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from datetime import date, datetime
from typing import IO, Any, TextIO

from sqlalchemy.orm import Session

from portal.sheets import cell_text
from portal.stamps.uris import own_context
from portal.stamps.wiring import book_of
from portal.supply.collecting import Found, Table, code_of, each, entries, facts, in_order
from portal.supply.events import Told
from portal.world import World
from traceability import ScanCode, bundle, epcis
from traceability.errors import TraceabilityError

_PIECE = 256 * 1024
_EVENT_COLUMNS = (
    "eventID",
    "eventTime",
    "type",
    "action",
    "bizStep",
    "disposition",
    "readPoint",
    "declaredWrongBecause",
)


class _Outgoing:
    """Takes what the ZIP writes and gives it on; it cannot be sought in, so the ZIP never goes back."""

    def __init__(self) -> None:
        self._written = bytearray()

    def write(self, data: bytes) -> int:
        self._written += data
        return len(data)

    def flush(self) -> None:
        """Do nothing: what was written is taken by who sends it."""

    def taken(self, *, most_kept: int = 0) -> Iterator[bytes]:
        """Give what was written, once it is more than this."""
        if len(self._written) > most_kept:
            yield bytes(self._written)
            self._written.clear()


def pack(session: Session, found: Found, *, world: World, about: Mapping[str, Any]) -> Iterator[bytes]:
    """Give the file piece by piece."""
    out, counts = _Outgoing(), dict[str, int]()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as file:  # type: ignore[call-overload]
        for _written in _write_all(file, session, found, world, counts):
            yield from out.taken(most_kept=_PIECE)
        said = {**about, "made_at": world.clock.now(), "counts": counts}
        file.writestr("about.json", json.dumps(said, ensure_ascii=False, indent=1, default=_plain))
    yield from out.taken()


def _write_all(
    file: zipfile.ZipFile, session: Session, found: Found, world: World, counts: dict[str, int]
) -> Iterator[None]:
    """Write all parts and count what is in them; stop after each row, for what was written to be sent."""
    told = Told(session, found.lots, public_url=world.settings.public_url)
    for table in facts(session, found, keys=world.field_keys):
        yield from _write_table(file, table, counts)
    yield from _write_events(file, told, world)
    counts["events"] = len(told)
    yield from _write_table(file, entries(session, found, told), counts)
    counts |= {"bundles": 0, "stamps_not_to_be_proven_yet": 0}
    for proven in _write_bundles(session, found, file, world):
        counts["bundles" if proven else "stamps_not_to_be_proven_yet"] += 1
        yield


@contextmanager
def _sheet(columns: Sequence[str]) -> Iterator["_Sheet"]:
    with (
        tempfile.SpooledTemporaryFile(max_size=_PIECE) as kept,
        io.TextIOWrapper(kept, "utf-8-sig", newline="") as text,
    ):
        yield _Sheet(kept, text, columns)


class _Sheet:
    """One table as CSV, kept on the disk until the same rows are written as JSON."""

    def __init__(self, kept: IO[bytes], text: TextIO, columns: Sequence[str]) -> None:
        self._kept, self._text = kept, text
        self._writer = csv.writer(text, lineterminator="\r\n")
        self._writer.writerow(columns)
        self.rows = 0

    def between(self) -> bytes:
        """Return what stands in JSON before the next row."""
        return b",\n" if self.rows else b"\n"

    def add(self, row: Sequence[Any]) -> None:
        """Take a row."""
        self._writer.writerow([cell_text(cell) for cell in row])
        self.rows += 1

    def write_to(self, file: zipfile.ZipFile, name: str) -> None:
        """Put the sheet into the ZIP."""
        self._text.flush()
        self._kept.seek(0)
        with file.open(name, "w") as part:
            shutil.copyfileobj(self._kept, part)


def _write_table(file: zipfile.ZipFile, table: Table, counts: dict[str, int]) -> Iterator[None]:
    """Write a table as JSON and as CSV, reading its rows once."""
    with _sheet(table.columns) as sheet:
        with file.open(f"{table.name}.json", "w") as part:
            part.write(b"[")
            for row in table.rows:
                part.write(sheet.between() + _json(dict(zip(table.columns, row, strict=True))))
                sheet.add(row)
                yield
            part.write(b"]\n")
        sheet.write_to(file, f"{table.name}.csv")
        counts[table.name] = sheet.rows
        yield


def _write_events(file: zipfile.ZipFile, told: Told, world: World) -> Iterator[None]:
    """Write the events as one document and, beside it, as a table."""
    context = own_context(world.settings.public_url)
    whole = json.dumps(epcis.document_of([], now=world.clock.now(), context=context), ensure_ascii=False)
    before, after = whole.split('"eventList": []')
    with _sheet(_EVENT_COLUMNS) as sheet:
        with file.open("events.json", "w") as part:
            part.write(f'{before}"eventList": ['.encode())
            for event in told.events():
                part.write(sheet.between() + _json(event))
                sheet.add(_event_row(event))
                yield
            part.write(f"]{after}\n".encode())
        sheet.write_to(file, "events.csv")


def _event_row(event: Mapping[str, Any]) -> Sequence[Any]:
    place, wrong = event.get("readPoint") or {}, event.get("errorDeclaration") or {}
    return [*(event.get(name) for name in _EVENT_COLUMNS[:-2]), place.get("id"), wrong.get("reason")]


def _write_bundles(session: Session, found: Found, file: zipfile.ZipFile, world: World) -> Iterator[bool]:
    """Write the proof of each scanned stamp; say of each whether it can be proven yet."""
    book = book_of(world.stamp_keys)
    for row in each(session, in_order(found.stamps)):
        code = code_of(row)
        try:
            text = bundle(session, book=book, code=ScanCode(code))
        except TraceabilityError:  # not published yet, or a key that is missing: the rest is still owed
            yield False
        else:
            file.writestr(f"bundles/{code}.txt", text)
            yield True


def _json(value: Any) -> bytes:
    return json.dumps(value, ensure_ascii=False, default=_plain).encode()


def _plain(value: object) -> str:
    if isinstance(value, datetime | date):
        return value.isoformat()
    raise TypeError(type(value).__name__)
