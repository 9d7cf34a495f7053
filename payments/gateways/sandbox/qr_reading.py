"""How a bank's app reads a VietQR: written from the format alone, apart from the reader that the portal uses."""

from __future__ import annotations

from dataclasses import dataclass


class QrUnreadable(ValueError):
    """Not a VietQR to an account."""


@dataclass(frozen=True, slots=True)
class ScannedQr:
    """What the app fills in: where to, how much in đồng (0 if open), and the memo."""

    bin: str
    account: str
    amount: int
    memo: str


def read_qr(text: str) -> ScannedQr:
    """Read a scanned text, or raise QrUnreadable."""
    if len(text) < 8 or text[-8:-4] != "6304" or text[-4:].upper() != crc(text[:-4]):
        raise QrUnreadable("checksum")
    try:
        root = dict(_split(text))
        scheme = dict(_split(root["38"]))
        to = dict(_split(scheme["01"]))
        more = dict(_split(root.get("62", "")))
        if scheme["00"] != "A000000727":
            raise QrUnreadable("scheme")
        return ScannedQr(to["00"], to["01"], int(root.get("54", "0").rstrip(".")), more.get("08", ""))
    except (KeyError, ValueError) as fault:
        raise QrUnreadable("content") from fault


def _split(text: str) -> list[tuple[str, str]]:
    found = []
    while text:
        length = int(text[2:4])
        if len(text) < 4 + length:
            raise QrUnreadable("length")
        found.append((text[:2], text[4 : 4 + length]))
        text = text[4 + length :]
    return found


def crc(text: str) -> str:
    """Return CRC-16/CCITT-FALSE, bit by bit."""
    register = 0xFFFF
    for byte in text.encode():
        register ^= byte << 8
        for _ in range(8):
            register = ((register << 1) ^ 0x1021 if register & 0x8000 else register << 1) & 0xFFFF
    return f"{register:04X}"
