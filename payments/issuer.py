"""What an issuer of invoices is asked, and what it may answer: the words that every adapter speaks.

No network and no secrets here. Which issuer there is, if any, the caller chooses.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Protocol

from payments.errors import BadAnswer
from payments.gateways.http import Transport


@dataclass(frozen=True, slots=True, kw_only=True)
class InvoiceOrder:
    """An invoice to be issued, or (`change`) what is to become of the one numbered `of_number`."""

    invoice_id: str
    payee_name: str
    amount_minor: int
    item: str
    receipt_number: str
    buyer: Mapping[str, str]
    change: str | None = None
    of_number: str | None = None
    reason: str | None = None


@dataclass(frozen=True, slots=True)
class IssuerSaid:
    """An issuer's definite answer: a number, a bare yes (cancelled), or a refusal with its reason."""

    number: str | None = None
    refusal: str | None = None


class Issuer(Protocol):
    """Who issues invoices for a payee."""

    name: str
    simulated: bool

    def tell(self, order: InvoiceOrder, *, seconds: float) -> IssuerSaid:
        """Ask for one; the same order again has the same answer. Raises NoAnswer or BadAnswer."""
        ...


class SimulatedIssuer:
    """The labelled stand-in: a wire of our own, never in production. A real issuer is another class of this shape."""

    name = "simulated"
    simulated = True

    def __init__(self, *, url: str, transport: Transport) -> None:
        self._url, self._transport = url, transport

    def tell(self, order: InvoiceOrder, *, seconds: float) -> IssuerSaid:
        """Ask the stand-in; 200 is a number or a bare yes, 422 a refusal, all else no answer."""
        told: dict[str, Any] = {
            "id": order.invoice_id, "seller": order.payee_name, "amount": order.amount_minor, "item": order.item,
            "receipt": order.receipt_number, "buyer": dict(order.buyer), "change": order.change,
            "of_number": order.of_number, "reason": order.reason,
        }  # fmt: skip
        body = json.dumps(told, ensure_ascii=False).encode()
        answer = self._transport.send(
            "POST", self._url, headers={"Content-Type": "application/json"}, body=body, seconds=seconds
        )
        if answer.status not in (200, 422):
            raise BadAnswer(reason=f"status_{answer.status}")
        try:
            said = json.loads(answer.body)
            found = said["number"] if answer.status == 200 else said["refusal"]
        except (ValueError, KeyError, TypeError):
            raise BadAnswer(reason="unreadable") from None
        if answer.status == 422:
            return IssuerSaid(refusal=str(found)[:200])
        if not (isinstance(found, str) and found) and order.change != "cancelled":
            raise BadAnswer(reason="no_number")
        return IssuerSaid(number=found)
