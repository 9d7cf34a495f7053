"""The seller's and the officer's pages, without JavaScript: what stands where, what is wrong, what next."""

from typing import Any

import pytest
from bs4 import BeautifulSoup
from flask import url_for

from portal.db import begin
from portal.marketplaces.offers import photo_address
from portal.people import actions as people
from tests.pages import parsed
from tests.portal.marketplaces.conftest import Shop
from tests.portal.onboarding.making import CLI, household, registered
from tests.portal.onboarding.walking import submit
from tests.portal.people.test_sign_in import person


def as_owner(shop: Shop, login_id: str | None = None) -> Any:
    """Sign the browser in as the owner."""
    with begin() as session:
        login = login_id or shop.owner.login_id
        token = people.make_link(session, now=shop.clock.now(), acting=CLI, login_id=str(login))
    client = shop.app.test_client()
    submit(client, f"/sign-in/link/{token}", {})
    return client


def text_of(answer: Any) -> str:
    return " ".join(parsed(answer).get_text(" ").split())


def page(shop: Shop) -> str:
    return f"/my/products/{shop.product_id}/channels"


def press(client: Any, shop: Shop, what: str, channel: str = "postmart") -> Any:
    token = BeautifulSoup(client.get(page(shop)).get_data(as_text=True), "html5lib").find(
        "input", {"name": "csrf_token"}
    )
    return client.post(f"{page(shop)}/{channel}/{what}", data={"csrf_token": token["value"]})


def test_a_seller_publishes_by_one_button_and_sees_how_it_fares(shop: Shop) -> None:
    client = as_owner(shop)
    before = text_of(client.get(page(shop)))
    assert "Postmart" in before
    assert "Voso" in before
    assert press(client, shop, "publish").status_code == 302
    waiting = text_of(client.get(page(shop)))
    shop.work()
    shop.hear()
    shop.hear()
    live = client.get(page(shop))
    assert text_of(live) not in (before, waiting)
    listing = shop.listing()
    assert listing.state == "live"
    assert listing.remote_url in live.get_data(as_text=True)
    assert client.get("/my/channels").status_code == 200
    assert client.get(f"/my/products/{shop.product_id}").status_code == 200
    assert client.get("/my").status_code == 200
    public = shop.app.test_client().get(f"/products/{shop.product_id}").get_data(as_text=True)
    assert listing.remote_url in public
    assert press(client, shop, "withdraw").status_code == 302
    public = shop.app.test_client().get(f"/products/{shop.product_id}").get_data(as_text=True)
    assert listing.remote_url not in public  # hidden here at once, though the channel has not confirmed


def test_problems_stand_on_the_page_with_their_links(shop: Shop) -> None:
    shop.rename("Bưởi counterfeit <script>alert(1)</script>")
    client = as_owner(shop)
    press(client, shop, "publish")
    shop.work()
    shop.hear()
    shop.hear()
    assert shop.listing().state == "rejected"
    html = client.get(page(shop)).get_data(as_text=True)
    assert "Sàn không nhận nội dung có “counterfeit”." in html
    assert f"/my/products/{shop.product_id}/what" in html
    assert "<script>alert" not in html


def test_the_page_of_another_seller_s_product_is_missing(shop: Shop, commune: str) -> None:
    with begin() as session:
        answers = household("0988888888", unit=commune, id_number=None, name="Trần Văn Nam")
        _other, owner = registered(shop.world, session, answers)
    client = as_owner(shop, owner.login_id)
    assert client.get(page(shop)).status_code == 404
    own = BeautifulSoup(client.get("/my/consents").get_data(as_text=True), "html5lib")
    token = own.find("input", {"name": "csrf_token"})["value"]
    for what in ("publish", "withdraw"):
        answer = client.post(f"{page(shop)}/postmart/{what}", data={"csrf_token": token, "state": "live"})
        assert answer.status_code == 404


def test_no_field_of_a_form_sets_a_state(shop: Shop) -> None:
    client = as_owner(shop)
    token = BeautifulSoup(client.get(page(shop)).get_data(as_text=True), "html5lib").find(
        "input", {"name": "csrf_token"}
    )
    data = {"csrf_token": token["value"], "state": "live", "live_version": "1", "organisation_id": "or_x"}
    client.post(f"{page(shop)}/postmart/publish", data=data)
    assert (shop.listing().state, shop.listing().live_version) == ("queued", None)
    assert client.post(f"{page(shop)}/nowhere/publish", data=data).status_code == 404


@pytest.mark.parametrize(("role", "status"), [("province_officer", 200), ("commune_officer", 403), ("auditor", 403)])
def test_only_the_province_s_officers_see_the_channels(shop: Shop, monkeypatch: Any, role: str, status: int) -> None:
    from tests.portal.marketplaces.officers import officer_browser

    client = officer_browser(shop, role=role)
    assert client.get("/officer/channels").status_code == status


def test_an_officer_switches_a_channel_and_sends_a_dead_message_again(shop: Shop) -> None:
    from tests.portal.marketplaces.officers import officer_browser
    from tests.portal.marketplaces.test_outbox import row, with_account

    with_account(shop)
    channel = shop.world.channels["postmart"]
    base = channel.base
    object.__setattr__(channel, "base", "http://127.0.0.1:9/postmart")
    for _ in range(6):
        shop.work()
        shop.clock.move(days=3)
    assert row().status == "dead"
    object.__setattr__(channel, "base", base)
    client = officer_browser(shop, role="province_officer")
    html = client.get("/officer/channels").get_data(as_text=True)
    assert row().id in html
    token = BeautifulSoup(html, "html5lib").find("input", {"name": "csrf_token"})["value"]
    answer = client.post(f"/officer/channels/messages/{row().id}/redrive", data={"csrf_token": token})
    assert answer.status_code == 302
    assert row().status == "due"
    client.post("/officer/channels/postmart/off", data={"csrf_token": token})
    shop.work()
    assert row().status == "due"
    client.post("/officer/channels/postmart/on", data={"csrf_token": token})
    shop.work()
    assert row().status == "done"


def test_pictures_are_reached_under_the_address_that_channels_are_told(shop: Shop) -> None:
    with shop.app.test_request_context("/"):
        told = photo_address("https://cho.example/")("a" * 64)
        assert told == "https://cho.example" + url_for("catalogue.photo", sha256="a" * 64, size=640)


def test_a_person_without_a_shop_has_no_channels(shop: Shop) -> None:
    login_id, token = person(shop.world, role="household", phone="0977777777")
    client = shop.app.test_client()
    submit(client, f"/sign-in/link/{token}", {})
    assert login_id
    assert client.get(page(shop)).status_code == 404
