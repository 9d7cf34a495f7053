"""What a log's entries tell, one after the other: known types, whole headers, times that do not run backwards."""

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from traceability.canonical import canonical_json
from traceability.errors import EntryNotCanonical, LogMisbehaves, NoteInvalid
from traceability.kinds import ENTRY_KINDS, TIME_FIELDS
from traceability.notes import VerifierKey
from traceability.serials import MOST_BATCHES, MOST_STAMPS

_ROOT = re.compile(r"[0-9a-f]{64}")


@dataclass
class Told:
    """The sum of the entries so far: the latest time that one stated, each batch with its count, and the log's keys
    (verifier key texts) as the latest `key_rotated` states them.

    `skew` is how far an entry's time may lie before one that stands in front of it: acts end in another order than
    they began.
    """

    origin: str
    skew: timedelta
    latest: datetime | None = None
    batches: dict[int, int] = field(default_factory=dict)
    signs: tuple[str, ...] = ()

    def take(self, position: int, data: bytes, *, now: datetime) -> None:
        """Take the next entry; raises LogMisbehaves (`entry_…`, `batch_…`, `range_…`, `time_…`)."""
        facts = _read(position, data)
        kind = str(facts["type"])
        if kind in TIME_FIELDS:
            self._take_time(position, facts.get(TIME_FIELDS[kind]), now=now)
        if kind == "batch_issued":
            self._take_batch(position, facts)
        elif kind in ("range_activated", "range_voided"):
            self._take_range(position, facts)
        elif kind == "key_rotated" and facts.get("purpose") == "log":
            self._take_keys(position, facts.get("signs"))

    def copy(self) -> "Told":
        """Give another to go on with, this one staying as it is."""
        return Told(self.origin, self.skew, self.latest, dict(self.batches), self.signs)

    def _take_time(self, position: int, text: object, *, now: datetime) -> None:
        try:
            stated = datetime.fromisoformat(str(text))
            if stated.tzinfo is None:
                raise ValueError
        except ValueError:
            raise LogMisbehaves(kind="time_unreadable", position=position) from None
        if stated > now + self.skew:
            raise LogMisbehaves(kind="time_ahead", position=position, stated=str(text), now=now.isoformat())
        if self.latest is not None and stated < self.latest - self.skew:
            latest = self.latest.isoformat()
            raise LogMisbehaves(kind="time_backwards", position=position, stated=str(text), latest=latest)
        self.latest = stated if self.latest is None else max(stated, self.latest)

    def _take_batch(self, position: int, facts: Mapping[str, Any]) -> None:
        batch, count, root = _number(facts, "batch"), _number(facts, "count"), facts.get("root")
        whole = (
            0 < batch < MOST_BATCHES
            and 0 < count <= MOST_STAMPS
            and isinstance(root, str)
            and _ROOT.fullmatch(root) is not None
            and all(isinstance(facts.get(name), str) for name in ("alg", "establishment", "url_prefix"))
            and _number(facts, "key_version") > 0
            and facts.get("origin") == self.origin
        )
        if not whole:
            raise LogMisbehaves(kind="batch_malformed", position=position)
        if batch in self.batches:
            raise LogMisbehaves(kind="batch_twice", position=position, batch=batch)
        self.batches[batch] = count

    def _take_range(self, position: int, facts: Mapping[str, Any]) -> None:
        batch = _number(facts, "batch")
        if not 0 <= _number(facts, "first") <= _number(facts, "last") < self.batches.get(batch, 0):
            raise LogMisbehaves(kind="range_outside_batch", position=position, batch=batch)

    def _take_keys(self, position: int, signs: object) -> None:
        try:
            keys = [VerifierKey.parse(text) for text in signs] if isinstance(signs, list) else []
        except (NoteInvalid, AttributeError):
            keys = []
        if not keys or any(key.name != self.origin for key in keys):
            raise LogMisbehaves(kind="keys_malformed", position=position)
        self.signs = tuple(key.text() for key in keys)


def _number(facts: Mapping[str, Any], name: str) -> int:
    value = facts.get(name)
    return value if type(value) is int else -1


def _read(position: int, data: bytes) -> Mapping[str, Any]:
    try:
        facts = json.loads(data)
        canonical = isinstance(facts, dict) and canonical_json(facts) == data
    except (ValueError, RecursionError, EntryNotCanonical):
        canonical = False
    if not canonical:
        raise LogMisbehaves(kind="entry_not_canonical", position=position)
    if facts.get("type") not in ENTRY_KINDS or facts.get("v") != 1:
        raise LogMisbehaves(kind="entry_unknown", position=position, type=str(facts.get("type"))[:60])
    return dict(facts)
