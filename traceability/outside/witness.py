"""A witness: it cosigns a checkpoint only after it has seen for itself that the log grew from the last one it saw.

What it saw is remembered durably before it says so; with that memory gone it says nothing until a person begins anew.
"""

import json
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime

from traceability.errors import LogMisbehaves, LogUnreachable, NoteInvalid, StateUnusable
from traceability.notes import Cosigner, VerifierKey, open_note
from traceability.outside.heads import SeenHead, check_extends, read_head
from traceability.outside.memory import Memory
from traceability.outside.reader import LogReader


@dataclass(frozen=True, slots=True)
class Witnessed:
    """What one round came to: the checkpoint, the line over it, and whether the log was sent that line."""

    head: SeenHead
    line: str
    posted: bool


class Witness:
    """One witness of one log. Without a `post_key` it cosigns and keeps the line to itself."""

    def __init__(
        self,
        reader: LogReader,
        *,
        log_keys: Sequence[VerifierKey],
        cosigner: Cosigner,
        memory: Memory,
        clock: Callable[[], datetime],
        post_key: str | None = None,
    ) -> None:
        self._reader = reader
        self._log_keys = list(log_keys)
        self._cosigner = cosigner
        self._memory = memory
        self._clock = clock
        self._post_key = post_key

    def once(self, *, begin: bool = False) -> Witnessed:
        """Look at the log, cosign what extends the last look, and post the line.

        `begin` takes what is shown as the start: once, while nothing is remembered.
        Raises LogMisbehaves, with the evidence kept, LogUnreachable and StateUnusable; it has cosigned nothing then.
        """
        with self._memory.held():
            before = self._before(begin=begin)
            head: SeenHead | None = None
            try:
                head = read_head(self._reader, self._log_keys)
                self._check(before, head)
                line = self._cosign(head, since=before)
                return Witnessed(head, line, self._post(head, line))
            except LogMisbehaves as error:
                self._keep(error, before=before, now=head)
                raise

    def _before(self, *, begin: bool) -> SeenHead | None:
        facts = self._memory.read()
        if facts is None and not begin:
            raise StateUnusable(file=self._memory.path.name, reason="nothing is remembered; --begin starts anew")
        if facts is None:
            return None
        if begin:
            raise StateUnusable(file=self._memory.path.name, reason="it has begun already")
        try:
            return SeenHead.recall(facts["head"], self._log_keys)
        except (NoteInvalid, KeyError, TypeError):
            raise StateUnusable(file=self._memory.path.name, reason="its checkpoint is damaged") from None

    def _check(self, before: SeenHead | None, head: SeenHead) -> None:
        size = head.checkpoint.size
        subtree = self._reader.subtree(size)
        if before is not None:
            check_extends(subtree, before=before, now=head)
        elif size == 0:  # never the start: everything extends the empty log
            raise LogUnreachable(reason="the log is empty")
        elif subtree(0, size) != head.checkpoint.root:
            raise LogMisbehaves(kind="root_differs", size=size)

    def _cosign(self, head: SeenHead, *, since: SeenHead | None) -> str:
        facts = self._memory.read() or {}
        if since is not None and since.checkpoint == head.checkpoint and "line" in facts:
            return str(facts["line"])
        # A clock that was put back must not let a later word look like an earlier one.
        time = max(int(self._clock().timestamp()), int(facts.get("cosigned_at", 0)))
        line = self._cosigner.cosign(head.checkpoint.text(), time=time)
        self._memory.write({"head": head.facts(), "cosigned_at": time, "line": line})
        return line

    def _post(self, head: SeenHead, line: str) -> bool:
        if self._post_key is None or self._is_there(head.note):
            return False
        note = f"{head.checkpoint.text()}\n{line}"
        status, answer = self._reader.post("cosignatures", note, key=self._post_key)
        if status == 409:
            raise LogMisbehaves(kind="denied", size=head.checkpoint.size, answer=answer[:500])
        if status not in (200, 201, 204):
            raise LogUnreachable(path="cosignatures", status=status, code=_code_of(answer))
        return True

    def _is_there(self, note: str) -> bool:
        try:
            open_note(note, [self._cosigner.public])
        except NoteInvalid:
            return False
        return True

    def _keep(self, error: LogMisbehaves, *, before: SeenHead | None, now: SeenHead | None) -> None:
        facts = {
            "fields": dict(error.fields),
            "before": None if before is None else before.facts(),
            "now": None if now is None else now.facts(),
        }
        path = self._memory.keep_evidence(kind=str(error.fields["kind"]), now=self._clock(), facts=facts)
        error.fields["evidence"] = str(path)


def _code_of(answer: str) -> str:
    try:
        return str(json.loads(answer)["code"])[:60]
    except (ValueError, TypeError, KeyError):
        return ""
