"""A file that was sent, kept sealed in the instance folder so that any worker can go on with it; gone after 90 days."""

import hashlib
import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime, timedelta
from pathlib import Path
from typing import IO

from portal.crypto import FieldKeys
from portal.uploads.errors import FileRefused

KEPT = timedelta(days=90)
OPENED = timedelta(hours=1)
_PIECE = 1024 * 1024
_SUFFIX, _OPEN = ".sealed", "open-"


class SealedFiles:
    """A folder of files that were sent: one for rosters, one for class lists, one for settlement."""

    def __init__(self, instance: Path, keys: FieldKeys, *, folder: str = "rosters") -> None:
        self._folder, self._keys = instance / folder, keys

    def keep(self, run_id: str, path: Path) -> None:
        """Seal a list under its run, piece by piece; whole or not at all."""
        self._folder.mkdir(parents=True, exist_ok=True, mode=0o700)
        target = self._path(run_id)
        partial = target.with_suffix(".partial")
        with path.open("rb") as stream, partial.open("wb") as sealed:
            number = 0
            while piece := stream.read(_PIECE):
                body = self._keys.seal_bytes(piece, place=f"roster.{run_id}.{number}")
                sealed.write(len(body).to_bytes(4, "big") + body)
                number += 1
        partial.chmod(0o600)
        partial.replace(target)

    @contextmanager
    def room(self) -> Iterator[Path]:
        """Give a folder for the time of a block; what a killed process leaves there is cleared within hours."""
        self._folder.mkdir(parents=True, exist_ok=True, mode=0o700)
        folder = Path(tempfile.mkdtemp(prefix=_OPEN, dir=self._folder))
        try:
            yield folder
        finally:
            shutil.rmtree(folder, ignore_errors=True)

    @contextmanager
    def opened(self, run_id: str) -> Iterator[Path]:
        """Give a kept list as a file for the time of a block; raise `FileRefused` file.gone."""
        if not self._path(run_id).exists():
            raise FileRefused("file.gone")
        with self.room() as folder:
            path = folder / "list"
            with self._path(run_id).open("rb") as sealed, path.open("wb") as stream:
                number = 0
                while head := sealed.read(4):
                    body = sealed.read(int.from_bytes(head, "big"))
                    stream.write(self._keys.open_bytes(body, place=f"roster.{run_id}.{number}"))
                    number += 1
            yield path

    @contextmanager
    def received(self, stream: IO[bytes]) -> Iterator[Path]:
        """Give what is sent as a file for the time of a block, before it is sealed."""
        with self.room() as folder:
            path = folder / "list"
            with path.open("wb") as target:
                shutil.copyfileobj(stream, target, _PIECE)
            yield path

    def drop(self, run_id: str) -> None:
        """Forget a list."""
        self._path(run_id).unlink(missing_ok=True)

    def clear_opened(self, *, now: datetime) -> None:
        """Forget what a process that was killed left opened."""
        limit = (now - OPENED).timestamp()
        for folder in self._folder.glob(f"{_OPEN}*"):
            if folder.stat().st_mtime < limit:
                shutil.rmtree(folder, ignore_errors=True)

    def old(self, *, now: datetime) -> list[str]:
        """Return the runs whose list has been kept long enough."""
        if not self._folder.is_dir():
            return []
        limit = (now - KEPT).timestamp()
        return [path.stem for path in self._folder.glob(f"*{_SUFFIX}") if path.stat().st_mtime < limit]

    def _path(self, run_id: str) -> Path:
        return self._folder / f"{run_id}{_SUFFIX}"


def sha256_of(path: Path) -> str:
    """Return the SHA-256 of a file."""
    with path.open("rb") as stream:
        return hashlib.file_digest(stream, "sha256").hexdigest()
