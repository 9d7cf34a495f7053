"""A province with two communes of interest, and what waits, changed and stands still in each."""

from itertools import count
from typing import Any

import pytest

from portal.counting import counting
from portal.onboarding.models import Organisation
from portal.onboarding.questions import Unsettled, ask
from portal.onboarding.roster_models import RosterRun
from portal.onboarding.stages import STAGES, reach_stage
from portal.teams.flags import raise_flag
from tests.portal.onboarding.conftest import commune, commune_named, province
from tests.portal.onboarding.making import household, registered
from tests.portal.teams.making import team

__all__ = ["commune", "other", "province", "scene"]
_PHONES = count(1)


@pytest.fixture
def other(province: Any) -> str:
    """Another commune of the same province."""
    return commune_named(province, "Mộc Hóa")


class Scene:
    """Does what an officer finds on her desk."""

    def __init__(self, session: Any, world: Any) -> None:
        self.session, self.world = session, world

    def registration(self, unit: str) -> Organisation:
        """Send a registration for approval."""
        answers = household(f"096649{next(_PHONES):04d}", unit=unit, id_number=None)
        return registered(self.world, self.session, answers)[0]

    def household(self, unit: str, *, until: str | None) -> Organisation:
        """Register a household that came as far as this stage, without leaving one out."""
        made, now = self.registration(unit), self.world.clock.now()
        made.state = "approved"
        with counting(self.session, made.id, effective_at=now):
            for stage in STAGES[: STAGES.index(until) + 1] if until else ():
                reach_stage(self.session, organisation=made, stage=stage, at=now)
        return made

    def flag(self, unit: str) -> None:
        """Mark something odd."""
        now = self.world.clock.now()
        raise_flag(self.session, now=now, kind="phone_shared", subject=f"lo_{unit}", unit_id=unit, detail={"count": 4})

    def team(self, unit: str, name: str) -> str:
        """Found a team."""
        return team(self.session, self.world, unit, name).id

    def roster(self, unit: str | None, *, source: str, state: str = "checked") -> None:
        """Upload a list that waits for a person."""
        now = self.world.clock.now()
        self.session.add(
            RosterRun(
                source=source, file_name=f"{source}.xlsx", sha256="0" * 64, size=10, unit_id=unit, state=state,
                captured_on=now.date(), started_by="test", uploaded_at=now,
            )
        )  # fmt: skip

    def parted(self, unit: str) -> Organisation:
        """Register a household whose commune was divided since: nobody knows where it lies."""
        made = self.registration(unit)
        made.state, made.current_unit_id, made.confidence = "approved", None, "ambiguous"
        asked = Unsettled(made.id, "seller", "", made.hamlet, unit, ())
        ask(self.session, [asked], now=self.world.clock.now())
        return made

    def unclear(self, text: str) -> Organisation:
        """Enter a household of which a list says in words where it lives, and nobody knows where that is."""
        made = self.registration(commune_named(self.session, "Mộc Hóa"))
        made.state, made.captured_unit_id, made.current_unit_id, made.confidence = "recorded", None, None, "unknown"
        ask(self.session, [Unsettled(made.id, "seller", text, None, None, ())], now=self.world.clock.now())
        return made

    def everything(self, unit: str) -> Organisation:
        """Let one of each stand in a commune; return the household that waits for approval."""
        self.household(unit, until="approved")
        self.flag(unit)
        self.team(unit, f"Tổ của {unit}")
        self.roster(unit, source=f"nguon {unit}")
        self.parted(unit)
        return self.registration(unit)


@pytest.fixture
def scene(province: Any, world: Any) -> Scene:
    return Scene(province, world)
