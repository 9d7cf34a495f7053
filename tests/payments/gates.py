"""Adapters of the gateways with orders, at stand-ins or at a prepared peer; keys are public test keys or made up."""

from collections.abc import Mapping
from typing import Any

from payments.gateways.casso import Casso
from payments.gateways.http import Answer, Transport
from payments.gateways.keypay import KeyPay
from payments.gateways.momo import Momo
from payments.gateways.paygov import PayGov
from payments.gateways.payos import PayOs
from payments.gateways.stripe_shaped import StripeShaped
from payments.gateways.viettel_qr import ViettelQr
from payments.gateways.vnpt_pay import VnptPay
from payments.gateways.zalopay import ZaloPay

MOMO = {"partner_code": "MOMO", "access_key": "F8BBA842ECF85", "secret": "K951B6PE1waDMi640xX08PD3vg6EkVlz"}
ZALOPAY = {"app_id": "2553", "key1": "PcY4iZIKFCIdgZvA6ueMcMHHUbRYjPL", "key2": "kLtgPl8HHhfvMuDHPwKfgfsY4Ydm9eIz"}
PAYOS = {"client_id": "demo-client", "api_key": "demo-api-key", "checksum_key": "test-checksum-key"}
CASSO = {"secret": "demo-casso-key", "api_key": "demo-casso-api-key"}
KEYPAY = {"client_id": "HPG01", "key1": "hk1", "key2": "hk2"}
PAYGOV = {"key_id": "demo", "secret": "demo-paygov-secret"}
VNPT_PAY = {"secret": "demo-vnpt-secret"}
STRIPE_SHAPED = {"secret_key": "sk_test_demo", "webhook_secret": "whsec_test"}
VIETTEL = {"merchant_code": "MC01", "access_code": "ACCESS", "hash_key": "hk"}
GATE_KEYS: dict[str, dict[str, str]] = {
    "momo": MOMO,
    "zalopay": ZALOPAY,
    "payos": PAYOS,
    "viettel_qr": VIETTEL,
    "keypay": KEYPAY,
    "stripe_shaped": STRIPE_SHAPED,
    "paygov": PAYGOV,
    "vnpt_pay": VNPT_PAY,
}


class Hasty:
    """A transport that can be told to wait less: a test of silence need not take as long as silence."""

    def __init__(self, transport: Transport) -> None:
        self._transport = transport
        self.most = 30.0

    def send(self, method: str, url: str, *, headers: Mapping[str, str], body: bytes, seconds: float) -> Answer:
        """Make one call."""
        return self._transport.send(method, url, headers=headers, body=body, seconds=min(seconds, self.most))


def gates(transport: Transport, *, sandbox: str, portal: str) -> dict[str, Any]:
    """Return every adapter by its name."""
    return {
        "momo": momo(transport, base_url=f"{sandbox}/momo", notify_url=f"{portal}/hooks/momo"),
        "zalopay": zalopay(transport, base_url=f"{sandbox}/zalopay", notify_url=f"{portal}/hooks/zalopay"),
        "payos": payos(transport, base_url=f"{sandbox}/payos"),
        "keypay": keypay(transport, base_url=f"{sandbox}/keypay"),
        "paygov": paygov(transport, base_url=f"{sandbox}/paygov", notify_url=f"{portal}/hooks/paygov"),
        "vnpt_pay": vnpt_pay(transport, base_url=f"{sandbox}/vnpt_pay", notify_url=f"{portal}/hooks/vnpt_pay"),
        "stripe_shaped": stripe_shaped(transport, base_url=f"{sandbox}/stripe_shaped"),
        "viettel_qr": viettel_qr(transport, search_url=f"{sandbox}/viettel_qr/search"),
        "casso": casso(transport, base_url=f"{sandbox}/casso"),
    }


def momo(
    transport: Transport,
    *,
    base_url: str = "https://momo.test",
    notify_url: str = "https://portal.test/hooks/momo",
    keys: tuple[str, ...] = (MOMO["secret"],),
) -> Momo:
    """Return MoMo's adapter of the test partner."""
    return Momo(
        partner_code=MOMO["partner_code"],
        access_key=MOMO["access_key"],
        secret_keys=keys,
        base_url=base_url,
        notify_url=notify_url,
        transport=transport,
        request_id=lambda: "rq02",
    )


def zalopay(
    transport: Transport,
    *,
    base_url: str = "https://zalopay.test",
    notify_url: str = "https://portal.test/hooks/zalopay",
    keys: tuple[str, ...] = (ZALOPAY["key2"],),
) -> ZaloPay:
    """Return ZaloPay's adapter of the sandbox app."""
    return ZaloPay(
        app_id=int(ZALOPAY["app_id"]),
        key1=ZALOPAY["key1"],
        keys2=keys,
        base_url=base_url,
        notify_url=notify_url,
        transport=transport,
    )


def payos(
    transport: Transport,
    *,
    base_url: str = "https://payos.test",
    keys: tuple[str, ...] = (PAYOS["checksum_key"],),
    **more: Any,
) -> PayOs:
    """Return payOS's adapter of a made-up channel."""
    return PayOs(
        client_id=PAYOS["client_id"],
        api_key=PAYOS["api_key"],
        checksum_keys=keys,
        base_url=base_url,
        transport=transport,
        **more,
    )


def casso(
    transport: Transport,
    *,
    base_url: str = "https://casso.test",
    keys: tuple[str, ...] = (CASSO["secret"],),
    **more: Any,
) -> Casso:
    """Return the adapter of a made-up Casso account."""
    return Casso(secret_keys=keys, api_key=CASSO["api_key"], base_url=base_url, transport=transport, **more)


def keypay(
    transport: Transport, *, base_url: str = "https://keypay.test", keys: tuple[str, ...] = (KEYPAY["key2"],)
) -> KeyPay:
    """Return the adapter of a made-up client."""
    return KeyPay(
        client_id=KEYPAY["client_id"],
        key1=KEYPAY["key1"],
        keys2=keys,
        create_url=f"{base_url}/create",
        detail_url=f"{base_url}/detail",
        transport=transport,
    )


def paygov(
    transport: Transport,
    *,
    base_url: str = "https://paygov.test",
    notify_url: str = "https://portal.test/hooks/paygov",
    keys: tuple[str, ...] = (PAYGOV["secret"],),
) -> PayGov:
    """Return the adapter of a simulated partner."""
    return PayGov(
        key_id=PAYGOV["key_id"], secret_keys=keys, base_url=base_url, notify_url=notify_url, transport=transport
    )


def vnpt_pay(
    transport: Transport,
    *,
    base_url: str = "https://vnptpay.test",
    notify_url: str = "https://portal.test/hooks/vnpt_pay",
    keys: tuple[str, ...] = (VNPT_PAY["secret"],),
) -> VnptPay:
    """Return the adapter of a simulated shop."""
    return VnptPay(secret_keys=keys, base_url=base_url, notify_url=notify_url, transport=transport)


def stripe_shaped(
    transport: Transport,
    *,
    base_url: str = "https://stripe.test",
    keys: tuple[str, ...] = (STRIPE_SHAPED["webhook_secret"],),
) -> StripeShaped:
    """Return the adapter of a made-up account."""
    return StripeShaped(
        secret_key=STRIPE_SHAPED["secret_key"], webhook_secrets=keys, base_url=base_url, transport=transport
    )


def viettel_qr(
    transport: Transport,
    *,
    search_url: str = "https://viettel.test/search",
    keys: tuple[str, ...] = (VIETTEL["hash_key"],),
) -> ViettelQr:
    """Return the adapter of a made-up merchant."""
    return ViettelQr(
        merchant_code=VIETTEL["merchant_code"],
        access_code=VIETTEL["access_code"],
        hash_keys=keys,
        search_url=search_url,
        contract="1,2.0,1",
        transport=transport,
    )
