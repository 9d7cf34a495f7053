"""Canonical JSON in the manner of RFC 8785, without floats; salted hashes for what must not be public."""

import hashlib
import json
from collections.abc import Mapping, Sequence

from traceability.errors import EntryNotCanonical

_LARGEST_INTEGER = 2**53 - 1

Value = None | bool | int | str | Sequence["Value"] | Mapping[str, "Value"]


def canonical_json(value: Value) -> bytes:
    """Write the one UTF-8 form of a value: keys sorted by UTF-16 units, no spaces, nothing escaped without need."""
    return _write(value).encode("utf-8")


def salted_hash(salt: bytes, value: bytes) -> str:
    """Name a value without showing it: `sha256:` and the hex of SHA-256(salt ‖ value); the salt has 16 bytes."""
    return "sha256:" + hashlib.sha256(salt + value).hexdigest()


def _write(value: Value) -> str:
    if value is None:
        return "null"
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, int):
        if abs(value) > _LARGEST_INTEGER:
            raise EntryNotCanonical(value=str(value))
        return str(value)
    if isinstance(value, str):
        return _write_text(value)
    if isinstance(value, Mapping):
        if not all(isinstance(key, str) for key in value):
            raise EntryNotCanonical(value="a key that is no string")
        ordered = sorted(value, key=lambda key: key.encode("utf-16-be", "surrogatepass"))
        return "{" + ",".join(f"{_write_text(key)}:{_write(value[key])}" for key in ordered) + "}"
    if isinstance(value, list | tuple):
        return "[" + ",".join(_write(item) for item in value) + "]"
    raise EntryNotCanonical(value=type(value).__name__)


def _write_text(text: str) -> str:
    # A lone surrogate has no UTF-8 form, so no bytes to hash.
    if any("\ud800" <= character <= "\udfff" for character in text):
        raise EntryNotCanonical(value="a lone surrogate")
    return json.dumps(text, ensure_ascii=False)
