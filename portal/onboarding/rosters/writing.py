"""Write one judged chunk: people, households or firms, their homes, what groups add, and the counts of all of it."""

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from collections.abc import Set as AbstractSet
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy.orm import Session

from portal.bulk import insert_rows, rising_ids
from portal.counting import Cell, add_many, counting_many
from portal.crypto import FieldKeys
from portal.onboarding.models import Membership, Organisation, Person
from portal.onboarding.programmes import enter_many
from portal.onboarding.questions import ask
from portal.onboarding.registering import new_references
from portal.onboarding.roster_models import RosterKey, RosterRow, TaxId
from portal.onboarding.rosters.changes import Changes, unsettled
from portal.onboarding.rosters.chunks import Judged
from portal.onboarding.rosters.fields import GROUPS
from portal.onboarding.stages import funnel_cells, reach_many
from portal.places import actions as places

_PERSON = (
    "id", "name_sealed", "name_index", "phone_sealed", "phone_index", "phone2_sealed", "id_kind", "id_sealed",
    "id_index", "sex", "birth_year", "created_at",
)  # fmt: skip
_ORGANISATION = (
    "id", "reference", "kind", "state", "public_name", "head_person_id", "place_raw", "captured_unit_id",
    "captured_on", "current_unit_id", "confidence", "hamlet", "grown", "food_safety", "payment_declared",
    "assisted_by", "registered_by", "registered_at", "roster_digest", "version",
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Held:
    """An organisation of this chunk with what its line says in the columns of a group."""

    organisation_id: str
    area_id: str
    values: Any
    household: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Writing:
    """What a chunk needs to be written: the run, its source, the day of its places, keys, time and who began it."""

    run_id: str
    source: str
    kind: str
    captured_on: Any
    keys: FieldKeys
    now: datetime
    started_by: str

    def write(self, session: Session, lines: Sequence[Judged]) -> None:
        """Write the lines; those that change nothing after all become `unchanged`."""
        fresh = [one for one in lines if one.outcome == "created"]
        if fresh:
            cells = self._create(session, fresh)
            add_many(session, cells, effective_at=self.now)
        known = [one for one in lines if one.outcome == "changed"]
        if known:
            self._change(session, known)
        write_rows(session, self.run_id, lines)

    def _create(self, session: Session, lines: Sequence[Judged]) -> "Counter[Cell]":
        for one, made in zip(lines, rising_ids("or", len(lines)), strict=True):
            one.organisation_id = made
        heads = rising_ids("pe", len(lines)) if self.kind == "household" else [None] * len(lines)
        if self.kind == "household":
            insert_rows(session, Person, _PERSON, self._people(lines, [str(head) for head in heads]))
        named = zip(lines, heads, new_references(len(lines)), strict=True)
        organisations = [self._organisation(one, head, reference) for one, head, reference in named]
        insert_rows(session, Organisation, _ORGANISATION, organisations)
        if self.kind == "household":
            parts = [(one.organisation_id, head, "head", self.now) for one, head in zip(lines, heads, strict=True)]
            insert_rows(session, Membership, ("organisation_id", "person_id", "part", "from_at"), parts)
        else:
            insert_rows(session, TaxId, ("id", "organisation_id", "kind", "index", "sealed"), self._tax_ids(lines))
        places.add_homes(session, {one.organisation_id or "": _home(one) for one in lines}, at=self.now)
        unclear = [unsettled(one) for one in lines if one.parsed.match and one.parsed.match.current_unit_id is None]
        ask(session, unclear, now=self.now, run_id=self.run_id)
        own = [(self.source, one.parsed.key, one.organisation_id) for one in lines if one.parsed.key]
        insert_rows(session, RosterKey, ("source", "key", "organisation_id"), own)
        return self._add(session, lines)

    def _add(self, session: Session, lines: Sequence[Judged]) -> "Counter[Cell]":
        """Write what stands in other tables of new organisations: groups, programmes, stages."""
        cells: Counter[Cell] = Counter()
        stages = {
            "phone_confirmed": {one.organisation_id or "" for one in lines if one.parsed.phone_confirmed},
            "approved": {one.organisation_id or "" for one in lines if one.parsed.confirmed},
        }
        for name, group in GROUPS.items():
            held = held_by(lines, name)
            if held:
                more, reached = group.create(session, held, now=self.now)
                cells.update(more)
                stages |= reached
        entries = [
            (one.organisation_id or "", _home(one), one.parsed.programme, one.parsed.sector)
            for one in lines
            if one.parsed.programme is not None
        ]
        if entries:
            cells.update(enter_many(session, now=self.now, entries=entries))
        if self.kind == "household":
            cells.update(self._reach(session, lines, stages))
        return cells

    def _reach(
        self, session: Session, lines: Sequence[Judged], stages: Mapping[str, AbstractSet[str]]
    ) -> "Counter[Cell]":
        """Note the stages of new households; return what that counts."""
        for stage, reached in stages.items():
            reach_many(session, households=sorted(reached), stage=stage, at=self.now, fresh=True)
        standing = Counter(
            (frozenset([stage for stage, reached in stages.items() if one.organisation_id in reached]), _home(one))
            for one in lines
        )
        return funnel_cells(standing)

    def _change(self, session: Session, lines: Sequence[Judged]) -> None:
        """Write the differences of known organisations, and count what these move."""
        ids = [one.organisation_id or "" for one in lines]
        changes = Changes(session, keys=self.keys, now=self.now, captured_on=self.captured_on, run_id=self.run_id)
        changes.load(ids)
        with counting_many(session, ids, effective_at=self.now):
            changed = {one.organisation_id or "" for one in lines if changes.apply(one)}
            session.flush()
            for name, group in GROUPS.items():
                held = held_by(lines, name)
                if held:
                    changed |= group.merge(session, held, now=self.now)
            changed |= changes.reach(lines) | changes.enter(lines)
        for one in lines:
            if one.organisation_id not in changed:
                one.outcome = "unchanged"
        changes.remember(lines)

    def _people(self, lines: Sequence[Judged], ids: Sequence[str]) -> Iterator[tuple[Any, ...]]:
        """Yield the persons of lines, column by column: thousands of values are sealed at once."""
        told = [one.parsed for one in lines]
        numbers = [one.id_number for one in told]
        return zip(
            ids,
            self._sealed("name", ids, [one.name for one in told]),
            [one.name_index for one in told],
            self._sealed("phone", ids, [one.phone or None for one in told]),
            [one.phone_index for one in told],
            self._sealed("phone2", ids, [one.phone2 or None for one in told]),
            [number.kind if number else None for number in numbers],
            self._sealed("id", ids, [number.value if number else None for number in numbers]),
            [one.id_index for one in told],
            [one.sex for one in told],
            [one.birth_year for one in told],
            [self.now] * len(told),
            strict=True,
        )

    def _sealed(self, column: str, ids: Sequence[str], values: Sequence[str | None]) -> list[str | None]:
        return self.keys.seal_many([(value, f"person.{column}.{who}") for who, value in zip(ids, values, strict=True)])

    def _organisation(self, one: Judged, head: str | None, reference: str) -> tuple[Any, ...]:
        parsed = one.parsed
        match = parsed.match
        assert match is not None  # noqa: S101  a line without a place was rejected
        firm = self.kind == "firm"
        return (
            one.organisation_id, reference, "enterprise" if firm else "household", "recorded",
            parsed.name if firm else None, head, parsed.place_raw, match.captured_unit_id, self.captured_on,
            match.current_unit_id, match.confidence, parsed.hamlet, parsed.grown, parsed.food_safety, parsed.payment,
            "roster", self.started_by, self.now, parsed.digest, 1,
        )  # fmt: skip

    def _tax_ids(self, lines: Sequence[Judged]) -> list[tuple[Any, ...]]:
        ids, codes = rising_ids("tx", len(lines)), [one.parsed.tax or ("", "") for one in lines]
        sealed = self.keys.seal_many([(code[1], f"tax_id.{made}") for made, code in zip(ids, codes, strict=True)])
        return [
            (made, one.organisation_id, code[0], one.parsed.tax_index, hidden)
            for made, one, code, hidden in zip(ids, lines, codes, sealed, strict=True)
        ]


def _home(one: Judged) -> str:
    assert one.parsed.match is not None  # noqa: S101
    return one.parsed.match.home


def held_by(lines: Sequence[Judged], name: str) -> list[Held]:
    """Return the lines that tell anything in the columns of a group."""
    return [
        Held(one.organisation_id or "", _home(one), one.parsed.extra[name], one.parsed.tax is None)
        for one in lines
        if name in one.parsed.extra
    ]


def write_rows(session: Session, run_id: str, lines: Sequence[Judged]) -> None:
    """Write the outcomes of lines."""
    rows = [(run_id, one.parsed.row, one.outcome, one.organisation_id, one.parsed.digest, _told(one)) for one in lines]
    insert_rows(session, RosterRow, ("run_id", "row", "outcome", "organisation_id", "digest", "problems"), rows)


def _told(one: Judged) -> list[Any] | None:
    told = [[p.field, p.code, p.kind, dict(p.fields or {})] for p in one.problems]
    return told or None
