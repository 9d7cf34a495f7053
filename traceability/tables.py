"""The base of the trace_* tables."""

from sqlalchemy import MetaData
from sqlalchemy.orm import DeclarativeBase

# Names are fixed, so that a migration can drop what it finds on either engine.
_NAMES = {
    "ix": "ix_%(column_0_N_label)s",
    "uq": "uq_%(table_name)s_%(column_0_N_name)s",
    "ck": "ck_%(table_name)s_%(constraint_name)s",
    "fk": "fk_%(table_name)s_%(column_0_N_name)s_%(referred_table_name)s",
    "pk": "pk_%(table_name)s",
}


class TraceBase(DeclarativeBase):
    """Base of the trace tables."""

    metadata = MetaData(naming_convention=_NAMES)
