"""Which ways to pay there are, and by which adapter each is reached. A new gateway is a row here and its settings."""

from collections.abc import Mapping
from functools import partial
from typing import TYPE_CHECKING, Any, cast
from urllib.parse import urlsplit

from payments import HttpTransport, SePay, VietQr, VnPay
from payments.gateways import test_card
from payments.gateways.clocks import Clocks
from payments.gateways.protocol import Gateway, RefundWay, Sender, Statement
from payments.gateways.test_card import TestCard
from payments.issuer import Issuer, SimulatedIssuer
from portal.config import LOOPBACK, Settings
from portal.errors import NotFound
from portal.gateway_settings import GATEWAYS
from portal.pay.adapters import make_adapters, secrets_of

if TYPE_CHECKING:
    from portal.world import World

# In the order in which payers are offered them.
WAYS = ("vietqr", "vnpay", "momo", "zalopay", "payos", "viettel_qr", "keypay", "stripe_shaped", "paygov", "vnpt_pay")
SENDERS = (
    "vnpay",
    "sepay",
    "momo",
    "zalopay",
    "payos",
    "casso",
    "viettel_qr",
    "keypay",
    "stripe_shaped",
    "paygov",
    "vnpt_pay",
)
FEEDS = ("sepay", "casso")


def make_gateways(settings: Settings, clocks: Clocks | None = None) -> Mapping[str, Any]:
    """Return every provider by its name: some are ways to pay, some send notices, some list bank lines.

    `clocks` hears of each provider's clock.
    """

    def reach(name: str) -> HttpTransport:
        return HttpTransport(heard=partial(clocks.hear, name) if clocks is not None else None)

    return {
        "vnpay": VnPay(
            tmn_code=settings.vnpay_tmn_code,
            secret_keys=secrets_of(settings.vnpay_secret),
            pay_url=settings.partner("VNPAY_URL"),
            query_url=settings.partner("VNPAY_API_URL"),
            transport=reach("vnpay"),
        ),
        "vietqr": VietQr(),
        "sepay": SePay(
            secret_keys=secrets_of(settings.sepay_secret),
            token=settings.sepay_token,
            base_url=settings.partner("SEPAY_URL"),
            transport=reach("sepay"),
        ),
        **make_adapters(settings, reach),
        **({name: TestCard(name) for name in test_card.BY_METHOD.values()} if simulated(settings) else {}),
    }


def make_issuer(settings: Settings) -> Issuer | None:
    """Return who issues invoices: a simulation; in production nobody, and numbers are entered by hand."""
    if settings.production:
        return None
    return SimulatedIssuer(url=settings.partner("INVOICE_URL"), transport=HttpTransport())


def gateway(world: "World", name: str) -> Gateway:
    """Return a way to pay; raise `NotFound` for a name that is none."""
    return cast(Gateway, _known(world, name, (*WAYS, *test_card.BY_METHOD.values())))


def refund_ways(world: "World") -> Mapping[str, RefundWay]:
    """Return how each way to pay can give money back."""
    names = (*WAYS, test_card.PAYS)
    return {name: gateway(world, name).capabilities.refund for name in names if name in world.gateways}


def one_by_one(world: "World") -> frozenset[str]:
    """Return the ways to pay at which refunds of one payment are sent one after the other."""
    return frozenset(
        name for name in WAYS if name in world.gateways and gateway(world, name).capabilities.last_refund_only
    )


def sender(world: "World", provider: str) -> Sender:
    """Return who sends us notices under this name; raise `NotFound` for a name that does not."""
    return cast(Sender, _known(world, provider, SENDERS))


def statement(world: "World", provider: str) -> Statement:
    """Return who lists an account's lines under this name; raise `NotFound` for a name that does not."""
    return cast(Statement, _known(world, provider, FEEDS))


def page_origins(settings: Settings) -> tuple[str, ...]:
    """Return the origins to which a payer's choice may lead the browser."""
    pages = [settings.partner("VNPAY_URL")]
    for name, gateway in GATEWAYS.items():
        if settings.has_gateway(name) and f"{name.upper()}_PAGES" in settings.values:
            named = settings.values[f"{name.upper()}_PAGES"] or settings.partner(next(iter(gateway.addresses)))
            pages += named.split(",")
    return tuple(dict.fromkeys(origin_of(page.strip()) for page in pages))


def origin_of(url: str) -> str:
    """Return scheme and host of an address."""
    parts = urlsplit(url)
    return f"{parts.scheme}://{parts.netloc}"


def payer_page(settings: Settings) -> str:
    """Return the address of a payer's page, with `%s` for the request's id."""
    return settings.public_url.rstrip("/") + "/pay/requests/%s"


def simulated(settings: Settings) -> bool:
    """Say whether the money is play money: outside production, at stand-ins on this machine."""
    return not settings.production and settings.partner("VNPAY_URL").startswith(LOOPBACK)


def _known(world: "World", name: str, names: tuple[str, ...]) -> Any:
    if name not in names or name not in world.gateways:
        raise NotFound
    return world.gateways[name]
