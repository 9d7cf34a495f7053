"""How a request stands, in the words that must be exact: the same at the till, for the payer and in the stream."""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from flask_babel import gettext as _

from payments.models import Request
from payments.states import AttemptStatus, RequestStatus
from portal.i18n import in_words, money, number

# No clip goes further.
MOST_ALOUD = 10**12


class State(StrEnum):
    """What a page says of a request."""

    WAITING = "waiting"
    PART = "part"
    PAID = "paid"
    EXPIRED = "expired"
    CANCELED = "canceled"


FINAL = (State.PAID, State.EXPIRED, State.CANCELED)


@dataclass(frozen=True, slots=True)
class Standing:
    """A request's state with the sums that stand beside each other, in đồng."""

    state: State
    asked_minor: int
    came_minor: int
    due_minor: int
    over_minor: int
    late: bool

    @property
    def mark(self) -> str:
        """Return what changes whenever the page must say something else."""
        return f"{self.state}-{self.came_minor}"


def standing_of(request: Request, *, now: datetime, goes_on: bool = False) -> Standing:
    """Return how a request stands; `goes_on`: a try at a provider may still end in money after the request's time."""
    return Standing(
        state=_state(request, now, goes_on=goes_on),
        asked_minor=request.amount_minor,
        came_minor=request.received_minor,
        due_minor=request.due_minor,
        over_minor=request.over_minor,
        late="late" in request.exceptions.split(),
    )


def says(standing: Standing) -> str:
    """Return the one sentence of a state."""
    match standing.state:
        case State.PAID:
            return _("₫%(number)s received", number=number(standing.came_minor))
        case State.PART:
            return _("Paid too little by ₫%(number)s", number=number(standing.due_minor))
        case State.EXPIRED:
            return _("This link has expired")
        case State.CANCELED:
            return _("This request was cancelled")
        case State.WAITING:
            return _("Waiting for the bank")


def ended_says(status: str) -> str:
    """Return the one sentence of a try that ended without money; raises KeyError for any other state of a try."""
    return {
        AttemptStatus.FAILED: _("The bank refused this try"),
        AttemptStatus.CANCELED: _("This try was cancelled"),
        AttemptStatus.EXPIRED: _("The time for this try is over"),
    }[AttemptStatus(status)]


def ended_detail(standing: Standing) -> str:
    """Return what stands below it: that nothing was paid, what to do, and both sums where some came before."""
    nothing = _("Nothing was paid by it. You can try again or choose another way.")
    return " ".join(filter(None, (nothing, detail(standing))))


def aloud(standing: Standing) -> str:
    """Return what a till says aloud, in Vietnamese words of which each has a clip; nothing where no money came."""
    match standing.state:
        case State.PAID:
            return came_aloud(standing.came_minor)
        case State.PART:
            return f"trả thiếu {in_words(standing.due_minor)}"
        case _:
            return ""


def came_aloud(amount_minor: int) -> str:
    """Return how a sum that came is said aloud, in Vietnamese words of which each has a clip; nothing beyond words."""
    if amount_minor >= MOST_ALOUD:
        return ""
    return f"đã nhận {in_words(amount_minor)}"


def detail(standing: Standing) -> str:
    """Return what stands below the sentence: both sums where they differ, else nothing."""
    if standing.came_minor == 0 or standing.came_minor == standing.asked_minor:
        return ""
    asked, came = money(standing.asked_minor), money(standing.came_minor)
    if standing.over_minor:
        over = number(standing.over_minor)
        return _("Paid too much by ₫%(number)s. Asked: %(asked)s. Came: %(came)s.", number=over, asked=asked, came=came)
    return _("Asked: %(asked)s. Came: %(came)s.", asked=asked, came=came)


def _state(request: Request, now: datetime, *, goes_on: bool) -> State:
    if request.status == RequestStatus.PAID:
        return State.PAID
    if request.status in (RequestStatus.CANCELED, RequestStatus.DRAFT):
        return State.CANCELED
    over = request.status == RequestStatus.EXPIRED or (request.expires_at is not None and request.expires_at <= now)
    if over and not goes_on:
        return State.EXPIRED
    return State.PART if request.allocated_minor else State.WAITING
