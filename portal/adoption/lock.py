"""The catalogue's lock: a hash of each indicator's definition, cuts and SQL, so that no text changes in silence.

A changed text is a new version; a changed meaning is a new code.
"""

from dataclasses import dataclass
from pathlib import Path

from portal.adoption.errors import LockStale
from portal.counting import Catalogue

FILE = Path(__file__).parent / "data" / "catalogue.lock"


@dataclass(frozen=True, slots=True)
class Lock:
    """The catalogue's own version, and each indicator's version and hash."""

    version: int
    lines: dict[str, tuple[int, str]]


def read_lock(path: Path = FILE) -> Lock:
    """Read the lock: its version, then a line an indicator."""
    first, *rest = path.read_text("utf-8").splitlines()
    lines = {code: (int(version), text) for code, version, text in (line.split() for line in rest)}
    return Lock(int(first.removeprefix("catalogue ")), lines)


def lines_of(catalogue: Catalogue) -> dict[str, tuple[int, str]]:
    """Return what the lock is to hold."""
    return {one.code: (one.version, one.fingerprint()) for one in catalogue}


def changed_in_silence(lock: Lock, catalogue: Catalogue) -> list[str]:
    """Return the indicators whose text changed and whose version did not rise."""
    return [
        code
        for code, (version, text) in lines_of(catalogue).items()
        if code in lock.lines and lock.lines[code][1] != text and version <= lock.lines[code][0]
    ]


def write_lock(catalogue: Catalogue, path: Path = FILE) -> Lock:
    """Lock the catalogue as it is; raise `LockStale` where a text changed in silence."""
    lock = read_lock(path) if path.exists() else Lock(0, {})
    silent = changed_in_silence(lock, catalogue)
    if silent:
        raise LockStale("adoption.lock_stale", indicators=", ".join(silent))
    lines = lines_of(catalogue)
    if lines == lock.lines:
        return lock
    fresh = Lock(lock.version + 1, lines)
    rows = [f"catalogue {fresh.version}", *(f"{code} {version} {text}" for code, (version, text) in lines.items())]
    path.write_text("\n".join(rows) + "\n", "utf-8")
    return fresh
