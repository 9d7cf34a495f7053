"""What every provider looks like from our side.

A Gateway makes a way to pay and may be asked about it; a Sender reads and answers a provider's notices; a Statement
lists a bank account's lines. One class may be several of them. Reading a notice is pure; create and query may call out
and are never called inside a transaction. Sum and outcome words: payments.md section 9.

Giving money back: `refund` sends a RefundOrder once, under its own `refund_ref`; whatever is not clear raises NoAnswer,
and from then on only `query_refund` is called with the same order. Both give a RefundFinding. A gateway whose
capabilities say BY_HAND or NONE raises NotSupported from both; then somebody transfers the sum.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from typing import Protocol

from payments.money import Money

WEB_SECONDS = 8.0
WORKER_SECONDS = 30.0
MOST_BYTES = 256 * 1024
MOST_REFERENCE = 64
# The reason of an outcome where the provider refuses our keys or our messages: an alarm.
MISCONFIGURED = "configuration"


class Outcome(StrEnum):
    """What a provider says about one attempt; a hint is no proof and only starts a query."""

    PAID = "paid"
    FAILED = "failed"
    CANCELED = "canceled"
    EXPIRED = "expired"
    PENDING = "pending"
    UNKNOWN = "unknown"
    HINT = "hint"


class Authenticity(StrEnum):
    """The first of the five checks."""

    AUTHENTIC = "authentic"
    NOT_AUTHENTIC = "not_authentic"
    UNREADABLE = "unreadable"


class Verdict(StrEnum):
    """What the five checks decide; each provider spells it in its own answer."""

    NOT_AUTHENTIC = "not_authentic"
    UNREADABLE = "unreadable"
    ORDER_UNKNOWN = "order_unknown"
    AMOUNT_DIFFERS = "amount_differs"
    SEEN = "seen"
    RECORDED = "recorded"
    OUR_FAULT = "our_fault"


class RefundWay(StrEnum):
    """How money can go back by this way."""

    FULL = "full"
    PARTIAL = "partial"
    ASYNCHRONOUS = "asynchronous"
    BY_HAND = "by_hand"
    NONE = "none"


class RefundOutcome(StrEnum):
    """What a provider says about money that goes back; not_found is no proof that it never will."""

    DONE = "done"
    PENDING = "pending"
    FAILED = "failed"
    UNKNOWN = "unknown"
    NOT_FOUND = "not_found"


@dataclass(frozen=True, slots=True)
class Capabilities:
    """What a gateway can do; least and most are what it takes in one payment.

    `numeric_ref`: its own field for our reference takes a number only, so the reference is one. `last_refund_only`: it
    tells of a payment's last refund alone, so that they are sent one after the other. `built_here`: making a way
    to pay calls nobody.
    """

    redirect: bool
    qr: bool
    notice: bool
    query: bool
    refund: RefundWay
    cancel: bool
    any_amount: bool
    least: Money
    most: Money
    simulated: bool = False
    numeric_ref: bool = False
    last_refund_only: bool = False
    built_here: bool = False


@dataclass(frozen=True, slots=True)
class Order:
    """One attempt as a provider must know it; holds no word about the payer but the address of the browser."""

    merchant_ref: str
    amount: Money
    code: str
    bank_bin: str
    bank_account: str
    created_at: datetime
    expires_at: datetime
    return_url: str
    payer_ip: str
    language: str = "vi"


@dataclass(frozen=True, slots=True)
class Started:
    """How the payer goes on: an address to visit, or the text of a QR."""

    redirect_url: str | None
    qr: str | None
    provider_ref: str | None
    expires_at: datetime


@dataclass(frozen=True, slots=True)
class Due:
    """What is to be paid under a reference, and the payment code of its request."""

    amount: Money
    code: str


@dataclass(frozen=True, slots=True)
class Asked:
    """What is needed to ask a provider about an attempt by our own reference; `withdrawn`: nobody shall pay it now."""

    attempt_id: str
    lease_no: int
    gateway: str
    merchant_ref: str
    amount: Money
    created_at: datetime
    provider_ref: str | None = None
    withdrawn: bool = False


@dataclass(frozen=True, slots=True)
class Finding:
    """What a provider says, in our words; paid_at is aware UTC.

    `more` holds the further payments of one order, where a provider may be paid several times for one.
    """

    outcome: Outcome
    reason: str = ""
    merchant_ref: str | None = None
    provider_txn_id: str | None = None
    amount: Money | None = None
    paid_at: datetime | None = None
    more: tuple[Finding, ...] = ()


@dataclass(frozen=True, slots=True)
class RefundOrder:
    """A sum to give back of one payment; `refund_ref` is ours and unique for ever, `created_at` the attempt's time.

    `sent_at` is when it was first sent, the same at every question about it.
    """

    refund_ref: str
    merchant_ref: str
    provider_ref: str | None
    provider_txn_id: str
    amount: Money
    paid: Money
    paid_at: datetime
    created_at: datetime
    sent_at: datetime

    @property
    def whole(self) -> bool:
        """Say whether all that was paid goes back."""
        return self.amount == self.paid


@dataclass(frozen=True, slots=True)
class RefundFinding:
    """What a provider says about a refund: its own number for it, and when the money left (aware UTC).

    `of_last`: it told of what happened to the payment last: perhaps of another refund than the one asked about, and
    where it names none, one may have been taken all the same.
    """

    outcome: RefundOutcome
    reason: str = ""
    provider_ref: str | None = None
    at: datetime | None = None
    of_last: bool = False


@dataclass(frozen=True, slots=True)
class BankLine:
    """One line of a bank account as a feed reports it; number orders the provider's lines.

    `reference` is the bank's own, the same in every report of this line; empty where the feed does not say it.
    """

    number: int
    account: str
    incoming: bool
    amount: Money
    paid_at: datetime
    memo: str
    code_hint: str | None
    balance_after_minor: int | None
    reference: str = ""


@dataclass(frozen=True, slots=True)
class Raw:
    """A notice as it arrived: header names in lower case, query and body untouched."""

    method: str
    headers: Mapping[str, str]
    query: bytes
    body: bytes = field(repr=False)


@dataclass(frozen=True, slots=True)
class Notice:
    """A notice as read: its authenticity, and what it says about an attempt or a bank account.

    `moneyless`: authentic, and about nothing that could be booked: a provider's test call, an agreement.
    """

    authenticity: Authenticity
    finding: Finding | None = None
    line: BankLine | None = None
    moneyless: bool = False


@dataclass(frozen=True, slots=True)
class Reply:
    """What is sent back to the provider."""

    status: int
    content_type: str
    body: bytes


class Gateway(Protocol):
    """A way to pay one request."""

    @property
    def name(self) -> str:
        """Return the name that rows and routes use."""
        ...

    @property
    def capabilities(self) -> Capabilities:
        """Return what it can do."""
        ...

    def create(self, order: Order, *, now: datetime) -> Started:
        """Make the way to pay.

        Raises ProviderRefused for a definite no, and NoAnswer when the outcome is not known: then query, never create
        again.
        """
        ...

    def query(self, asked: Asked, *, now: datetime, seconds: float = WORKER_SECONDS) -> Finding:
        """Ask the provider by our reference; raises NoAnswer, or NotSupported where there is nobody to ask."""
        ...

    def refund(self, order: RefundOrder, *, now: datetime, seconds: float = WORKER_SECONDS) -> RefundFinding:
        """Have a sum given back; raises NoAnswer when it is not known whether it will be, or NotSupported."""
        ...

    def query_refund(self, order: RefundOrder, *, now: datetime, seconds: float = WORKER_SECONDS) -> RefundFinding:
        """Ask how a refund that was sent stands; raises NoAnswer or NotSupported."""
        ...


class Withdrawing(Gateway, Protocol):
    """A way to pay whose provider closes an order when we say so: `capabilities.cancel`."""

    def cancel(self, asked: Asked, *, now: datetime, seconds: float = WORKER_SECONDS) -> Finding:
        """Close the order and say where it stands then: money that came first is told; raises as `query`."""
        ...


class Sender(Protocol):
    """A provider that sends us notices."""

    @property
    def provider(self) -> str:
        """Return the provider's name, as in /hooks/{provider}."""
        ...

    @property
    def kept_headers(self) -> frozenset[str]:
        """Return the headers that its signature needs, in lower case; no others are stored."""
        ...

    def parse_notice(self, raw: Raw, *, now: datetime) -> Notice:
        """Read and verify a notice as of the time it arrived; never raises for anything that was sent."""
        ...

    def reply(self, verdict: Verdict) -> Reply:
        """Return the provider's own spelling of a verdict."""
        ...


class Statement(Protocol):
    """A provider that lists the lines of a bank account."""

    @property
    def provider(self) -> str:
        """Return the provider's name."""
        ...

    def lines(
        self, account: str, *, after: int | None, since: datetime | None = None, seconds: float = WORKER_SECONDS
    ) -> tuple[BankLine, ...]:
        """Return the account's lines after a number, in order; all that came until `since` are known.

        Raises NoAnswer.
        """
        ...
