"""The key that sends, and signing with it. The only module that imports eth_account, and only when it signs."""

from dataclasses import dataclass
from pathlib import Path
from typing import Any

from traceability.errors import LedgerKeyUnreadable
from traceability.ledger.depth import import_at_own_depth
from traceability.ledger.seen import Fees


@dataclass(frozen=True, slots=True)
class SenderKey:
    """Where the sending key is: 64 hexadecimal digits, or the path of a file that holds them, read at each use."""

    setting: str

    def read(self) -> bytes:
        """Give the key; raises LedgerKeyUnreadable."""
        try:
            text = self.setting if _is_key(self.setting) else Path(self.setting).read_text("ascii").strip()
        except (OSError, ValueError):
            raise LedgerKeyUnreadable(reason="no such file, or not a text") from None
        if not _is_key(text):
            raise LedgerKeyUnreadable(reason="not 64 hexadecimal digits")
        return bytes.fromhex(text.removeprefix("0x"))

    def __repr__(self) -> str:
        return "SenderKey()"


def _is_key(text: str) -> bool:
    digits = text.removeprefix("0x")
    return len(digits) == 64 and all(char in "0123456789abcdefABCDEF" for char in digits)


def account_of(key: bytes) -> str:
    """Give the address of a key's account."""
    import_at_own_depth()
    from eth_account import Account

    return str(Account.from_key(key).address)


def sign_transaction(
    key: bytes, *, chain_id: int, nonce: int, to: str | None, data: bytes, gas: int, fees: Fees
) -> tuple[str, bytes]:
    """Sign a call without money; gives the transaction's hash and its bytes."""
    import_at_own_depth()
    from eth_account import Account

    facts: dict[str, Any] = {"chainId": chain_id, "nonce": nonce, "value": 0, "gas": gas, "data": data}
    if to is not None:
        facts["to"] = to
    if fees.tip is None:
        facts["gasPrice"] = fees.fee
    else:
        facts |= {"maxFeePerGas": fees.fee, "maxPriorityFeePerGas": fees.tip, "type": 2}
    signed = Account.from_key(key).sign_transaction(facts)
    return "0x" + bytes(signed.hash).hex(), bytes(signed.raw_transaction)
