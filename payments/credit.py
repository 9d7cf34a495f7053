"""What a sum of money does to a request (pure): how much pays it, what is over, what waits for a person."""

from __future__ import annotations

from dataclasses import dataclass

from payments.states import REQUEST, RequestStatus

LATE = "late"
OVER = "over"
PARTIAL = "partial"


@dataclass(frozen=True, slots=True)
class Standing:
    """A request's figures in minor units, its status and its exceptions."""

    status: str
    amount_minor: int
    allocated_minor: int
    over_minor: int
    exceptions: frozenset[str]


@dataclass(frozen=True, slots=True)
class Credit:
    """How a sum is split, and how the request stands after it; the three parts add up to the sum."""

    to_owed: int
    to_payer_credit: int
    to_suspense: int
    after: Standing


def credit(standing: Standing, *, sum_minor: int, late: bool) -> Credit:
    """Split a sum over a request; late: paid after its time, or by an attempt that had been given up."""
    late = late or standing.status in (RequestStatus.EXPIRED, RequestStatus.CANCELED) or LATE in standing.exceptions
    # A draft was never shown to anybody and a canceled one is closed: a person says what this money is.
    takes = standing.status in (RequestStatus.OPEN, RequestStatus.EXPIRED, RequestStatus.PAID)
    owed = min(sum_minor, max(0, standing.amount_minor - standing.allocated_minor)) if takes else 0
    over = sum_minor - owed if takes else 0
    suspended = 0 if takes else sum_minor
    allocated = standing.allocated_minor + owed
    status = standing.status
    if takes:
        full = allocated >= standing.amount_minor
        status = REQUEST.move(standing.status, RequestStatus.PAID if full else standing.status)
    after = Standing(
        status=status,
        amount_minor=standing.amount_minor,
        allocated_minor=allocated,
        over_minor=standing.over_minor + over,
        exceptions=exceptions(
            amount_minor=standing.amount_minor,
            allocated_minor=allocated,
            over_minor=standing.over_minor + over,
            late=late,
        ),
    )
    return Credit(owed, over, suspended, after)


def exceptions(*, amount_minor: int, allocated_minor: int, over_minor: int, late: bool) -> frozenset[str]:
    """Return what is out of the ordinary: partial, over, late."""
    found = set()
    if 0 < allocated_minor < amount_minor:
        found.add(PARTIAL)
    if over_minor > 0:
        found.add(OVER)
    if late:
        found.add(LATE)
    return frozenset(found)


def exceptions_text(found: frozenset[str]) -> str:
    """Write exceptions as one sorted text, as rows keep them."""
    return " ".join(sorted(found))
