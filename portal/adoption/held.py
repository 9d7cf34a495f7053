"""What is told, held against a recount: equal where it is shown, and hidden where the rule hides."""

from sqlalchemy import select
from sqlalchemy.orm import Session

from portal.adoption.areas import Areas, ProvinceThen
from portal.adoption.book import read_book
from portal.adoption.figures import Cell, Truth
from portal.adoption.findings import Recount
from portal.adoption.models import AdoptPeriod
from portal.adoption.privacy import is_small, open_below_province
from portal.adoption.telling import Month, Told, is_justified
from portal.counting import TOTAL, Indicator
from portal.counting.periods import parse_period


class Held:
    """The published rows of one indicator, month by month."""

    def __init__(
        self, session: Session, indicator: Indicator, areas: Areas, cuts: tuple[str, ...], result: Recount
    ) -> None:
        self.session, self.indicator, self.areas, self.cuts, self.result = session, indicator, areas, cuts, result
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
        """Hold what is hidden against the rule of P5; who contributed to money then may have changed since."""
        closed = month in self.closed
        asked = Month(indicator=self.indicator, then=then, cuts=self.cuts, truth=truth, closed=closed)
        top = (TOTAL, then.id)
        small = told[top] is not None and is_small(self.indicator, truth.get(top, 0))
        if small or (closed and self.indicator.privacy == "P5" and not is_justified(asked, told)):
            self.result.mismatches.append(
                {"clause": "b", "indicator": self.indicator.code, "period": month, "rule": self.indicator.privacy}
            )
