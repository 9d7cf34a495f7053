"""Classes with paid, part and unpaid; and what each pupil of a class still owes."""

from dataclasses import dataclass, field
from datetime import datetime

from sqlalchemy import case, func, select
from sqlalchemy.orm import Session

from payments.models import Request
from payments.states import RequestStatus
from portal.crypto import FieldKeys
from portal.places.names import sort_key
from portal.schools.models import Charge, Pupil
from portal.schools.writing import name_of

_OWED = (RequestStatus.OPEN, RequestStatus.EXPIRED)


@dataclass(frozen=True, slots=True, kw_only=True)
class ClassLine:
    """A class in a period: pupils by how they stand, and the sums."""

    name: str
    pupils: int
    paid: int
    part: int
    unpaid: int
    asked_minor: int
    received_minor: int
    late: int

    @property
    def due_minor(self) -> int:
        """Return what is still owed."""
        return self.asked_minor - self.received_minor


@dataclass(frozen=True, slots=True, kw_only=True)
class Owed:
    """One request of a pupil, of this period or carried from an earlier one."""

    request_id: str
    code: str
    item: str
    period: str
    amount_minor: int
    due_minor: int
    status: str
    expires_at: datetime | None
    reduction_reason: str | None


@dataclass(slots=True, kw_only=True)
class Owing:
    """A pupil with the requests of a period and older debts; `name` is empty where it must not be shown."""

    pupil_id: str
    code: str
    class_name: str
    initials: str
    name: str = ""
    has_phone: bool = False
    reminded_at: datetime | None = None
    requests: list[Owed] = field(default_factory=list)

    @property
    def payable(self) -> list[Owed]:
        """Return what can be paid now, the oldest first."""
        return [one for one in self.requests if one.status == RequestStatus.OPEN and one.due_minor]

    @property
    def due_minor(self) -> int:
        """Return what is still owed."""
        return sum(one.due_minor for one in self.requests)

    @property
    def received_minor(self) -> int:
        """Return what has come."""
        return sum(one.amount_minor - one.due_minor for one in self.requests)

    @property
    def standing(self) -> str:
        """Return paid, part or unpaid."""
        if not self.due_minor:
            return "paid"
        return "part" if self.received_minor else "unpaid"


def periods(session: Session, payee_id: str) -> list[str]:
    """Return the periods of a school, the newest list's first."""
    query = (
        select(Charge.period).where(Charge.payee == payee_id).group_by(Charge.period)
        .order_by(func.max(Charge.changed_at).desc(), Charge.period.desc())
    )  # fmt: skip
    return list(session.scalars(query))


def classes(session: Session, *, payee_id: str, period: str) -> list[ClassLine]:
    """Return the classes of a period in the order of their names."""
    by_pupil = (
        select(
            Charge.pupil_id,
            func.coalesce(func.sum(Request.amount_minor), 0).label("asked"),
            func.coalesce(func.sum(Request.allocated_minor), 0).label("received"),
            func.coalesce(func.sum(case((Request.status == RequestStatus.EXPIRED, 1), else_=0)), 0).label("late"),
        )
        .outerjoin(Request, (Request.plan_id == Charge.id) & (Request.status != RequestStatus.CANCELED))
        .where(Charge.payee == payee_id, Charge.period == period)
        .group_by(Charge.pupil_id)
        .subquery()
    )
    asked, received = by_pupil.c.asked, by_pupil.c.received
    query = (
        select(
            Pupil.class_name, func.count(), func.sum(case((received >= asked, 1), else_=0)),
            func.sum(case(((received > 0) & (received < asked), 1), else_=0)), func.sum(asked), func.sum(received),
            func.sum(by_pupil.c.late),
        )
        .join(by_pupil, by_pupil.c.pupil_id == Pupil.id)
        .group_by(Pupil.class_name)
    )  # fmt: skip
    found = [
        ClassLine(
            name=name, pupils=count, paid=int(paid), part=int(part), unpaid=count - int(paid) - int(part),
            asked_minor=int(total), received_minor=int(came), late=int(late),
        )
        for name, count, paid, part, total, came, late in session.execute(query)
    ]  # fmt: skip
    return sorted(found, key=lambda one: sort_key(one.name))


def owing(
    session: Session, *, payee_id: str, period: str, class_name: str | None = None, keys: FieldKeys | None = None
) -> list[Owing]:
    """Return the pupils of a class, or of all, with what a period asks and what older ones left; names only by keys."""
    charged = select(Charge.pupil_id).where(Charge.payee == payee_id, Charge.period == period)
    query = select(Pupil).where(Pupil.payee == payee_id, Pupil.id.in_(charged))
    if class_name is not None:
        query = query.where(Pupil.class_name == class_name)
    found = {
        one.id: Owing(
            pupil_id=one.id, code=one.code, class_name=one.class_name, initials=one.initials,
            name=name_of(one, keys) if keys is not None else "", has_phone=one.phone_sealed is not None,
            reminded_at=one.reminded_at,
        )
        for one in session.scalars(query)
    }  # fmt: skip
    mine = (
        select(Request, Charge.reduction_reason)
        .join(Charge, Charge.id == Request.plan_id)
        .join(Pupil, Pupil.id == Charge.pupil_id)
        .where(Charge.payee == payee_id, Request.status != RequestStatus.CANCELED, Charge.pupil_id.in_(charged))
        .where((Charge.period == period) | Request.status.in_(_OWED))
        .order_by(Request.expires_at, Request.seq)
    )
    if class_name is not None:
        mine = mine.where(Pupil.class_name == class_name)
    for request, reason in session.execute(mine):
        found[str(request.subject_ref)].requests.append(_owed(request, reason))
    return sorted(found.values(), key=lambda one: (sort_key(one.class_name), sort_key(one.code)))


def _owed(request: Request, reason: str | None) -> Owed:
    return Owed(
        request_id=request.id, code=request.code, item=request.item, period=request.period or "",
        amount_minor=request.amount_minor, due_minor=request.due_minor, status=request.status,
        expires_at=request.expires_at, reduction_reason=reason,
    )  # fmt: skip
