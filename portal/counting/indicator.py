"""An indicator is data with code: one frozen row in the `indicators.py` of the subject that owns the figure."""

import hashlib
import json
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence, Set
from dataclasses import dataclass, field
from datetime import datetime
from typing import Literal, Protocol, runtime_checkable

from sqlalchemy.orm import Session

from portal.counting.errors import CountingError

TOTAL = "_T"
Cell = tuple[str, str, str]
"""Indicator, cut, area."""
Kind = Literal["S", "C", "F", "R"]
Privacy = Literal["P5", "DOM", "R10", "PUB", "-"]


@dataclass(frozen=True, slots=True)
class Cut:
    """One way of breaking an indicator down; only `additive` cuts may be summed."""

    dimension: str
    additive: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Indicator:
    """One figure: what it means, how it is kept, and how it is recounted.

    `kind`: S stock at the period's end, C cumulative, F flow, R ratio of `numerator` and `denominator`.
    `recount_sql` maps `_T` and each cut's dimension to one text for both engines with `:start` and `:end`, whose rows
    are (area_id, cut, value); `cut` is the dimension's value, or any constant for `_T`. `kept_days` says how long the
    source rows of a flow live: older months can't be recounted. `contributors_sql` maps the same keys to texts whose
    rows are (area_id, cut, contributor, value), for the rule of dominance. `moved_by` names every time, as
    `table.column`, at which a stock may change: in a month without any it stands as the month before (none: unknown).
    """

    code: str
    version: int
    name_vi: str
    name_en: str
    definition_vi: str
    definition_en: str
    unit: str
    kind: Kind
    privacy: Privacy
    owner: str
    source: str
    cuts: tuple[Cut, ...] = ()
    recount_sql: Mapping[str, str] = field(default_factory=dict)
    numerator: str | None = None
    denominator: str | None = None
    province_only: bool = False
    kept_days: int | None = None
    contributors_sql: Mapping[str, str] = field(default_factory=dict)
    moved_by: tuple[str, ...] = ()

    def fingerprint(self) -> str:
        """Return a hash of definition, cuts and SQL: changed text wants a new version."""
        body = [self.code, self.version, self.definition_vi, self.definition_en, self.unit, self.kind, self.privacy]
        body += [[cut.dimension, cut.additive] for cut in self.cuts] + [sorted((self.recount_sql).items())]
        body += [sorted(self.contributors_sql.items()) or None, self.kept_days, self.province_only]
        return hashlib.sha256(json.dumps(body, ensure_ascii=False).encode()).hexdigest()[:16]


class Counter(Protocol):
    """Tells in which cells a subject stands; registered by the portal subject that owns the indicators.

    Asked about many at once it sums their cells, and knows which cells several of them share.
    """

    def lock(self, session: Session, subject_id: str) -> None:
        """Lock the counted row until the transaction ends (SQLite's writer is alone anyway)."""

    def cells(self, session: Session, subject_id: str, at: datetime) -> Mapping[Cell, int]:
        """Return cell → value from the rows as they are now; of a flow, what it holds in the month of `at`."""

    def lock_many(self, session: Session, subject_ids: Sequence[str]) -> None:
        """Lock the counted rows of many subjects, in one order."""

    def cells_of_many(self, session: Session, subject_ids: Sequence[str], at: datetime) -> Mapping[Cell, int]:
        """Return the sums of the cells of many subjects, in a few statements."""


@runtime_checkable
class FlowCounter(Counter, Protocol):
    """A counter whose cells hold flows too, which follow a subject that is moved late."""

    def flow_subjects(self, session: Session, subject_ids: Sequence[str]) -> Sequence[str]:
        """Return those of many subjects that have flows at all."""

    def flow_months(self, session: Session, subject_id: str, *, since: datetime, until: datetime) -> Set[str]:
        """Return the months from one instant's to the other's in which the subject's flows were counted at its home."""


class Catalogue:
    """All indicators of the portal by code, what tells a subject's cells, and the values that each dimension may take.

    The values are a closed list, not what was counted: which of them hold anything may be nobody's business.
    `settle` brings subjects to where they belong at an instant, before they are counted there. `counted_rows` names
    the tables of which a change, in one of these columns or in any, moves a figure by difference.
    """

    def __init__(
        self,
        indicators: Iterable[Indicator],
        counters: Iterable[Counter] = (),
        values: Mapping[str, tuple[str, ...]] | None = None,
        counted_rows: Mapping[type, tuple[str, ...]] | None = None,
        settle: Callable[[Session, Sequence[str], datetime], None] | None = None,
    ) -> None:
        self.settle = settle or (lambda _session, _subject_ids, _at: None)
        self.counters = tuple(counters)
        self.values = dict(values or {})
        self.counted_rows = dict(counted_rows or {})
        self._by_code: dict[str, Indicator] = {}
        for one in indicators:
            if one.code in self._by_code:
                raise ValueError(f"indicator {one.code} twice")
            if one.kind == "R" and not (one.numerator and one.denominator):
                raise ValueError(f"ratio {one.code} without its two indicators")
            if one.kind != "R" and set(one.recount_sql) != {TOTAL, *(cut.dimension for cut in one.cuts)}:
                raise ValueError(f"indicator {one.code}: a recount for each of _T and its cuts")
            if one.contributors_sql and set(one.contributors_sql) != set(one.recount_sql):
                raise ValueError(f"indicator {one.code}: contributors for each of _T and its cuts, or for none")
            self._by_code[one.code] = one

    def __iter__(self) -> Iterator[Indicator]:
        return iter(self._by_code.values())

    def __contains__(self, code: object) -> bool:
        return code in self._by_code

    def cuts_of(self, indicator: Indicator) -> tuple[str, ...]:
        """Return every cut of an indicator, `_T` first."""
        found = [f"{cut.dimension}@{value}" for cut in indicator.cuts for value in self.values.get(cut.dimension, ())]
        return (TOTAL, *found)

    def get(self, code: str) -> Indicator:
        """Return an indicator; raise `CountingError` counting.unknown."""
        try:
            return self._by_code[code]
        except KeyError:
            raise CountingError("counting.unknown", indicator=code) from None
