"""Encrypted columns, and the blind indexes by which they are found.

AES-256-GCM with the key's number in the value and (table, column, row id) as associated data, so that a value copied
to another row does not open. The index is HMAC-SHA256 over kind and normalised value.
"""

import base64
import binascii
import hashlib
import os
from collections.abc import Sequence
from dataclasses import dataclass, field
from functools import cached_property

from cryptography.hazmat.primitives.ciphers.aead import AESGCM

_BLOCK = 64


@dataclass(frozen=True)
class FieldKeys:
    """Seal, open and index personal values. The highest version writes, all read."""

    keys: dict[int, bytes] = field(repr=False)
    index_key: bytes = field(repr=False)

    def seal(self, text: str, *, place: str) -> str:
        """Encrypt a value for one place (`table.column.row`); return `version.base64`."""
        version, cipher = self._newest
        nonce = os.urandom(12)
        sealed = cipher.encrypt(nonce, text.encode(), place.encode())
        return f"{version}.{binascii.b2a_base64(nonce + sealed, newline=False).decode()}"

    def seal_many(self, values: Sequence[tuple[str | None, str]]) -> list[str | None]:
        """Encrypt many values, each with its place, None as None: as `seal`, but chance is asked for once."""
        version, cipher = self._newest
        chance = os.urandom(12 * len(values))
        found: list[str | None] = []
        for number, (text, place) in enumerate(values):
            if text is None:
                found.append(None)
                continue
            nonce = chance[12 * number : 12 * number + 12]
            sealed = cipher.encrypt(nonce, text.encode(), place.encode())
            found.append(f"{version}.{binascii.b2a_base64(nonce + sealed, newline=False).decode()}")
        return found

    def open(self, sealed: str, *, place: str) -> str:
        """Decrypt a value of this place; raise `cryptography.exceptions.InvalidTag` if it is another's."""
        version, _, body = sealed.partition(".")
        raw = base64.b64decode(body)
        return self._ciphers[int(version)].decrypt(raw[:12], raw[12:], place.encode()).decode()

    def seal_bytes(self, body: bytes, *, place: str) -> bytes:
        """Encrypt bytes for one place; the key's number is the first of them (keys below 256)."""
        version, cipher = self._newest
        nonce = os.urandom(12)
        return bytes([version]) + nonce + cipher.encrypt(nonce, body, place.encode())

    def open_bytes(self, sealed: bytes, *, place: str) -> bytes:
        """Decrypt bytes of this place; raise `cryptography.exceptions.InvalidTag` if they are another's."""
        return self._ciphers[sealed[0]].decrypt(sealed[1:13], sealed[13:], place.encode())

    def index(self, kind: str, value: str) -> str:
        """Return the blind index of a normalised value of one kind."""
        inner, outer = self._keyed[0].copy(), self._keyed[1].copy()
        inner.update(f"{kind}\x00{value}".encode())
        outer.update(inner.digest())
        return outer.hexdigest()

    @cached_property
    def _keyed(self) -> "tuple[hashlib._Hash, hashlib._Hash]":
        """Return HMAC's two hashes with the key taken in (RFC 2104): a list asks for a million indexes."""
        key = hashlib.sha256(self.index_key).digest() if len(self.index_key) > _BLOCK else self.index_key
        padded = key.ljust(_BLOCK, b"\x00")
        inner, outer = (bytes(sign ^ pad for sign in padded) for pad in (0x36, 0x5C))
        return hashlib.sha256(inner), hashlib.sha256(outer)

    @cached_property
    def _newest(self) -> tuple[int, AESGCM]:
        version = max(self.keys)
        return version, self._ciphers[version]

    @cached_property
    def _ciphers(self) -> dict[int, AESGCM]:
        return {version: AESGCM(key) for version, key in self.keys.items()}
