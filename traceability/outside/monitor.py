"""A monitor: it follows a published log by HTTP alone, and says when the log shows anything but growth.

It remembers the checkpoints it saw and a hash for every 256 entries, so that a change of the past cannot be hidden by
serving the changed past whole.
"""

import random
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from traceability.errors import (
    LedgerProblem,
    LedgerUnreachable,
    LogMisbehaves,
    LogUnreachable,
    NoteInvalid,
    StateUnusable,
)
from traceability.ledger.protocol import Ledger, Receipt
from traceability.notes import VerifierKey, WitnessKey, open_note
from traceability.outside.heads import SeenHead, check_extends, read_head
from traceability.outside.memory import Memory
from traceability.outside.reader import LogReader
from traceability.outside.sweep import Sweep, Swept
from traceability.outside.told import Told

MOST_HEADS = 64
SKEW = timedelta(minutes=10)


@dataclass(frozen=True, slots=True)
class Watch:
    """Whom to believe and how closely to look: `again` old bundles are read anew each round, None for all of them.

    Where `witnessed_within` is given, a log without a listed witness's word for so long is an alarm.
    """

    log_keys: Sequence[VerifierKey]
    witness_keys: Sequence[WitnessKey] = ()
    witnessed_within: timedelta | None = None
    ledger: Ledger | None = None
    again: int | None = None
    skew: timedelta = SKEW


@dataclass(frozen=True, slots=True)
class Followed:
    """What a round found in order; `new_keys` are log keys that the log states and nobody told us to believe."""

    head: SeenHead
    entries_read: int
    heads_checked: int
    witnesses: tuple[str, ...]
    anchored: int | None
    new_keys: tuple[str, ...] = ()


@dataclass
class _Known:
    heads: list[SeenHead]
    swept: Swept
    witnessed_at: datetime


class Monitor:
    """Follows one log; each round is complete in itself and remembers what it found."""

    def __init__(
        self, reader: LogReader, watch: Watch, *, origin: str, memory: Memory, clock: Callable[[], datetime]
    ) -> None:
        self._reader = reader
        self._watch = watch
        self._origin = origin
        self._memory = memory
        self._clock = clock
        # Which old bundles are read again must not be foreseen by the log.
        self._draw = random.SystemRandom()

    def once(self) -> Followed:
        """Follow the log up to its newest checkpoint; raises LogMisbehaves, LogUnreachable, StateUnusable."""
        with self._memory.held():
            known = self._known()
            head: SeenHead | None = None
            try:
                head = read_head(self._reader, [*self._watch.log_keys, *self._watch.witness_keys])
                return self._follow(known, head)
            except LogMisbehaves as error:
                facts = {"fields": dict(error.fields), "now": None if head is None else head.facts()}
                before = [one.facts() for one in known.heads]
                path = self._memory.keep_evidence(
                    kind=str(error.fields["kind"]), now=self._clock(), facts={**facts, "before": before}
                )
                error.fields["evidence"] = str(path)
                raise

    def _follow(self, known: _Known, head: SeenHead) -> Followed:
        now = self._clock()
        subtree = self._reader.subtree(head.checkpoint.size)
        for before in reversed(known.heads):  # the newest first: its name for what happened is the plainest
            check_extends(subtree, before=before, now=head)
        sweep = Sweep(self._reader, head.checkpoint, now=now)
        swept = sweep.run(known.swept, again=self._watch.again, draw=self._draw)
        witnesses = self._witnesses(head)
        if witnesses:
            known.witnessed_at = now
        within = self._watch.witnessed_within
        if within is not None and now - known.witnessed_at > within:
            raise LogMisbehaves(kind="not_witnessed", size=head.checkpoint.size, since=known.witnessed_at.isoformat())
        heads = [one for one in known.heads if one.checkpoint.size != head.checkpoint.size] + [head]
        anchored = self._anchored(heads)
        self._remember(_Known(_thinned(heads), swept, known.witnessed_at))
        believed = {key.text() for key in self._watch.log_keys}
        new_keys = tuple(key for key in sweep.signs if key not in believed)
        return Followed(head, sweep.read, len(known.heads), witnesses, anchored, new_keys)

    def _witnesses(self, head: SeenHead) -> tuple[str, ...]:
        try:
            _text, signed = open_note(head.note, self._watch.witness_keys)
        except NoteInvalid:
            return ()
        return tuple(key.name for key in signed)

    def _anchored(self, heads: Sequence[SeenHead]) -> int | None:
        """Count the checkpoints seen that the ledger holds too; raises LogMisbehaves if it holds another root."""
        ledger = self._watch.ledger
        if ledger is None:
            return None
        count = 0
        try:
            ledger.check_whole()
            for head in heads:
                found = ledger.find(head.checkpoint.origin, head.checkpoint.size)
                if not isinstance(found, Receipt):
                    continue
                if found.root != head.checkpoint.root:
                    raise LogMisbehaves(kind="ledger_differs", size=found.size, anchored=found.text(), note=head.note)
                count += 1
        except LedgerUnreachable as error:
            raise LogUnreachable(path="ledger", reason=str(error)[:200]) from None
        except LedgerProblem as error:
            raise LogMisbehaves(kind="ledger_broken", reason=str(error)) from None
        return count

    def _known(self) -> _Known:
        facts = self._memory.read()
        if facts is None:
            return _Known([], Swept([], Told(self._origin, self._watch.skew)), self._clock())
        try:
            heads = [SeenHead.recall(one, self._watch.log_keys) for one in facts["heads"]]
            return _Known(heads, self._swept(facts), datetime.fromisoformat(facts["witnessed_at"]))
        except (NoteInvalid, KeyError, TypeError, ValueError):
            raise StateUnusable(file=self._memory.path.name, reason="what it remembers is damaged") from None

    def _swept(self, facts: Mapping[str, Any]) -> Swept:
        latest = None if facts["latest"] is None else datetime.fromisoformat(facts["latest"])
        batches = {int(batch): int(count) for batch, count in facts["batches"].items()}
        bundles = [bytes.fromhex(one) for one in facts["bundles"]]
        signs = tuple(str(key) for key in facts["signs"])
        return Swept(bundles, Told(self._origin, self._watch.skew, latest, batches, signs))

    def _remember(self, known: _Known) -> None:
        told = known.swept.told
        self._memory.write(
            {
                "heads": [head.facts() for head in known.heads],
                "witnessed_at": known.witnessed_at.isoformat(),
                "latest": None if told.latest is None else told.latest.isoformat(),
                "batches": {str(batch): count for batch, count in told.batches.items()},
                "signs": list(told.signs),
                "bundles": [one.hex() for one in known.swept.bundles],
            }
        )


def _thinned(heads: list[SeenHead]) -> list[SeenHead]:
    """Keep the first and the newest, and of the others ever fewer the older they are."""
    while len(heads) > MOST_HEADS:
        half = len(heads) // 2
        heads = [head for place, head in enumerate(heads) if place == 0 or place >= half or place % 2]
    return heads
