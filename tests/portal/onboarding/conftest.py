"""The units of the province, the consent texts, the requirements: what a province has before its first household."""

from typing import Any

import pytest
from sqlalchemy import select

from portal.catalogue.seeds import load_seeds as load_catalogue
from portal.onboarding.seeds import load_seeds
from portal.places.actions import load_units
from portal.places.models import AdminUnit
from tests.portal.onboarding.making import CLI
from tests.portal.places.conftest import SUCCESSIONS, UNITS


@pytest.fixture
def province(session: Any, world: Any) -> Any:
    """The session, with everything that comes with the product."""
    now = world.clock.now()
    load_units(session, now=now, acting=CLI, units=UNITS, successions=SUCCESSIONS)
    load_seeds(session, now=now, acting=CLI)
    load_catalogue(session, now=now, acting=CLI)
    session.commit()
    return session


@pytest.fixture
def commune(province: Any) -> str:
    """A commune of today's Tây Ninh."""
    return str(commune_named(province, "Tân Thạnh"))


def commune_named(session: Any, name: str) -> str:
    """Return the id of today's commune of this name in Tây Ninh."""
    query = select(AdminUnit.id).where(
        AdminUnit.name.contains(name),
        AdminUnit.level == "commune",
        AdminUnit.valid_to.is_(None),
        AdminUnit.province_id == "80@20250701",
    )
    return str(session.scalars(query).first())
