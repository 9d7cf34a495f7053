"""A stand-in for an issuer of invoices: gives numbers, refuses what it does not know, answers the same twice."""

import hashlib
from typing import Any

from flask import Flask, request

# It knows no company under this code, as an issuer may not; whoever corrects it gets a number.
UNKNOWN_TAX_CODE = "0100109106"
_SERIES = "C26TSX"


def register_invoices(app: Flask) -> None:
    """Add the issuer's one address."""

    @app.post("/invoices")
    def issue() -> Any:
        """Answer an order for an invoice, or for what is to become of one."""
        told: Any = request.get_json(silent=True)
        if not isinstance(told, dict) or not isinstance(told.get("id"), str):
            return {"error": "unreadable"}, 400
        buyer = told.get("buyer")
        if not isinstance(buyer, dict) or buyer.get("tax_code") == UNKNOWN_TAX_CODE:
            return {"refusal": "Không tìm thấy mã số thuế này"}, 422
        if told.get("change") == "cancelled":
            return {"number": None}
        # The number follows from the order, so that the same order always has the same one.
        digest = hashlib.sha256(f"{told['id']}/{told.get('change')}".encode()).digest()
        return {"number": f"{_SERIES}-{int.from_bytes(digest[:6]) % 10**12:012d}"}
