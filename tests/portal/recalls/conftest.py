"""A shop whose stamps are on goods, and an officer's browser."""

from typing import Any

import pytest

from tests.portal.onboarding.making import officer
from tests.portal.onboarding.test_shop_pages import officer_client
from tests.portal.stamps.conftest import _nothing_kept, commune, province, seller, shop, stamps

__all__ = ["_nothing_kept", "commune", "province", "seller", "shop", "stamps"]


@pytest.fixture
def acting(province: Any, world: Any) -> Any:
    """An officer of the province."""
    return officer(province, world)


@pytest.fixture
def office(client: Any, app: Any, world: Any, province: Any) -> Any:
    """The browser of an officer of the province."""
    return officer_client(app, world, unit=None, role="province_officer", phone="0912345670")
