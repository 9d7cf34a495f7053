"""VietQR, NAPAS 247 transfer by QR: built here, paid by any bank's app, seen only through a feed of the account."""

from __future__ import annotations

from datetime import datetime
from typing import Final

from payments.errors import NotSupported
from payments.gateways.by_hand import NoRefunds
from payments.gateways.protocol import (
    WORKER_SECONDS,
    Asked,
    Capabilities,
    Finding,
    Order,
    RefundWay,
    Started,
)
from payments.gateways.vietqr_text import encode_vietqr
from payments.money import MOST_MINOR, Money

_CAPABILITIES: Final = Capabilities(
    redirect=False,
    qr=True,
    notice=False,
    query=False,
    refund=RefundWay.BY_HAND,
    cancel=False,
    any_amount=True,
    least=Money(1),
    most=Money(MOST_MINOR),
    built_here=True,
)


class VietQr(NoRefunds):
    """A QR with amount and payment code, made without a call; there is nobody to ask about it."""

    name: Final = "vietqr"
    capabilities: Final = _CAPABILITIES

    def create(self, order: Order, *, now: datetime) -> Started:  # noqa: ARG002 - others call out and need the time
        """Build the QR's text; raises VietQrRefused when the account cannot stand in one."""
        text = encode_vietqr(
            bank_bin=order.bank_bin,
            account=order.bank_account,
            amount_minor=order.amount.amount_minor,
            purpose=order.code,
        )
        return Started(redirect_url=None, qr=text, provider_ref=None, expires_at=order.expires_at)

    def query(self, asked: Asked, *, now: datetime, seconds: float = WORKER_SECONDS) -> Finding:
        """Refuse: a QR is known to no provider."""
        del now, seconds
        raise NotSupported(gateway=self.name, attempt_id=asked.attempt_id)
