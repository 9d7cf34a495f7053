"""One ZIP: what it is, each table as JSON and as CSV, the events as a document, and the proofs of scanned stamps."""

import csv
import io
import json
import zipfile
from collections.abc import Mapping, Sequence
from datetime import date, datetime
from typing import Any

from sqlalchemy.orm import Session

from portal.sheets import cell_text
from portal.stamps.uris import own_context
from portal.stamps.wiring import book_of
from portal.supply.collecting import MOST_LOTS, MOST_STAMPS, Found, Table, events_of, stamps_left_out, tables
from portal.world import World
from traceability import ScanCode, bundle, epcis
from traceability.errors import TraceabilityError

MOST_BUNDLES = 500
LIMITS = {
    "lots": MOST_LOTS, "batches": MOST_LOTS, "ranges": MOST_LOTS, "stamps": MOST_STAMPS, "bundles": MOST_BUNDLES,
    "events_of_one_lot": epcis.MOST_STEPS,
}  # fmt: skip
NOTE = "What is left out is beyond the limits of one file: ask for a shorter period, one batch or one lot."


def pack(session: Session, found: Found, *, world: World, about: Mapping[str, Any]) -> bytes:
    """Return the whole file."""
    public_url, now = world.settings.public_url, world.clock.now()
    parts = tables(session, found, keys=world.field_keys)
    events = events_of(session, found.lots, public_url=public_url)
    bundles, beyond, unproven = _bundles(session, parts[-1], world)
    left_out = {
        **found.left_out, "stamps": stamps_left_out(session, found, len(parts[-1].rows)), "bundles": beyond,
        "bundles_not_to_be_proven_yet": unproven,
    }  # fmt: skip
    content = io.BytesIO()
    with zipfile.ZipFile(content, "w", zipfile.ZIP_DEFLATED) as file:
        for table in parts:
            file.writestr(
                f"{table.name}.json", _json([dict(zip(table.columns, row, strict=True)) for row in table.rows])
            )
            file.writestr(f"{table.name}.csv", _csv(table.columns, table.rows))
        file.writestr("events.json", _json(epcis.document_of(events, now=now, context=own_context(public_url))))
        file.writestr("events.csv", _csv(*_event_rows(events)))
        for code, text in bundles.items():
            file.writestr(f"bundles/{code}.txt", text)
        counts = {table.name: len(table.rows) for table in parts} | {"events": len(events), "bundles": len(bundles)}
        said = {**about, "made_at": now, "counts": counts, "limits": LIMITS, "left_out": left_out}
        file.writestr("about.json", _json({**said, "complete": not any(left_out.values()), "note": NOTE}))
    return content.getvalue()


def _bundles(session: Session, stamps: Table, world: World) -> tuple[dict[str, str], int, int]:
    """Return the proofs of scanned stamps, the number beyond one file, and of those that cannot be proven yet."""
    book, found = book_of(world.stamp_keys), dict[str, str]()
    tried = stamps.rows[:MOST_BUNDLES]
    for row in tried:
        try:
            found[str(row[0])] = bundle(session, book=book, code=ScanCode(str(row[0])))
        except TraceabilityError:  # not published yet, or a key that is missing: the rest is still owed
            continue
    return found, len(stamps.rows) - len(tried), len(tried) - len(found)


def _event_rows(events: Sequence[Mapping[str, Any]]) -> tuple[Sequence[str], list[Sequence[Any]]]:
    columns = ("eventID", "eventTime", "type", "action", "bizStep", "disposition", "readPoint")
    rows: list[Sequence[Any]] = [
        [*(event.get(name) for name in columns[:-1]), (event.get("readPoint") or {}).get("id")] for event in events
    ]
    return columns, rows


def _json(value: Any) -> str:
    return json.dumps(value, ensure_ascii=False, indent=1, default=_plain)


def _plain(value: object) -> str:
    if isinstance(value, datetime | date):
        return value.isoformat()
    raise TypeError(type(value).__name__)


def _csv(columns: Sequence[str], rows: Sequence[Sequence[Any]]) -> str:
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\r\n")
    writer.writerow(columns)
    writer.writerows([cell_text(cell) for cell in row] for row in rows)
    return "\ufeff" + text.getvalue()
