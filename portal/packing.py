"""Static files as they are served: packed beside themselves, in a folder of the installation, one for each content."""

import hashlib
import os
import shutil
import tempfile
from pathlib import Path

from whitenoise.compress import Compressor


def packed(source: Path, *, instance: Path) -> Path:
    """Return a copy of a folder in which what grows smaller by it also stands packed; made once for each content.

    Whoever starts at the same time makes the same: the first one's stays.
    """
    files = sorted(path for path in source.rglob("*") if path.is_file())
    content = hashlib.sha256()
    for path in files:
        content.update(f"{path.relative_to(source)}\n".encode())
        content.update(path.read_bytes())
    folder = instance / f"static-{content.hexdigest()[:16]}"
    if folder.is_dir():
        return folder
    building = Path(tempfile.mkdtemp(dir=instance))
    shutil.copytree(source, building, dirs_exist_ok=True)
    building.chmod(0o755)  # as any folder; mkdtemp makes it for its owner alone
    press = Compressor(use_brotli=False, quiet=True)
    for path in files:
        if press.should_compress(path.name):
            press.compress(str(building / path.relative_to(source)))
    try:
        os.rename(building, folder)  # noqa: PTH104  it must fail where another was quicker
    except OSError:
        shutil.rmtree(building)
    return folder
