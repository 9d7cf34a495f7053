"""Whether the ledger is late: a part that is degraded, never a reason to stop."""

from collections.abc import Iterable
from datetime import datetime, timedelta

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from traceability import StampKeys, key_problems, ledger_standing
from traceability.models import TraceCheckpoint

LATE = timedelta(minutes=10)


def waiting_since(session: Session, ledger: str) -> datetime | None:
    """Return when the oldest checkpoint was signed that a ledger does not cover yet, None if it covers all."""
    standing = ledger_standing(session, ledger=ledger)
    return session.scalar(
        select(func.min(TraceCheckpoint.signed_at)).where(TraceCheckpoint.size > standing.anchored_size)
    )


def missing_keys(session: Session, keys: StampKeys) -> list[str]:
    """Return the versions of the stamps' root key that are missing or wrong, as `stamp_key:1`."""
    return [f"stamp_key:{problem.fields['version']}" for problem in key_problems(session, keys)]


def late_ledgers(session: Session, *, now: datetime, ledgers: Iterable[str]) -> list[str]:
    """Return the ledgers that have not taken a checkpoint for ten minutes, as `ledger:notary`."""
    since = ((name, waiting_since(session, name)) for name in ledgers)
    return [f"ledger:{name}" for name, at in since if at is not None and now - at > LATE]
