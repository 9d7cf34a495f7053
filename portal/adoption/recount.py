"""The recount: every figure against its source rows, in one snapshot.

(a) recount = base + pending, for every cell on either side, in every month that is open; (b) each latest public
revision = the recount less what was pending or changed after its horizon, or is hidden, and all that the rule hides is;
(c) no change has waited a day for its revision; (d) the numbers of revisions and changes have no gap.
Two statements without one snapshot give false alarms, so a recount takes a `Snapshot` and nothing else.
"""

import time
from collections import defaultdict
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import Engine, func, select, text
from sqlalchemy.orm import Session

from portal.adoption.areas import Areas
from portal.adoption.closing import runs_of, spanning
from portal.adoption.figures import Nets, Truth, truths
from portal.adoption.findings import Recount
from portal.adoption.held import Counts, Held
from portal.adoption.models import AdoptLane, AdoptObservation, AdoptPeriod
from portal.adoption.privacy import open_below_province
from portal.adoption.revising import base_nets
from portal.adoption.source import Times, count_sources
from portal.counting import Catalogue, Indicator
from portal.counting.models import AdoptCell, AdoptChange, AdoptClock, AdoptDelta
from portal.counting.periods import month_of, months_between, parse_period

LONGEST_WAIT = timedelta(days=1)
ELSEWHERE = "elsewhere"  # another province, whose units are loaded too
_Values = dict[tuple[str, str, str], int]
"""(cut, area, month) → the figure of the month: a flow's sum in it, all others' at its end."""


@dataclass(frozen=True, slots=True)
class Snapshot:
    """A session whose every statement sees the same moment, and which cannot write."""

    session: Session
    at: datetime


@contextmanager
def snapshot(engine: Engine, *, now: datetime) -> Iterator[Snapshot]:
    """Read everything as of one moment: REPEATABLE READ on PostgreSQL, one read transaction on SQLite.

    Raises RuntimeError where the engine does not hold a moment: alarms of such a recount would mean nothing.
    """
    with engine.connect() as connection:
        if engine.dialect.name == "postgresql":
            connection = connection.execution_options(isolation_level="REPEATABLE READ", postgresql_readonly=True)
        with connection.begin(), Session(bind=connection) as session:
            session.execute(text("SELECT 1 FROM adopt_clock")).all()  # the first read fixes the moment
            if not _holds(session):
                raise RuntimeError("this engine reads each statement at a moment of its own")
            yield Snapshot(session, now)


def _holds(session: Session) -> bool:
    if session.get_bind().dialect.name == "postgresql":
        return session.scalar(text("SHOW transaction_isolation")) == "repeatable read"
    return bool(getattr(session.connection().connection.dbapi_connection, "in_transaction", False))


def recount(snap: Snapshot, catalogue: Catalogue, *, province: str, every_month: bool = True) -> Recount:
    """Compare all figures, cells and revisions with the source rows.

    Without `every_month` a run of months in which nothing was counted is recounted once, at its end.
    """
    begun = time.monotonic()
    session, result = snap.session, Recount(snap.at)
    areas, times = Areas(session, province), Times()
    for indicator in catalogue:
        if indicator.kind != "R":
            _Of(session, catalogue, indicator, areas, snap.at, result, every_month=every_month, times=times).check()
    _check_numbers(session, result)
    result.seconds = time.monotonic() - begun
    return result


class _Of:
    """The recount of one indicator."""

    def __init__(
        self,
        session: Session,
        catalogue: Catalogue,
        indicator: Indicator,
        areas: Areas,
        at: datetime,
        result: Recount,
        *,
        every_month: bool,
        times: Times,
    ) -> None:
        self.session, self.indicator, self.areas, self.at, self.result = session, indicator, areas, at, result
        self.cuts = catalogue.cuts_of(indicator)
        self.base, self.pending = base_nets(session, indicator), _pending(session, indicator)
        self.months = self._months()
        self.every_month, self.times = every_month, times

    def check(self) -> None:
        """Compare cells with source rows, then revisions with both."""
        kept = [month for month in self.months if self._recountable(month)]
        source = self._source(kept)
        counted = self._closings(_sum(self.base, self.pending))
        for key in sorted(source.keys() | counted.keys()):
            if key[2] in kept:
                where = {"indicator": self.indicator.code, "cut": key[0], "area": key[1], "month": key[2]}
                self.result.compare("a", source.get(key, 0), counted.get(key, 0), **where)
        self._check_closings()
        lane = self.session.get(AdoptLane, self.indicator.code)
        if lane is not None:
            self._check_revisions(lane, source, set(kept))

    def _months(self) -> list[str]:
        own = AdoptPeriod.indicator == self.indicator.code
        found = set(self.session.scalars(select(AdoptPeriod.month).where(own)))
        found |= {key[2] for key in (*self.base, *self.pending)} | {month_of(self.at)}
        return months_between(min(found), max(found))

    def _recountable(self, month: str) -> bool:
        days = self.indicator.kept_days
        return days is None or parse_period(month).start >= self.at - timedelta(days=days)

    def _area(self, area: str) -> str:
        """Return under which area a cell is compared: of what a province counts as one, only its sum is true."""
        return (self.areas.province_of(area) or ELSEWHERE) if self.indicator.province_only else area

    def _source(self, months: list[str]) -> _Values:
        """Recount each month, or each run of months in which nothing was counted as one."""
        quiet = set(months) - {month for _cut, _area, month in (*self.base, *self.pending)}
        if self.every_month:  # the source rows' own times say in which months nothing can have changed
            quiet = set(months) - self._moved(months) if self.indicator.moved_by else set()
        found: defaultdict[tuple[str, str, str], int] = defaultdict(int)
        for run in runs_of(months, quiet):
            for (cut, area), value in count_sources(
                self.session, self.indicator, spanning(self.indicator, run)
            ).items():
                for month in run if self.indicator.kind != "F" else run[-1:]:
                    found[cut, self._area(area), month] += value
        return {key: value for key, value in found.items() if value}

    def _moved(self, months: list[str]) -> set[str]:
        """Return the months in which a time lies at which the indicator's source rows may have changed."""
        found: set[str] = set()
        for column in self.indicator.moved_by:
            found |= self.times.months(self.session, column, months[0], months[-1])
        return found | {months[0]}

    def _closings(self, nets: Nets) -> _Values:
        """Return each month's figure from the changes of all months."""
        lines: defaultdict[tuple[str, str], defaultdict[str, int]] = defaultdict(lambda: defaultdict(int))
        for (cut, area, month), net in nets.items():
            lines[cut, self._area(area)][month] += net
        found: _Values = {}
        for (cut, area), line in lines.items():
            stand = 0
            for month in self.months:
                stand = line[month] if self.indicator.kind == "F" else stand + line[month]
                if stand:
                    found[cut, area, month] = stand
        return found

    def _check_closings(self) -> None:
        """Compare the closing that each cell keeps with the sum of its months; live figures are read from it."""
        query = select(AdoptCell).where(AdoptCell.indicator == self.indicator.code)
        stand: defaultdict[tuple[str, str], int] = defaultdict(int)
        for cell in self.session.scalars(query.order_by(AdoptCell.month)):
            stand[cell.cut, cell.area_id] += cell.net
            if cell.closing != stand[cell.cut, cell.area_id]:
                where = {"indicator": cell.indicator, "cut": cell.cut, "area": cell.area_id, "month": cell.month}
                self.result.compare("a", stand[cell.cut, cell.area_id], cell.closing, **where)

    def _check_revisions(self, lane: AdoptLane, source: _Values, kept: set[str]) -> None:
        later, waiting, oldest = _later(self.session, self.indicator, lane.horizon)
        self.result.awaiting_revision += waiting
        if oldest is not None and oldest < self.at - LONGEST_WAIT:
            self.result.mismatches.append(
                {"clause": "c", "indicator": self.indicator.code, "waiting_since": oldest.isoformat()}
            )
        counted = _sum(self._nets_of(source, kept), self.pending, signs=(1, -1))
        waits = below = _months_in(later, self.pending)
        now = dict(self._truths(_sum(counted, later, signs=(1, -1)), lane))
        at_closing = now
        if not open_below_province(self.indicator) and lane.closed_horizon < lane.horizon:
            waited, _count, _oldest = _later(self.session, self.indicator, lane.closed_horizon)
            at_closing = dict(self._truths(_sum(counted, waited, signs=(1, -1)), lane))
            below = waits | _months_in(waited)
        counts = Counts(counted=_months_in(self.base, self.pending), waits=waits, waits_below=below)
        held = Held(self.session, self.indicator, self.areas, self.cuts, self.result, counts=counts)
        for month in now:
            held.check(month, now[month], at_closing[month])

    def _truths(self, nets: Nets, lane: AdoptLane) -> Iterator[tuple[str, Truth]]:
        opened = [month for month in self.months if month <= lane.month]
        return truths(self.indicator, nets, opened, areas=self.areas)

    def _nets_of(self, source: _Values, kept: set[str]) -> Nets:
        """Return the recount as monthly changes; months whose source rows are gone keep what was counted."""
        nets: defaultdict[tuple[str, str, str], int] = defaultdict(int)
        lines: defaultdict[tuple[str, str], dict[str, int]] = defaultdict(dict)
        for (cut, area, month), value in source.items():
            lines[cut, area][month] = value
        for (cut, area), line in lines.items():
            before = 0
            for month in self.months:
                value = line.get(month, 0)
                nets[cut, area, month] = value if self.indicator.kind == "F" else value - before
                before = value
        for (cut, area, month), net in _sum(self.base, self.pending).items():
            if month not in kept:
                nets[cut, area, month] = net
        return nets


def _pending(session: Session, indicator: Indicator) -> Nets:
    key = (AdoptDelta.cut, AdoptDelta.area_id, AdoptDelta.month)
    query = select(*key, func.sum(AdoptDelta.d)).where(AdoptDelta.indicator == indicator.code).group_by(*key)
    return {(cut, area, month): int(d) for cut, area, month, d in session.execute(query)}


def _later(session: Session, indicator: Indicator, horizon: int) -> tuple[Nets, int, datetime | None]:
    """Return the changes after a horizon by cell, how many they are, and when the oldest was made."""
    query = select(AdoptChange).where(AdoptChange.indicator == indicator.code, AdoptChange.seq > horizon)
    nets: defaultdict[tuple[str, str, str], int] = defaultdict(int)
    rows = session.scalars(query).all()
    for row in rows:
        nets[row.cut, row.area_id, row.month] += row.d
    return nets, len(rows), min((row.at for row in rows), default=None)


def _sum(*parts: Nets, signs: tuple[int, ...] = ()) -> Nets:
    found: defaultdict[tuple[str, str, str], int] = defaultdict(int)
    for part, sign in zip(parts, signs or (1,) * len(parts), strict=True):
        for key, value in part.items():
            found[key] += sign * value
    return found


def _months_in(*parts: Nets) -> set[str]:
    return {month for part in parts for _cut, _area, month in part}


def _check_numbers(session: Session, result: Recount) -> None:
    """Find gaps: in the revisions of each series, and in the changes up to the clock's last number."""
    series = (AdoptObservation.audience, AdoptObservation.indicator, AdoptObservation.cut)
    for audience, code, cut, count, last in session.execute(
        select(*series, func.count(), func.max(AdoptObservation.seq)).group_by(*series)
    ):
        result.compare("d", last, count, audience=audience, indicator=code, cut=cut)
    applied = session.scalar(select(AdoptClock.applied_seq)) or 0
    changes = session.scalar(select(func.count()).select_from(AdoptChange)) or 0
    result.compare("d", applied, changes, table="adopt_change")
