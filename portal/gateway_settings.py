"""The settings of gateways that an installation may have or not: in production one is there when its address is given.

Outside production all are, at their stand-ins; a simulation's wire is ours alone and never starts in production.
"""

from collections.abc import Mapping
from dataclasses import dataclass

from portal.setting import Key


@dataclass(frozen=True, slots=True)
class GatewaySettings:
    """One gateway: its addresses with the stand-in's path of each, and its other settings."""

    addresses: Mapping[str, str]
    keys: tuple[Key, ...]
    simulated: bool = False


def _address(name: str, what: str) -> Key:
    return Key(name, f"{what}; the sandbox's when empty, none in production", "")


def _secret(name: str, what: str, *, of: str) -> Key:
    return Key(name, what, secret=True, needed_with=of)


GATEWAYS: Mapping[str, GatewaySettings] = {
    "momo": GatewaySettings(
        {"MOMO_URL": "/momo"},
        (
            _address("MOMO_URL", "MoMo's interface"),
            Key("MOMO_PAGES", "Origins of MoMo's pages, separated by commas; that of MOMO_URL when empty", ""),
            Key("MOMO_PARTNER_CODE", "The partner code at MoMo", "MOMODEMO"),
            _secret("MOMO_ACCESS_KEY", "MoMo's access key", of="MOMO_URL"),
            _secret("MOMO_SECRET", "Signs MoMo's messages", of="MOMO_URL"),
        ),
    ),
    "zalopay": GatewaySettings(
        {"ZALOPAY_URL": "/zalopay"},
        (
            _address("ZALOPAY_URL", "ZaloPay's interface"),
            Key("ZALOPAY_PAGES", "Origins of ZaloPay's pages, separated by commas; that of ZALOPAY_URL when empty", ""),
            Key("ZALOPAY_APP_ID", "The app's number at ZaloPay", "2553"),
            _secret("ZALOPAY_KEY1", "Signs what is sent to ZaloPay", of="ZALOPAY_URL"),
            _secret("ZALOPAY_KEY2", "Signs ZaloPay's callbacks", of="ZALOPAY_URL"),
        ),
    ),
    "payos": GatewaySettings(
        {"PAYOS_URL": "/payos"},
        (
            _address("PAYOS_URL", "payOS's interface"),
            Key("PAYOS_PAGES", "Origins of payOS's pages, separated by commas; that of PAYOS_URL when empty", ""),
            _secret("PAYOS_CLIENT_ID", "The channel's name at payOS", of="PAYOS_URL"),
            _secret("PAYOS_API_KEY", "The channel's key at payOS", of="PAYOS_URL"),
            _secret("PAYOS_CHECKSUM_KEY", "Signs payOS's messages", of="PAYOS_URL"),
        ),
    ),
    "casso": GatewaySettings(
        {"CASSO_URL": "/casso"},
        (
            _address("CASSO_URL", "Casso's interface, for the lines of accounts"),
            _secret("CASSO_SECRET", "Signs Casso's notices", of="CASSO_URL"),
            _secret("CASSO_API_KEY", "Lists the lines of accounts at Casso", of="CASSO_URL"),
        ),
    ),
    "viettel_qr": GatewaySettings(
        {"VIETTEL_QR_URL": "/viettel_qr/search"},
        (
            _address("VIETTEL_QR_URL", "Where Viettel tells of a payment by its QR"),
            Key("VIETTEL_QR_MERCHANT_CODE", "The merchant's code at Viettel", "MC01"),
            Key("VIETTEL_QR_CONTRACT", "`priority,version,type` of the QR, as the contract has them", "1,2.0,1"),
            _secret("VIETTEL_QR_ACCESS_CODE", "Stands in what Viettel's messages sign", of="VIETTEL_QR_URL"),
            _secret("VIETTEL_QR_HASH_KEY", "Signs Viettel's messages", of="VIETTEL_QR_URL"),
        ),
    ),
    "keypay": GatewaySettings(
        {"KEYPAY_URL": "/keypay/create", "KEYPAY_DETAIL_URL": "/keypay/detail"},
        (
            _address("KEYPAY_URL", "Where KeyPay takes orders"),
            _address("KEYPAY_DETAIL_URL", "Where KeyPay tells of an order"),
            Key("KEYPAY_PAGES", "Origins of KeyPay's pages, separated by commas; that of KEYPAY_URL when empty", ""),
            Key("KEYPAY_CLIENT_ID", "The client's name at KeyPay", "HPG01"),
            _secret("KEYPAY_KEY1", "Signs what is sent to KeyPay", of="KEYPAY_URL"),
            _secret("KEYPAY_KEY2", "Signs KeyPay's notices", of="KEYPAY_URL"),
            Key("KEYPAY_BILLS_FROM", "Addresses or networks, with commas, that may look bills up at the portal", ""),
        ),
    ),
    "stripe_shaped": GatewaySettings(
        {"STRIPE_SHAPED_URL": "/stripe_shaped"},
        (
            _address("STRIPE_SHAPED_URL", "The Stripe-shaped gateway's interface"),
            Key("STRIPE_SHAPED_PAGES", "Origins of its pages, separated by commas; that of its address when empty", ""),
            _secret("STRIPE_SHAPED_SECRET_KEY", "The account's key there", of="STRIPE_SHAPED_URL"),
            _secret("STRIPE_SHAPED_WEBHOOK_SECRET", "Signs its events", of="STRIPE_SHAPED_URL"),
        ),
    ),
    "paygov": GatewaySettings(
        {"PAYGOV_URL": "/paygov"},
        (
            _address("PAYGOV_URL", "The simulated PayGov's interface"),
            Key("PAYGOV_PAGES", "Origins of its pages, separated by commas; that of PAYGOV_URL when empty", ""),
            Key("PAYGOV_KEY_ID", "The partner's key there", "demo-paygov"),
            _secret("PAYGOV_SECRET", "Signs the simulated PayGov's messages", of="PAYGOV_URL"),
        ),
        simulated=True,
    ),
    "vnpt_pay": GatewaySettings(
        {"VNPT_PAY_URL": "/vnpt_pay"},
        (
            _address("VNPT_PAY_URL", "The simulated VNPT Pay's interface"),
            Key("VNPT_PAY_PAGES", "Origins of its pages, separated by commas; that of VNPT_PAY_URL when empty", ""),
            _secret("VNPT_PAY_SECRET", "Signs the simulated VNPT Pay's messages", of="VNPT_PAY_URL"),
        ),
        simulated=True,
    ),
}
GATEWAY_KEYS: tuple[Key, ...] = tuple(key for gateway in GATEWAYS.values() for key in gateway.keys)


def sandbox_keys(values: Mapping[str, str]) -> dict[str, dict[str, str]]:
    """Return what the stand-ins know of each gateway: its settings by their names without the gateway's."""
    return {
        name: {
            key.name.removeprefix(f"{name.upper()}_").lower(): values[key.name].split(",")[0]
            for key in one.keys
            if key.name not in one.addresses
        }
        for name, one in GATEWAYS.items()
    }


def gateway_problems(values: Mapping[str, str], *, loopback: tuple[str, ...]) -> list[str]:
    """Return what a production start refuses: simulations, sandboxes, half an address, the demo's names."""
    problems = []
    if not values["ZALOPAY_APP_ID"].isascii() or not values["ZALOPAY_APP_ID"].isdigit():
        problems.append("ZALOPAY_APP_ID is no number")
    for name, one in GATEWAYS.items():
        given = {address: values[address] for address in one.addresses if values[address]}
        if given and one.simulated:
            problems += [f"{address} is given, but {name} is a simulation" for address in given]
            continue
        problems += [
            f"{address} points to a sandbox on this machine, or is not https"
            for address, value in given.items()
            if not value.startswith("https://") or value.startswith(loopback)
        ]
        if given:
            problems += [
                f"{address} is missing: {name} needs it too" for address in one.addresses if address not in given
            ]
            problems += [
                f"{key.name} is the demo's: {key.what}"
                for key in one.keys
                if not key.secret and key.default and values[key.name] == key.default
            ]
    return problems
