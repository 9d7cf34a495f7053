"""Which ways to pay there are, and by which adapter each is reached. A new gateway is a row here and its settings."""

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, cast
from urllib.parse import urlsplit

from payments import HttpTransport, SePay, VietQr, VnPay
from payments.gateways.protocol import Gateway, RefundWay, Sender, Statement
from portal.config import LOOPBACK, Settings
from portal.errors import NotFound

if TYPE_CHECKING:
    from portal.world import World

WAYS = ("vnpay", "vietqr")
SENDERS = ("vnpay", "sepay")
_STATEMENTS = ("sepay",)


def make_gateways(settings: Settings) -> Mapping[str, Any]:
    """Return every provider by its name: some are ways to pay, some send notices, some list bank lines."""
    transport = HttpTransport()
    return {
        "vnpay": VnPay(
            tmn_code=settings.vnpay_tmn_code,
            secret_keys=_keys(settings.vnpay_secret),
            pay_url=settings.partner("VNPAY_URL"),
            query_url=settings.partner("VNPAY_API_URL"),
            transport=transport,
        ),
        "vietqr": VietQr(),
        "sepay": SePay(
            secret_keys=_keys(settings.sepay_secret),
            token=settings.sepay_token,
            base_url=settings.partner("SEPAY_URL"),
            transport=transport,
        ),
    }


def gateway(world: "World", name: str) -> Gateway:
    """Return a way to pay; raise `NotFound` for a name that is none."""
    return cast(Gateway, _known(world, name, WAYS))


def refund_ways(world: "World") -> Mapping[str, RefundWay]:
    """Return how each way to pay can give money back."""
    return {name: gateway(world, name).capabilities.refund for name in WAYS}


def sender(world: "World", provider: str) -> Sender:
    """Return who sends us notices under this name; raise `NotFound` for a name that does not."""
    return cast(Sender, _known(world, provider, SENDERS))


def statement(world: "World", provider: str) -> Statement:
    """Return who lists an account's lines under this name; raise `NotFound` for a name that does not."""
    return cast(Statement, _known(world, provider, _STATEMENTS))


def page_origin(settings: Settings) -> str:
    """Return the origin to which the choice of VNPay leads the browser."""
    parts = urlsplit(settings.partner("VNPAY_URL"))
    return f"{parts.scheme}://{parts.netloc}"


def payer_page(settings: Settings) -> str:
    """Return the address of a payer's page, with `%s` for the request's id."""
    return settings.public_url.rstrip("/") + "/pay/requests/%s"


def simulated(settings: Settings) -> bool:
    """Say whether the money is play money: outside production, at stand-ins on this machine."""
    return not settings.production and settings.partner("VNPAY_URL").startswith(LOOPBACK)


def _keys(text: str) -> tuple[str, ...]:
    return tuple(part for part in text.split(",") if part)


def _known(world: "World", name: str, names: tuple[str, ...]) -> Any:
    if name not in names:
        raise NotFound
    return world.gateways[name]
