"""Run the texts by which an indicator is counted from its source rows."""

from functools import lru_cache
from typing import Any

from sqlalchemy import TextClause, bindparam, text
from sqlalchemy.orm import Session

from portal.counting.periods import Period
from portal.db import UtcDateTime


def source_rows(session: Session, sql: str, period: Period) -> list[Any]:
    """Return the rows of a text for one period; `:start` and `:end` are bound as the engine stores times."""
    times = {"start": period.start, "end": period.end}
    needed = {name: at for name, at in times.items() if f":{name}" in sql}
    return list(session.execute(_bound(sql), needed))


@lru_cache(maxsize=256)
def _bound(sql: str) -> TextClause:
    names = [name for name in ("start", "end") if f":{name}" in sql]
    return text(sql).bindparams(*(bindparam(name, type_=UtcDateTime) for name in names))
