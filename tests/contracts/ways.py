"""How a payer and a portal act at each way to pay, so that one suite runs over all of them."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import requests

import payments
from payments.gateways.protocol import Order, RefundOrder
from payments.models import Attempt, Transaction
from payments.money import Money
from tests.engines import NAMES, Engines
from tests.payments.committing import Books
from tests.payments.gates import GATE_KEYS
from tests.payments.loopback import Town, town
from tests.payments.scene import ACCOUNT

GATES = tuple(GATE_KEYS)
CASES = [(way, engine) for way in ("vnpay", "vietqr", "casso", *GATES) for engine in NAMES]


@dataclass
class Way:
    """A gateway, the provider that reports it, and how a payer acts at it."""

    town: Town
    gateway: Any
    provider: str

    def order(self, session: Any, request: Any, key: str = "k1") -> tuple[str, Order]:
        """Make an attempt; return its id and what the gateway is told."""
        now = datetime.now(UTC)
        began = payments.start_attempt(
            session,
            request_id=request.id,
            gateway=self.gateway.name,
            capabilities=self.gateway.capabilities,
            key=key,
            now=now,
        )
        back = f"{self.town.portal}/pay/return/{self.gateway.name}"
        order = payments.order_of(session, attempt_id=began.attempt_id, return_url=back, payer_ip="127.0.0.1")
        return began.attempt_id, order

    def begin(self, session: Any, request: Any, key: str = "k1") -> Attempt:
        """Make an attempt, call the gateway, record what it said."""
        attempt_id, order = self.order(session, request, key)
        now = datetime.now(UTC)
        started = self.gateway.create(order, now=now)
        return payments.record_started(session, attempt_id=attempt_id, started=started, now=now)

    def visit(self, started: Any) -> None:
        """Open the provider's page, or scan its code."""
        if self.gateway.name == "viettel_qr":
            assert self.town.post("/viettel_qr/scan", data={"payload": started.qr}).status_code == 303
            return
        page = requests.get(started.redirect_url, timeout=10)
        assert page.status_code == 200, page.text

    def pay(self, attempt: Attempt, *, amount: int | None = None) -> requests.Response:
        """Pay at the provider's page, or by scanning."""
        if attempt.redirect_url or self.gateway.name == "viettel_qr":
            self.visit(attempt)
            return self.act(attempt, "pay" if amount is None else "pay_other", amount=str(amount or ""))
        code = payments.read_vietqr(attempt.qr or "")
        shown = self.town.post("/bank/read", data={"payload": attempt.qr})
        assert f'value="{code.purpose}"' in shown.text
        return self.town.post(
            "/bank/pay",
            data={"account": code.account, "amount": str(amount or code.amount_minor), "memo": code.purpose},
        )

    @property
    def feed(self) -> str:
        """Return who reports the lines of the bank account."""
        return "casso" if self.provider == "casso" else "sepay"

    @property
    def hints(self) -> bool:
        """Say whether a notice of this provider is no proof, so that money is booked after a query only."""
        return self.gateway.name in ("viettel_qr", "keypay")

    @property
    def tries(self) -> int:
        """Return how often a question is asked before it has no answer."""
        return 3 if self.gateway.name == "payos" else 1

    @property
    def tells_failures(self) -> bool:
        """Say whether a refusal is told by a notice, too."""
        return self.gateway.name not in ("zalopay", "payos", "viettel_qr")

    def heard(self, count: int) -> list[str]:
        """Wait for so many notices, ask what they make due, and return their verdicts."""
        verdicts = self.town.heard(count)
        if self.hints:
            self.ask_what_is_due(datetime.now(UTC))
        return verdicts

    def expected(self, *verdicts: str) -> list[str]:
        """Return these verdicts as this provider's notices get them: a hint is recorded until a query has booked."""
        return ["recorded" if self.hints and one == "seen" else one for one in verdicts]

    def ask_what_is_due(self, now: datetime) -> int:
        """Do the janitor's work at this time; return how many questions it asked."""
        for number in range(10):
            with self.town.books.begin() as session:
                asking = payments.claim_query(session, now=now)
            if asking is None:
                return number
            finding = self.gateway.query(asking, now=datetime.now(UTC))
            with self.town.books.begin() as session:
                payments.record_finding(session, asked=asking, finding=finding, now=now, actor="worker")
        raise AssertionError("the same question again and again")

    def act(self, attempt: Attempt, what: str, **more: str) -> requests.Response:
        """Press one of the buttons of the provider's page."""
        return self.town.post(f"/{self.provider}/pay/{attempt.merchant_ref}", data={"do": what, **more})


@contextmanager
def open_way(engines: Engines, folder: Path, name: str, engine: str) -> Iterator[Way]:
    """Open a portal with real commits and its partners; give one way to pay there."""
    made = Books(engines.fresh(engine))
    with town(made, folder) as opened:
        yield way_in(opened, name)
    made.close()


def way_in(place: Town, name: str) -> Way:
    """Return one way to pay of a town."""
    first = {"vnpay": (place.vnpay, "vnpay"), "vietqr": (place.vietqr, "sepay"), "casso": (place.vietqr, "casso")}
    if name == "casso":
        assert place.post("/bank/watch", json={"account": ACCOUNT, "feed": "casso"}).status_code == 200
    gateway, provider = first[name] if name in first else (place.gates[name], name)
    return Way(place, gateway, provider)


def refund_order(session: Any, attempt_id: str, amount: int, ref: str = "r1") -> RefundOrder:
    """Return an order to give back a part of the one payment that there is."""
    money = session.query(Transaction).one()
    attempt = payments.get_attempt(session, attempt_id)
    return RefundOrder(
        refund_ref=ref, merchant_ref=attempt.merchant_ref, provider_ref=attempt.provider_ref,
        provider_txn_id=money.provider_txn_id, amount=Money(amount), paid=Money(money.amount_minor),
        paid_at=money.paid_at, created_at=attempt.created_at, sent_at=datetime.now(UTC),
    )  # fmt: skip
