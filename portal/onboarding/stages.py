"""The funnel: the stages of a household on its way to the first sale, each reached once, dated and kept for ever."""

from datetime import datetime

from sqlalchemy.orm import Session

from portal.onboarding.models import Organisation, StageReached

STAGES = ("created", "phone_confirmed", "approved", "eligible", "listed", "first_sale")


def reach_stage(session: Session, *, organisation: Organisation, stage: str, at: datetime) -> None:
    """Note the first time at which a household reached a stage; call it inside `counting`. Others have no funnel."""
    if stage not in STAGES:
        raise ValueError(f"no such stage: {stage}")
    if organisation.kind != "household" or session.get(StageReached, (organisation.id, stage)) is not None:
        return
    session.add(StageReached(household_id=organisation.id, stage=stage, reached_at=at))
    session.flush()


def unbroken(reached: set[str]) -> list[str]:
    """Return the stages from the first on, up to the first that is missing. Pure."""
    found = []
    for stage in STAGES:
        if stage not in reached:
            break
        found.append(stage)
    return found
