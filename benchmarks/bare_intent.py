"""The least that an intent through the SDK can cost: a bare Flask route that stores nothing and answers as many bytes.

What a call takes under this is the SDK's, HTTP's and the web server's, whatever we do.
"""

from datetime import UTC, datetime
from typing import Any

from flask import Flask

from payments.models import Request
from payments.v1.shapes import Facts, intent

app = Flask(__name__)


def _answer() -> dict[str, Any]:
    request = Request(
        id="pr_00000000000000000000000000", payee_id="pe_0", code="ZZ00000000", amount_minor=450_000, currency="VND",
        allocated_minor=0, over_minor=0, refunded_minor=0, status="open", exceptions="", item="Thanh toán",
        created_at=datetime(2026, 3, 22, tzinfo=UTC),
    )  # fmt: skip
    return intent(Facts(request, None))


ANSWER = _answer()


@app.post("/v1/payment_intents")
@app.get("/v1/payment_intents/<_one>")
def same(_one: str = "") -> dict[str, Any]:
    """Answer an intent that was never stored."""
    return ANSWER
