"""The requests of one charge, and how they follow what a new list says: what was paid stays, the rest is asked anew."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from functools import lru_cache

from sqlalchemy import select
from sqlalchemy.orm import Session

import payments
from payments import Listed, Money
from payments.models import Attempt, Request
from payments.money import LEAST_MINOR
from payments.states import LIVE_ATTEMPTS, RequestStatus
from portal.bulk import among
from portal.i18n import ZONE
from portal.schools.cells import Problem, Row, due_days, initials, split

_UNPAID = (RequestStatus.OPEN, RequestStatus.EXPIRED)
CANCELED = "Class list: no longer asked for"


class PlanFixed(ValueError):
    """What a row says can't be asked for any more; `problem` is what its row is told."""

    def __init__(self, problem: Problem) -> None:
        super().__init__(problem.code)
        self.problem = problem


@dataclass(slots=True)
class Plan:
    """A charge's requests, oldest first, and after `revise` what is to be done with them."""

    charge_id: str
    requests: list[Request] = field(default_factory=list)
    under_way: set[str] = field(default_factory=set)
    kept: list[tuple[Request, int, str, datetime]] = field(default_factory=list)
    dropped: list[Request] = field(default_factory=list)
    added: list[tuple[int, str, datetime]] = field(default_factory=list)

    def revise(self, row: Row, *, today: date) -> None:
        """Decide how the requests follow a row. Raises `PlanFixed`."""
        active = [one for one in self.requests if one.status != RequestStatus.CANCELED]
        touched = [one for one in active if one.received_minor or one.status not in _UNPAID]
        free = [one for one in active if one not in touched]
        same = len(active) == row.parts and sum(one.amount_minor for one in active) == row.net
        sums = [one.amount_minor for one in free] if same else _rest(row, touched)
        total = len(touched) + len(sums)
        days = due_days(row.due_on, max(total, 1))
        places = [active.index(one) for one in free] if same else list(range(len(touched), total))
        for number, (place, amount) in enumerate(zip(places, sums, strict=True)):
            before = free[number] if number < len(free) else None
            self._ask(row, before, amount=amount, place=place, total=total, day=days[place], today=today)
        self.dropped = free[len(sums) :]
        busy = {one.id for one in self.dropped} | {one.id for one, sum_, *_ in self.kept if sum_ != one.amount_minor}
        if busy & self.under_way:
            raise PlanFixed(Problem("amount", "row.under_way"))

    def _ask(
        self, row: Row, before: Request | None, *, amount: int, place: int, total: int, day: date, today: date
    ) -> None:
        """Ask for one instalment by a request of before, or a new one."""
        until = at_end_of(day)
        if day < today:
            # What is overdue stays so; a day that has passed can't be given to what is still open, nor to what is new.
            if before is None or (before.expires_at, before.amount_minor) != (until, amount):
                raise PlanFixed(Problem("due_date", "row.date_passed"))
            return
        used = {one.item for one in self.requests if one is not before} | {words for _sum, words, _until in self.added}
        words = free_words(words_of(row, place=place, parts=total), used)
        if before is None:
            self.added.append((amount, words, until))
        else:
            self.kept.append((before, amount, words, until))

    def write(self, session: Session, *, now: datetime) -> None:
        """Change and cancel the requests as decided; those to be added are the caller's."""
        for request, amount, words, until in self.kept:
            payments.revise_request(
                session, request_id=request.id, amount=Money(amount), item=words, expires_at=until, now=now
            )
        for request in self.dropped:
            payments.cancel_request(session, request_id=request.id, reason=CANCELED, now=now)


def plans_of(session: Session, charge_ids: Sequence[str], *, lock: bool) -> dict[str, Plan]:
    """Return the plans of charges, their requests locked where they will change."""
    plans = {one: Plan(one) for one in charge_ids}
    if not plans:
        return plans
    query = select(Request).where(among(session, Request.plan_id, charge_ids)).order_by(Request.seq)
    if lock:
        query = query.with_for_update()
    live = (
        select(Attempt.request_id)
        .join(Request, Request.id == Attempt.request_id)
        .where(
            among(session, Request.plan_id, charge_ids), Attempt.status.in_(LIVE_ATTEMPTS), Attempt.queryable.is_(True)
        )
    )
    for request in session.scalars(query, execution_options={"populate_existing": True}):
        plans[str(request.plan_id)].requests.append(request)
    under_way = set(session.scalars(live))
    for plan in plans.values():
        plan.under_way = under_way
    return plans


def asked_by(row: Row, *, pupil_id: str, charge_id: str) -> list[Listed]:
    """Return the requests of a new charge; one that is wholly taken off has none."""
    if not row.net:
        return []
    if row.parts == 1:
        return [
            Listed(
                amount_minor=row.net, item=words_of(row, place=0, parts=1), expires_at=at_end_of(row.due_on),
                subject_ref=pupil_id, period=row.period, plan_id=charge_id,
            )
        ]  # fmt: skip
    return [
        Listed(
            amount_minor=amount, item=words_of(row, place=place, parts=row.parts), expires_at=at_end_of(day),
            subject_ref=pupil_id, period=row.period, plan_id=charge_id,
        )
        for place, (amount, day) in enumerate(
            zip(split(row.net, row.parts), due_days(row.due_on, row.parts), strict=True)
        )
    ]  # fmt: skip


def words_of(row: Row, *, place: int, parts: int) -> str:
    """Return what everybody may read of an instalment: the item, initials and class, and which of how many it is."""
    whose = f"{row.item} · {initials(row.name)} {row.class_name}"
    return f"{whose} · {place + 1}/{parts}" if parts > 1 else whose


def free_words(words: str, used: Iterable[str]) -> str:
    """Return a text that no other request of the charge has: one that was cancelled keeps its own."""
    taken, number, found = set(used), 1, words
    while found in taken:
        number += 1
        found = f"{words} ({number})"
    return found


@lru_cache(512)
def at_end_of(day: date) -> datetime:
    """Return the end of a day in the province."""
    return datetime.combine(day + timedelta(days=1), datetime.min.time(), ZONE)


def _rest(row: Row, touched: Sequence[Request]) -> list[int]:
    """Return the instalments of what is still to be asked for. Raises `PlanFixed`."""
    rest = row.net - sum(one.amount_minor for one in touched)
    if rest < 0:
        received = sum(one.received_minor for one in touched)
        raise PlanFixed(Problem("amount", "row.paid", {"received": received}))
    if not rest:
        return []
    parts = max(1, row.parts - len(touched))
    if rest < LEAST_MINOR * parts:
        raise PlanFixed(Problem("instalments", "row.instalments"))
    return split(rest, parts)
