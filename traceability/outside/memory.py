"""What a witness or a monitor remembers of a log: one file, durable before anything is said on its strength."""

import fcntl
import json
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from traceability.durable import replace_file
from traceability.errors import StateUnusable

_FORM = 1


class Memory:
    """A state file of one log, held by one process at a time."""

    def __init__(self, path: Path, *, origin: str, role: str) -> None:
        self.path = path
        self._head = {"form": _FORM, "origin": origin, "role": role}

    @contextmanager
    def held(self) -> Iterator["Memory"]:
        """Keep other processes out; raises StateUnusable if one is in."""
        try:
            self.path.parent.mkdir(parents=True, exist_ok=True)
            with self.path.with_name(self.path.name + ".lock").open("w") as lock:
                fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
                yield self
        except BlockingIOError:
            raise StateUnusable(file=self.path.name, reason="another process uses it") from None

    def read(self) -> dict[str, Any] | None:
        """Give what is remembered, None before the first time; raises StateUnusable on any other form or log."""
        try:
            facts = json.loads(self.path.read_bytes())
        except FileNotFoundError:
            return None
        except (OSError, ValueError, RecursionError):
            raise StateUnusable(file=self.path.name, reason="it cannot be read") from None
        if not isinstance(facts, dict) or {name: facts.get(name) for name in self._head} != self._head:
            raise StateUnusable(file=self.path.name, reason="it is of another log or program")
        return facts

    def write(self, facts: Mapping[str, Any]) -> None:
        """Remember durably; raises StateUnusable where the disk refuses."""
        content = json.dumps({**self._head, **facts}, ensure_ascii=False, indent=1) + "\n"
        try:
            replace_file(self.path, content.encode())
        except OSError as error:
            raise StateUnusable(file=self.path.name, reason=error.strerror or "file error") from error

    def keep_evidence(self, *, kind: str, now: datetime, facts: Mapping[str, Any]) -> Path:
        """Write what differs beside the state, under a name of its own; gives the file."""
        moment = now.astimezone(UTC)
        name = f"{self.path.name}.evidence-{moment:%Y%m%dT%H%M%S%f}-{kind}.json"
        path = self.path.with_name(name)
        content = {**self._head, "kind": kind, "seen_at": moment.isoformat(), **facts}
        replace_file(path, (json.dumps(content, ensure_ascii=False, indent=1) + "\n").encode())
        return path
