"""In which months an establishment's stamps were issued or scanned, for a home that moves late."""

from datetime import UTC, datetime
from typing import Any

from sqlalchemy import event

from portal.db import db
from portal.stamps.indicators import COUNTERS
from tests.portal.stamps.making import Stamps

[STAMPS] = COUNTERS
SINCE, UNTIL = datetime(2026, 9, 30, 17, tzinfo=UTC), datetime(2027, 3, 5, tzinfo=UTC)


def months(session: Any, subject: str, *, since: datetime = SINCE, until: datetime = UNTIL) -> set[str]:
    return set(STAMPS.flow_months(session, subject, since=since, until=until))  # type: ignore[attr-defined]


def test_months_of_issuing_and_of_scanning_in_one_statement(
    client: Any, session: Any, stamps: Stamps, clock: Any
) -> None:
    clock.at = datetime(2026, 11, 30, 16, 59, tzinfo=UTC)  # the last minute of November in Vietnam
    batch = stamps.issue(20)
    establishment = str(stamps.goods().organisation_id)
    clock.at = datetime(2026, 12, 31, 17, tzinfo=UTC)  # the first of January
    client.get(f"/s/{stamps.serial(batch, 3)}")
    session.expire_all()
    seen: list[str] = []

    def note(_connection: Any, _cursor: Any, statement: str, *_more: Any) -> None:
        seen.append(statement)

    event.listen(db.engine, "before_cursor_execute", note)
    try:
        assert months(session, establishment) == {"2026-11", "2027-01"}
    finally:
        event.remove(db.engine, "before_cursor_execute", note)
    assert len([one for one in seen if one.lstrip().startswith("SELECT")]) == 1
    assert months(session, establishment, since=datetime(2026, 11, 30, 17, tzinfo=UTC)) == {"2027-01"}
    assert months(session, establishment, until=datetime(2026, 12, 31, 16, tzinfo=UTC)) == {"2026-11"}
    assert months(session, "or_nobody") == set()
