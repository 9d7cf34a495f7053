"""One chunk of a roster: who is new, who is known, who stands twice; then everything written in one transaction.

Judging only reads, so a dry run is the same judging and nothing else.
"""

from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence, Set
from dataclasses import dataclass, field
from typing import Any

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from portal.bulk import among
from portal.onboarding.models import Organisation, Person
from portal.onboarding.roster_models import RosterKey, TaxId
from portal.onboarding.rosters.fields import GROUPS, RowProblem
from portal.onboarding.rosters.parsed import Parsed

_UNIT = func.coalesce(Organisation.current_unit_id, Organisation.captured_unit_id)
_RECORD = (Organisation.id, Organisation.roster_digest, _UNIT, Organisation.closed_at)


@dataclass(frozen=True, slots=True)
class Known:
    """An organisation that is on record: the digest of its last row, its unit, and whether it is still open."""

    organisation_id: str
    digest: str | None
    unit_id: str | None
    open: bool


@dataclass(slots=True)
class Judged:
    """A line with its outcome; `organisation_id` of whom it speaks, once that is known.

    `alike` is the earlier line of the list with the same name and phone: where neither is on record, a hint.
    """

    parsed: Parsed
    outcome: str
    alike: int | None = None
    organisation_id: str | None = None
    told: list[RowProblem] = field(default_factory=list)

    @property
    def problems(self) -> list[RowProblem]:
        """Return all that there is to tell of the line."""
        return [*self.parsed.problems, *self.told]


class Seen:
    """Which keys stood in earlier lines of this list, and where; and which names with which phones."""

    def __init__(self) -> None:
        self._rows: dict[int, int] = {}

    def earlier(self, line: Parsed) -> int | None:
        """Return the earlier line about the same household or firm, or note this one as its first."""
        return self._first(_short(line.known_by), line.row) if line.known_by else None

    def alike(self, line: Parsed) -> int | None:
        """Return the earlier line with the same name and phone, or note this one as its first.

        An ID number or a tax code tells a line apart from all others: it is only noted.
        """
        if line.phone_index is None or line.tax is not None:
            return None
        first = self._first(_short(line.name_index) ^ _short(line.phone_index), line.row)
        return first if line.id_index is None else None

    def note(self, line: Parsed) -> None:
        """Note a line that has its outcome."""
        if self.earlier(line) is None:
            self.alike(line)

    def _first(self, key: int, row: int) -> int | None:
        first = self._rows.setdefault(key, row)
        return first if first != row else None


def _short(index: str) -> int:
    return int(index[:15], 16)  # 60 bits tell a province's households apart, and take half the room of 64


def mark_repeated(lines: Iterable[Parsed], seen: Seen) -> list[Judged]:
    """Judge what the list alone tells: rejected lines, and lines that repeat an earlier one."""
    found = []
    for one in lines:
        if one.rejected:
            found.append(Judged(one, "rejected"))
            continue
        first = seen.earlier(one)
        if first is None:
            found.append(Judged(one, "", alike=seen.alike(one)))
            continue
        code = "roster.same_tax" if one.tax_index else "roster.same_id" if one.id_index else "roster.same_row"
        column = "tax_code" if one.tax_index else "id_number" if one.id_index else "name"
        found.append(Judged(one, "duplicate", told=[RowProblem(column, code, "note", {"row": first})]))
    return found


def judge(session: Session, lines: Sequence[Judged], *, source: str, within: Set[str] | None = None) -> None:
    """Give every open line its outcome from what is on record: created, changed, unchanged, duplicate or rejected.

    `within` are the units that the list may tell of: a household on record elsewhere is none of its business.
    `changed` here means that the line differs from the last one; whether anything does change is found on writing.
    """
    waiting = [one for one in lines if not one.outcome or one.outcome in ("created", "changed", "unchanged")]
    known = _known(session, waiting, source=source)
    near = _near(session, [one for one in waiting if id(one) not in known], within)
    for one in waiting:
        one.told, one.organisation_id = [], None
        found = known.get(id(one))
        if found is not None and not found.open:
            one.outcome = "rejected"
            one.told.append(RowProblem("name", "roster.closed"))
        elif found is not None and within is not None and found.unit_id is not None and found.unit_id not in within:
            one.outcome = "rejected"
            one.told.append(RowProblem("name", "roster.elsewhere"))
        elif found is not None:
            one.organisation_id = found.organisation_id
            one.outcome = "unchanged" if found.digest == one.parsed.digest else "changed"
        elif one.alike is not None:
            one.outcome = "duplicate"
            one.told.append(RowProblem("name", "roster.near_row", "note", {"row": one.alike}))
        elif id(one) in near:
            one.outcome = "duplicate"
            one.told.append(RowProblem("name", "roster.near", "note", {"reference": near[id(one)]}))
        else:
            one.outcome = "created"
    _refuse_clashes(session, [one for one in waiting if one.outcome in ("created", "changed")])


def _known(session: Session, lines: Sequence[Judged], *, source: str) -> dict[int, Known]:
    """Return what is on record of these lines, by ID number or tax code first, then by the source's own key."""
    numbers, codes = defaultdict[str, list[str]](list), defaultdict[str, list[str]](list)
    for one in lines:
        if one.parsed.id_number is not None and one.parsed.id_index is not None:
            numbers[one.parsed.id_number.kind].append(one.parsed.id_index)
        if one.parsed.tax is not None and one.parsed.tax_index is not None:
            codes[one.parsed.tax[0]].append(one.parsed.tax_index)
    by_id, by_tax = _households(session, numbers), _firms(session, codes)
    found: dict[int, Known] = {}
    rest = []
    for one in lines:
        match = by_id.get(one.parsed.id_index or "") or by_tax.get(one.parsed.tax_index or "")
        if match is not None:
            found[id(one)] = match
        elif one.parsed.key is not None:
            rest.append(one)
    by_key = _of_source(session, [one.parsed.key or "" for one in rest], source=source) if rest else {}
    for one in rest:
        match = by_key.get(one.parsed.key or "")
        if match is not None:
            found[id(one)] = match
    return found


def _households(session: Session, numbers: Mapping[str, Sequence[str]]) -> dict[str, Known]:
    found: dict[str, Known] = {}
    for kind, indexes in numbers.items():
        query = (
            select(Person.id_index, *_RECORD)
            .outerjoin(Organisation, (Organisation.head_person_id == Person.id) & (Organisation.kind == "household"))
            .where(Person.id_kind == kind, among(session, Person.id_index, indexes))
        )
        for index, who, digest, unit_id, closed_at in session.execute(query):
            is_open = who is not None and closed_at is None
            if index is not None and (is_open or index not in found):
                found[index] = Known(who or "", digest, unit_id, is_open)
    return found


def _firms(session: Session, codes: Mapping[str, Sequence[str]]) -> dict[str, Known]:
    found: dict[str, Known] = {}
    for kind, indexes in codes.items():
        query = (
            select(TaxId.index, *_RECORD)
            .join(Organisation, Organisation.id == TaxId.organisation_id)
            .where(TaxId.kind == kind, among(session, TaxId.index, indexes))
        )
        for index, who, digest, unit_id, closed_at in session.execute(query):
            found[index] = Known(who, digest, unit_id, closed_at is None)
    return found


def _of_source(session: Session, keys: Sequence[str], *, source: str) -> dict[str, Known]:
    query = (
        select(RosterKey.key, *_RECORD)
        .join(Organisation, Organisation.id == RosterKey.organisation_id)
        .where(RosterKey.source == source, among(session, RosterKey.key, keys))
    )
    return {
        key: Known(who, digest, unit_id, closed_at is None)
        for key, who, digest, unit_id, closed_at in session.execute(query)
    }


def _near(session: Session, lines: Sequence[Judged], within: Set[str] | None) -> dict[int, str]:
    """Return lines without an ID number whose name and phone are on record: line → reference. A hint, no more."""
    unsure = [one for one in lines if one.parsed.id_index is None and one.parsed.phone_index and not one.parsed.tax]
    if not unsure:
        return {}
    phones = among(session, Person.phone_index, [one.parsed.phone_index or "" for one in unsure])
    query = (
        select(Person.name_index, Person.phone_index, Organisation.reference)
        .join(Organisation, Organisation.head_person_id == Person.id)
        .where(phones, Organisation.closed_at.is_(None), *(() if within is None else (_UNIT.in_(within),)))
    )
    references = {(name or "", phone or ""): reference for name, phone, reference in session.execute(query)}
    return {
        id(one): references[one.parsed.name_index, one.parsed.phone_index or ""]
        for one in unsure
        if (one.parsed.name_index, one.parsed.phone_index or "") in references
    }


def _refuse_clashes(session: Session, lines: Sequence[Judged]) -> None:
    for name, group in GROUPS.items():
        held: list[tuple[int, str | None, Any]] = [
            (one.parsed.row, one.organisation_id, one.parsed.extra[name]) for one in lines if name in one.parsed.extra
        ]
        clashes = group.clashes(session, held) if held else {}
        for one in lines if clashes else ():
            if one.parsed.row in clashes:
                one.outcome, one.told = "rejected", [*one.told, clashes[one.parsed.row]]


def tally(lines: Iterable[Judged]) -> Counter[str]:
    """Count lines by outcome."""
    return Counter(one.outcome for one in lines)
