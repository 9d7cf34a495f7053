"""A manager connects software: keys shown once, rolled with an overlap, ended; addresses checked, watched, rolled."""

import re
from typing import Any

import pytest
import stripe
from sqlalchemy import select

from payments.v1 import deliveries
from payments.v1.delivery_tables import Delivery, Endpoint
from payments.v1.errors import NotAuthenticated
from payments.v1.keys import find_key
from portal.audit.models import AuditRow
from portal.db import begin, reading
from portal.pay.sending import tell_one
from tests.portal.marketplaces.listening import letter_box
from tests.portal.pay.making import School, open_school, soup, text
from tests.portal.pay.sdk import sdk_of
from tests.portal.pay.test_interface import ASK
from tests.portal.systems.conftest import manager_browser


def press(browser: Any, page: str, action: str, **data: str) -> Any:
    """Fill in the form of a page that leads to an address ending so, and send it."""
    forms = soup(browser.get(page)).find_all("form")
    form = next(one for one in forms if (one.get("action") or "").endswith(action))
    fields = form.find_all("input")
    chosen = [one for one in fields if one.get("type") not in ("radio", "submit") or one.has_attr("checked")]
    return browser.post(form["action"], data={one["name"]: one.get("value", "") for one in chosen} | data)


def secret_of(answer: Any) -> str:
    return soup(answer).find("pre").get_text()


def test_a_key_is_made_rolled_and_ended(manager: Any, school: School, clock: Any) -> None:
    home = f"/systems/{school.payee.id}"
    assert manager.get("/systems").location == home
    assert "No key yet" in text(manager.get(home))
    refused = press(manager, home, "/keys", name="")
    assert (refused.status_code, "Write which software it is for." in text(refused)) == (400, True)
    made = press(manager, home, "/keys", name="  School   fees ")
    first = secret_of(made)
    assert made.headers["Cache-Control"] == "no-store"
    assert find_key(reading(), first, now=clock.now()).name == "School fees"
    shown = text(manager.get(home))
    assert f"…{first[-4:]}" in shown
    assert first not in shown
    assert "has this name already" in text(press(manager, home, "/keys", name="School fees"))
    page = soup(manager.get(home)).find("a", string="School fees")["href"]
    clock.move(minutes=1)
    second = secret_of(press(manager, page, "/roll", hours="24"))
    for key in (first, second):
        find_key(reading(), key, now=clock.now())
    page = soup(manager.get(home)).find("a", string="School fees")["href"]
    assert press(manager, page, "/end").location == home
    assert manager.get(page).status_code == 404
    with pytest.raises(NotAuthenticated):
        find_key(reading(), second, now=clock.now())
    find_key(reading(), first, now=clock.now())  # the old one lives on for its day
    clock.move(hours=25)
    with pytest.raises(NotAuthenticated):
        find_key(reading(), first, now=clock.now())
    acts = reading().scalars(select(AuditRow.act).where(AuditRow.act.like("payee_key.%")).order_by(AuditRow.id)).all()
    assert acts == ["payee_key.made", "payee_key.revoked", "payee_key.made", "payee_key.revoked"]


@pytest.mark.parametrize(
    ("url", "said"),
    [
        ("", "Write the address that is to be told."),
        ("truong.example", "Write the whole address"),
        ("http://example.com/hook", "must begin with https://"),
        ("https://example.com:22/hook", "must begin with https://"),
        ("https://user:word@example.com/", "Leave the user and password out"),
        ("https://10.0.0.1/hook", "cannot be reached from the internet"),
        ("https://[::1]/hook", "cannot be reached from the internet"),
        ("https://0x7f.1/hook", "cannot be reached from the internet"),
        ("https://localhost:8443/hook", "own address"),
    ],
)
def test_an_address_that_cannot_be_called_says_why(manager: Any, school: School, url: str, said: str) -> None:
    refused = press(manager, f"/systems/{school.payee.id}", "/addresses", url=url)
    page = soup(refused)
    assert (refused.status_code, said in text(refused)) == (400, True)
    assert page.find("input", {"name": "url"})["value"] == url
    assert page.title.get_text().startswith("Error: ")
    assert reading().scalar(select(Endpoint.id)) is None


def test_messages_are_watched_and_sent_again_under_two_secrets(
    manager: Any, client: Any, world: Any, clock: Any, school: School
) -> None:
    sdk, _ = sdk_of(client, world, school.payee.id)
    with letter_box() as (box, root):
        made = press(manager, f"/systems/{school.payee.id}", "/addresses", url=f"{root}/hook", kinds="all")
        old, page = secret_of(made), soup(made).find("a", class_="btn")["href"]
        assert "No message yet" in text(manager.get(page))
        sdk.v1.payment_intents.create(ASK)
        box.closed = True
        assert tell_one(world)
        shown = text(manager.get(page))
        for said in ("payment_intent.created", "Tried again later", "Answered 503", "127.0.0.1", "One try"):
            assert said in shown, said
        rolled = press(manager, page, "/secret")
        new = secret_of(rolled)
        assert re.search(r"Until .* the old secret too", text(rolled))
        box.closed = False
        assert "sent again in a moment" in text(manager.get(press(manager, page, "/again").location))
        assert tell_one(world)
        _, headers, body = box.take()[0]
        for secret in (old, new):
            stripe.Webhook.construct_event(body, headers["Stripe-Signature"], secret, tolerance=10**9)
        assert headers["Webhook-Attempt"] == "2"
        assert "Delivered" in text(manager.get(page))
        clock.move(hours=25)
        with begin() as session:
            deliveries.send_again(session, delivery_id=session.scalars(select(Delivery.id)).one(), now=clock.now())
        assert tell_one(world)
        _, headers, body = box.take()[0]
        stripe.Webhook.construct_event(body, headers["Stripe-Signature"], new, tolerance=10**9)
        with pytest.raises(stripe.SignatureVerificationError):
            stripe.Webhook.construct_event(body, headers["Stripe-Signature"], old, tolerance=10**9)


def test_an_address_pauses_is_switched_and_taken_away(manager: Any, client: Any, world: Any, school: School) -> None:
    sdk, _ = sdk_of(client, world, school.payee.id)
    with letter_box() as (box, root):
        made = press(manager, f"/systems/{school.payee.id}", "/addresses", url=f"{root}/hook", kinds="all")
        page = soup(made).find("a", class_="btn")["href"]
        for n in range(5):
            sdk.v1.payment_intents.create({**ASK, "amount": 1_000 + n})
        box.closed = True
        while tell_one(world):
            pass
        shown = text(manager.get(page))
        assert "after 4 failures in a row" in shown
        assert "Held until the address is told again" in shown
        box.closed = False
        assert "is told again" in text(manager.get(press(manager, page, "/switch", on="yes").location))
        assert tell_one(world)
        press(manager, page, "/switch", on="no")
        assert "switched off" in text(manager.get(page))
        assert not tell_one(world)
        assert press(manager, page, "/remove").location == f"/systems/{school.payee.id}"
        assert manager.get(page).status_code == 404
    assert deliveries.MOST_AT_ONCE == 5


def test_another_institution_s_keys_and_addresses_are_not_there(
    app: Any, manager: Any, client: Any, world: Any, school: School
) -> None:
    other = open_school(world, name="Trường khác", number="0099887766", prefix="TK", phone="0911111111")
    stranger = manager_browser(app, world, other, phone="0922222222")
    press(manager, f"/systems/{school.payee.id}", "/keys", name="HIS")
    link = soup(manager.get(f"/systems/{school.payee.id}")).find("a", string="HIS")["href"]
    with letter_box() as (_box, root):
        made = press(manager, f"/systems/{school.payee.id}", "/addresses", url=f"{root}/hook")
    address = soup(made).find("a", class_="btn")["href"]
    for path in (f"/systems/{school.payee.id}", link, address):
        assert (manager.get(path).status_code, stranger.get(path).status_code) == (200, 404), path
        assert client.get(path).status_code in (302, 303, 401, 403)
    token = soup(stranger.get(f"/systems/{other.payee.id}")).find("input", {"name": "csrf_token"})["value"]
    for path in (f"{link}/end", f"{link}/roll", f"{address}/secret", f"{address}/switch", f"{address}/remove"):
        assert stranger.post(path, data={"csrf_token": token, "hours": "0"}).status_code == 404, path
