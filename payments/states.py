"""What may follow what (pure): a pair that is not listed is IllegalTransition, and nothing is ever deleted."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from types import MappingProxyType

from payments.errors import IllegalTransition


class RequestStatus(StrEnum):
    """Where a request to pay stands."""

    DRAFT = "draft"
    OPEN = "open"
    EXPIRED = "expired"
    PAID = "paid"
    CANCELED = "canceled"


class AttemptStatus(StrEnum):
    """Where one try to pay stands; unknown is a state, not an error."""

    CREATED = "created"
    PENDING = "pending"
    UNKNOWN = "unknown"
    SUCCEEDED = "succeeded"
    FAILED = "failed"
    CANCELED = "canceled"
    EXPIRED = "expired"


class NoticeStatus(StrEnum):
    """What became of a stored notice."""

    RECEIVED = "received"
    REFUSED = "refused"
    DUPLICATE = "duplicate"
    APPLIED = "applied"
    PARKED = "parked"


class SuspenseStatus(StrEnum):
    """What became of money that no request claims."""

    OPEN = "open"
    ASSIGNED = "assigned"
    REFUNDED = "refunded"
    ADJUSTED = "adjusted"
    PAYOUT = "payout"


class PayoutStatus(StrEnum):
    """Where the sum of one settlement batch stands."""

    EXPECTED = "expected"
    PAID = "paid"
    DIFFERS = "differs"
    MISSING = "missing"
    EXPLAINED = "explained"
    RECONCILED = "reconciled"


class DifferenceState(StrEnum):
    """Whether a row that does not agree still waits for the next file, for a person, or for nobody."""

    WAITING = "waiting"
    OPEN = "open"
    SETTLED = "settled"
    EXPLAINED = "explained"


class AdjustmentStatus(StrEnum):
    """Whether a second person has agreed to an adjustment."""

    PROPOSED = "proposed"
    APPROVED = "approved"
    REFUSED = "refused"
    WITHDRAWN = "withdrawn"


class RefundStatus(StrEnum):
    """Where money that goes back stands; by_hand waits for a person's transfer."""

    REQUESTED = "requested"
    APPROVED = "approved"
    BY_HAND = "by_hand"
    PENDING = "pending"
    UNKNOWN = "unknown"
    SUCCEEDED = "succeeded"
    FAILED = "failed"
    CANCELED = "canceled"


class ReceiptStatus(StrEnum):
    """Whether a receipt still counts."""

    ISSUED = "issued"
    VOIDED = "voided"
    REPLACED = "replaced"


class InvoiceStatus(StrEnum):
    """Where an invoice stands, from the buyer's asking on."""

    REQUESTED = "requested"
    ISSUED = "issued"
    REFUSED = "refused"
    REPLACED = "replaced"
    ADJUSTED = "adjusted"
    CANCELLED = "cancelled"


class Purpose(StrEnum):
    """What a request asks for: a charge, or an advance on charges to come."""

    CHARGE = "charge"
    ADVANCE = "advance"


class FeedStatus(StrEnum):
    """Whether a bank account's lines can be trusted to be complete."""

    LIVE = "live"
    GAP = "gap"
    CLOSED = "closed"


@dataclass(frozen=True, slots=True, eq=False)
class Table:
    """A named transition table; the key None is birth."""

    name: str
    follows: Mapping[str | None, frozenset[str]]

    def allows(self, from_status: str | None, to_status: str) -> bool:
        """Say whether the pair is listed."""
        return to_status in self.follows.get(from_status, frozenset())

    def move(self, from_status: str | None, to_status: str) -> str:
        """Return the new status, or raise IllegalTransition."""
        if not self.allows(from_status, to_status):
            raise IllegalTransition(table=self.name, from_status=from_status, to_status=to_status)
        return to_status


def _table(name: str, rows: Mapping[str | None, tuple[str, ...]]) -> Table:
    return Table(name, MappingProxyType({before: frozenset(after) for before, after in rows.items()}))


_R, _A, _N, _S, _F = RequestStatus, AttemptStatus, NoticeStatus, SuspenseStatus, FeedStatus

# A status that follows itself takes a credit that does not change it: partial, over, or money for a canceled one.
REQUEST = _table(
    "request",
    {
        None: (_R.DRAFT, _R.OPEN),
        _R.DRAFT: (_R.OPEN, _R.CANCELED),
        _R.OPEN: (_R.OPEN, _R.CANCELED, _R.EXPIRED, _R.PAID),
        _R.EXPIRED: (_R.EXPIRED, _R.OPEN, _R.CANCELED, _R.PAID),
        _R.PAID: (_R.PAID, _R.OPEN),
        _R.CANCELED: (_R.CANCELED,),
    },
)

# Money wins: a verified success may follow any end, and nothing follows a success but itself.
ATTEMPT = _table(
    "attempt",
    {
        None: (_A.CREATED,),
        _A.CREATED: (_A.PENDING, _A.FAILED, _A.UNKNOWN, _A.CANCELED, _A.SUCCEEDED),
        _A.PENDING: (_A.SUCCEEDED, _A.FAILED, _A.CANCELED, _A.EXPIRED, _A.UNKNOWN),
        _A.UNKNOWN: (_A.SUCCEEDED, _A.FAILED, _A.CANCELED, _A.EXPIRED, _A.PENDING),
        _A.FAILED: (_A.SUCCEEDED,),
        _A.CANCELED: (_A.SUCCEEDED,),
        _A.EXPIRED: (_A.SUCCEEDED,),
        _A.SUCCEEDED: (_A.SUCCEEDED,),
    },
)

NOTICE = _table(
    "notice",
    {
        None: (_N.RECEIVED,),
        _N.RECEIVED: (_N.REFUSED, _N.DUPLICATE, _N.APPLIED, _N.PARKED),
        # Duplicate too: while one copy was parked, another may have been applied.
        _N.PARKED: (_N.APPLIED, _N.REFUSED, _N.DUPLICATE),
    },
)

SUSPENSE = _table(
    "suspense",
    {
        None: (_S.OPEN,),
        # A line of the bank that proves to be a provider's payout was never a payer's money.
        _S.OPEN: (_S.ASSIGNED, _S.REFUNDED, _S.ADJUSTED, _S.PAYOUT),
        _S.ASSIGNED: (_S.OPEN,),
    },
)

_B = RefundStatus
# Asking again while it waits changes nothing; a success may come back, and a failure or a withdrawal is the end.
REFUND = _table(
    "refund",
    {
        None: (_B.REQUESTED,),
        _B.REQUESTED: (_B.APPROVED, _B.CANCELED),
        _B.APPROVED: (_B.PENDING, _B.SUCCEEDED, _B.FAILED, _B.UNKNOWN, _B.BY_HAND),
        _B.BY_HAND: (_B.SUCCEEDED, _B.CANCELED),
        _B.PENDING: (_B.SUCCEEDED, _B.FAILED, _B.PENDING, _B.UNKNOWN),
        _B.UNKNOWN: (_B.SUCCEEDED, _B.FAILED, _B.PENDING, _B.UNKNOWN),
        _B.SUCCEEDED: (_B.FAILED,),
    },
)

_P, _D, _J = PayoutStatus, DifferenceState, AdjustmentStatus

PAYOUT = _table(
    "payout",
    {
        None: (_P.EXPECTED,),
        _P.EXPECTED: (_P.PAID, _P.DIFFERS, _P.MISSING),
        _P.MISSING: (_P.PAID, _P.DIFFERS),
        _P.DIFFERS: (_P.EXPLAINED,),
        _P.PAID: (_P.RECONCILED,),
        _P.EXPLAINED: (_P.RECONCILED,),
    },
)

DIFFERENCE = _table(
    "difference",
    {
        None: (_D.WAITING, _D.OPEN),
        _D.WAITING: (_D.OPEN, _D.SETTLED),
        _D.OPEN: (_D.SETTLED, _D.EXPLAINED),
    },
)

ADJUSTMENT = _table(
    "adjustment",
    {
        None: (_J.PROPOSED,),
        _J.PROPOSED: (_J.APPROVED, _J.REFUSED, _J.WITHDRAWN),
    },
)

RECEIPT = _table(
    "receipt",
    {
        None: (ReceiptStatus.ISSUED,),
        ReceiptStatus.ISSUED: (ReceiptStatus.VOIDED, ReceiptStatus.REPLACED),
    },
)

_I = InvoiceStatus
INVOICE = _table(
    "invoice",
    {
        None: (_I.REQUESTED,),
        _I.REQUESTED: (_I.ISSUED, _I.REFUSED),
        _I.REFUSED: (_I.REQUESTED,),
        _I.ISSUED: (_I.REPLACED, _I.ADJUSTED, _I.CANCELLED),
    },
)

FEED = _table(
    "feed",
    {
        None: (_F.LIVE,),
        _F.LIVE: (_F.GAP, _F.CLOSED),
        _F.GAP: (_F.LIVE, _F.CLOSED),
    },
)

LIVE_ATTEMPTS = (AttemptStatus.CREATED, AttemptStatus.PENDING, AttemptStatus.UNKNOWN)
# What of a refund is spoken for: not yet given back to where it was taken from.
LIVE_REFUNDS = (
    RefundStatus.REQUESTED,
    RefundStatus.APPROVED,
    RefundStatus.BY_HAND,
    RefundStatus.PENDING,
    RefundStatus.UNKNOWN,
)
