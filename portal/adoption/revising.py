"""One piece of publishing: which months of an indicator are told anew, and a row for each figure that differs."""

from collections.abc import Iterable, Sequence
from datetime import datetime
from functools import cache
from itertools import pairwise
from typing import Any

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from portal.adoption.areas import Areas, ProvinceThen
from portal.adoption.book import Book, Entry, read_book
from portal.adoption.closing import certify, move_period, until_when, waiting_to_close
from portal.adoption.figures import BEFORE, Cell, Nets, truths
from portal.adoption.models import AdoptLane, AdoptPeriod
from portal.adoption.privacy import Shares, open_below_province
from portal.adoption.source import contributions
from portal.adoption.telling import Month, SharesOf, Told, told_in
from portal.cases import open_case
from portal.counting import TOTAL, Catalogue, Indicator
from portal.counting.models import AdoptCell, AdoptChange
from portal.counting.periods import Period, parse_period
from portal.places.areas import is_leaf


class Revising:
    """The work on one indicator; `closed` are the months that it closes."""

    def __init__(
        self,
        session: Session,
        catalogue: Catalogue,
        indicator: Indicator,
        lane: AdoptLane,
        opened: Sequence[str],
        *,
        now: datetime,
        as_of: datetime,
        areas: Areas,
    ) -> None:
        self.session, self.indicator, self.lane, self.opened = session, indicator, lane, opened
        self.now, self.as_of, self.areas = now, as_of, areas
        self.cuts = catalogue.cuts_of(indicator)
        self.public = open_below_province(indicator)
        own = AdoptPeriod.indicator == indicator.code
        self.periods = {one.month: one for one in session.scalars(select(AdoptPeriod).where(own))}
        self.was_closed = {month for month, one in self.periods.items() if one.state == "closed"}
        self.closed: dict[str, str] = {}
        self.rows: list[dict[str, Any]] = []

    @property
    def tells_all(self) -> bool:
        """Say whether what waits for a closing was told too."""
        return self.public or bool(self.closed)

    def revise(self, changed: set[str], fresh: set[str]) -> list[dict[str, Any]]:
        """Return the new rows; move months on to closing and closed."""
        waiting = waiting_to_close(self.session, self.indicator, now=self.now)
        nets: Nets | None = None
        if waiting:
            nets = base_nets(self.session, self.indicator)
            self._close(waiting, nets)
        months = self._months(changed, fresh)
        if not months:
            return []
        top_only = not self.public and not self.closed
        if nets is None:
            nets = base_nets(self.session, self.indicator, since=months[0], cut=TOTAL if top_only else None)
        provinces = {then.id for month in months if (then := self._then(month)) is not None}
        book = read_book(self.session, self.indicator, cells=[(TOTAL, one) for one in provinces] if top_only else None)
        self._tell(months, nets, book, fresh)
        for month, mark in self.closed.items():
            self._certified(self.periods[month], mark)
        return self.rows

    def _close(self, waiting: Sequence[AdoptPeriod], nets: Nets) -> None:
        """Move months that are over to closing; those that may close get their certificate."""
        until = until_when(self.session, self.indicator, now=self.now)
        for one in waiting:
            if one.state == "open":
                move_period(one, "closing")
            one.tried_at = self.now
        ready = [one.month for one in waiting if one.month < until]
        if not ready:
            return
        found = certify(self.session, self.indicator, nets, ready, now=self.now)
        if found.differs and until_when(self.session, self.indicator, now=self.now) == until:
            reason = "the recount differs, so the month stays open"
            subject = f"{self.indicator.code}/{found.differs[0]}"
            open_case(self.session, now=self.now, kind="adoption.closing_blocked", subject=subject, reason=reason)
        first_wrong = min(found.differs, default="9999")
        self.closed = {month: found.hashes[month] for month in ready if month < first_wrong}

    def _months(self, changed: set[str], fresh: set[str]) -> list[str]:
        """Return, in order, the months of which anything is to be told."""
        found = self._touched(changed | fresh) | set(self.closed)
        if self.closed and not self.public:  # what came late for communes and cuts appears with this closing
            found |= self._touched(self._late()) & self.was_closed
        return sorted(found)

    def _touched(self, months: Iterable[str]) -> set[str]:
        first = min(months, default=None)
        if first is None:
            return set()
        return set(months) if self.indicator.kind == "F" else {month for month in self.opened if month >= first}

    def _late(self) -> set[str]:
        query = select(AdoptChange.month).where(
            AdoptChange.indicator == self.indicator.code, AdoptChange.seq > self.lane.closed_horizon
        )
        return set(self.session.scalars(query.distinct()))

    def _then(self, month: str) -> ProvinceThen | None:
        return self.areas.then(parse_period(month))

    def _tell(self, months: Sequence[str], nets: Nets, book: Book, fresh: set[str]) -> None:
        told_of, counted = set(months), {month for _cut, _area, month in nets}
        earlier = {one: before for before, one in pairwise(self.opened)}
        wanted = told_of | {earlier[one] for one in months if one in earlier and self.closed}
        last, truth_last, shares, shares_at = "", dict[Cell, int](), self._shares(None), ""
        for month, truth in truths(self.indicator, nets, sorted(wanted), areas=self.areas):
            then, follows = self._then(month), bool(last) and earlier.get(month) == last
            if then is not None and month in told_of:
                closed = month in self.closed or (month in self.was_closed and bool(self.closed or self.public))
                if not follows or month in counted or self.indicator.kind == "F" or then.id != shares_at:
                    # a month in which nothing was counted has the contributors of the one before
                    shares, shares_at = self._shares(month), then.id
                told = told_in(
                    Month(
                        indicator=self.indicator, then=then, cuts=self.cuts, truth=truth,
                        before=truth_last if follows else {}, closed=closed,
                        hidden=book.hidden_in(month) if month in self.was_closed else frozenset(),
                        hidden_last=book.hidden_in(last) if follows else frozenset(),
                        shares_of=shares, salt=self.session.info.get("audit_key", b"")[:64],
                    )
                )  # fmt: skip
                self._write(month, then, told, book, everything=self.public or closed, fresh=month in fresh)
            last, truth_last = month, dict(truth)

    def _write(self, month: str, then: ProvinceThen, told: Told, book: Book, *, everything: bool, fresh: bool) -> None:
        top = (TOTAL, then.id)
        cells = set(told)
        if everything:
            cells |= {cell for cell in book.entries if self._is_of(cell, then)}
        for cell in sorted(cells):
            value = told.get(cell, 0)
            if value is not None and value < 0 and self.indicator.unit != "đồng":
                self._alarm(month, cell)
                continue
            row = book.at(cell, month)
            own = row if row is not None and row.month == month else None
            said = row.value if row is not None else 0
            final = month in self.closed and own is not None and own.status == "provisional"
            if value == said and not final and (cell != top or own is not None):
                continue
            was_told = month in self.was_closed or (not fresh and (self.public or cell == top))
            revision = own.revision + 1 if own else (row.revision if row else 0) * (was_told and cell != top) + 1
            self._put(book, cell, month, revision, value, said if was_told else None)

    def _is_of(self, cell: Cell, then: ProvinceThen) -> bool:
        return cell[1] == then.id or cell[1] in then.leaves

    def _put(self, book: Book, cell: Cell, month: str, revision: int, value: int | None, said: int | None) -> None:
        status = "provisional"
        if month in self.closed:
            status = "final"
        elif month in self.was_closed:
            status = "revised"
        note = "hidden" if value is None else ""
        if status == "revised" and value is not None and said is not None:
            note = f"late:{value - said:+d}"
        shown = "P" if status == "provisional" else self._normal(month)
        seq = book.put(cell, Entry(month, revision, value, status))
        self.rows.append(
            {
                "cut": cell[0],
                "area_id": cell[1],
                "period": month,
                "revision": revision,
                "value": value,
                "obs_status": "Q" if value is None else shown,
                "conf_status": "C" if value is None else "F",
                "status": status,
                "seq": seq,
                "note": note[:24],
                "deleted": False,
            }
        )

    def _normal(self, month: str) -> str:
        return "B" if self.areas.is_break(parse_period(month)) else "A"

    def _alarm(self, month: str, cell: Cell) -> None:
        subject = f"{self.indicator.code}/{cell[0]}/{cell[1]}/{month}"
        open_case(
            self.session, now=self.now, kind="adoption.negative_cell", subject=subject[:64], reason="a count below zero"
        )

    def _shares(self, month: str | None) -> SharesOf:
        then = self._then(month) if month is not None else None
        if month is None or then is None:
            return lambda _cell: {}
        return shares_of(self.session, self.indicator, parse_period(month), then, self.areas)

    def _certified(self, period: AdoptPeriod, mark: str) -> None:
        then = self._then(period.month)
        leaves = (
            len([one for one in then.leaves if not is_leaf(one)]) if then and not self.indicator.province_only else 0
        )
        move_period(period, "closed")
        period.closed_at, period.recount_hash = self.as_of, mark
        period.units = then.id if then else None
        period.cells = len(self.cuts) + leaves * (len(self.cuts) if self.public else 1)


def shares_of(session: Session, indicator: Indicator, month: Period, then: ProvinceThen, areas: Areas) -> SharesOf:
    """Return the question who contributed how much to a cell, of the province or of one of its leaves."""

    @cache
    def ask() -> dict[Cell, Shares]:
        found: dict[Cell, dict[str, int]] = {}
        for (cut, area), shares in contributions(session, indicator, month).items():
            if areas.province_of(area) in then.lineage:
                for cell in ((cut, then.id), (cut, area)):
                    own = found.setdefault(cell, {})
                    for contributor, share in shares.items():
                        own[contributor] = own.get(contributor, 0) + share
        return dict(found)

    return lambda cell: ask().get(cell, {})


def base_nets(session: Session, indicator: Indicator, *, since: str | None = None, cut: str | None = None) -> Nets:
    """Return what each cell gained in each month, as rolled up.

    With `since`, stocks and totals stand as they were before that month under the month "", and flows before it are
    left out; with `cut`, only that one.
    """
    own = [AdoptCell.indicator == indicator.code]
    if cut is not None:
        own.append(AdoptCell.cut == cut)
    later = own if since is None else [*own, AdoptCell.month >= since]
    query = select(AdoptCell.cut, AdoptCell.area_id, AdoptCell.month, AdoptCell.net).where(*later)
    nets = {(name, area, month): net for name, area, month, net in session.execute(query)}
    if since is None or indicator.kind == "F":
        return nets
    earlier = select(AdoptCell.cut, AdoptCell.area_id, func.sum(AdoptCell.net)).where(*own, AdoptCell.month < since)
    for name, area, standing in session.execute(earlier.group_by(AdoptCell.cut, AdoptCell.area_id)):
        nets[name, area, BEFORE] = int(standing)
    return nets
