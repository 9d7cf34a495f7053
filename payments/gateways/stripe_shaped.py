"""A Stripe-shaped gateway, called by our own client: sessions, events, refunds (payment-protocols.md section D9).

The same adapter reaches Stripe and whatever speaks as it does. An event is believed only when just signed, and money
only when the session says that it is paid.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from typing import Any, Final

from payments.client import Client, Object, Reply, webhooks
from payments.client.errors import (
    ApiError,
    AuthenticationFailed,
    BodyUnreadable,
    ClientError,
    InvalidRequest,
    NotFound,
    PermissionRefused,
    WebhookRefused,
)
from payments.client.transport import NoAnswer as NothingHeard
from payments.errors import BadAnswer, GatewayMisconfigured, NoAnswer, ProviderRefused
from payments.gateways.asking import compact, page_of
from payments.gateways.http import Transport
from payments.gateways.protocol import (
    MISCONFIGURED,
    WEB_SECONDS,
    WORKER_SECONDS,
    Asked,
    Authenticity,
    Capabilities,
    Finding,
    Notice,
    Order,
    Outcome,
    Raw,
    RefundFinding,
    RefundOrder,
    RefundOutcome,
    RefundWay,
    Started,
    Verdict,
)
from payments.gateways.protocol import Reply as HookReply
from payments.gateways.wire import Unreadable, text_of, whole_of
from payments.money import LEAST_MINOR, MOST_MINOR, Money

_SESSIONS, _REFUNDS, _CURRENCY = "/v1/checkout/sessions", "/v1/refunds", "vnd"
# A session lasts half an hour at least; a minute more, since clocks differ.
_LEAST_LASTS: Final = timedelta(minutes=31)
_CLOCKS_DIFFER: Final = timedelta(minutes=5)
_PAGE, _MOST_PAGES = 100, 20
_TOLD: Final = {
    "checkout.session.completed": "",
    "checkout.session.async_payment_succeeded": "",
    "checkout.session.async_payment_failed": "failed",
    "checkout.session.expired": "expired",
}
_REFUND_STATUS: Final = {
    "succeeded": RefundOutcome.DONE,
    "pending": RefundOutcome.PENDING,
    "requires_action": RefundOutcome.PENDING,
    "failed": RefundOutcome.FAILED,
    "canceled": RefundOutcome.FAILED,
}
_STATUS: Final = {Verdict.NOT_AUTHENTIC: 400, Verdict.UNREADABLE: 400, Verdict.OUR_FAULT: 500}

_CAPABILITIES: Final = Capabilities(
    redirect=True,
    qr=False,
    notice=True,
    query=True,
    refund=RefundWay.PARTIAL,
    cancel=False,
    any_amount=False,
    least=Money(LEAST_MINOR),
    most=Money(MOST_MINOR),
)


class StripeShaped:
    """One account at a Stripe-shaped gateway; of several webhook secrets any verifies."""

    name: Final = "stripe_shaped"
    provider: Final = "stripe_shaped"
    kept_headers: Final = frozenset({"stripe-signature"})
    capabilities: Final = _CAPABILITIES

    def __init__(
        self, *, secret_key: str, webhook_secrets: tuple[str, ...], base_url: str, transport: Transport
    ) -> None:
        """Take the account's key, the secrets of its messages, and the interface's address."""
        self._key = secret_key
        self._secrets = webhook_secrets
        self._base_url = base_url
        self._transport = transport

    def __repr__(self) -> str:
        """Show no key."""
        return "StripeShaped()"

    def create(self, order: Order, *, now: datetime) -> Started:
        """Have a session made; our reference is its idempotency key, so that no call could make a second one."""
        expires_at = max(order.expires_at, now + _LEAST_LASTS)
        price = {
            "currency": _CURRENCY,
            "unit_amount": order.amount.amount_minor,
            "product_data": {"name": order.code},
        }
        values = {
            "mode": "payment",
            "line_items": [{"price_data": price, "quantity": 1}],
            "client_reference_id": order.merchant_ref,
            "success_url": order.return_url,
            "cancel_url": order.return_url,
            "expires_at": expires_at,
        }
        try:
            with self._calling(WEB_SECONDS) as client:
                session = client.call("POST", _SESSIONS, values, idempotency_key=order.merchant_ref)
        except GatewayMisconfigured:
            raise ProviderRefused(gateway=self.name, reason=MISCONFIGURED) from None
        except InvalidRequest as fault:
            raise ProviderRefused(gateway=self.name, reason=fault.code or "invalid_request") from None
        try:
            if session.get("client_reference_id") != order.merchant_ref:
                raise Unreadable("another order")
            return Started(page_of(session, "url"), None, text_of(session, "id", most=100), expires_at)
        except Unreadable as fault:
            raise BadAnswer(reason="unreadable") from fault

    def parse_notice(self, raw: Raw, *, now: datetime) -> Notice:
        """Read an event: only sessions matter here, and of these only what says how they ended."""
        try:
            event = webhooks.read(raw.body, raw.headers.get("stripe-signature"), self._secrets, now=now)
        except BodyUnreadable:
            return Notice(Authenticity.UNREADABLE)
        except WebhookRefused:
            return Notice(Authenticity.NOT_AUTHENTIC)
        if event.get("type") not in _TOLD:
            return Notice(Authenticity.AUTHENTIC, moneyless=True)
        try:
            session = (event.get("data") or {}).get("object")
            if not isinstance(session, Mapping):
                raise Unreadable("data.object")
            at = datetime.fromtimestamp(whole_of(event, "created"), UTC)
            return Notice(Authenticity.AUTHENTIC, finding=_finding(session, ended=_TOLD[event["type"]], at=at))
        except (Unreadable, ValueError, OverflowError, OSError):
            return Notice(Authenticity.UNREADABLE)

    def reply(self, verdict: Verdict) -> HookReply:
        """Answer with a status: 200 ends the repeats."""
        return HookReply(_STATUS.get(verdict, 200), "application/json", compact({"received": verdict not in _STATUS}))

    def query(self, asked: Asked, *, now: datetime, seconds: float = WORKER_SECONDS) -> Finding:
        """Ask for the session, or look for it by our reference when its id was never heard.

        Raises NoAnswer, BadAnswer, or GatewayMisconfigured when our key is refused.
        """
        try:
            with self._calling(seconds) as client:
                session = self._session(client, asked)
        except NotFound:
            session = None
        except InvalidRequest as fault:
            raise BadAnswer(reason=fault.code or "invalid_request") from None
        if session is None:
            return Finding(Outcome.PENDING, "not_found", asked.merchant_ref)
        try:
            if session.get("client_reference_id") != asked.merchant_ref:
                raise Unreadable("another order")
            ended = "expired" if session.get("status") == "expired" else ""
            return _finding(session, ended=ended, at=now)
        except Unreadable as fault:
            raise BadAnswer(reason="unreadable") from fault

    def refund(self, order: RefundOrder, *, now: datetime, seconds: float = WORKER_SECONDS) -> RefundFinding:
        """Have a sum given back; our reference is the idempotency key. Raises as `query`."""
        del now
        values = {
            "payment_intent": order.provider_txn_id,
            "amount": order.amount.amount_minor,
            "metadata": {"refund_ref": order.refund_ref},
        }
        try:
            with self._calling(seconds) as client:
                return _refunded(client.call("POST", _REFUNDS, values, idempotency_key=order.refund_ref))
        except InvalidRequest as fault:
            return RefundFinding(RefundOutcome.FAILED, (fault.code or "refused")[:60])

    def query_refund(self, order: RefundOrder, *, now: datetime, seconds: float = WORKER_SECONDS) -> RefundFinding:
        """Look among the payment's refunds for ours; raises as `query`."""
        del now
        try:
            with self._calling(seconds) as client:
                for one in _listed(client, _REFUNDS, {"payment_intent": order.provider_txn_id}):
                    if (one.get("metadata") or {}).get("refund_ref") == order.refund_ref:
                        return _refunded(one)
        except InvalidRequest as fault:
            raise BadAnswer(reason=fault.code or "invalid_request") from None
        return RefundFinding(RefundOutcome.NOT_FOUND, "not_found")

    def _session(self, client: Client, asked: Asked) -> Object | None:
        if asked.provider_ref:
            return client.call("GET", f"{_SESSIONS}/{asked.provider_ref}", {})
        since = int((asked.created_at - _CLOCKS_DIFFER).timestamp())
        for session in _listed(client, _SESSIONS, {"created": {"gte": since}}):
            if session.get("client_reference_id") == asked.merchant_ref:
                return session
        return None

    @contextmanager
    def _calling(self, seconds: float) -> Iterator[Client]:
        """Give a client that tries once, and turn what it raises into the gateways' words."""
        try:
            yield Client(self._key, self._base_url, transport=_Carried(self._transport), deadline_s=seconds, retries=0)
        except (AuthenticationFailed, PermissionRefused) as fault:
            raise GatewayMisconfigured(gateway=self.name, response_code=str(fault.status)) from None
        except ApiError as fault:
            if isinstance(fault, InvalidRequest) and fault.status in (400, 404):
                raise  # a definite no, whose meaning the call knows
            raise NoAnswer(reason=f"http_{fault.status}") from None
        except ClientError as fault:
            raise BadAnswer(reason=type(fault).__name__) from None


class _Carried:
    """Carries the client's calls by the gateways' transport."""

    def __init__(self, transport: Transport) -> None:
        self._transport = transport

    def send(self, method: str, url: str, *, headers: Mapping[str, str], body: bytes | None, timeout_s: float) -> Reply:
        """Make one call."""
        try:
            answer = self._transport.send(method, url, headers=headers, body=body or b"", seconds=timeout_s)
        except NoAnswer as fault:
            raise NothingHeard(str(fault.fields.get("reason", fault.code))) from None
        return Reply(answer.status, {}, answer.body)


def _listed(client: Client, path: str, asked: Mapping[str, Any]) -> Iterator[Object]:
    """Walk a list from its newest, so far as it can matter."""
    after: dict[str, Any] = {}
    for _ in range(_MOST_PAGES):
        page = client.call("GET", path, {"limit": _PAGE, **asked, **after})
        rows = page.get("data")
        if not isinstance(rows, tuple) or not all(isinstance(one, Object) for one in rows):
            raise BadAnswer(reason="unreadable")
        yield from rows
        if not page.get("has_more") or not rows:
            return
        after = {"starting_after": rows[-1].get("id")}
    raise BadAnswer(reason="too_many_pages")


def _finding(session: Mapping[str, Any], *, ended: str, at: datetime) -> Finding:
    """Turn a session into our words; raises Unreadable."""
    if session.get("currency") != _CURRENCY:
        raise Unreadable("currency")
    ref, amount = text_of(session, "client_reference_id", most=200), Money(whole_of(session, "amount_total"))
    if session.get("payment_status") == "paid":
        intent = session.get("payment_intent")
        if not isinstance(intent, str) or not 0 < len(intent) <= 64:
            raise Unreadable("payment_intent")
        return Finding(Outcome.PAID, "", ref, intent, amount, at)
    outcome = {"failed": Outcome.FAILED, "expired": Outcome.EXPIRED}.get(ended, Outcome.PENDING)
    return Finding(outcome, ended or "waiting", ref, amount=amount)


def _refunded(refund: Mapping[str, Any]) -> RefundFinding:
    outcome = _REFUND_STATUS.get(str(refund.get("status")), RefundOutcome.UNKNOWN)
    number = refund.get("id")
    if not isinstance(number, str):
        raise BadAnswer(reason="unreadable")
    return RefundFinding(outcome, str(refund.get("failure_reason") or ""), number[:100])
