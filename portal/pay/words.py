"""What ways to pay are called: by their own names, and on the payer's page by what they need."""

from collections.abc import Mapping
from typing import Any

from flask_babel import lazy_gettext as _l

BRANDS: Mapping[str, Any] = {
    "vnpay": "VNPay",
    "momo": "MoMo",
    "zalopay": "ZaloPay",
    "payos": "payOS",
    "viettel_qr": "Viettel Money",
    "keypay": "KeyPay",
    "stripe_shaped": _l("the card gateway"),
    "paygov": _l("PayGov (simulation)"),
    "vnpt_pay": _l("VNPT Pay (simulation)"),
}
WAYS_SAID: Mapping[str, Any] = {
    "vietqr": _l("VietQR: any bank's app"),
    "vnpay": _l("VNPay: card, e-wallet, bank account"),
    "momo": _l("MoMo e-wallet"),
    "zalopay": _l("ZaloPay e-wallet"),
    "stripe_shaped": _l("Card, by an international gateway"),
    "viettel_qr": _l("Viettel Money: scan a code"),
    "keypay": _l("KeyPay: fees of public services"),
    "paygov": _l("PayGov (simulation)"),
    "vnpt_pay": _l("VNPT Pay (simulation)"),
    "payos": _l("payOS: bank transfer on a page of its own"),
}
