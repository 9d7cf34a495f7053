"""What a hospital's desk reads: the stays with their advances and dues, and all that stands on the page of one."""

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass, field

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from payments import advances
from payments.models import Allocation, CreditUse, Receipt, Refund, Request
from payments.states import Purpose, ReceiptStatus, RequestStatus
from portal.bulk import among
from portal.crypto import FieldKeys
from portal.hospital.actions import requests_of
from portal.hospital.models import Stay, StayCharge
from portal.paging import Page

ROWS = 50
_OWES = (RequestStatus.OPEN, RequestStatus.EXPIRED)


@dataclass(frozen=True, slots=True)
class StayLine:
    """One stay in the list: who (for the desk alone), what is left of the advance, what is due."""

    stay: Stay
    name: str
    left_minor: int
    due_minor: int


@dataclass(slots=True, kw_only=True)
class StayShown:
    """One stay: its requests with their receipts, charges, what took from the advance, and what goes back."""

    stay: Stay
    name: str
    requests: dict[str, Request]
    charges: list[StayCharge]
    receipts: dict[str, Receipt]
    uses: list[CreditUse]
    refunds: list[Refund]
    left_minor: int
    lines: list[Request] = field(default_factory=list)

    @property
    def advances(self) -> list[Request]:
        """Return the advances that were asked for, oldest first."""
        return [one for one in self.lines if one.purpose == Purpose.ADVANCE]

    @property
    def due_minor(self) -> int:
        """Return what is still due of its charges."""
        return sum(one.due_minor for one in self.lines if one.purpose == Purpose.CHARGE and one.status in _OWES)

    @property
    def charged_minor(self) -> int:
        """Return the sum of its charges, before what was taken off."""
        return sum(one.gross_minor for one in self.charges)

    @property
    def reduced_minor(self) -> int:
        """Return what was taken off."""
        return sum(one.reduction_minor for one in self.charges)


def name_of(stay: Stay, keys: FieldKeys) -> str:
    """Return the patient's name, which stays at the desk."""
    return keys.open(stay.name_sealed, place=f"hospital_stay.name.{stay.id}")


def stays(session: Session, *, payee_id: str, typed: str, keys: FieldKeys | None, asked: int) -> Page[StayLine]:
    """Return a page of the stays that go on, or whose code begins as typed, newest first; names only by keys."""
    code = "".join(sign for sign in typed.upper() if sign.isalnum() or sign in "./-")
    named = Stay.code.startswith(code, autoescape=True) if code else Stay.discharged_at.is_(None)
    query = select(Stay).where(Stay.payee == payee_id, named)
    total = session.scalar(select(func.count()).select_from(query.subquery())) or 0
    page: Page[StayLine] = Page(asked=asked, total=total, rows=ROWS)
    newest = query.order_by(Stay.opened_at.desc(), Stay.id).limit(ROWS).offset(page.start)
    found = list(session.scalars(newest))
    left, due = _sums(session, payee_id, [one.id for one in found])
    return page.holding(
        *(StayLine(one, name_of(one, keys) if keys else "", left[one.id], due[one.id]) for one in found)
    )


def shown(session: Session, stay: Stay, *, keys: FieldKeys | None) -> StayShown:
    """Return what the page of a stay shows; its name only by keys."""
    lines = requests_of(session, stay)
    ids = [one.id for one in lines]
    charges = select(StayCharge).where(StayCharge.stay_id == stay.id).order_by(StayCharge.made_at, StayCharge.id)
    receipts = select(Receipt).where(Receipt.request_id.in_(ids), Receipt.status == ReceiptStatus.ISSUED)
    refunds = select(Refund).where(Refund.request_id.in_(ids)).order_by(Refund.seq)
    return StayShown(
        stay=stay, name=name_of(stay, keys) if keys else "", requests={one.id: one for one in lines}, lines=lines,
        charges=list(session.scalars(charges)), receipts={one.request_id: one for one in session.scalars(receipts)},
        uses=advances.uses_of(session, ids), refunds=list(session.scalars(refunds)),
        left_minor=advances.credit_left(session, payee_id=stay.payee, subject_ref=stay.id),
    )  # fmt: skip


def _sums(session: Session, payee_id: str, stay_ids: Sequence[str]) -> tuple[dict[str, int], dict[str, int]]:
    """Return by stay what is left of its advances, and what is due of its charges."""
    left: defaultdict[str, int] = defaultdict(int)
    due: defaultdict[str, int] = defaultdict(int)
    mine = (Request.payee_id == payee_id, among(session, Request.subject_ref, list(stay_ids)))
    paid = select(Request.subject_ref, Allocation).join(Allocation, Allocation.request_id == Request.id)
    for subject_ref, one in session.execute(
        paid.where(*mine, Request.purpose == Purpose.ADVANCE, Allocation.undone_at.is_(None))
    ):
        left[str(subject_ref)] += one.left_minor
    for request in session.scalars(
        select(Request).where(*mine, Request.purpose == Purpose.CHARGE, Request.status.in_(_OWES))
    ):
        due[str(request.subject_ref)] += request.due_minor
    return left, due
