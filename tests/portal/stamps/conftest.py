"""A shop with a product and a batch of stamps, made through the real actions."""

from types import SimpleNamespace
from typing import Any

import pytest

from portal import limits
from portal.people import actions as people
from portal.stamps.goods import SHELF
from portal.stamps.wiring import book_of
from tests.portal.catalogue.conftest import commune, province, shop
from tests.portal.onboarding.making import CLI
from tests.portal.onboarding.walking import submit
from tests.portal.stamps.making import Stamps

__all__ = ["commune", "province", "shop"]


@pytest.fixture(autouse=True)
def _nothing_kept() -> None:
    """Forget what this process read from the database that was rolled back."""
    book_of.cache_clear()
    SHELF.clear()
    for limit in limits.ALL:
        limit.clear()


@pytest.fixture
def one_minute(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let the limits' minute stand still: a busy machine would cross into the next one."""
    monkeypatch.setattr(limits, "time", SimpleNamespace(monotonic=lambda: 1_000_020.0))


@pytest.fixture
def stamps(province: Any, world: Any, shop: Any) -> Stamps:
    """The shop's stamps."""
    return Stamps(province, world, shop)


@pytest.fixture
def seller(client: Any, shop: Any, province: Any, world: Any) -> Any:
    """The browser of the shop's owner."""
    token = people.make_link(province, now=world.clock.now(), acting=CLI, login_id=shop.login_id)
    province.commit()
    submit(client, f"/sign-in/link/{token}", {})
    return client
