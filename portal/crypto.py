"""Encrypted columns, and the blind indexes by which they are found.

AES-256-GCM with the key's number in the value and (table, column, row id) as associated data, so that a value copied
to another row does not open. The index is HMAC-SHA256 over kind and normalised value.
"""

import base64
import hashlib
import hmac
import secrets
from dataclasses import dataclass, field

from cryptography.hazmat.primitives.ciphers.aead import AESGCM


@dataclass(frozen=True)
class FieldKeys:
    """Seal, open and index personal values. The highest version writes, all read."""

    keys: dict[int, bytes] = field(repr=False)
    index_key: bytes = field(repr=False)

    def seal(self, text: str, *, place: str) -> str:
        """Encrypt a value for one place (`table.column.row`); return `version.base64`."""
        version = max(self.keys)
        nonce = secrets.token_bytes(12)
        sealed = AESGCM(self.keys[version]).encrypt(nonce, text.encode(), place.encode())
        return f"{version}.{base64.b64encode(nonce + sealed).decode()}"

    def open(self, sealed: str, *, place: str) -> str:
        """Decrypt a value of this place; raise `cryptography.exceptions.InvalidTag` if it is another's."""
        version, _, body = sealed.partition(".")
        raw = base64.b64decode(body)
        return AESGCM(self.keys[int(version)]).decrypt(raw[:12], raw[12:], place.encode()).decode()

    def index(self, kind: str, value: str) -> str:
        """Return the blind index of a normalised value of one kind."""
        return hmac.new(self.index_key, f"{kind}\x00{value}".encode(), hashlib.sha256).hexdigest()
