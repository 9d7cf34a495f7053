"""What an officer sees of the questions about places: by former unit and hamlet, with how many wait for each answer."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from portal.acting import Acting
from portal.crypto import FieldKeys
from portal.onboarding.answers import alike, reach
from portal.onboarding.models import PlaceQuestion
from portal.onboarding.places import place_name
from portal.onboarding.questions import KINDS
from portal.paging import Page

ROWS = 50
SHOWN = 30


@dataclass(frozen=True, slots=True)
class Line:
    """Questions that one answer may settle: where their records were, the hamlet, how many, since when."""

    question_id: str
    former: str
    text: str | None
    hamlet: str | None
    count: int
    since: datetime


def open_records(session: Session, acting: Acting) -> int:
    """Return how many records within reach wait for an answer."""
    query = (
        select(func.count()).select_from(PlaceQuestion).where(PlaceQuestion.state == "open", *reach(session, acting))
    )
    return session.scalar(query) or 0


def question_page(session: Session, acting: Acting, *, page: int) -> Page[Line]:
    """Return the open questions within reach, the most records first."""
    group = (
        PlaceQuestion.former_id,
        PlaceQuestion.run_id,
        PlaceQuestion.text_key,
        PlaceQuestion.hamlet_key,
    )
    count = func.count()
    grouped = (
        select(
            func.min(PlaceQuestion.id),
            PlaceQuestion.former_id,
            func.min(PlaceQuestion.text),
            func.min(PlaceQuestion.hamlet),
            count,
            func.min(PlaceQuestion.asked_at),
        )
        .where(PlaceQuestion.state == "open", *reach(session, acting))
        .group_by(*group)
    )
    total = session.scalar(select(func.count()).select_from(grouped.subquery())) or 0
    shown: Page[Line] = Page(asked=page, total=total, rows=ROWS)
    query = grouped.order_by(count.desc(), *group).limit(ROWS).offset(shown.start)
    named: dict[str | None, str] = {}
    lines = []
    for question_id, former_id, text, hamlet, records, since in session.execute(query):
        if former_id not in named:
            named[former_id] = place_name(session, former_id)
        lines.append(Line(question_id, named[former_id], text, hamlet, records, since))
    return shown.holding(*lines)


def same_hamlet(session: Session, acting: Acting, question: PlaceQuestion) -> tuple[list[tuple[str, str]], int]:
    """Return (question, subject) of the first open questions of the same hamlet, this one first, and how many."""
    conditions = [*alike(question), *reach(session, acting)]
    count = session.scalar(select(func.count()).select_from(PlaceQuestion).where(*conditions)) or 0
    query = (
        select(PlaceQuestion.id, PlaceQuestion.subject_id)
        .where(*conditions)
        .order_by(PlaceQuestion.id != question.id, PlaceQuestion.id)
        .limit(SHOWN)
    )
    return [(question_id, subject_id) for question_id, subject_id in session.execute(query)], count


def subject_names(session: Session, subject_ids: list[str], keys: FieldKeys) -> Mapping[str, str]:
    """Return what the subjects of questions are called before an officer."""
    found: dict[str, str] = {}
    for kind in KINDS.values():
        found |= kind.names(session, subject_ids, keys)
    return found
