"""A session over a small catalogue, and the shops that it counts."""

from typing import Any

import pytest

from tests.portal.counting.making import Shops, catalogue


@pytest.fixture
def shops() -> Shops:
    return Shops()


@pytest.fixture
def counted(session: Any, shops: Shops) -> Any:
    session.info["catalogue"] = catalogue(shops)
    return session
