"""What is told, held against a recount: equal where it is shown, and hidden where the rule hides."""

from collections.abc import Set
from dataclasses import dataclass

from sqlalchemy import select
from sqlalchemy.orm import Session

from portal.adoption.areas import Areas, ProvinceThen
from portal.adoption.book import read_book
from portal.adoption.figures import Cell, Truth
from portal.adoption.findings import Recount
from portal.adoption.models import AdoptPeriod
from portal.adoption.privacy import open_below_province
from portal.adoption.revising import shares_of
from portal.adoption.telling import Month, SharesOf, Told, is_justified, must_hide
from portal.counting import TOTAL, Indicator
from portal.counting.periods import parse_period


@dataclass(frozen=True, slots=True, kw_only=True)
class Counts:
    """The months in which an indicator was counted, and those of which a change is not told yet.

    `waits` are those that the province's total has yet to tell, `waits_below` those that communes and cuts have.
    """

    counted: Set[str]
    waits: Set[str]
    waits_below: Set[str]


class Held:
    """The published rows of one indicator, month by month; months are checked in their order."""

    def __init__(
        self, session: Session, indicator: Indicator, areas: Areas, cuts: tuple[str, ...], result: Recount, *,
        counts: Counts,
    ) -> None:  # fmt: skip
        self.session, self.indicator, self.areas, self.cuts, self.result = session, indicator, areas, cuts, result
        self.counts = counts
        self._last: tuple[str, SharesOf] | None = None
        self.public = open_below_province(indicator)
        self.book = read_book(session, indicator)
        own = AdoptPeriod.indicator == indicator.code
        self.closed = set(session.scalars(select(AdoptPeriod.month).where(own, AdoptPeriod.state == "closed")))

    def check(self, month: str, now: Truth, at_closing: Truth) -> None:
        """Compare what is told of a month: the total as of now, communes and cuts as of their last closing."""
        then = self.areas.then(parse_period(month))
        if then is None:
            return
        top = (TOTAL, then.id)
        told: dict[Cell, int | None] = {}
        known = {*now, *at_closing, *self.book.entries}
        for cell in sorted({cell for cell in known if cell[1] == then.id or cell[1] in then.leaves} | {top}):
            row = self.book.at(cell, month)
            told[cell] = row.value if row is not None else 0
            truth = now if cell == top or self.public else at_closing
            where = {"indicator": self.indicator.code, "cut": cell[0], "area": cell[1], "period": month}
            own = row is not None and row.month == month
            if cell == top and not own:  # it has a row even where it is 0
                self.result.mismatches.append({"clause": "b", **where, "missing": True})
            elif cell != top and not self.public and month not in self.closed:
                if own:
                    self.result.mismatches.append({"clause": "b", **where, "too_soon": True})
            elif told[cell] is not None:
                self.result.compare("b", truth.get(cell, 0), told[cell], **where)
            elif self.public:
                self.result.mismatches.append({"clause": "b", **where, "hidden": True})
        if not self.public:
            self._check_hidden(month, then, {**at_closing, top: now.get(top, 0)}, told)

    def _check_hidden(self, month: str, then: ProvinceThen, truth: Truth, told: Told) -> None:
        """Hold what is hidden against the rule.

        Who contributes is read from the source rows as they are now, so dominance is judged where all is told.
        """
        closed, dominance = month in self.closed, self.indicator.privacy == "DOM"
        shares = self._shares(month, then) if dominance else lambda _cell: {}
        asked = Month(indicator=self.indicator, then=then, cuts=self.cuts, truth=truth, closed=closed, shares_of=shares)
        top = (TOTAL, then.id)
        settled = not dominance or not self._waits(month, self.counts.waits)
        settled_below = not dominance or not self._waits(month, self.counts.waits | self.counts.waits_below)
        telling = settled and told[top] is not None and must_hide(asked, top)
        if telling or (closed and settled_below and not is_justified(asked, told)):
            self.result.mismatches.append(
                {"clause": "b", "indicator": self.indicator.code, "period": month, "rule": self.indicator.privacy}
            )

    def _waits(self, month: str, months: Set[str]) -> bool:
        """Say whether a change that is not told moves a month's figure."""
        return month in months if self.indicator.kind == "F" else any(one <= month for one in months)

    def _shares(self, month: str, then: ProvinceThen) -> SharesOf:
        """Return who contributes to the month's cells; where nothing was counted, those of the month before."""
        if self._last is None or self.indicator.kind == "F" or month in self.counts.counted or self._last[0] != then.id:
            self._last = (then.id, shares_of(self.session, self.indicator, parse_period(month), then, self.areas))
        return self._last[1]
