"""The embedded ledger: an append-only, hash-chained, signed file outside the database.

Kept by the same operator as the log, so it is not independent evidence; pages say so.
"""

import fcntl
import json
import os
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import datetime
from hashlib import sha256
from io import SEEK_END
from pathlib import Path
from typing import Any, BinaryIO

from traceability.canonical import Value, canonical_json
from traceability.days import utc_text
from traceability.durable import sync_directory
from traceability.errors import (
    EntryNotCanonical,
    LedgerRefused,
    LedgerStopped,
    LedgerUnreachable,
    NoteInvalid,
    ReceiptDiffers,
)
from traceability.ledger.protocol import Finality, Head, NotAnchored, Receipt
from traceability.notes import Checkpoint, SigningKeys, VerifierKey, strict_base64

KIND = "notary"
_KEY_NAME = "notary"
_SIGNED_AS = b"traceability-notary/v1\n"
_NO_LINE = "0" * 64
_EVIDENCE = ("key", "prev", "seq", "sig", "time")


class NotaryLedger:
    """One file, one canonical JSON line an anchor; safe for several processes through the file's lock.

    Without keys it only reads.
    """

    kind = KIND

    def __init__(self, path: Path, *, keys: SigningKeys | None, clock: Callable[[], datetime]) -> None:
        self._path = path
        self._keys = keys
        self._clock = clock
        self._forget()

    def _forget(self) -> None:
        self._offset = 0
        self._count = 0
        self._last_digest = _NO_LINE
        self._receipts: dict[tuple[str, int], Receipt] = {}
        self._largest: dict[str, int] = {}

    def anchor(self, checkpoint: Checkpoint) -> Receipt:
        """Append a checkpoint and make it durable; the same one again gives the same receipt."""
        with self._locked(write=True) as file:
            self._set_torn_line_aside(file)
            self._catch_up(file)
            known = self._receipts.get((checkpoint.origin, checkpoint.size))
            if known is not None:
                if known.root != checkpoint.root:
                    raise LedgerStopped(reason="another root is anchored at this size", size=checkpoint.size)
                return known
            largest = self._largest.get(checkpoint.origin, 0)
            if checkpoint.size <= largest:
                raise LedgerRefused(reason="a larger size is anchored", holds=largest)
            file.seek(0, SEEK_END)
            file.write(self._line(checkpoint) + b"\n")
            file.flush()
            os.fsync(file.fileno())
            self._catch_up(file)
            return self._receipts[checkpoint.origin, checkpoint.size]

    def find(self, origin: str, size: int) -> Receipt | NotAnchored:
        """Find the anchor of this size."""
        self._read()
        return self._receipts.get((origin, size), NotAnchored(origin, size))

    def head(self) -> Head:
        """Give the number of lines and the hash of the last."""
        self._read()
        return Head(KIND, self._count, self._last_digest)

    def finality(self, receipt: Receipt) -> Finality:
        """Final as soon as the line is written."""
        if self.find(receipt.origin, receipt.size) != receipt:
            raise ReceiptDiffers(reason="the receipt is not in the file", size=receipt.size)
        return Finality.FINAL

    def alarms(self) -> tuple[str, ...]:
        """The file answers whole or not at all."""
        return ()

    def check_whole(self) -> int:
        """Read the chain from its first line, with every signature; gives the number of lines."""
        self._forget()
        return self.head().position

    def _read(self) -> None:
        if self._keys is None and not self._path.exists():
            raise LedgerUnreachable(path=self._path.name)
        with self._locked(write=False) as file:
            self._catch_up(file)

    @contextmanager
    def _locked(self, *, write: bool) -> Iterator[BinaryIO]:
        if write and self._keys is None:
            raise LedgerRefused(reason="opened for reading only")
        try:
            fresh = self._keys is not None and not self._path.exists()
            if fresh:
                self._path.parent.mkdir(parents=True, exist_ok=True)
                self._path.touch()
                sync_directory(self._path.parent)
            with self._path.open("r+b" if write else "rb") as file:
                fcntl.flock(file, fcntl.LOCK_EX if write else fcntl.LOCK_SH)
                yield file
        except OSError as error:
            raise LedgerUnreachable(reason=error.strerror or "file error") from error

    def _set_torn_line_aside(self, file: BinaryIO) -> None:
        # Only a crash while appending leaves a last line without its newline; nobody was told that it is there.
        end = file.seek(0, SEEK_END)
        start = min(self._offset, end)
        file.seek(start)
        rest = file.read()
        torn = rest[rest.rfind(b"\n") + 1 :]
        if not torn:
            return
        with self._path.with_name(self._path.name + ".torn").open("ab") as aside:
            aside.write(torn + b"\n")
            aside.flush()
            os.fsync(aside.fileno())
        file.truncate(end - len(torn))
        os.fsync(file.fileno())

    def _catch_up(self, file: BinaryIO) -> None:
        if file.seek(0, SEEK_END) < self._offset:
            raise LedgerStopped(reason="the file has shrunk", line=self._count)
        file.seek(self._offset)
        for line in file:
            if not line.endswith(b"\n"):
                break
            self._take(line[:-1])
            self._offset += len(line)

    def _take(self, line: bytes) -> None:
        facts = _read_line(line, number=self._count + 1)
        if facts["prev"] != self._last_digest or facts["seq"] != self._count + 1:
            raise LedgerStopped(reason="the chain is broken", line=self._count + 1)
        if facts["size"] <= self._largest.get(facts["origin"], 0):
            raise LedgerStopped(reason="sizes do not grow", line=self._count + 1)
        self._count += 1
        self._last_digest = sha256(line).hexdigest()
        self._largest[facts["origin"]] = facts["size"]
        self._receipts[facts["origin"], facts["size"]] = Receipt(
            KIND,
            facts["origin"],
            facts["size"],
            bytes.fromhex(facts["root"]),
            {name: facts[name] for name in _EVIDENCE},
        )

    def _line(self, checkpoint: Checkpoint) -> bytes:
        if self._keys is None:
            raise LedgerRefused(reason="opened for reading only")
        facts: dict[str, Value] = {
            "kind": KIND,
            "key": self._keys.verifiers(_KEY_NAME)[-1].text(),
            "origin": checkpoint.origin,
            "prev": self._last_digest,
            "root": checkpoint.root.hex(),
            "seq": self._count + 1,
            "size": checkpoint.size,
            "time": utc_text(self._clock()),
        }
        signature = self._keys.sign_bytes(_SIGNED_AS + canonical_json(facts))
        return canonical_json({**facts, "sig": signature})


def _read_line(line: bytes, *, number: int) -> dict[str, Any]:
    try:
        facts: dict[str, Any] = json.loads(line)
        signature = strict_base64(facts["sig"])
        signed = canonical_json({name: value for name, value in facts.items() if name != "sig"})
        key = VerifierKey.parse(facts["key"])
        whole = canonical_json(facts) == line and len(bytes.fromhex(facts["root"])) == 32
        if whole and facts["size"] > 0 and key.accepts(_SIGNED_AS + signed, signature):
            return facts
    except (ValueError, TypeError, KeyError, AttributeError, RecursionError, NoteInvalid, EntryNotCanonical):
        pass
    raise LedgerStopped(reason="a line is damaged", line=number)
