"""Test cards: what a payer and a bank would do for a while is done at once, for the test suites of other systems."""

from typing import TYPE_CHECKING

import payments
from payments.attempts import asked_of
from payments.models import Attempt
from payments.v1 import events, intents, shapes
from payments.v1.errors import CardDeclined
from payments.v1.events import By
from payments.v1.intents import Caller
from portal.acting import Acting
from portal.db import begin
from portal.pay import wiring
from portal.pay.money_in import follow

if TYPE_CHECKING:
    from portal.world import World


def settle_now(world: "World", attempt: Attempt, *, acting: Acting) -> None:
    """Book a card's payment at once, by the same question that the worker asks."""
    now = world.clock.now()
    with begin() as session:
        asked = asked_of(payments.get_attempt(session, attempt.id))
        finding = wiring.gateway(world, asked.gateway).query(asked, now=now)
        found = payments.record_finding(session, asked=asked, finding=finding, now=now, actor=acting.actor)
        follow(session, now=now, acting=acting, allocations=found.allocations, request_ids=found.request_ids)


def decline(world: "World", intent_id: str, *, caller: Caller, by: By) -> None:
    """Tell of a card that was declined, and raise CardDeclined with the charge that it did not become."""
    with begin() as session:
        facts = intents.find(session, caller, intent_id)
        events.tell_intent(session, caller, facts, now=world.clock.now(), by=by)
        charge, intent = shapes.failed_charge(facts, facts.tries[-1])["id"], shapes.intent(facts)
    raise CardDeclined("Your card was declined.", charge=charge, decline_code="generic_decline", payment_intent=intent)
