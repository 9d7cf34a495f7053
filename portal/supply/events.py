"""All events of lots, whole, with their corrections: each once, lot by lot."""

from collections.abc import Iterator

from sqlalchemy import Select, select
from sqlalchemy.orm import Session

from portal.catalogue.models import Product
from portal.stamps.goods import gtin_of
from portal.stamps.uris import lot_uris
from traceability import epcis
from traceability.epcis.models import TraceEvent
from traceability.models import TraceEntry, TraceLot

_AT_ONCE = 500


class Told:
    """Reads the events of lots, and remembers which, for their entries in the log."""

    def __init__(self, session: Session, lots: Select[TraceLot], *, public_url: str) -> None:
        self._session, self._lots, self._public_url = session, lots, public_url
        self._numbers: set[int] = set()

    def __len__(self) -> int:
        return len(self._numbers)

    def events(self) -> Iterator[epcis.Event]:
        """Give each event that names a lot or what it is in, the oldest of a lot first."""
        for lot in self._session.scalars(self._lots.order_by(TraceLot.id).execution_options(yield_per=_AT_ONCE)):
            gtin = gtin_of(self._session.get_one(Product, lot.product))
            names = lot_uris(self._public_url, lot_id=lot.id, number=lot.number, gtin=gtin)
            for step in epcis.journey(self._session, names, whole=True):
                if step.number not in self._numbers:
                    self._numbers.add(step.number)
                    yield {**step.event, "eventID": step.event_id}

    def entries(self) -> Iterator[Select[TraceEntry]]:
        """Give the questions for the log's entries of what was read."""
        numbers = sorted(self._numbers)
        for start in range(0, len(numbers), _AT_ONCE):
            part = numbers[start : start + _AT_ONCE]
            yield select(TraceEntry).where(TraceEntry.id.in_(select(TraceEvent.entry).where(TraceEvent.id.in_(part))))
