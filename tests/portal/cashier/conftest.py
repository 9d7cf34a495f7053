"""A school that takes money, and a payer's browser in English."""

from typing import Any

import pytest

from tests.portal.pay.making import School, open_school


@pytest.fixture
def school(world: Any) -> School:
    return open_school(world)


@pytest.fixture
def payer(client: Any) -> Any:
    """A browser without a sign-in, reading English."""
    client.set_cookie("lang", "en")
    return client
