"""Stripe's well-known test cards, so that test suites written for them run: no provider, no page, play money alone.

One card pays as soon as it is asked about, the other is declined. A portal whose money is real has neither.
"""

from __future__ import annotations

from datetime import datetime
from typing import Final

from payments.errors import NotSupported, ProviderRefused
from payments.gateways.protocol import (
    WORKER_SECONDS,
    Asked,
    Capabilities,
    Finding,
    Order,
    Outcome,
    RefundFinding,
    RefundOrder,
    RefundOutcome,
    RefundWay,
    Started,
)
from payments.money import LEAST_MINOR, MOST_MINOR, Money

PAYS, DECLINES = "test_card", "test_card_no"
BY_METHOD: Final = {"pm_card_visa": PAYS, "pm_card_chargeDeclined": DECLINES}


class TestCard:
    """A card without a bank behind it."""

    def __init__(self, name: str) -> None:
        """Take the name of one of the two cards."""
        self.name = name
        self.capabilities = Capabilities(
            redirect=False, qr=False, notice=False, query=True, refund=RefundWay.PARTIAL, cancel=False,
            any_amount=False, least=Money(LEAST_MINOR), most=Money(MOST_MINOR), simulated=True,
        )  # fmt: skip

    def create(self, order: Order, *, now: datetime) -> Started:
        """Take the card, or decline it."""
        del now
        if self.name == DECLINES:
            raise ProviderRefused(reason="generic_decline", gateway=self.name)
        return Started(None, None, order.merchant_ref, order.expires_at)

    def query(self, asked: Asked, *, now: datetime, seconds: float = WORKER_SECONDS) -> Finding:
        """Say that it is paid."""
        del seconds
        if self.name == DECLINES:
            raise NotSupported(gateway=self.name)
        return Finding(
            Outcome.PAID, merchant_ref=asked.merchant_ref, provider_txn_id=asked.merchant_ref, amount=asked.amount,
            paid_at=now,
        )  # fmt: skip

    def refund(self, order: RefundOrder, *, now: datetime, seconds: float = WORKER_SECONDS) -> RefundFinding:
        """Give back at once."""
        del seconds
        return RefundFinding(RefundOutcome.DONE, provider_ref=order.refund_ref, at=now)

    def query_refund(self, order: RefundOrder, *, now: datetime, seconds: float = WORKER_SECONDS) -> RefundFinding:
        """Say that it has been given back."""
        return self.refund(order, now=now, seconds=seconds)
