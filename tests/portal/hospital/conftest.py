"""A hospital that takes money, and the browsers of who collects, who approves and who keeps the accounts."""

from typing import Any

import pytest

from tests.portal.cashier.test_going_back import with_duty
from tests.portal.pay.making import School, cashier_browser, open_school


@pytest.fixture
def hospital(world: Any) -> School:
    return open_school(world, name="Bệnh viện Cần Giuộc", kind="hospital", prefix="BV")


@pytest.fixture
def desk(app: Any, client: Any, world: Any, hospital: School) -> Any:
    """The browser of the hospital's cashier."""
    return cashier_browser(app, world, hospital)


@pytest.fixture
def approver(app: Any, world: Any, hospital: School) -> Any:
    """The browser of who approves refunds."""
    return with_duty(app, world, hospital, "approve")


@pytest.fixture
def accountant(app: Any, world: Any, hospital: School) -> Any:
    """The browser of who reconciles."""
    return with_duty(app, world, hospital, "reconcile", phone="0901100078")
