"""Details of scans and their figure, written in groups within a second of the answers.

Both are written in one transaction, so that a recount of the figure from the details agrees at every moment; what a
killed process had not written yet is missing from both alike. The stamps' own rows were committed before.
"""

import threading
from collections import Counter, deque
from collections.abc import Callable
from typing import Any

from flask import Flask, current_app
from sqlalchemy import select
from sqlalchemy.exc import OperationalError
from sqlalchemy.orm import Session

from portal.counting.periods import month_of
from portal.db import begin, db
from portal.stamps.indicators import SCAN, count
from portal.stamps.models import StampOrder
from traceability import ScanDetail, record_details

DELAY_S = 0.5
MOST_WAITING = 20_000


class DetailBuffer:
    """Collects details of one process and writes them `delay_s` seconds later; at once where that is 0.

    `write` is what writes them, by default scans' details with their figure.
    """

    def __init__(self, *, delay_s: float = DELAY_S, write: Callable[[Session, list[Any]], None] | None = None) -> None:
        self.delay_s = delay_s
        self._to = write
        self._waiting: deque[Any] = deque(maxlen=MOST_WAITING)
        self._lock = threading.Lock()
        self._timer: threading.Timer | None = None

    def add(self, detail: Any) -> None:
        """Take one detail; whoever comes first sets the timer for all that follow."""
        app: Flask = current_app._get_current_object()  # type: ignore[attr-defined]
        with self._lock:
            self._waiting.append(detail)
            if self.delay_s and self._timer is None:
                self._timer = threading.Timer(self.delay_s, self._write_later, args=(app,))
                self._timer.start()  # no daemon: an orderly end of the process waits for it
        if not self.delay_s:
            self._write()

    def _write_later(self, app: Flask) -> None:
        with self._lock:
            self._timer = None
        with app.app_context():
            try:
                self._write()
            finally:
                db.session.remove()

    def _write(self) -> None:
        with self._lock:
            taken = list(self._waiting)
            self._waiting.clear()
        if not taken:
            return
        try:
            with begin(flushed=False) as session:  # as the stamps' rows: a flush would hold the readers' lock
                (self._to or write_details)(session, taken)
        except OperationalError as error:  # bookkeeping: tried again with the next scan, never at the reader's cost
            with self._lock:
                self._waiting.extendleft(reversed(taken))
            current_app.extensions["log"].warning(
                "scans.details_wait", rows=len(taken), error=type(error.orig).__name__
            )


BUFFER = DetailBuffer()


def write_details(session: Session, details: list[ScanDetail]) -> None:
    """Keep the details and count them at the establishments' homes."""
    record_details(session, details)
    owners = {
        row.batch: (row.organisation_id, row.sector)
        for row in session.execute(
            select(StampOrder.batch, StampOrder.organisation_id, StampOrder.sector).where(
                StampOrder.batch.in_({detail.batch for detail in details})
            )
        )
    }
    groups = Counter((*owners[detail.batch], month_of(detail.scanned_at)) for detail in details)
    latest = {month_of(detail.scanned_at): detail.scanned_at for detail in details}
    for (establishment, sector, month), scans in sorted(groups.items()):
        count(session, SCAN, establishment=establishment, sector=sector, d=scans, at=latest[month])
