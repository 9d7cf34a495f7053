"""Gateways that give nothing back: somebody transfers the sum, or nobody can."""

from __future__ import annotations

from datetime import datetime

from payments.errors import NotSupported
from payments.gateways.protocol import WORKER_SECONDS, RefundFinding, RefundOrder


class NoRefunds:
    """Refuses both calls about money that goes back."""

    name: str

    def refund(self, order: RefundOrder, *, now: datetime, seconds: float = WORKER_SECONDS) -> RefundFinding:
        """Refuse: this provider has no such call."""
        del now, seconds
        raise NotSupported(gateway=self.name, refund_ref=order.refund_ref)

    def query_refund(self, order: RefundOrder, *, now: datetime, seconds: float = WORKER_SECONDS) -> RefundFinding:
        """Refuse: no provider knows of it."""
        return self.refund(order, now=now, seconds=seconds)
