"""The units of the province, the consent texts, the requirements: what a province has before its first household."""

from typing import Any

import pytest
from sqlalchemy import select

from portal.places.models import AdminUnit


@pytest.fixture
def province(on_a_province: None, session: Any) -> Any:
    """The session, with everything that comes with the product."""
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
