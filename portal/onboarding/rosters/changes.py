"""What a roster's line changes about an organisation on record. What its owner confirmed stays, and is noted."""

from collections.abc import Sequence
from datetime import date, datetime

from sqlalchemy import bindparam, select, update
from sqlalchemy.orm import Session

from portal.bulk import among
from portal.crypto import FieldKeys
from portal.onboarding.models import Organisation, Person
from portal.onboarding.programmes import enter_many
from portal.onboarding.questions import Unsettled, ask, void
from portal.onboarding.roster_models import ProgrammeEntry
from portal.onboarding.rosters.chunks import Judged
from portal.onboarding.rosters.fields import RowProblem
from portal.onboarding.rosters.parsed import Parsed
from portal.onboarding.stages import reach_many, stage_reached
from portal.places import actions as places
from portal.places.lookup import Confidence

_PLAIN = ("hamlet", "grown", "food_safety")
_SETTLED = (str(Confidence.CHOSEN),)


class Changes:
    """Compares lines with the rows that it loaded, and writes what differs; the caller counts around it.

    Rehearsing, it works on copies that no session holds, and writes nothing.
    """

    def __init__(
        self,
        session: Session,
        *,
        keys: FieldKeys,
        now: datetime,
        captured_on: date,
        rehearsing: bool = False,
        run_id: str | None = None,
    ) -> None:
        self._session, self._keys, self._now, self._captured_on = session, keys, now, captured_on
        self._run_id = run_id
        self._rehearsing = rehearsing
        self._organisations: dict[str, Organisation] = {}
        self._heads: dict[str, Person] = {}

    def load(self, ids: Sequence[str]) -> None:
        """Load and lock the organisations with their heads, in two statements."""
        own = select(Organisation).where(among(self._session, Organisation.id, ids)).order_by(Organisation.id)
        fresh = {"populate_existing": True}
        query = own if self._rehearsing else own.with_for_update()
        rows = self._session.scalars(query, execution_options=fresh).all()
        self._organisations |= {row.id: row for row in rows}
        heads = [row.head_person_id for row in rows if row.head_person_id]
        people = self._session.scalars(
            select(Person).where(among(self._session, Person.id, heads)), execution_options=fresh
        )
        self._heads |= {person.id: person for person in people}
        if self._rehearsing:
            for one in (*self._organisations.values(), *self._heads.values()):
                self._session.expunge(one)

    def apply(self, line: Judged) -> bool:
        """Write the differences of one line; say whether there were any."""
        organisation = self._organisations[line.organisation_id or ""]
        head = self._heads.get(organisation.head_person_id or "")
        owned = organisation.state != "recorded"  # its owner spoke: a list no longer overrules
        changed = self._plain(organisation, line, owned=owned)
        changed |= self._moved(organisation, line, owned=owned)
        if head is None:
            return changed | self._firm_name(organisation, line.parsed)
        return changed | self._person(head, line, owned=owned or head.login_id is not None)

    def reach(self, lines: Sequence[Judged]) -> set[str]:
        """Note the stages that lines tell of; return for whom that is new."""
        changed: set[str] = set()
        for stage, told in (("phone_confirmed", "phone_confirmed"), ("approved", "confirmed")):
            whom = [one.organisation_id or "" for one in lines if getattr(one.parsed, told)]
            known = stage_reached(self._session, households=whom, stage=stage)
            changed |= set(whom) - known
            if not self._rehearsing:
                reach_many(self._session, households=sorted(set(whom) - known), stage=stage, at=self._now, fresh=True)
        return changed

    def enter(self, lines: Sequence[Judged]) -> set[str]:
        """Enter firms into the programmes that lines name; return for whom that is new."""
        wanted = {(one.parsed.programme, one.organisation_id): one.parsed for one in lines if one.parsed.programme}
        query = select(ProgrammeEntry.programme, ProgrammeEntry.organisation_id).where(
            among(self._session, ProgrammeEntry.organisation_id, [who or "" for _, who in wanted])
        )
        known = {(one, who) for one, who in self._session.execute(query)} if wanted else set()
        new = [(who or "", "", programme or "", one.sector) for (programme, who), one in wanted.items()
               if (programme, who) not in known]  # fmt: skip
        if not self._rehearsing:
            enter_many(self._session, now=self._now, entries=new)
        return {who for who, _, _, _ in new}

    def remember(self, lines: Sequence[Judged]) -> None:
        """Keep the digests of these lines, so that the same line again is seen at once."""
        self._session.flush()
        table = Organisation.__table__
        keeping = update(table).where(table.c.id == bindparam("who")).values(roster_digest=bindparam("digest"))  # type: ignore[arg-type]
        rows = [{"who": one.organisation_id, "digest": one.parsed.digest} for one in lines]
        self._session.connection().execute(keeping, rows)
        for row in self._organisations.values():
            self._session.expire(row)

    def _plain(self, organisation: Organisation, line: Judged, *, owned: bool) -> bool:
        changed = False
        wanted = {name: getattr(line.parsed, name) for name in _PLAIN} | {"payment_declared": line.parsed.payment}
        for name, value in wanted.items():
            if value is None or getattr(organisation, name) == value:
                continue
            if owned and getattr(organisation, name) is not None:
                line.told.append(RowProblem(name, "roster.kept", "note"))
                continue
            setattr(organisation, name, value)
            changed = True
        return changed

    def _moved(self, organisation: Organisation, line: Judged, *, owned: bool) -> bool:
        match = line.parsed.match
        if match is None or match.captured_unit_id is None or match.captured_unit_id == organisation.captured_unit_id:
            return False
        if match.current_unit_id is not None and match.current_unit_id == organisation.current_unit_id:
            return False  # another name of the place where it is on record
        if owned or organisation.confidence in _SETTLED:
            line.told.append(RowProblem("commune", "roster.kept", "note"))
            return False
        organisation.place_raw, organisation.captured_unit_id = line.parsed.place_raw, match.captured_unit_id
        organisation.captured_on, organisation.current_unit_id = self._captured_on, match.current_unit_id
        organisation.confidence = match.confidence
        if not self._rehearsing:
            places.set_home(self._session, subject_id=organisation.id, area_id=match.home, at=self._now)
            void(self._session, [organisation.id], now=self._now)
            if match.current_unit_id is None:
                ask(self._session, [unsettled(line)], now=self._now, run_id=self._run_id)
        return True

    def _person(self, head: Person, line: Judged, *, owned: bool) -> bool:
        parsed = line.parsed
        wanted = (
            ("name", parsed.name, parsed.name_index),
            ("phone", parsed.phone, parsed.phone_index),
            ("id", parsed.id_number.value if parsed.id_number else None, parsed.id_index),
        )
        changed = False
        for name, value, index in wanted:
            known = getattr(head, f"{name}_index")
            if value is None or index == known:
                continue
            if known is not None and (owned or name == "id"):
                line.told.append(RowProblem("id_number" if name == "id" else name, "roster.kept", "note"))
                continue
            setattr(head, f"{name}_sealed", self._keys.seal(value, place=f"person.{name}.{head.id}"))
            setattr(head, f"{name}_index", index)
            if name == "id" and parsed.id_number is not None:
                head.id_kind = parsed.id_number.kind
            changed = True
        for name in ("sex", "birth_year"):
            if getattr(head, name) is None and getattr(parsed, name) is not None:
                setattr(head, name, getattr(parsed, name))
                changed = True
        return changed

    def _firm_name(self, organisation: Organisation, parsed: Parsed) -> bool:
        if organisation.public_name == parsed.name or organisation.state != "recorded":
            return False
        organisation.public_name = parsed.name
        return True


def unsettled(line: Judged) -> Unsettled:
    """Return what a line leaves open about its place."""
    match = line.parsed.match
    assert match is not None  # noqa: S101  a line without a place was rejected
    return Unsettled(
        line.organisation_id or "", "seller", line.parsed.place_raw, line.parsed.hamlet, match.captured_unit_id,
        match.candidate_ids,
    )  # fmt: skip
