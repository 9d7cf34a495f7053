"""A serial is 20 Crockford base32 characters: 25-bit batch, 25-bit index, 50-bit MAC. The recipe is frozen (pure)."""

import hmac
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from hashlib import blake2s

from traceability.errors import KeySettingInvalid, SerialSyntax, StampKeyMissing

ALPHABET = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"
SERIAL_LENGTH = 20
MOST_BATCHES = 2**25
MOST_STAMPS = 2**25
MAC_BITS = 50
ALGORITHM = "blake2s-50/sha256"

_VALUE = {character: value for value, character in enumerate(ALPHABET)}
_PAIRS = [high + low for high in ALPHABET for low in ALPHABET]
# Crockford: letters that are read as digits, and hyphens that only help the eye.
_FOLD = str.maketrans({"I": "1", "L": "1", "O": "0", "-": None})


@dataclass(frozen=True, slots=True)
class SerialParts:
    """What a serial states; only the issuer can tell whether the MAC is right."""

    batch: int
    index: int
    mac: int


def encode_serial(batch: int, index: int, mac: int) -> str:
    """Write batch, index and MAC, most significant bit first."""
    number = (batch << 75) | (index << 50) | mac
    return "".join([_PAIRS[(number >> shift) & 0x3FF] for shift in range(90, -1, -10)])


def decode_serial(serial: str) -> SerialParts | None:
    """Read a serial of our form, upper case only; None if it has another form."""
    if len(serial) != SERIAL_LENGTH:
        return None
    number = 0
    for character in serial:
        value = _VALUE.get(character)
        if value is None:
            return None
        number = number << 5 | value
    return SerialParts(number >> 75, number >> 50 & 0x1FFFFFF, number & 0x3FFFFFFFFFFFF)


def fold_serial(typed: str) -> str:
    """Turn what a person typed into a serial: case, hyphens and I L O folded; raises SerialSyntax."""
    folded = typed.upper().translate(_FOLD)
    if not typed.isascii() or decode_serial(folded) is None:
        raise SerialSyntax(value=typed[:40])
    return folded


def group_serial(serial: str) -> str:
    """Set a serial in groups of five, as it is printed under the code."""
    return " ".join(serial[start : start + 5] for start in range(0, len(serial), 5))


@dataclass(frozen=True, slots=True, eq=False)
class BatchKey:
    """The keys of one batch; `_keyed` and `_pin_keyed` are hash states to copy, as keying anew costs a block each."""

    batch: int
    _keyed: blake2s
    _pin_keyed: blake2s

    def secret(self, index: int) -> bytes:
        """Derive the 32 bytes that hold MAC and nonce of one stamp."""
        state = self._keyed.copy()
        state.update(index.to_bytes(4, "big"))
        return state.digest()

    def keyed(self) -> Callable[[], blake2s]:
        """Give the maker of keyed states, for loops over millions of stamps."""
        return self._keyed.copy

    def mac(self, index: int) -> int:
        """Derive the 50-bit MAC of one stamp."""
        return int.from_bytes(self.secret(index)[:7], "big") >> 6

    def nonce(self, index: int) -> bytes:
        """Derive the 16-byte nonce of one stamp; it is revealed in that stamp's own bundle only."""
        return self.secret(index)[-16:]

    def serial(self, index: int) -> str:
        """Derive the serial of one stamp."""
        return encode_serial(self.batch, index, self.mac(index))

    def accepts(self, parts: SerialParts) -> bool:
        """Tell whether the MAC is ours, in constant time."""
        return hmac.compare_digest(self.mac(parts.index).to_bytes(7, "big"), parts.mac.to_bytes(7, "big"))

    def pin(self, index: int) -> str:
        """Derive the six digits under the scratch layer."""
        state = self._pin_keyed.copy()
        state.update(index.to_bytes(4, "big"))
        return f"{int.from_bytes(state.digest(), 'big') % 10**6:06d}"

    def leaf_data(self, index: int) -> bytes:
        """Build statement ‖ nonce of one stamp, 31 bytes: what its leaf hashes."""
        return leaf_data(SerialParts(self.batch, index, self.mac(index)), self.nonce(index))


def leaf_data(parts: SerialParts, nonce: bytes) -> bytes:
    """Join statement (batch, index, MAC in fixed width) and nonce."""
    return parts.batch.to_bytes(4, "big") + parts.index.to_bytes(4, "big") + parts.mac.to_bytes(7, "big") + nonce


def batch_key_of(batch: int, *, stamp_key: bytes, pin_key: bytes = b"") -> BatchKey:
    """Make the keys of a batch ready for use; without `pin_key` they give no PINs that were printed."""
    return BatchKey(batch, blake2s(key=stamp_key), blake2s(key=pin_key, digest_size=8))


class StampKeys:
    """The root keys by version; the highest issues, all of them verify. They are the stock: guard them."""

    def __init__(self, roots: Mapping[int, bytes]) -> None:
        self._roots = dict(roots)
        self.current = max(self._roots)

    @classmethod
    def from_setting(cls, text: str) -> "StampKeys":
        """Read `1:hex,2:hex`; raises KeySettingInvalid."""
        return cls(parse_versioned_keys(text))

    @property
    def versions(self) -> tuple[int, ...]:
        """List the versions held, oldest first."""
        return tuple(sorted(self._roots))

    def batch_key(self, *, version: int, batch: int) -> BatchKey:
        """Derive the keys of a batch; raises StampKeyMissing."""
        stamp_key = self.stamp_key(version=version, batch=batch)
        return batch_key_of(batch, stamp_key=stamp_key, pin_key=self._derive(version, batch, b"stamppin"))

    def stamp_key(self, *, version: int, batch: int) -> bytes:
        """Derive the key of a batch's MACs and nonces alone; raises StampKeyMissing."""
        return self._derive(version, batch, b"stampkey")

    def _derive(self, version: int, batch: int, purpose: bytes) -> bytes:
        root = self._roots.get(version)
        if root is None:
            raise StampKeyMissing(version=version)
        return blake2s(version.to_bytes(4, "big") + batch.to_bytes(4, "big"), key=root, person=purpose).digest()

    def __repr__(self) -> str:
        return f"StampKeys(versions={self.versions})"


def parse_versioned_keys(text: str) -> dict[int, bytes]:
    """Read `1:hex,2:hex` into 32-byte keys by version; raises KeySettingInvalid, which never repeats the text."""
    keys: dict[int, bytes] = {}
    for position, part in enumerate(text.split(","), start=1):
        version, _, digits = part.strip().partition(":")
        if not (version.isascii() and version.isdigit()) or not 0 < int(version) < 2**32 or int(version) in keys:
            raise KeySettingInvalid(position=position)
        try:
            key = bytes.fromhex(digits)
        except ValueError:
            key = b""
        if len(key) != 32:
            raise KeySettingInvalid(position=position)
        keys[int(version)] = key
    return keys
