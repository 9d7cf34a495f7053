"""Messages to a school's own system: signed as the SDK checks, tried again, paused, never to a private address."""

import json
from collections.abc import Iterator
from typing import Any

import pytest
import stripe
from sqlalchemy import select

from payments.models import Case
from payments.v1 import deliveries
from payments.v1.deliveries import Ended
from payments.v1.delivery_tables import Delivery, DeliveryTry, Endpoint
from portal.db import begin, reading
from portal.pay.sending import tell_one
from tests.portal.marketplaces.listening import LetterBox, letter_box
from tests.portal.pay.making import School
from tests.portal.pay.sdk import Wire, sdk_of
from tests.portal.pay.test_interface import ASK

EVERYTHING = {"enabled_events": ["*"]}


@pytest.fixture
def sdk(client: Any, world: Any, school: School) -> tuple[stripe.StripeClient, Wire]:
    return sdk_of(client, world, school.payee.id)


@pytest.fixture
def box() -> Iterator[tuple[LetterBox, str]]:
    with letter_box() as found:
        yield found


def of_endpoint(model: Any) -> Any:
    session = reading()
    session.expire_all()
    return session.scalars(select(model)).all()


def test_an_endpoint_is_made_changed_and_ended(sdk: Any) -> None:
    ends = sdk[0].v1.webhook_endpoints
    made = ends.create(
        {"url": "http://127.0.0.1:9/hook", "enabled_events": ["payment_intent.succeeded"], "metadata": {"a": "b"}}
    )
    assert made.secret.startswith("whsec_")
    assert len(made.secret) == 49
    assert sdk[1].again().get_json().get("secret") is None  # what is kept for a repetition does not hold it
    shown = ends.retrieve(made.id)
    assert (shown.status, shown.enabled_events, "secret" in shown) == ("enabled", ["payment_intent.succeeded"], False)
    assert made.secret not in reading().scalars(select(Endpoint.sealed_secret)).one()
    assert ends.update(made.id, {"disabled": True}).status == "disabled"
    assert [one.id for one in ends.list().data] == [made.id]
    assert ends.delete(made.id).deleted is True
    with pytest.raises(stripe.InvalidRequestError) as gone:
        ends.retrieve(made.id)
    assert gone.value.code == "resource_missing"


@pytest.mark.parametrize(
    "url",
    [
        "http://example.com/x", "https://10.0.0.1/x", "https://127.0.0.1/x", "https://[::1]/x", "https://0x7f.1/x",
        "https://[::ffff:10.0.0.1]/x", "https://[64:ff9b::a00:1]/x", "https://[2002:a00:1::]/x", "https://169.254.169.254/x",
        "https://user:word@example.com/x", "https://example.com:22/x", "https://ví-dụ.vn/x", "https://", "ftp://example.com",
    ],
)  # fmt: skip
def test_an_address_that_must_not_be_called_is_refused(sdk: Any, url: str) -> None:
    with pytest.raises(stripe.InvalidRequestError) as refused:
        sdk[0].v1.webhook_endpoints.create({"url": url, **EVERYTHING})
    assert (refused.value.http_status, refused.value.code, refused.value.param) == (400, "url_invalid", "url")


def test_an_event_that_there_is_not_is_refused(sdk: Any) -> None:
    with pytest.raises(stripe.InvalidRequestError) as refused:
        sdk[0].v1.webhook_endpoints.create({"url": "http://127.0.0.1:9/x", "enabled_events": ["payment_intent.eaten"]})
    assert refused.value.code == "event_unknown"


def test_a_message_comes_signed_as_the_sdk_checks(sdk: Any, world: Any, box: Any) -> None:
    made = sdk[0].v1.webhook_endpoints.create({"url": f"{box[1]}/hook", **EVERYTHING})
    intent = sdk[0].v1.payment_intents.create(ASK)
    assert tell_one(world)
    assert not tell_one(world)
    _, headers, body = box[0].take()[0]
    event = stripe.Webhook.construct_event(body, headers["Stripe-Signature"], made.secret, tolerance=10**9)
    assert (event.type, event.data.object["id"], headers["Webhook-Attempt"]) == (
        "payment_intent.created",
        intent.id,
        "1",
    )
    assert headers["Webhook-Id"] == event.id == sdk[0].v1.events.list().data[0].id
    with pytest.raises(stripe.SignatureVerificationError):
        stripe.Webhook.construct_event(body + b" ", headers["Stripe-Signature"], made.secret, tolerance=10**9)
    assert [one.status for one in of_endpoint(Delivery)] == ["delivered"]
    assert [(one.n, one.status, one.error) for one in of_endpoint(DeliveryTry)] == [(1, 200, None)]


def test_only_what_was_chosen_is_told(sdk: Any, world: Any, box: Any) -> None:
    sdk[0].v1.webhook_endpoints.create({"url": f"{box[1]}/hook", "enabled_events": ["payment_intent.canceled"]})
    made = sdk[0].v1.payment_intents.create(ASK)
    sdk[0].v1.payment_intents.cancel(made.id)
    assert tell_one(world)
    assert not tell_one(world)
    assert [json.loads(body)["type"] for _, _, body in box[0].take()] == ["payment_intent.canceled"]


def test_it_is_tried_again_with_the_same_bytes_until_its_tries_are_over(
    sdk: Any, world: Any, clock: Any, box: Any
) -> None:
    sdk[0].v1.webhook_endpoints.create({"url": f"{box[1]}/hook", **EVERYTHING})
    sdk[0].v1.payment_intents.create(ASK)
    box[0].closed = True
    for wait in (None, *deliveries.AFTER):
        if wait is not None:
            assert not tell_one(world)
            clock.at += max(wait, deliveries.LONGEST_PAUSE)  # the endpoint's pauses are over by then, too
        assert tell_one(world)
    assert [one.status for one in of_endpoint(Delivery)] == ["exhausted"]
    assert [one.status for one in of_endpoint(DeliveryTry)] == [503] * 6
    assert {one.kind for one in of_endpoint(Case)} == {"endpoint_paused", "not_told"}
    box[0].closed = False
    with begin() as session:
        assert deliveries.send_again(session, delivery_id=of_endpoint(Delivery)[0].id, now=clock.now())
    clock.at += deliveries.LONGEST_PAUSE
    assert tell_one(world)
    assert [headers["Webhook-Attempt"] for _, headers, _ in box[0].take()] == ["7"]
    assert [one.status for one in of_endpoint(Delivery)] == ["delivered"]


def test_four_failures_pause_an_endpoint_and_one_goes_first(sdk: Any, world: Any, clock: Any, box: Any) -> None:
    sdk[0].v1.webhook_endpoints.create({"url": f"{box[1]}/hook", **EVERYTHING})
    for n in range(6):
        sdk[0].v1.payment_intents.create({**ASK, "amount": 1_000 + n})
    box[0].closed = True
    assert [tell_one(world) for _ in range(5)] == [True] * 4 + [False]
    clock.move(seconds=59)
    assert not tell_one(world)
    clock.move(seconds=1)
    with begin() as session:
        probe = deliveries.claim(session, now=clock.now())
        assert probe is not None
        assert json.loads(probe.body)["data"]["object"]["amount"] == 1_000
    with begin() as session:
        assert deliveries.claim(session, now=clock.now()) is None  # it goes alone
        deliveries.record(session, probe, Ended(500, 3), now=clock.now())
    assert of_endpoint(Endpoint)[0].paused_until == clock.now() + 2 * deliveries.FIRST_PAUSE
    box[0].closed = False
    clock.at += 2 * deliveries.FIRST_PAUSE
    while tell_one(world):
        pass
    clock.at += deliveries.LONGEST_PAUSE
    while tell_one(world):
        pass
    assert {one.status for one in of_endpoint(Delivery)} == {"delivered"}
    assert (of_endpoint(Endpoint)[0].failures, of_endpoint(Endpoint)[0].paused_until) == (0, None)


def test_what_is_out_of_date_is_not_told_late(sdk: Any, world: Any, clock: Any, box: Any) -> None:
    sdk[0].v1.webhook_endpoints.create({"url": f"{box[1]}/hook", **EVERYTHING})
    made = sdk[0].v1.payment_intents.create(ASK)
    box[0].closed = True
    assert tell_one(world)
    box[0].closed = False
    sdk[0].v1.payment_intents.cancel(made.id)
    assert tell_one(world)
    clock.move(minutes=2)
    assert not tell_one(world)
    assert sorted(one.status for one in of_endpoint(Delivery)) == ["delivered", "superseded"]


def test_a_killed_sender_s_message_goes_once_its_lease_is_over(sdk: Any, world: Any, clock: Any, box: Any) -> None:
    sdk[0].v1.webhook_endpoints.create({"url": f"{box[1]}/hook", **EVERYTHING})
    sdk[0].v1.payment_intents.create(ASK)
    with begin() as session:
        assert deliveries.claim(session, now=clock.now()) is not None
    assert not tell_one(world)
    clock.at += deliveries.LEASE
    assert tell_one(world)
    assert len(box[0].take()) == 1
