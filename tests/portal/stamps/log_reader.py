"""A reader of the public log that shares no code with the product: entries → leaves → tiles → root → signature."""

import base64
from collections.abc import Callable
from hashlib import sha256

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

Fetch = Callable[[str], bytes]


def part(number: int, width: int) -> str:
    """Write a tile's number as x001/x234/067, and its width where it is not whole."""
    groups = [f"{number % 1000:03d}"]
    while number := number // 1000:
        groups.insert(0, f"x{number % 1000:03d}")
    return "/".join(groups) + ("" if width == 256 else f".p/{width}")


def root_of(leaves: list[bytes]) -> bytes:
    """Hash a plain RFC 6962 tree."""
    if len(leaves) == 1:
        return leaves[0]
    split = 1 << (len(leaves) - 1).bit_length() - 1
    return sha256(b"\x01" + root_of(leaves[:split]) + root_of(leaves[split:])).digest()


def read_log(fetch: Fetch) -> list[bytes]:
    """Read and check the whole log; return its entries."""
    text, _, signatures = fetch("/log/checkpoint").decode().partition("\n\n")
    origin, size, root = text.split("\n")
    check_signature(text + "\n", origin, signatures, fetch("/log/key").decode())
    entries: list[bytes] = []
    for number in range((int(size) + 255) // 256):
        bundle = fetch("/log/entries/" + part(number, min(256, int(size) - number * 256)))
        while bundle:
            end = 2 + int.from_bytes(bundle[:2], "big")
            entries.append(bundle[2:end])
            bundle = bundle[end:]
    hashes, level = [sha256(b"\x00" + entry).digest() for entry in entries], 0
    assert (len(entries), base64.b64encode(root_of(hashes)).decode()) == (int(size), root)
    while hashes:
        tiles = [hashes[first : first + 256] for first in range(0, len(hashes), 256)]
        for number, tile in enumerate(tiles):
            assert fetch(f"/log/tile/{level}/{part(number, len(tile))}") == b"".join(tile)
        hashes, level = [root_of(tile) for tile in tiles if len(tile) == 256], level + 1
    return entries


def check_signature(text: str, origin: str, signatures: str, keys: str) -> None:
    """Hold the checkpoint against one of the log's own keys."""
    publics = {line.split("+")[1]: base64.b64decode(line.split("+", 2)[2])[1:] for line in keys.splitlines()}
    dash, signer, blob = signatures.splitlines()[0].split(" ")
    signature = base64.b64decode(blob)
    assert (dash, signer) == ("\u2014", origin)
    Ed25519PublicKey.from_public_bytes(publics[signature[:4].hex()]).verify(signature[4:], text.encode())
