"""A household reads on its own page why an account may not sell yet, and what to do about each thing."""

from typing import Any

from bs4 import BeautifulSoup
from sqlalchemy import select

from portal.db import begin, db
from portal.marketplaces.eligibility import load_rule_sets, sweep_some
from portal.marketplaces.eligibility_models import Snapshot
from portal.marketplaces.models import ChannelAccount
from portal.onboarding import consents
from portal.onboarding.models import Organisation
from tests.portal.marketplaces.conftest import Shop
from tests.portal.marketplaces.test_pages import as_owner
from tests.portal.onboarding.making import CLI


def cards(client: Any) -> dict[str, Any]:
    """Return the cards of accounts by their headings."""
    client.set_cookie("lang", "en")
    page = BeautifulSoup(client.get("/my/channels").get_data(as_text=True), "html5lib")
    found = [card for card in page.find_all("section", class_="card") if "My account" in card.h2.get_text()]
    return {" ".join(card.h2.get_text().split()): card for card in found}


def missing(card: Any) -> dict[str, str | None]:
    """Return what is missing by its name, with the address that puts it right."""
    listed = card.find("ul", recursive=False)
    rows = listed.find_all("li") if listed is not None else []
    return {row.strong.get_text(): row.a["href"] if row.a else None for row in rows}


def rules(shop: Shop) -> None:
    with begin() as session:
        load_rule_sets(session, now=shop.clock.now(), acting=CLI)


def household(shop: Shop, **changed: Any) -> None:
    with begin() as session:
        organisation = session.get_one(Organisation, shop.organisation_id)
        for name, value in changed.items():
            setattr(organisation, name, value)


def test_without_an_account_or_rules_nothing_is_said(shop: Shop) -> None:
    client = as_owner(shop)
    rules(shop)
    assert cards(client) == {}
    assert "not eligible" not in client.get("/my").get_data(as_text=True)
    shop.go_live()
    with begin() as session:
        session.connection().exec_driver_sql("DELETE FROM rule_set")
    assert cards(client) == {}


def test_each_thing_that_is_missing_stands_there_with_its_way_out(shop: Shop) -> None:
    client = as_owner(shop)
    shop.go_live()
    rules(shop)
    household(shop, food_safety=None, payment_declared=False)
    [(heading, card)] = cards(client).items()
    assert heading == "My account on Postmart simulation"
    assert {"Food safety", "Way to be paid", "Identity verified"} <= missing(card).keys()
    assert "Phone confirmed" in card.details.get_text()
    assert f"{len(missing(card))} things are missing" in card.get_text()
    assert "1 account is not eligible yet" in client.get("/my").get_data(as_text=True)
    with begin() as session:
        organisation = session.get_one(Organisation, shop.organisation_id)
        consents.withdraw(
            session, now=shop.clock.now(), acting=shop.owner, organisation=organisation, purpose="share:postmart"
        )
    [card] = cards(client).values()
    assert missing(card)["Agreed to this marketplace"] == "/my/consents"


def test_what_the_page_says_is_what_is_counted(shop: Shop) -> None:
    client = as_owner(shop)
    shop.go_live()
    rules(shop)
    household(shop, food_safety="commitment", payment_declared=True)
    with begin() as session:
        session.scalars(select(ChannelAccount)).one().state = "verified"
    [card] = cards(client).values()
    lacking = missing(card)
    with begin() as session:
        assert sweep_some(session, now=shop.clock.now(), acting=CLI)
    snapshot = db.session.scalars(select(Snapshot)).one()
    assert snapshot.eligible == (not lacking)
    assert len(snapshot.unmet.split()) == len(lacking)
    assert ("Eligible to trade." in card.get_text()) == snapshot.eligible
