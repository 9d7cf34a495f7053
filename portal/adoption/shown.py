"""Which month the pages open on. A demo's figures belong to a month of its own, and the page says so."""

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from portal.acting import Acting
from portal.adoption.errors import QueryError
from portal.adoption.models import AdoptNote
from portal.audit import record
from portal.counting.periods import parse_period

_PERIOD, _LABEL = "shown_period", "shown_label"
_WORD = re.compile(r"[^\W_][\w -]{0,39}")


@dataclass(frozen=True, slots=True)
class ShownPeriod:
    """The period that pages open on, and the word beside it (`demo`), empty where it is simply the present month."""

    period: str
    label: str


def show_period(session: Session, *, default: str) -> ShownPeriod:
    """Return the period that was set, or the default."""
    period, label = session.get(AdoptNote, _PERIOD), session.get(AdoptNote, _LABEL)
    if period is None:
        return ShownPeriod(default, "")
    return ShownPeriod(period.value, label.value if label is not None else "")


def own_periods(session: Session) -> Mapping[str, str]:
    """Return indicator → period for those that open on another period than the page."""
    rows = session.execute(select(AdoptNote.key, AdoptNote.value).where(AdoptNote.key.like(f"{_PERIOD}:%")))
    return {key.partition(":")[2]: value for key, value in rows}


def set_shown_period(
    session: Session, *, now: datetime, acting: Acting, period: str, label: str, indicators: Iterable[str] = ()
) -> None:
    """Have the pages open on a period, with a word that says why; raise `QueryError` period_invalid.

    With `indicators` named, only their tiles open on it.
    """
    try:
        text = parse_period(period).text
    except ValueError:
        raise QueryError("period_invalid", field="period") from None
    if _WORD.fullmatch(label) is None:
        raise QueryError("period_invalid", field="label")
    before = show_period(session, default="")
    notes = {f"{_PERIOD}:{code}": text for code in indicators} or {_PERIOD: text, _LABEL: label}
    for key, value in notes.items():
        session.merge(AdoptNote(key=key, value=value, set_at=now))
    changed: dict[str, tuple[object, object]] = {"period": (before.period or None, text)}
    record(session, now=now, acting=acting, act="adoption.period_shown", object_id=text, changed=changed,
           public=frozenset(changed))  # fmt: skip
