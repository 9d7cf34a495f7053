"""A province with its units and consents, an officer, and what the figures say."""

from typing import Any

import pytest

from tests.portal.onboarding.conftest import commune, commune_named, province

__all__ = ["commune", "commune_named", "province"]


@pytest.fixture
def other(province: Any) -> str:
    """Another commune of the same province."""
    return commune_named(province, "Mộc Hóa")
