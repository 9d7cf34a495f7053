"""What may be answered to the question about a place, and what one answer settles: a record, or all of its hamlet."""

from collections.abc import Callable, Sequence
from collections.abc import Set as AbstractSet
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from sqlalchemy import ColumnElement, select
from sqlalchemy.orm import Session

from portal.acting import Acting
from portal.audit import Act, record_many
from portal.bulk import among
from portal.counting import counting_many
from portal.errors import NotFound
from portal.onboarding.errors import AnswerRefused, QuestionClosed
from portal.onboarding.models import PlaceQuestion
from portal.onboarding.officers import reached_units
from portal.onboarding.places import place_name, within
from portal.onboarding.questions import EMPTIED, FOLLOWERS, KINDS
from portal.places import actions as places
from portal.places.areas import COMMUNE, day_of, is_leaf, province_of_leaf

_BETWEEN = ">"
_REACHES: dict[str, Callable[[Session, Acting], AbstractSet[str]]] = {}


@dataclass(frozen=True, slots=True)
class Option:
    """One answer: a commune of today; `captured_id` is the unit of that day through which it is meant."""

    unit_id: str
    captured_id: str | None
    name: str
    within: str
    formerly: str | None

    @property
    def value(self) -> str:
        """Return the answer as a form sends it."""
        return f"{self.captured_id}{_BETWEEN}{self.unit_id}" if self.captured_id else self.unit_id


def add_reach(role: str, units: Callable[[Session, Acting], AbstractSet[str]]) -> None:
    """Register how far a later subject's role reaches; it is asked about sellers alone."""
    _REACHES[role] = units


def find_question(session: Session, acting: Acting, question_id: str) -> PlaceQuestion:
    """Return a question within reach: an owner's own, an officer's area's; a foreign one is missing."""
    query = select(PlaceQuestion).where(PlaceQuestion.id == question_id, *reach(session, acting))
    question = session.scalars(query).one_or_none()
    if question is None:
        raise NotFound
    return question


def reach(session: Session, acting: Acting) -> list[ColumnElement[bool]]:
    """Return the conditions on questions within reach.

    A commune's officer is asked about the units that came into the commune; what a list left unclear is the
    province's, since no commune has it yet.
    """
    if acting.role == "household":
        return [PlaceQuestion.subject_id == (acting.organisation_id or "")]
    if acting.role in _REACHES:
        return [PlaceQuestion.kind == "seller", PlaceQuestion.former_id.in_(_REACHES[acting.role](session, acting))]
    units = reached_units(session, acting)
    return [] if units is None else [PlaceQuestion.former_id.in_(units)]


def alike(question: PlaceQuestion) -> list[ColumnElement[bool]]:
    """Return the conditions on open questions of the same hamlet: the same former unit, or the same words of a list."""
    return [
        PlaceQuestion.state == "open",
        PlaceQuestion.hamlet_key == question.hamlet_key,
        PlaceQuestion.text_key == question.text_key,
        _same(PlaceQuestion.former_id, question.former_id),
        _same(PlaceQuestion.run_id, question.run_id),
    ]


def options(session: Session, question: PlaceQuestion, *, on: date) -> list[Option]:
    """Return what may be answered: the communes that the former unit may have become, through each that is meant."""
    through = [(question.former_id, None)] if question.former_id else [(one, one) for one in question.captured or ()]
    found = []
    for start, captured in through:
        formerly = place_name(session, captured) if captured else None
        for unit in places.candidates(session, start, on=on):
            found.append(Option(unit.id, captured, unit.name, within(session, unit), formerly))
    return found


def settle(
    session: Session, *, now: datetime, acting: Acting, question_id: str, answer: str, hamlet: bool = False
) -> int:
    """Settle a question, and with `hamlet` all open ones of its hamlet, by one answer; return how many.

    Moves the homes and counts that, in this transaction. Raises `NotFound` out of reach, `QuestionClosed` where
    somebody was faster, `AnswerRefused` for a commune that cannot be meant. An owner answers for the own shop alone.
    """
    question = find_question(session, acting, question_id)
    if question.state != "open":
        raise QuestionClosed
    chosen = _option(session, question, answer, now=now)
    query = select(PlaceQuestion.subject_id).where(PlaceQuestion.id == question.id)
    if hamlet and question.hamlet_key and acting.role != "household":
        query = select(PlaceQuestion.subject_id).where(*alike(question), *reach(session, acting))
    subjects = sorted(session.scalars(query))
    following = [one for follow in FOLLOWERS.values() for one in follow(session, subjects)]
    with counting_many(session, [*subjects, *following], effective_at=now):
        open_now = _locked(session, subjects)
        if question not in open_now:
            raise QuestionClosed
        ids = [one.subject_id for one in open_now]
        at_leaf = {who for who, area in places.homes_at(session, following, now).items() if is_leaf(area)}
        for subject_id in sorted({*ids, *at_leaf}):
            places.set_home(session, subject_id=subject_id, area_id=chosen.unit_id, at=now)
        for kind in KINDS.values():
            own = [one.subject_id for one in open_now if one.kind == kind.code]
            if own:
                kind.settle(session, own, chosen.unit_id, chosen.captured_id)
        for one in open_now:
            one.state, one.closed_at, one.answered_by, one.unit_id = "settled", now, acting.actor, chosen.unit_id
            for column, value in EMPTIED.items():
                setattr(one, column, value)
    changed: dict[str, tuple[object, object]] = {"unit": (question.former_id, chosen.unit_id)}
    acts = [Act("place.settled", one.id, one.subject_id, changed, frozenset(changed)) for one in open_now]
    record_many(session, now=now, acting=acting, acts=acts)
    return len(open_now)


def _option(session: Session, question: PlaceQuestion, answer: str, *, now: datetime) -> Option:
    """Return the option that an answer names; where none can be offered, any commune of the province will do."""
    offered = options(session, question, on=day_of(now))
    found = next((one for one in offered if one.value == answer), None)
    if found is None and not offered and "@" in answer:
        unit, home = places.resolve(session, answer, day_of(now)), places.home_at(session, question.subject_id, now)
        if unit.level == COMMUNE and home is not None and unit.province_id == province_of_leaf(home.area_id):
            found = Option(unit.id, None, unit.name, within(session, unit), None)
    if found is None:
        raise AnswerRefused("answer.unknown")
    return found


def _locked(session: Session, subjects: Sequence[str]) -> list[PlaceQuestion]:
    query = (
        select(PlaceQuestion)
        .where(among(session, PlaceQuestion.subject_id, subjects), PlaceQuestion.state == "open")
        .order_by(PlaceQuestion.subject_id)
    )
    return list(session.scalars(query.with_for_update(), execution_options={"populate_existing": True}))


def _same(column: Any, value: str | None) -> ColumnElement[bool]:
    same: ColumnElement[bool] = column.is_(None) if value is None else column == value
    return same
