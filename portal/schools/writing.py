"""Write what a judged list says: pupils, charges and their requests, and the debts that the new period takes over."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

import payments
from payments import Listed
from payments.models import Request
from payments.states import RequestStatus
from portal.bulk import among, insert_rows, rising_ids
from portal.crypto import FieldKeys
from portal.schools.cells import Row, initials
from portal.schools.importing import Judged
from portal.schools.models import Charge, Pupil
from portal.schools.plans import asked_by, at_end_of

_PUPIL = ("id", "payee", "code", "class_name", "initials", "name_sealed", "phone_sealed")
_CHARGE = (
    "id", "payee", "pupil_id", "period", "item", "gross_minor", "reduction_minor", "reduction_reason", "due_on",
    "parts", "digest", "changed_at",
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Written:
    """How many requests were made, and how many older ones were given until the new day."""

    requests: int
    carried: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Writing:
    """What is needed to write a list: whose, with which keys, when, and who sent it."""

    payee_id: str
    keys: FieldKeys
    now: datetime
    cashier_ref: str | None

    def write(self, session: Session, judged: Judged) -> Written:
        """Write new and changed rows; the caller has judged them in the same transaction, locked."""
        new = [row for row, _digest in judged.created]
        rows = new + [row for row, _digest, _plan in judged.changed]
        before = self._pupils(session, {row.code for row in rows})
        known = {code: pupil.id for code, pupil in before.items()}
        self._move_pupils(session, rows, before)
        self._add_pupils(session, rows, known)
        asked = self._add_charges(session, judged.created, known)
        for row, digest, plan in judged.changed:
            plan.write(session, now=self.now)
            charge = session.get_one(Charge, plan.charge_id)
            charge.gross_minor, charge.reduction_minor, charge.reduction_reason = row.gross, row.reduction, row.reason
            charge.due_on, charge.parts, charge.digest, charge.changed_at = row.due_on, row.parts, digest, self.now
            asked += [
                Listed(
                    amount_minor=amount, item=words, expires_at=until, subject_ref=charge.pupil_id, period=row.period,
                    plan_id=charge.id,
                )
                for amount, words, until in plan.added
            ]  # fmt: skip
        payments.create_requests(
            session, payee_id=self.payee_id, asked=asked, now=self.now, cashier_ref=self.cashier_ref, write=insert_rows
        )
        return Written(len(asked), self._carry(session, new, {one.id for one in before.values()}, known))

    def _pupils(self, session: Session, codes: set[str]) -> dict[str, Pupil]:
        query = select(Pupil).where(Pupil.payee == self.payee_id, among(session, Pupil.code, sorted(codes)))
        return {one.code: one for one in session.scalars(query)}

    def _add_pupils(self, session: Session, rows: Sequence[Row], known: dict[str, str]) -> None:
        fresh = {row.code: row for row in rows if row.code not in known}
        known |= dict(zip(fresh, rising_ids("pu", len(fresh)), strict=True))
        lines = [
            (
                known[code], self.payee_id, code, row.class_name, initials(row.name),
                self.keys.seal(row.name, place=f"school_pupil.name.{known[code]}"), self._phone(row, known[code]),
            )
            for code, row in fresh.items()
        ]  # fmt: skip
        insert_rows(session, Pupil, _PUPIL, lines)

    def _move_pupils(self, session: Session, rows: Sequence[Row], before: dict[str, Pupil]) -> None:
        """Let pupils have the class, name and phone of their latest row."""
        for row in {row.code: row for row in rows}.values():
            pupil = before.get(row.code)
            if pupil is None:
                continue
            pupil.class_name, pupil.initials = row.class_name, initials(row.name)
            if name_of(pupil, self.keys) != row.name:
                pupil.name_sealed = self.keys.seal(row.name, place=f"school_pupil.name.{pupil.id}")
            if phone_of(pupil, self.keys) != row.phone:
                pupil.phone_sealed = self._phone(row, pupil.id)
        session.flush()

    def _phone(self, row: Row, pupil_id: str) -> str | None:
        return self.keys.seal(row.phone, place=f"school_pupil.phone.{pupil_id}") if row.phone else None

    def _add_charges(
        self, session: Session, created: Sequence[tuple[Row, str]], pupils: dict[str, str]
    ) -> list[Listed]:
        asked: list[Listed] = []
        lines = []
        for charge_id, (row, digest) in zip(rising_ids("pc", len(created)), created, strict=True):
            pupil_id = pupils[row.code]
            lines.append(
                (
                    charge_id, self.payee_id, pupil_id, row.period, row.item, row.gross, row.reduction, row.reason,
                    row.due_on, row.parts, digest, self.now,
                )
            )  # fmt: skip
            asked += asked_by(row, pupil_id=pupil_id, charge_id=charge_id)
        insert_rows(session, Charge, _CHARGE, lines)
        return asked

    def _carry(self, session: Session, created: Sequence[Row], before: set[str], pupils: dict[str, str]) -> int:
        """Open again what pupils of a new period still owe of earlier ones, until the new period's last day."""
        until: dict[str, date] = {}
        for row in created:
            pupil_id = pupils[row.code]
            if pupil_id in before:
                until[pupil_id] = max(row.due_on, until.get(pupil_id, row.due_on))
        if not until:
            return 0
        periods = {row.period for row in created}
        owed = select(Request.id, Request.subject_ref).where(
            Request.payee_id == self.payee_id, among(session, Request.subject_ref, sorted(until)),
            Request.status == RequestStatus.EXPIRED, Request.plan_id.is_not(None), Request.period.not_in(periods),
        )  # fmt: skip
        found = session.execute(owed.order_by(Request.seq)).all()
        for request_id, subject_ref in found:
            payments.open_request(
                session, request_id=request_id, now=self.now, expires_at=at_end_of(until[str(subject_ref)])
            )
        return len(found)


def name_of(pupil: Pupil, keys: FieldKeys) -> str:
    """Return a pupil's name, which stays inside the school."""
    return keys.open(pupil.name_sealed, place=f"school_pupil.name.{pupil.id}")


def phone_of(pupil: Pupil, keys: FieldKeys) -> str | None:
    """Return the guardian's number, where the list gave one."""
    if pupil.phone_sealed is None:
        return None
    return keys.open(pupil.phone_sealed, place=f"school_pupil.phone.{pupil.id}")
