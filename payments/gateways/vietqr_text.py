"""Writing and strictly reading the text of a VietQR (payment-protocols.md section B; pure).

Strict, because the known libraries take a code whose lengths do not add up, and cut the account by one digit.
"""

from __future__ import annotations

import binascii
import re
import unicodedata
from dataclasses import dataclass
from typing import Final

from payments.errors import VietQrRefused

_GUID: Final = "A000000727"
_TO_ACCOUNT: Final = "QRIBFTTA"
_SERVICES: Final = (_TO_ACCOUNT, "QRIBFTTC")
_CRC_HEAD: Final = "6304"
_MOST: Final = 99

_ACCOUNT = re.compile(r"[A-Za-z0-9]{1,19}")
_BIN = re.compile(r"[0-9]{6}")
_TWO_DIGITS = re.compile(r"[0-9]{2}")
_AMOUNT = re.compile(r"(?=.{1,13}\Z)([0-9]+)\.?")
_PURPOSE = re.compile(r"[A-Za-z0-9 ]*")
_TEXT_LIMITS: Final = {"59": 25, "60": 15}
_MOST_MORE: Final = 25

# In the order in which the first one that fails is the answer.
_RANK: Final = (
    "bad_crc", "bad_header", "bad_length", "duplicate_tag", "missing_tag", "not_vietqr", "bad_account",
    "bad_currency", "bad_country", "bad_amount", "text_too_long",
)  # fmt: skip

Nested = dict[str, str]


@dataclass(frozen=True, slots=True)
class VietQrText:
    """What a code says: where the money goes, how much in đồng, and the memo."""

    bin: str
    account: str
    service: str
    service_known: bool
    dynamic: bool
    amount_minor: int | None
    bill: str | None
    purpose: str | None
    name: str | None


def encode_vietqr(
    *, bank_bin: str, account: str, amount_minor: int | None, purpose: str | None = None, bill: str | None = None
) -> str:
    """Return the text of a QR to an account; anything that does not fit is an error, never cut."""
    if not _BIN.fullmatch(bank_bin) or not _ACCOUNT.fullmatch(account):
        raise VietQrRefused("bad_account")
    text = _tlv("00", "01") + _tlv("01", "11" if amount_minor is None else "12")
    to = _tlv("00", bank_bin) + _tlv("01", account)
    text += _tlv("38", _tlv("00", _GUID) + _tlv("01", to) + _tlv("02", _TO_ACCOUNT)) + _tlv("53", "704")
    if amount_minor is not None:
        if type(amount_minor) is not int or amount_minor < 1 or len(str(amount_minor)) > 13:
            raise VietQrRefused("bad_amount")
        text += _tlv("54", str(amount_minor))
    text += _tlv("58", "VN")
    more = (_tlv("01", _memo(bill)) if bill else "") + (_tlv("08", _memo(purpose)) if purpose else "")
    if more:
        text += _tlv("62", more)
    return text + _CRC_HEAD + checksum(text + _CRC_HEAD)


def read_vietqr(text: str) -> VietQrText:
    """Read a code, or raise VietQrRefused with the first rule of B3 that it breaks."""
    if text[-8:-4] != _CRC_HEAD or text[-4:].upper() != checksum(text[:-4]):
        raise VietQrRefused("bad_crc")
    root, faults = _objects(text)
    scheme, scheme_faults = _objects(root.get("38", ""))
    to, to_faults = _objects(scheme.get("01", ""))
    more, more_faults = _objects(root.get("62", ""))
    _, language_faults = _objects(root.get("64", ""))
    faults += scheme_faults + to_faults + more_faults + language_faults
    if not faults:
        faults = _content_faults(root, scheme, to, more)
    if faults:
        raise VietQrRefused(min(faults, key=_RANK.index))
    amount = root.get("54")
    service = scheme.get("02", "")
    return VietQrText(
        bin=to["00"],
        account=to["01"],
        service=service,
        service_known=service in _SERVICES,
        dynamic=root["01"] == "12",
        amount_minor=int(amount.rstrip(".")) if amount is not None else None,
        bill=more.get("01"),
        purpose=more.get("08"),
        name=root.get("59"),
    )


def checksum(text: str) -> str:
    """Return CRC-16 (0x1021 from 0xFFFF) of a text as four upper-case hexadecimal digits."""
    return f"{binascii.crc_hqx(text.encode(), 0xFFFF):04X}"


def _objects(text: str) -> tuple[Nested, list[str]]:
    """Split one level into its objects; what cannot be split any further ends it."""
    found: Nested = {}
    faults: list[str] = []
    at = 0
    while at < len(text):
        tag, length = text[at : at + 2], text[at + 2 : at + 4]
        if not (_TWO_DIGITS.fullmatch(tag) and _TWO_DIGITS.fullmatch(length)):
            return found, [*faults, "bad_header"]
        value = text[at + 4 : at + 4 + int(length)]
        if not value or len(value) != int(length):
            return found, [*faults, "bad_length"]
        if tag in found:
            faults.append("duplicate_tag")
        found[tag] = value
        at += 4 + int(length)
    return found, faults


def _content_faults(root: Nested, scheme: Nested, to: Nested, more: Nested) -> list[str]:
    missing = (
        any(tag not in root for tag in ("00", "01", "38", "53", "58"))
        or any(tag not in scheme for tag in ("00", "01"))
        or any(tag not in to for tag in ("00", "01"))
    )
    if missing:
        return ["missing_tag"]
    amount = _AMOUNT.fullmatch(root["54"]) if "54" in root else None
    too_long = any(len(root.get(tag, "")) > most for tag, most in _TEXT_LIMITS.items()) or any(
        len(value) > _MOST_MORE for value in more.values()
    )
    checks = (
        ("not_vietqr", scheme["00"] == _GUID),
        ("bad_account", bool(_BIN.fullmatch(to["00"]) and _ACCOUNT.fullmatch(to["01"]))),
        ("bad_currency", root["53"] == "704"),
        ("bad_country", root["58"] == "VN"),
        ("bad_amount", "54" not in root or (amount is not None and int(amount[1]) > 0)),
        ("text_too_long", not too_long),
    )
    return [code for code, good in checks if not good]


def _tlv(tag: str, value: str) -> str:
    if len(value) > _MOST:
        raise VietQrRefused("text_too_long")
    return f"{tag}{len(value):02d}{value}"


def _memo(text: str) -> str:
    """Take diacritics off a memo and refuse what banks would garble."""
    text = text.replace("đ", "d").replace("Đ", "D")
    bare = "".join(c for c in unicodedata.normalize("NFD", text) if not unicodedata.combining(c))
    if not _PURPOSE.fullmatch(bare):
        raise VietQrRefused("bad_text")
    if len(bare) > _MOST_MORE:
        raise VietQrRefused("text_too_long")
    return bare
