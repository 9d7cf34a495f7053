"""A cooperative in a commune, and the browser of an officer of the province."""

from typing import Any

import pytest

from portal.onboarding.actions import create_organisation
from portal.onboarding.models import Organisation
from tests.portal.onboarding.conftest import commune, province
from tests.portal.onboarding.making import CLI
from tests.portal.onboarding.test_shop_pages import officer_client

__all__ = ["commune", "province"]


@pytest.fixture
def firm(province: Any, world: Any, commune: str) -> Organisation:
    """A cooperative."""
    made = create_organisation(
        province, now=world.clock.now(), acting=CLI, kind="cooperative", name="HTX Thanh Long", unit_id=commune
    )
    province.commit()
    return made


@pytest.fixture
def office(client: Any, app: Any, world: Any, province: Any) -> Any:
    """The browser of an officer of the province."""
    return officer_client(app, world, unit=None, role="province_officer", phone="0912345670")
