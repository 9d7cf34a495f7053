"""C2SP signed notes, checkpoints and cosignatures with Ed25519: write, read, check (pure)."""

import base64
import binascii
import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from hashlib import sha256
from typing import ClassVar, Self

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey

from traceability.errors import NoteInvalid
from traceability.serials import parse_versioned_keys

_MOST_SIGNATURES = 16 * 4
_SIGNATURE_LINE = re.compile(r"— ([^ \n+]+) ([A-Za-z0-9+/=]+)")
_COSIGNATURE_BYTES = 8 + 64
_LATEST_TIME = 2**63 - 1
_SIZE = re.compile(r"0|[1-9][0-9]{0,18}")


@dataclass(frozen=True, slots=True)
class Checkpoint:
    """Origin, size and root of the log at one moment."""

    origin: str
    size: int
    root: bytes

    def text(self) -> str:
        """Write the three lines that are signed."""
        return f"{self.origin}\n{self.size}\n{base64.b64encode(self.root).decode()}\n"


@dataclass(frozen=True, slots=True)
class VerifierKey:
    """A public key as others know it: `name+hex id+base64(0x01 ‖ key)`."""

    kind: ClassVar[bytes] = b"\x01"

    name: str
    public: bytes

    @property
    def key_id(self) -> bytes:
        """Give the four bytes that name the key in a signature line."""
        return sha256(self.name.encode() + b"\n" + self.kind + self.public).digest()[:4]

    def text(self) -> str:
        """Write the verifier key."""
        return f"{self.name}+{self.key_id.hex()}+{base64.b64encode(self.kind + self.public).decode()}"

    @classmethod
    def parse(cls, text: str) -> Self:
        """Read a verifier key; raises NoteInvalid."""
        name, _, rest = text.strip().partition("+")
        id_text, _, key_text = rest.partition("+")
        material = strict_base64(key_text)
        if not name or len(material) != 33 or material[:1] != cls.kind:
            raise NoteInvalid(reason="verifier key")
        key = cls(name, material[1:])
        if key.key_id.hex() != id_text:
            raise NoteInvalid(reason="verifier key id")
        return key

    def accepts(self, message: bytes, signature: bytes) -> bool:
        """Tell whether the key signed the message."""
        try:
            Ed25519PublicKey.from_public_bytes(self.public).verify(signature, message)
        except InvalidSignature:
            return False
        return True


class WitnessKey(VerifierKey):
    """A witness's public key, `name+hex id+base64(0x04 ‖ key)`: it cosigns notes, and each time says when."""

    kind = b"\x04"
    __slots__ = ()

    def accepts(self, message: bytes, signature: bytes) -> bool:
        """Tell whether the key cosigned the message: eight bytes of time, then the signature over both."""
        if len(signature) != _COSIGNATURE_BYTES:
            return False
        time = int.from_bytes(signature[:8], "big")
        # `super()` alone does not find its way: a dataclass with slots is another class than the one written here.
        return 0 < time <= _LATEST_TIME and VerifierKey.accepts(self, cosigned_bytes(message, time), signature[8:])


def cosigned_bytes(message: bytes, time: int) -> bytes:
    """Give what a witness signs: its statement of the time (seconds since 1970), then the note's text."""
    return f"cosignature/v1\ntime {time}\n".encode() + message


class Cosigner:
    """A witness's secret key under its name."""

    def __init__(self, name: str, seed: bytes) -> None:
        self._key = Ed25519PrivateKey.from_private_bytes(seed)
        self.public = WitnessKey(name, self._key.public_key().public_bytes_raw())

    def cosign(self, text: str, *, time: int) -> str:
        """Make the signature line for a checkpoint's text, said at `time` in seconds since 1970."""
        signature = self._key.sign(cosigned_bytes(text.encode(), time))
        return _signature_line(self.public, time.to_bytes(8, "big") + signature)

    def __repr__(self) -> str:
        return f"Cosigner({self.public.name})"


class SigningKeys:
    """Ed25519 keys by version: every one signs, so that readers of the old and of the new key go on during a roll."""

    def __init__(self, seeds: Mapping[int, bytes]) -> None:
        self._keys = [Ed25519PrivateKey.from_private_bytes(seeds[version]) for version in sorted(seeds)]

    @classmethod
    def from_setting(cls, text: str) -> "SigningKeys":
        """Read `1:hex,2:hex`; raises KeySettingInvalid."""
        return cls(parse_versioned_keys(text))

    def verifiers(self, name: str) -> list[VerifierKey]:
        """List the public keys under a name, oldest first."""
        return [VerifierKey(name, key.public_key().public_bytes_raw()) for key in self._keys]

    def sign(self, text: str, name: str) -> str:
        """Make a note of a text (it ends with a newline and has no empty line), signed by every key."""
        message = text.encode()
        lines = [
            _signature_line(verifier, key.sign(message))
            for key, verifier in zip(self._keys, self.verifiers(name), strict=True)
        ]
        return text + "\n" + "".join(lines)

    def sign_bytes(self, message: bytes) -> str:
        """Sign with the newest key alone; gives base64."""
        return base64.b64encode(self._keys[-1].sign(message)).decode()

    def __repr__(self) -> str:
        return f"SigningKeys({len(self._keys)} keys)"


def _signature_line(verifier: VerifierKey, signature: bytes) -> str:
    return f"— {verifier.name} {base64.b64encode(verifier.key_id + signature).decode()}\n"


def strict_base64(text: str) -> bytes:
    """Decode standard padded base64 of which there is one spelling only; raises NoteInvalid."""
    try:
        data = base64.b64decode(text, validate=True)
    except (binascii.Error, ValueError):
        raise NoteInvalid(reason="base64") from None
    if base64.b64encode(data).decode() != text:
        raise NoteInvalid(reason="base64")
    return data


def open_note(note: str, keys: Iterable[VerifierKey]) -> tuple[str, Sequence[VerifierKey]]:
    """Give the signed text and the known keys that signed it; raises NoteInvalid.

    Signatures of unknown keys are ignored, a failing one of a known key refuses the note.
    """
    text, separator, block = note.rpartition("\n\n")
    text += "\n"
    if not separator or not block.endswith("\n") or any(ord(char) < 0x20 and char != "\n" for char in note):
        raise NoteInvalid(reason="form")
    lines = block[:-1].split("\n")
    if len(lines) > _MOST_SIGNATURES:
        raise NoteInvalid(reason="too many signatures")
    known = {(key.name, key.key_id): key for key in keys}
    signed: list[VerifierKey] = []
    for line in lines:
        name, material = read_signature_line(line)
        key = known.get((name, material[:4]))
        if key is None or key in signed:
            continue
        if not key.accepts(text.encode(), material[4:]):
            raise NoteInvalid(reason="signature")
        signed.append(key)
    if not signed:
        raise NoteInvalid(reason="no known key signed")
    return text, signed


def read_signature_line(line: str) -> tuple[str, bytes]:
    """Read a signature line (without its newline) as name and key id ‖ signature; raises NoteInvalid."""
    match = _SIGNATURE_LINE.fullmatch(line)
    material = b"" if match is None else strict_base64(match[2])
    if match is None or len(material) < 5:
        raise NoteInvalid(reason="signature line")
    return match[1], material


def signature_lines(note: str) -> list[str]:
    """List the signature lines of a note that was opened before."""
    return note.rpartition("\n\n")[2].splitlines()


def parse_checkpoint(text: str) -> Checkpoint:
    """Read the three lines of a checkpoint, no more; raises NoteInvalid."""
    lines = text.split("\n")
    if len(lines) != 4 or lines[3] or not lines[0] or _SIZE.fullmatch(lines[1]) is None:
        raise NoteInvalid(reason="checkpoint")
    root = strict_base64(lines[2])
    if len(root) != 32:
        raise NoteInvalid(reason="checkpoint root")
    return Checkpoint(lines[0], int(lines[1]), root)


def open_checkpoint(note: str, keys: Iterable[VerifierKey]) -> Checkpoint:
    """Read a signed checkpoint of the log whose keys are given; raises NoteInvalid."""
    keys = list(keys)
    text, signed = open_note(note, keys)
    checkpoint = parse_checkpoint(text)
    # A witness's word is none of the log's own, whatever the witness is called.
    if all(isinstance(key, WitnessKey) or key.name != checkpoint.origin for key in signed):
        raise NoteInvalid(reason="not signed by its own log")
    return checkpoint
