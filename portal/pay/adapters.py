"""How each gateway that an installation may have is made of its settings."""

from collections.abc import Callable, Mapping
from typing import Any

from payments.gateways.casso import Casso
from payments.gateways.http import Transport
from payments.gateways.keypay import KeyPay
from payments.gateways.momo import Momo
from payments.gateways.paygov import PayGov
from payments.gateways.payos import PayOs
from payments.gateways.stripe_shaped import StripeShaped
from payments.gateways.viettel_qr import ViettelQr
from payments.gateways.vnpt_pay import VnptPay
from payments.gateways.zalopay import ZaloPay
from portal.config import Settings
from portal.gateway_settings import GATEWAYS


def make_adapters(settings: Settings, reach: Callable[[str], Transport]) -> dict[str, Any]:
    """Return those that are there, by their names; `reach` gives each its transport."""
    return {name: _MAKERS[name](settings, reach(name)) for name in GATEWAYS if settings.has_gateway(name)}


def secrets_of(text: str) -> tuple[str, ...]:
    """Return the parts of a secret that may be two while it is changed: the first signs, all verify."""
    return tuple(part for part in text.split(",") if part)


def _hook(settings: Settings, name: str) -> str:
    return f"{settings.public_url.rstrip('/')}/hooks/{name}"


def _momo(settings: Settings, transport: Transport) -> Momo:
    return Momo(
        partner_code=settings.momo_partner_code,
        access_key=settings.momo_access_key,
        secret_keys=secrets_of(settings.momo_secret),
        base_url=settings.partner("MOMO_URL"),
        notify_url=_hook(settings, "momo"),
        transport=transport,
    )


def _zalopay(settings: Settings, transport: Transport) -> ZaloPay:
    return ZaloPay(
        app_id=int(settings.zalopay_app_id),
        key1=settings.zalopay_key1,
        keys2=secrets_of(settings.zalopay_key2),
        base_url=settings.partner("ZALOPAY_URL"),
        notify_url=_hook(settings, "zalopay"),
        transport=transport,
    )


def _payos(settings: Settings, transport: Transport) -> PayOs:
    return PayOs(
        client_id=settings.payos_client_id,
        api_key=settings.payos_api_key,
        checksum_keys=secrets_of(settings.payos_checksum_key),
        base_url=settings.partner("PAYOS_URL"),
        transport=transport,
    )


def _casso(settings: Settings, transport: Transport) -> Casso:
    return Casso(
        secret_keys=secrets_of(settings.casso_secret),
        api_key=settings.casso_api_key,
        base_url=settings.partner("CASSO_URL"),
        transport=transport,
    )


def _viettel_qr(settings: Settings, transport: Transport) -> ViettelQr:
    return ViettelQr(
        merchant_code=settings.viettel_qr_merchant_code,
        access_code=settings.viettel_qr_access_code,
        hash_keys=secrets_of(settings.viettel_qr_hash_key),
        search_url=settings.partner("VIETTEL_QR_URL"),
        contract=settings.viettel_qr_contract,
        transport=transport,
    )


def _keypay(settings: Settings, transport: Transport) -> KeyPay:
    return KeyPay(
        client_id=settings.keypay_client_id,
        key1=settings.keypay_key1,
        keys2=secrets_of(settings.keypay_key2),
        create_url=settings.partner("KEYPAY_URL"),
        detail_url=settings.partner("KEYPAY_DETAIL_URL"),
        transport=transport,
    )


def _stripe_shaped(settings: Settings, transport: Transport) -> StripeShaped:
    return StripeShaped(
        secret_key=settings.stripe_shaped_secret_key,
        webhook_secrets=secrets_of(settings.stripe_shaped_webhook_secret),
        base_url=settings.partner("STRIPE_SHAPED_URL"),
        transport=transport,
    )


def _paygov(settings: Settings, transport: Transport) -> PayGov:
    return PayGov(
        key_id=settings.paygov_key_id,
        secret_keys=secrets_of(settings.paygov_secret),
        base_url=settings.partner("PAYGOV_URL"),
        notify_url=_hook(settings, "paygov"),
        transport=transport,
    )


def _vnpt_pay(settings: Settings, transport: Transport) -> VnptPay:
    return VnptPay(
        secret_keys=secrets_of(settings.vnpt_pay_secret),
        base_url=settings.partner("VNPT_PAY_URL"),
        notify_url=_hook(settings, "vnpt_pay"),
        transport=transport,
    )


_MAKERS: Mapping[str, Callable[[Settings, Transport], Any]] = {
    "momo": _momo,
    "zalopay": _zalopay,
    "payos": _payos,
    "casso": _casso,
    "viettel_qr": _viettel_qr,
    "keypay": _keypay,
    "stripe_shaped": _stripe_shaped,
    "paygov": _paygov,
    "vnpt_pay": _vnpt_pay,
}
