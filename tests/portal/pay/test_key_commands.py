"""`flask pay …`: a key is shown once and ends at once; messages are listed with their tries and sent again."""

import json
from typing import Any

import pytest
from sqlalchemy import select

from payments.v1.delivery_tables import Delivery
from payments.v1.errors import NotAuthenticated
from payments.v1.keys import find_key
from portal.db import reading
from portal.pay.sending import tell_one
from tests.portal.pay.making import School
from tests.portal.pay.sdk import sdk_of
from tests.portal.pay.test_interface import ASK


def said(app: Any, *words: str) -> Any:
    done = app.test_cli_runner().invoke(args=["pay", *words, "--json"])
    assert done.exit_code == 0, done.output
    return json.loads(done.output)


def test_a_key_is_shown_once_and_ends_at_once(app: Any, clock: Any, school: School) -> None:
    key = said(app, "key", "make", "--payee", school.payee.id, "--name", "HIS")["secret_key"]
    assert find_key(reading(), key, now=clock.now()).payee_id == school.payee.id
    shown = said(app, "key", "list", "--payee", school.payee.id)["keys"][0]
    assert (shown["name"], shown["ends_with"], shown["live"]) == ("HIS", key[-4:], False)
    assert key not in json.dumps(shown)
    said(app, "key", "revoke", shown["id"], "--payee", school.payee.id)
    with pytest.raises(NotAuthenticated):
        find_key(reading(), key, now=clock.now())


def test_a_key_of_another_payee_is_not_there(app: Any, school: School) -> None:
    done = app.test_cli_runner().invoke(args=["pay", "key", "revoke", "sk_nobody", "--payee", school.payee.id])
    assert done.exit_code == 1


def test_a_message_is_listed_with_its_tries_and_sent_again(app: Any, client: Any, world: Any, school: School) -> None:
    sdk, _ = sdk_of(client, world, school.payee.id)
    sdk.v1.webhook_endpoints.create({"url": "http://127.0.0.1:9/hook", "enabled_events": ["*"]})
    sdk.v1.payment_intents.create(ASK)
    assert tell_one(world)
    shown = said(app, "message", "list", "--payee", school.payee.id)["messages"][0]
    assert (shown["type"], shown["status"], shown["tries"][0]["status"]) == ("payment_intent.created", "due", None)
    assert said(app, "message", "send", shown["id"])["due"] is True
    assert reading().scalars(select(Delivery.next_try_at)).one() == world.clock.now()
