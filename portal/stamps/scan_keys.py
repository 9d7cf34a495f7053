"""The key in a scan's answer with which that one scan's place can be told afterwards: the moment, and our mark on it.

It names the scan to us alone, says nothing of who made it, and is kept nowhere.
"""

import hmac
from datetime import UTC, datetime

from portal.crypto import FieldKeys
from portal.stamps.errors import ScanKeyWrong
from traceability import Stamp

_MARK = 20  # hexadecimal digits: 80 bits


def key_of(stamp: Stamp, at: datetime, *, keys: FieldKeys) -> str:
    """Return the key of the scan of a stamp at a moment."""
    moment = f"{int(at.timestamp()) * 1_000_000 + at.microsecond:x}"
    return f"{moment}-{_mark(stamp, moment, keys)}"


def scan_of(stamp: Stamp, key: str, *, keys: FieldKeys) -> datetime:
    """Return the moment of the scan that a key is of; raise `ScanKeyWrong`."""
    moment, _dash, mark = key.partition("-")
    if not hmac.compare_digest(mark.encode(), _mark(stamp, moment, keys).encode()):
        raise ScanKeyWrong
    seconds, micros = divmod(int(moment, 16), 1_000_000)
    return datetime.fromtimestamp(seconds, UTC).replace(microsecond=micros)


def _mark(stamp: Stamp, moment: str, keys: FieldKeys) -> str:
    return keys.index("scan.place", f"{stamp.serial}.{moment}")[:_MARK]
