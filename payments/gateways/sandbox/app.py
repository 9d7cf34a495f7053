"""The stand-ins as one WSGI app, to be mounted on a loopback port of its own."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from werkzeug.exceptions import HTTPException
from werkzeug.routing import Map, Rule
from werkzeug.wrappers import Request, Response

from payments.gateways.sandbox.bank import BankSandbox
from payments.gateways.sandbox.casso import CassoSandbox
from payments.gateways.sandbox.control import control, log
from payments.gateways.sandbox.keypay import KeyPaySandbox
from payments.gateways.sandbox.momo import MomoSandbox
from payments.gateways.sandbox.orders import OrderSandbox
from payments.gateways.sandbox.paygov import PayGovSandbox
from payments.gateways.sandbox.payos import PayOsSandbox
from payments.gateways.sandbox.sending import Sending
from payments.gateways.sandbox.settlement import SettlementSandbox
from payments.gateways.sandbox.state import State
from payments.gateways.sandbox.statements import StatementSandbox
from payments.gateways.sandbox.stripe_shaped import StripeShapedSandbox
from payments.gateways.sandbox.viettel_qr import ViettelQrSandbox
from payments.gateways.sandbox.vnpay import VnPaySandbox
from payments.gateways.sandbox.vnpt_pay import VnptPaySandbox
from payments.gateways.sandbox.zalopay import ZaloPaySandbox

if TYPE_CHECKING:
    from _typeshed.wsgi import StartResponse, WSGIEnvironment

# As the providers repeat, with a minute turned into a second.
VNPAY_RETRY_SECONDS: Final = (5.0,) * 10
SEPAY_RETRY_SECONDS: Final = (1.0, 1.0, 2.0, 3.0, 5.0, 8.0, 13.0)
_MOST_BODY: Final = 256 * 1024

_ORDERS: Final[tuple[type[OrderSandbox], ...]] = (
    MomoSandbox, ZaloPaySandbox, PayOsSandbox, KeyPaySandbox, StripeShapedSandbox, ViettelQrSandbox, PayGovSandbox,
    VnptPaySandbox,
)  # fmt: skip
_RULES: Final = (
    Rule("/vnpay/pay", endpoint="vnpay_page", methods=["GET"]),
    Rule("/vnpay/pay/<txn_ref>", endpoint="vnpay_decide", methods=["POST"]),
    Rule("/vnpay/api", endpoint="vnpay_querydr", methods=["POST"]),
    Rule("/bank/", endpoint="bank_home", methods=["GET"]),
    Rule("/bank/read", endpoint="bank_read", methods=["POST"]),
    Rule("/bank/pay", endpoint="bank_pay", methods=["POST"]),
    Rule("/bank/transfer", endpoint="bank_transfer", methods=["POST"]),
    Rule("/bank/watch", endpoint="bank_watch", methods=["POST"]),
    Rule("/casso/transactions", endpoint="casso_list", methods=["GET"]),
    Rule("/sepay/userapi/transactions/list", endpoint="sepay_list", methods=["GET"]),
    Rule("/_control/<provider>", endpoint="control", methods=["POST"]),
    Rule("/_log/<provider>", endpoint="log", methods=["GET"]),
    Rule("/_settlement/bank", endpoint="bank_day", methods=["GET"]),
    Rule("/_settlement/<provider>", endpoint="settlement", methods=["GET"]),
)
PATHS: Final = (
    "/vnpay/", "/bank/", "/sepay/", "/casso/", "/_control/", "/_log/", "/_settlement/",
    *(f"/{one.name}/" for one in _ORDERS),
)  # fmt: skip


class SandboxApp:
    """The WSGI app, and the threads that send its notices until it is closed."""

    def __init__(
        self,
        state: State,
        vnpay: VnPaySandbox,
        bank: BankSandbox,
        casso: CassoSandbox,
        orders: tuple[OrderSandbox, ...] = (),
    ) -> None:
        self._sending = Sending(
            state, {"vnpay": vnpay, "sepay": bank, "casso": casso, **{one.name: one for one in orders}}
        )
        rules = [rule.empty() for rule in _RULES]
        self._views: dict[str, Callable[..., Response]] = {
            "vnpay_page": vnpay.pay_page,
            "vnpay_decide": vnpay.decide,
            "vnpay_querydr": vnpay.querydr,
            "bank_home": bank.home,
            "bank_read": bank.read,
            "bank_pay": bank.pay,
            "bank_transfer": bank.transfer,
            "sepay_list": bank.statement,
            "bank_watch": bank.watch,
            "casso_list": casso.statement,
            "control": lambda request, provider: control(state, request, provider),
            "log": lambda _request, provider: log(state, provider),
            "settlement": SettlementSandbox(state).day_file,
            "bank_day": StatementSandbox(state).day_file,
        }
        for one in orders:
            for number, (method, path, view) in enumerate(one.rules()):
                rules.append(Rule(f"/{one.name}{path}", endpoint=f"{one.name}_{number}", methods=[method]))
                self._views[f"{one.name}_{number}"] = view
        self._routes = Map(rules)

    def __call__(self, environ: WSGIEnvironment, start_response: StartResponse) -> Iterable[bytes]:
        """Answer one request."""
        request = Request(environ)
        request.max_content_length = _MOST_BODY
        try:
            endpoint, values = self._routes.bind_to_environ(environ).match()
            response: Any = self._views[endpoint](request, **values)
        except HTTPException as refusal:
            response = refusal
        answer: Iterable[bytes] = response(environ, start_response)
        return answer

    def close(self) -> None:
        """Stop sending; what is due stays in the state file."""
        self._sending.close()


def make_app(
    *,
    state_path: Path,
    portal_url: str,
    keys: Mapping[str, Mapping[str, str]],
    now: Callable[[], datetime] = lambda: datetime.now(UTC),
    vnpay_retry_seconds: tuple[float, ...] = VNPAY_RETRY_SECONDS,
    sepay_retry_seconds: tuple[float, ...] = SEPAY_RETRY_SECONDS,
    retry_seconds: tuple[float, ...] | None = None,
) -> SandboxApp:
    """Make the stand-ins: keys = {"vnpay": {"tmn_code", "secret"}, "sepay": {"secret", "token"}, …}, demo keys only.

    Those whose keys are given are there; notices go to portal_url + /hooks/…. `retry_seconds` is for the others than
    VNPay and SePay; None: as each provider repeats.
    """
    state = State(state_path)
    vnpay = VnPaySandbox(
        state,
        portal_url=portal_url,
        tmn_code=keys["vnpay"]["tmn_code"],
        secret=keys["vnpay"]["secret"],
        now=now,
        retry_seconds=vnpay_retry_seconds,
    )
    bank = BankSandbox(
        state,
        portal_url=portal_url,
        secret=keys["sepay"]["secret"],
        token=keys["sepay"]["token"],
        now=now,
        retry_seconds=sepay_retry_seconds,
    )
    orders = tuple(
        one(state, portal_url=portal_url, keys=keys[one.name], now=now, retry_seconds=retry_seconds)
        for one in _ORDERS
        if one.name in keys
    )
    casso = CassoSandbox(
        state,
        portal_url=portal_url,
        keys=keys.get("casso", {"secret": "demo", "api_key": "demo"}),
        now=now,
        retry_seconds=retry_seconds,
    )
    return SandboxApp(state, vnpay, bank, casso, orders)
