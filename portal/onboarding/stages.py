"""The funnel: the stages of a household on its way to the first sale, each reached once, dated and kept for ever."""

from collections import Counter
from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from portal.bulk import among, insert_rows
from portal.onboarding.models import Organisation, StageReached

_COLUMNS = ("household_id", "stage", "reached_at")

STAGES = ("created", "phone_confirmed", "approved", "eligible", "listed", "first_sale")


def reach_stage(session: Session, *, organisation: Organisation, stage: str, at: datetime) -> None:
    """Note the first time at which a household reached a stage; call it inside `counting`. Others have no funnel."""
    if stage not in STAGES:
        raise ValueError(f"no such stage: {stage}")
    if organisation.kind != "household" or session.get(StageReached, (organisation.id, stage)) is not None:
        return
    session.add(StageReached(household_id=organisation.id, stage=stage, reached_at=at))
    session.flush()


def reach_many(
    session: Session, *, households: Sequence[str], stage: str, at: datetime, fresh: bool = False
) -> set[str]:
    """Note the first time at which many households reached a stage; return those for which it is the first.

    Call it inside `counting_many`, or count what it returns; `fresh` ones are known to have reached nothing yet.
    """
    if stage not in STAGES:
        raise ValueError(f"no such stage: {stage}")
    known = set() if fresh else stage_reached(session, households=households, stage=stage)
    new = [one for one in households if one not in known]
    insert_rows(session, StageReached, _COLUMNS, [(one, stage, at) for one in new])
    return set(new)


def stage_reached(session: Session, *, households: Sequence[str], stage: str) -> set[str]:
    """Return those of many households that reached a stage."""
    some = among(session, StageReached.household_id, households)
    return set(session.scalars(select(StageReached.household_id).where(StageReached.stage == stage, some)))


def funnel_cells(reached: "Counter[tuple[frozenset[str], str]]") -> "Counter[tuple[str, str, str]]":
    """Return the funnel's cells of many households, from how many stand in each area with each set of stages. Pure."""
    cells: Counter[tuple[str, str, str]] = Counter()
    for (stages, area), number in reached.items():
        found = unbroken(set(stages))
        if found:
            cells["HH_FUNNEL", "_T", area] += number
        for stage in found:
            cells["HH_FUNNEL", f"stage@{stage}", area] += number
    return cells


def unbroken(reached: set[str]) -> list[str]:
    """Return the stages from the first on, up to the first that is missing. Pure."""
    found = []
    for stage in STAGES:
        if stage not in reached:
            break
        found.append(stage)
    return found
