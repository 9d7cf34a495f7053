"""Ranges and recalls: every row follows from the entries, and every entry left its row."""

import json
from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from traceability.days import utc_text
from traceability.log import entry_bytes
from traceability.lots import lot_hash
from traceability.models import TraceBatch, TraceEntry, TraceLot, TraceRange, TraceRecall
from traceability.recalls import closing_facts, opening_facts
from traceability.rederive.difference import Difference


@dataclass(frozen=True, slots=True, order=True)
class _Part:
    first: int
    last: int
    activation: int = 0
    voiding: int = 0


def check_ranges(session: Session) -> Iterator[Difference]:
    """Replay the entries of each batch and compare with its rows."""
    stated: dict[int, list[_Part]] = defaultdict(list)
    facts_of: dict[int, dict[str, Any]] = {}
    kinds = ("range_activated", "range_voided")
    for entry in session.scalars(select(TraceEntry).where(TraceEntry.kind.in_(kinds)).order_by(TraceEntry.id)):
        facts = facts_of[entry.id] = _facts(entry)
        try:
            part = _Part(facts["first"], facts["last"])
            parts = stated[facts["batch"]]
        except KeyError:
            yield Difference("entry", str(entry.id), "is not readable", row=entry.id)
            continue
        if entry.kind == "range_voided":
            stated[facts["batch"]] = _void(parts, part, entry.id)
        else:
            parts.append(replace(part, activation=entry.id))
    counts = dict(session.execute(select(TraceBatch.batch, TraceBatch.count)).all())
    for row in session.scalars(select(TraceRange).order_by(TraceRange.batch, TraceRange.first)):
        name = f"{row.batch}:{row.first}-{row.last}"
        part = _Part(row.first, row.last, row.activation_entry or 0, row.void_entry or 0)
        if row.last >= counts.get(row.batch, 0):
            yield Difference("range", name, "reaches outside its batch", row=row.id)
        if part in stated[row.batch]:
            stated[row.batch].remove(part)
        else:
            yield Difference("range", name, "differs from its entries", row=row.id)
        yield from _check_times_and_lot(session, row, name, facts_of)
    for batch, parts in stated.items():
        for part in sorted(parts):
            yield Difference("range", f"{batch}:{part.first}-{part.last}", "is stated by entries and not there")


def _facts(entry: TraceEntry) -> dict[str, Any]:
    try:
        facts = json.loads(entry.data)
    except ValueError:
        return {}
    return facts if isinstance(facts, dict) else {}


def _void(parts: list[_Part], gone: _Part, entry: int) -> list[_Part]:
    after: list[_Part] = []
    free = gone.first
    for part in sorted(parts):
        if part.last < gone.first or part.first > gone.last:
            after.append(part)
            continue
        first, last = max(part.first, gone.first), min(part.last, gone.last)
        if part.first < first:
            after.append(replace(part, last=first - 1))
        after.append(replace(part, first=first, last=last, voiding=entry))
        if part.last > last:
            after.append(replace(part, first=last + 1))
        if free < first:
            after.append(_Part(free, first - 1, 0, entry))
        free = last + 1
    if free <= gone.last:
        after.append(_Part(free, gone.last, 0, entry))
    return after


def _check_times_and_lot(
    session: Session, row: TraceRange, name: str, facts_of: dict[int, dict[str, Any]]
) -> Iterator[Difference]:
    activation, voiding = facts_of.get(row.activation_entry or 0, {}), facts_of.get(row.void_entry or 0, {})
    if _time(row.activated_at) != activation.get("activated_at") or _time(row.voided_at) != voiding.get("voided_at"):
        yield Difference("range", name, "times differ from its entries", row=row.id)
    lot = None if row.lot is None else session.get(TraceLot, row.lot)
    if (None if lot is None else lot.number) != activation.get("lot"):
        yield Difference("range", name, "lot differs from its entry", row=row.id)
    elif lot is not None and lot_hash(lot) != activation.get("lot_hash"):
        yield Difference("lot", lot.id, "differs from what was logged when stamps were activated on it", row=lot.id)


def _time(moment: datetime | None) -> str | None:
    return None if moment is None else utc_text(moment)


def check_recalls(session: Session) -> Iterator[Difference]:
    """Compare each recall with its entries."""
    kinds = ("recall_opened", "recall_closed")
    entries = {entry.id: entry.data for entry in session.scalars(select(TraceEntry).where(TraceEntry.kind.in_(kinds)))}
    for row in session.scalars(select(TraceRecall).order_by(TraceRecall.opened_at, TraceRecall.id)):
        lot = None if row.lot is None else session.get_one(TraceLot, row.lot)
        opening = entry_bytes("recall_opened", opening_facts(row, lot))
        if entries.pop(row.opened_entry, None) != opening:
            yield Difference("recall", row.id, "differs from its entry", row=row.id)
        if row.closed_at is None:
            continue
        if entries.pop(row.closed_entry or 0, None) != entry_bytes("recall_closed", closing_facts(row, lot)):
            yield Difference("recall", row.id, "its end differs from its entry", row=row.id)
    for entry in sorted(entries):
        yield Difference("entry", str(entry), "states a recall that is not there", row=entry)
