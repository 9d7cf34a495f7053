"""A reader of the public log that shares no code with the product: entries → leaves → tiles → root → signature."""

import base64
from collections.abc import Callable
from hashlib import sha256

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

Fetch = Callable[[str], bytes]


def name(number: int) -> str:
    """Write a tile's number as x001/x234/067."""
    groups = [f"{number % 1000:03d}"]
    while number >= 1000:
        number //= 1000
        groups.insert(0, f"x{number % 1000:03d}")
    return "/".join(groups)


def root_of(leaves: list[bytes]) -> bytes:
    """Hash a plain RFC 6962 tree."""
    if len(leaves) == 1:
        return leaves[0]
    split = 1
    while split * 2 < len(leaves):
        split *= 2
    return sha256(b"\x01" + root_of(leaves[:split]) + root_of(leaves[split:])).digest()


def read_log(fetch: Fetch) -> list[bytes]:
    """Read and check the whole log; return its entries."""
    text, _, signatures = fetch("/log/checkpoint").decode().partition("\n\n")
    origin, size_text, root_text = text.split("\n")
    size = int(size_text)
    check_signature(text + "\n", origin, signatures, fetch("/log/key").decode())
    entries: list[bytes] = []
    leaves: list[bytes] = []
    for number in range((size + 255) // 256):
        width = min(256, size - number * 256)
        part = "" if width == 256 else f".p/{width}"
        found = split_entries(fetch(f"/log/entries/{name(number)}{part}"))
        hashes = fetch(f"/log/tile/0/{name(number)}{part}")
        assert fetch(f"/log/tile/entries/{name(number)}{part}") == fetch(f"/log/entries/{name(number)}{part}")
        assert len(found) == width
        mine = [sha256(b"\x00" + entry).digest() for entry in found]
        assert b"".join(mine) == hashes
        entries += found
        leaves += mine
    assert base64.b64encode(root_of(leaves)).decode() == root_text
    for number in range(size // 65_536 + (1 if size // 256 % 256 else 0)):
        width = min(256, size // 256 - number * 256)
        part = "" if width == 256 else f".p/{width}"
        above = b"".join(root_of(leaves[at * 256 : at * 256 + 256]) for at in range(number * 256, number * 256 + width))
        assert fetch(f"/log/tile/1/{name(number)}{part}") == above
    return entries


def split_entries(bundle: bytes) -> list[bytes]:
    """Cut a bundle of entries by the two bytes of length before each."""
    found = []
    while bundle:
        length = int.from_bytes(bundle[:2], "big")
        found.append(bundle[2 : 2 + length])
        bundle = bundle[2 + length :]
    return found


def check_signature(text: str, origin: str, signatures: str, keys: str) -> None:
    """Hold the checkpoint against the log's own key."""
    for line in keys.splitlines():
        key_name, key_id, material = line.split("+", 2)
        public = base64.b64decode(material)[1:]
        assert key_name == origin
        assert sha256(origin.encode() + b"\n\x01" + public).digest()[:4].hex() == key_id
        for signed in signatures.splitlines():
            dash, signer, blob = signed.split(" ")
            raw = base64.b64decode(blob)
            assert dash == "\u2014"
            if signer == key_name and raw[:4].hex() == key_id:
                Ed25519PublicKey.from_public_bytes(public).verify(raw[4:], text.encode())
                return
    raise AssertionError("no signature of a known key")
