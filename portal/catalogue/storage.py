"""Where the bytes of pictures lie: a port, on disk here. Names are hashes, so nothing is ever overwritten."""

import os
import re
import tempfile
from pathlib import Path
from typing import Protocol

from portal.catalogue.photos import SIZES, Picture

_SHA256 = re.compile(r"[0-9a-f]{64}")


class PhotoStorage(Protocol):
    """Keeps JPEG files by (SHA-256, size)."""

    def put(self, picture: Picture) -> None:
        """Keep all sizes of a picture; the same one again changes nothing."""

    def get(self, sha256: str, size: int) -> bytes | None:
        """Return one file, or None where it was never kept."""


class DiskPhotos:
    """Pictures as files under one folder, in 256 subfolders, written whole or not at all."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    def put(self, picture: Picture) -> None:
        """Keep all sizes of a picture; the same one again changes nothing."""
        for size, content in picture.files.items():
            path = self._path(picture.sha256, size)
            if path.exists():
                continue
            path.parent.mkdir(parents=True, exist_ok=True)
            handle, temporary = tempfile.mkstemp(dir=path.parent)
            with os.fdopen(handle, "wb") as out:
                out.write(content)
                out.flush()
                os.fsync(out.fileno())
            Path(temporary).replace(path)

    def get(self, sha256: str, size: int) -> bytes | None:
        """Return one file, or None where it was never kept."""
        if size not in SIZES or _SHA256.fullmatch(sha256) is None:
            return None
        path = self._path(sha256, size)
        return path.read_bytes() if path.is_file() else None

    def _path(self, sha256: str, size: int) -> Path:
        return self._folder / sha256[:2] / f"{sha256}-{size}.jpg"
