"""A school that takes money, and its cashier's browser."""

from typing import Any

import pytest

from tests.portal.pay.making import School, cashier_browser, standing_school


@pytest.fixture
def school(on_a_school: None, world: Any) -> School:
    return standing_school()


@pytest.fixture
def desk(app: Any, client: Any, world: Any, school: School) -> Any:
    """The browser of the school's cashier."""
    return cashier_browser(app, world, school)
