"""The question that a place leaves open: asked once about each subject, until it is answered or falls away.

A reform that parts a commune asks about each subject whose home went to the province's leaf; a list asks about places
that it names without saying which. Until the answer a subject counts as "not attributable" and nobody guesses.
"""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import select, update
from sqlalchemy.orm import Session

from portal.bulk import among, insert_rows, rising_ids
from portal.crypto import FieldKeys
from portal.onboarding.models import PlaceQuestion
from portal.places.names import tidy

_COLUMNS = (
    "id", "subject_id", "kind", "state", "former_id", "captured", "run_id", "text", "text_key", "hamlet",
    "hamlet_key", "asked_at",
)  # fmt: skip
EMPTIED: dict[str, Any] = {"text": None, "text_key": "", "hamlet": None, "hamlet_key": ""}


@dataclass(frozen=True, slots=True)
class Kind:
    """One kind of subject that is asked about: `hamlets` tells of those that still live, `names` what they are called.

    `settle` writes an answer into their own rows: the unit, and the unit of that day where the question was about it.
    """

    code: str
    hamlets: Callable[[Session, Sequence[str]], Mapping[str, str | None]]
    names: Callable[[Session, Sequence[str], FieldKeys], Mapping[str, str]]
    settle: Callable[[Session, Sequence[str], str, str | None], None]


@dataclass(frozen=True, slots=True)
class Unsettled:
    """What a list says of a place that is not clear: whose, in which words, and the units that these may mean."""

    subject_id: str
    kind: str
    text: str
    hamlet: str | None
    former_id: str | None
    captured: tuple[str, ...]


KINDS: dict[str, Kind] = {}
FOLLOWERS: dict[str, Callable[[Session, Sequence[str]], Sequence[str]]] = {}


def add_kind(kind: Kind) -> None:
    """Register a kind of subject."""
    KINDS[kind.code] = kind


def add_followers(name: str, followers: Callable[[Session, Sequence[str]], Sequence[str]]) -> None:
    """Register subjects whose home is where another subject's is, and that are not asked about by themselves."""
    FOLLOWERS[name] = followers


def ask_parted(session: Session, subject_ids: Sequence[str], former_id: str, now: datetime) -> None:
    """Ask about each subject whose unit was parted; who has an open question already is not asked twice."""
    known = _asked_already(session, subject_ids)
    fresh = [subject_id for subject_id in subject_ids if subject_id not in known]
    for kind in KINDS.values():
        hamlets = kind.hamlets(session, fresh)
        found = [Unsettled(who, kind.code, "", hamlet, former_id, ()) for who, hamlet in sorted(hamlets.items())]
        ask(session, found, now=now)


def ask(session: Session, unsettled: Iterable[Unsettled], *, now: datetime, run_id: str | None = None) -> None:
    """Write a question about each; the caller knows that they have none."""
    listed = list(unsettled)
    rows = [
        (
            made, one.subject_id, one.kind, "open", one.former_id, list(one.captured) or None,
            None if one.former_id else run_id, None if one.former_id else one.text,
            "" if one.former_id else _key(one.text), tidy(one.hamlet or "") or None, _key(one.hamlet), now,
        )
        for made, one in zip(rising_ids("pq", len(listed)), listed, strict=True)
    ]  # fmt: skip
    insert_rows(session, PlaceQuestion, _COLUMNS, rows)


def void(session: Session, subject_ids: Sequence[str], *, now: datetime) -> None:
    """Take back open questions of subjects that are gone, or whose place is known in another way."""
    session.execute(
        update(PlaceQuestion)
        .where(among(session, PlaceQuestion.subject_id, subject_ids), PlaceQuestion.state == "open")
        .values(state="void", closed_at=now, **EMPTIED)
    )


def question_of(session: Session, subject_id: str) -> PlaceQuestion | None:
    """Return the open question about a subject."""
    query = select(PlaceQuestion).where(PlaceQuestion.subject_id == subject_id, PlaceQuestion.state == "open")
    return session.scalars(query).one_or_none()


def _asked_already(session: Session, subject_ids: Sequence[str]) -> set[str]:
    query = select(PlaceQuestion.subject_id).where(
        among(session, PlaceQuestion.subject_id, subject_ids), PlaceQuestion.state == "open"
    )
    return set(session.scalars(query))


def _key(words: str | None) -> str:
    """Return words as they are compared: tidy, but with their tones, for Bình Hòa is not Bình Hoa."""
    return tidy(words or "").casefold()
