"""Column types of the trace tables."""

from datetime import UTC, datetime
from typing import Any

from sqlalchemy import BigInteger, DateTime, Integer
from sqlalchemy.engine import Dialect
from sqlalchemy.types import TypeDecorator

BIG = BigInteger().with_variant(Integer, "sqlite")  # SQLite counts up only on INTEGER


class UtcDateTime(TypeDecorator[datetime]):
    """An aware UTC time on both engines; SQLite would drop the offset in silence."""

    impl = DateTime(timezone=True)
    cache_ok = True

    def process_bind_param(self, value: datetime | None, dialect: Dialect) -> datetime | None:  # noqa: ARG002 (SQLAlchemy's signature)
        """Refuse naive times."""
        if value is None:
            return None
        if value.tzinfo is None:
            raise ValueError("a time without offset")
        return value.astimezone(UTC)

    def process_result_value(self, value: Any | None, dialect: Dialect) -> datetime | None:  # noqa: ARG002 (SQLAlchemy's signature)
        """Give the offset back that SQLite does not keep."""
        if value is None:
            return None
        stored: datetime = value
        return stored.replace(tzinfo=UTC) if stored.tzinfo is None else stored.astimezone(UTC)
