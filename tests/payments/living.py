"""A payee's day as a property: notices doubled, out of order, and each struck dead at some statement before."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from random import Random
from typing import Any

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import event, func, select
from sqlalchemy.orm import Session

import payments
from payments import Money, journal, suspense
from payments.journal import Entry
from payments.models import Account, Allocation, Line, Movement, Payee, Request, Suspense
from tests.payments.scene import AT, ask, bank_notice, hear, ipn, school, sepay, try_vietqr, try_vnpay, vnpay

SUMS = (1_000, 449_999, 450_000, 450_001, 900_000)
NOTICES = st.lists(
    st.tuples(
        st.sampled_from(("card", "card refused", "forged", "bank", "stray", "out")),
        st.integers(0, 1),
        st.sampled_from(SUMS),
        st.integers(1, 30),  # the statement at which the first try dies
    ),
    min_size=1,
    max_size=4,
)
CHANCES = st.randoms(use_true_random=False)


class Killed(Exception):
    """Stands for the end of a process in the middle of its work."""


@contextmanager
def killed_at(session: Session, statement: int) -> Iterator[None]:
    """Let the n-th statement from here be the last that is tried."""
    connection, left = session.connection(), [statement]

    def count(*_given: Any) -> None:
        left[0] -= 1
        if left[0] == 0:
            raise Killed

    event.listen(connection, "before_cursor_execute", count)
    try:
        yield
    finally:
        event.remove(connection, "before_cursor_execute", count)


def survives(session: Session, act: Callable[[], Any], *, statement: int) -> Any:
    """Do an act whose first try dies at a statement and leaves nothing; return what the try that lived returned."""
    savepoint = session.begin_nested()
    try:
        with killed_at(session, statement):
            done = act()
        savepoint.commit()
    except Killed:
        savepoint.rollback()
        session.expire_all()
        return act()
    return done


@dataclass
class Day:
    """One payee's day: what arrived, in its order, and who was asked for what."""

    session: Session
    payee: Payee
    requests: list[Request]
    arrivals: list[tuple[Any, Any]] = field(default_factory=list)

    @property
    def own(self) -> dict[str, int]:
        """Return the balances in đồng."""
        return {name: sum_ for (name, _), sum_ in payments.balances(self.session, self.payee.id).items()}

    @property
    def lines(self) -> list[tuple[Movement, Account, Line]]:
        """Return every line in the order of the chain."""
        query = (
            select(Movement, Account, Line)
            .join(Line, Line.movement_id == Movement.id)
            .join(Account, Account.id == Line.account_id)
            .where(Movement.payee_id == self.payee.id)
            .order_by(Movement.seq, Line.line_no)
        )
        return [(movement, account, line) for movement, account, line in self.session.execute(query)]

    @property
    def height(self) -> int:
        """Return how many movements there are."""
        query = select(func.count()).select_from(Movement).where(Movement.payee_id == self.payee.id)
        return self.session.scalar(query) or 0

    def again(self, chance: Random) -> list[payments.Applied]:
        """Have everything arrive once more, in another order."""
        return [hear(self.session, *one) for one in chance.sample(self.arrivals, len(self.arrivals))]

    def post(self, source: str, **sums: int) -> journal.Posted:
        """Write one movement by hand; an account's colon is written as two underscores."""
        return journal.post(
            self.session, payee_id=self.payee.id, kind="test", source_kind="test", source_id=source,
            entries=[Entry(name.replace("__", ":"), Money(sum_)) for name, sum_ in sums.items()],
            business_date=AT.date(), booked_at=AT, actor="worker",
        )  # fmt: skip

    def assign_strays(self) -> list[Allocation]:
        """Give every sum that waits to a new request of just that sum."""
        found = []
        for item in self.session.scalars(select(Suspense).where(Suspense.status == "open")).all():
            request = ask(self.session, self.payee, max(item.amount_minor, 1_000))
            booked = suspense.assign(
                self.session, suspense_id=item.id, request_id=request.id, now=AT, actor="lo_checker"
            )
            found += [self.session.get_one(Allocation, one.allocation_id) for one in booked.allocations]
        return found


def days(examples: int = 5) -> Callable[[Callable[..., None]], Callable[..., None]]:
    """Run a test over days that were lived through; what it writes is taken back each time."""

    def decorate(test: Callable[..., None]) -> Callable[..., None]:
        @settings(max_examples=examples, suppress_health_check=list(HealthCheck), deadline=None, derandomize=True)
        @given(NOTICES, CHANCES)
        def lived(session: Session, notices: list[tuple[str, int, int, int]], chance: Random) -> None:
            savepoint = session.begin_nested()
            try:
                test(_live(session, notices, chance), chance)
            finally:
                savepoint.rollback()
                session.expunge_all()  # SQLite gives the numbers of rows that were taken back again

        lived.__name__ = lived.__qualname__ = test.__name__
        return lived

    return decorate


def _live(session: Session, notices: list[tuple[str, int, int, int]], chance: Random) -> Day:
    payee = school(session)
    requests = [ask(session, payee) for _ in range(2)]
    attempts = [try_vnpay(session, request) for request in requests]
    for request in requests:
        try_vietqr(session, request)
    day = Day(session, payee, requests)
    made = [
        (_notice(kind, attempts[which], requests[which], sum_, number), dies)
        for number, (kind, which, sum_, dies) in enumerate(notices, 1)
    ]
    arrivals = [*made, *chance.sample(made, len(made) // 2)]
    chance.shuffle(arrivals)
    for (sender, raw), dies in arrivals:
        survives(session, lambda sender=sender, raw=raw: hear(session, sender, raw), statement=dies)  # type: ignore[misc]
        day.arrivals.append((sender, raw))
    return day


def _notice(kind: str, attempt: Any, request: Request, sum_: int, number: int) -> tuple[Any, Any]:
    if kind in ("bank", "stray", "out"):
        memo = "khong co ma" if kind == "stray" else request.code
        way = {"transferType": "out"} if kind == "out" else {}
        return sepay(), bank_notice(number=number, amount=sum_, memo=memo, **way)
    more = {"vnp_TransactionNo": str(100 + number)}
    if kind == "card refused":
        more = {"vnp_ResponseCode": "51", "vnp_TransactionStatus": "02", "vnp_TransactionNo": "0"}
    return vnpay(), ipn(attempt, **more, **({"key": "wrong"} if kind == "forged" else {}))
