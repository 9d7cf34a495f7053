"""A province with one approved household that agreed to a public page."""

from typing import Any

import pytest

from portal.onboarding import actions
from tests.portal.onboarding.conftest import commune, province
from tests.portal.onboarding.making import household, officer, registered

__all__ = ["commune", "province", "shop"]


@pytest.fixture
def shop(province: Any, world: Any, commune: str) -> Any:
    """The acting owner of an approved household."""
    organisation, owner = registered(world, province, household(unit=commune))
    actions.approve(province, now=world.clock.now(), acting=officer(province, world), organisation_id=organisation.id)
    province.commit()
    return owner
