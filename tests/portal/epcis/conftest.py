"""A shop with stamps, a second shop, and keys for machines."""

from typing import Any

import pytest

from portal.people.actions import make_api_key
from tests.portal.epcis.making import Machine
from tests.portal.onboarding.making import CLI
from tests.portal.stamps.conftest import _nothing_kept, commune, province, seller, shop, stamps

__all__ = ["_nothing_kept", "commune", "province", "seller", "shop", "stamps"]

SCOPES = ("epcis:capture", "epcis:read")


@pytest.fixture
def partner(client: Any, session: Any, world: Any) -> Machine:
    """A partner of the province, bound to no seller."""
    return Machine(client, _key(session, world, None))


@pytest.fixture
def machine(client: Any, session: Any, world: Any, shop: Any) -> Machine:
    """The shop's own system."""
    return Machine(client, _key(session, world, shop.organisation_id))


@pytest.fixture
def stranger(client: Any, session: Any, world: Any, province: Any) -> Machine:
    """The system of a seller who has nothing to do with the shop."""
    return Machine(client, _key(session, world, "or_" + "0" * 26))


def _key(session: Any, world: Any, organisation_id: str | None) -> str:
    key = make_api_key(
        session, now=world.clock.now(), acting=CLI, name=f"test {organisation_id}", scopes=SCOPES,
        organisation_id=organisation_id,
    )  # fmt: skip
    session.commit()
    return key
