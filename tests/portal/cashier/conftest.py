"""A school that takes money, and a payer's browser in English."""

from typing import Any

import pytest

from tests.portal.pay.making import School, standing_school


@pytest.fixture
def school(on_a_school: None, world: Any) -> School:
    return standing_school()


@pytest.fixture
def payer(client: Any) -> Any:
    """A browser without a sign-in, reading English."""
    client.set_cookie("lang", "en")
    return client
