"""From July 2026 who proved at the marketplace who they are is eligible: the demo's sellers do, month after month."""

from datetime import timedelta

import pytest
from sqlalchemy import select

from portal.db import db
from portal.demo import verifying
from portal.demo.stage import DemoClock, Stage
from portal.marketplaces.eligibility_models import Snapshot
from tests.portal.marketplaces.conftest import Shop, partners, shop
from tests.portal.marketplaces.test_eligible_page import rules
from tests.portal.onboarding.conftest import commune, province

__all__ = ["commune", "partners", "province", "shop"]


class Heard(Stage):
    """A stage whose turns begin with what the marketplaces say: their callbacks come to our hook."""

    shop: Shop

    def turn(self, last: dict[str, float], only: str) -> bool:
        self.shop.stage.decide()
        for letter in self.shop.stage.box.take():
            assert self.shop.deliver(*letter) == 200
        return super().turn(last, only)


@pytest.fixture
def scene(shop: Shop, monkeypatch: pytest.MonkeyPatch) -> Stage:
    """The stage over a shop that is on sale; its sellers begin to prove themselves some weeks from now."""
    monkeypatch.setattr(verifying, "BEGINS", (shop.clock.now() + timedelta(days=40)).replace(day=18))
    monkeypatch.setattr(Heard, "shop", shop, raising=False)
    shop.go_live()
    rules(shop)
    clock = DemoClock(shop.clock.now())
    settings = shop.stage.settings
    world = shop.world.__class__(**{**vars(shop.world), "clock": clock, "settings": settings})
    return Heard(world=world, clock=clock, scale=1.0, say=lambda _text: None)


def judgements() -> list[tuple[bool, str]]:
    db.session.rollback()
    return [(one.eligible, one.unmet) for one in db.session.scalars(select(Snapshot).order_by(Snapshot.number))]


def test_who_proves_it_stays_eligible_and_nobody_does_so_too_early(scene: Stage, shop: Shop) -> None:
    assert verifying.verify_sellers(scene, until=verifying.BEGINS) == 0
    assert (shop.account().state, judgements()) == ("created", [])
    assert verifying.verify_sellers(scene, until=verifying.BEGINS + timedelta(days=40)) == 1
    account = shop.account()
    assert (account.state, account.verified_at >= verifying.BEGINS) == ("verified", True)
    assert judgements() == [(True, "")]


def test_of_two_sellers_one_is_still_waiting(scene: Stage, shop: Shop, monkeypatch: pytest.MonkeyPatch) -> None:
    """As many as the share of the month asks for, and the others are told what is missing."""
    monkeypatch.setattr(verifying, "MOST", 0)
    assert verifying.verify_sellers(scene, until=verifying.BEGINS + timedelta(days=1)) == 0
    assert judgements() == [(False, "verified")]
