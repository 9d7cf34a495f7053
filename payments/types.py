"""Column types, ids and the declarative base of the pay_ tables."""

from __future__ import annotations

import secrets
from datetime import UTC, datetime
from typing import Any

from sqlalchemy import BigInteger, DateTime, Integer, MetaData
from sqlalchemy.engine import Dialect
from sqlalchemy.orm import DeclarativeBase
from sqlalchemy.types import TypeDecorator

_CROCKFORD = "0123456789abcdefghjkmnpqrstvwxyz"
_PAIRS = [first + second for first in _CROCKFORD for second in _CROCKFORD]
_ID_LENGTH = 26
_REF_LENGTH = 20
_LEAST_NUMBER, _MOST_NUMBER = 10**14, 10**15

# SQLite counts rows only in a column called INTEGER.
Sequence64 = BigInteger().with_variant(Integer(), "sqlite")


class PayBase(DeclarativeBase):
    """Base of every pay_ table; constraints have stable names for migrations."""

    metadata = MetaData(
        naming_convention={
            "ix": "ix_%(table_name)s_%(column_0_N_name)s",
            "uq": "uq_%(table_name)s_%(column_0_N_name)s",
            "ck": "ck_%(table_name)s_%(constraint_name)s",
            "fk": "fk_%(table_name)s_%(column_0_N_name)s",
            "pk": "pk_%(table_name)s",
        }
    )


class UtcDateTime(TypeDecorator[datetime]):
    """An aware UTC time on both engines; a naive value is refused, since SQLite would drop its meaning."""

    impl = DateTime(timezone=True)
    cache_ok = True

    def process_bind_param(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        """Write as UTC."""
        del dialect
        if value is None:
            return None
        if value.tzinfo is None:
            raise ValueError("a naive datetime has no place in the database")
        return value.astimezone(UTC)

    def process_result_value(self, value: Any | None, dialect: Dialect) -> datetime | None:
        """Read as UTC."""
        del dialect
        if value is None:
            return None
        moment: datetime = value
        return moment.replace(tzinfo=UTC) if moment.tzinfo is None else moment.astimezone(UTC)


def new_id(prefix: str) -> str:
    """Return prefix_ and 26 characters that hold 128 random bits."""
    bits = secrets.randbits(128)
    return prefix + "_" + "".join(_CROCKFORD[(bits >> 5 * place) & 31] for place in range(_ID_LENGTH))


def new_ids(prefix: str, count: int) -> list[str]:
    """Return so many ids like those of `new_id`, at a fifth of the cost: lists ask for many at once."""
    chance = secrets.token_bytes(17 * count)
    found = []
    for at in range(0, 17 * count, 17):
        bits = int.from_bytes(chance[at : at + 17], "big")
        found.append(prefix + "_" + "".join([_PAIRS[(bits >> shift) & 1023] for shift in range(0, 130, 10)]))
    return found


def new_merchant_ref() -> str:
    """Return 20 characters of [a-z0-9] with 100 random bits, which every provider's field takes."""
    return "".join(secrets.choice(_CROCKFORD) for _ in range(_REF_LENGTH))


def new_numeric_ref() -> str:
    """Return a whole number of 15 digits (far below 2**53), for providers that know orders by number only."""
    return str(_LEAST_NUMBER + secrets.randbelow(_MOST_NUMBER - _LEAST_NUMBER))
