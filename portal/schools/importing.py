"""Judge a class list against what is known, and write what it changes, in one transaction."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import date

from sqlalchemy import select
from sqlalchemy.orm import Session

from portal.bulk import among
from portal.crypto import FieldKeys
from portal.schools.cells import Problem, Row
from portal.schools.models import Charge, Pupil
from portal.schools.plans import Plan, PlanFixed, plans_of
from portal.schools.workbooks import Refused


@dataclass(slots=True)
class Known:
    """A charge on record: its id and what its row said."""

    charge_id: str
    pupil_id: str
    digest: str


@dataclass(slots=True)
class Judged:
    """What a list would do: new rows, changed ones with their plan, how many stay, and those that are refused."""

    created: list[tuple[Row, str]] = field(default_factory=list)
    changed: list[tuple[Row, str, Plan]] = field(default_factory=list)
    unchanged: int = 0
    refused: list[Refused] = field(default_factory=list)

    @property
    def rows(self) -> int:
        """Return the number of rows: each has one outcome."""
        return len(self.created) + len(self.changed) + self.unchanged + len(self.refused)


def judge(
    session: Session, *, payee_id: str, rows: Iterable[Row | Refused], keys: FieldKeys, today: date, lock: bool = False
) -> Judged:
    """Say what a list would do; with `lock` the requests it changes stay as they are until the transaction ends."""
    found, good = Judged(), _alone(rows)
    found.refused = [one for one in good if isinstance(one, Refused)]
    read = [one for one in good if isinstance(one, Row)]
    known = _known(session, payee_id, {one.period for one in read})
    changed: list[tuple[Row, str, Known]] = []
    for row in read:
        digest, before = keys.index("school_row", row.text), known.get(row.key)
        if before is None:
            _take_new(found, row, digest, today=today)
        elif before.digest == digest:
            found.unchanged += 1
        else:
            changed.append((row, digest, before))
    _take_changed(session, found, changed, today=today, lock=lock)
    found.refused.sort(key=lambda one: one.number)
    return found


def _alone(rows: Iterable[Row | Refused]) -> list[Row | Refused]:
    """Refuse rows that say what another row of the list says, or contradict it about a pupil."""
    found: list[Row | Refused] = []
    first: dict[tuple[str, str, str], int] = {}
    pupils: dict[str, Row] = {}
    for one in rows:
        if isinstance(one, Refused):
            found.append(one)
            continue
        twice, pupil = first.setdefault(one.key, one.number), pupils.setdefault(one.code, one)
        if twice != one.number:
            found.append(Refused(one.number, [Problem("pupil_code", "row.twice", {"row": twice})]))
        elif (pupil.name, pupil.class_name) != (one.name, one.class_name):
            said = {"row": pupil.number}
            found.append(Refused(one.number, [Problem("pupil_name", "row.pupil_differs", said)]))
        else:
            found.append(one)
    return found


def _known(session: Session, payee_id: str, periods: Iterable[str]) -> dict[tuple[str, str, str], Known]:
    query = (
        select(Pupil.code, Charge.period, Charge.item, Charge.id, Charge.pupil_id, Charge.digest)
        .join(Pupil, Pupil.id == Charge.pupil_id)
        .where(Charge.payee == payee_id, among(session, Charge.period, sorted(periods)))
    )
    return {
        (code, period, item): Known(charge_id, pupil_id, digest)
        for code, period, item, charge_id, pupil_id, digest in session.execute(query)
    }


def _take_new(found: Judged, row: Row, digest: str, *, today: date) -> None:
    if row.due_on < today:
        found.refused.append(Refused(row.number, [Problem("due_date", "row.date_passed")]))
    else:
        found.created.append((row, digest))


def _take_changed(
    session: Session, found: Judged, changed: Sequence[tuple[Row, str, Known]], *, today: date, lock: bool
) -> None:
    plans = plans_of(session, [known.charge_id for _row, _digest, known in changed], lock=lock)
    for row, digest, known in changed:
        plan = plans[known.charge_id]
        try:
            plan.revise(row, today=today)
        except PlanFixed as error:
            found.refused.append(Refused(row.number, [error.problem]))
        else:
            found.changed.append((row, digest, plan))
