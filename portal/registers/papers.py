"""Where certificates' PDF files lie: named by their SHA-256, written whole or not at all, given out as attachments."""

import hashlib
import os
import re
import tempfile
from pathlib import Path

from portal.registers.errors import PaperRefused

MOST_BYTES = 10 * 1024 * 1024
_SHA256 = re.compile(r"[0-9a-f]{64}")


def keep_paper(folder: Path, content: bytes) -> str:
    """Keep a PDF and return its name; the same one again changes nothing. Raises `PaperRefused`."""
    if not content.startswith(b"%PDF-") or len(content) > MOST_BYTES:
        raise PaperRefused
    name = hashlib.sha256(content).hexdigest()
    path = _path(folder, name)
    if not path.exists():
        path.parent.mkdir(parents=True, exist_ok=True)
        handle, temporary = tempfile.mkstemp(dir=path.parent)
        with os.fdopen(handle, "wb") as out:
            out.write(content)
            out.flush()
            os.fsync(out.fileno())
        Path(temporary).replace(path)
    return name


def read_paper(folder: Path, name: str) -> bytes | None:
    """Return a kept file, None where it was never kept."""
    path = _path(folder, name) if _SHA256.fullmatch(name) else None
    return path.read_bytes() if path is not None and path.is_file() else None


def _path(folder: Path, name: str) -> Path:
    return folder / "papers" / name[:2] / f"{name}.pdf"
