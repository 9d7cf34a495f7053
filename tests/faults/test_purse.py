"""Payments to the đồng after whatever a seed deals: a short run of what `make faults` deals a thousand times."""

from itertools import islice

import sqlalchemy as sa

from payments.models import Request
from tests.faults.purse import Purse
from tests.faults.randomly import walked
from tests.faults.steps import DECK, steps
from tests.faults.town import Town

STEPS = sum(DECK.values())


def test_a_seed_deals_the_same_steps_in_the_same_order() -> None:
    first = list(islice(steps(7), 2 * STEPS))
    assert first == list(islice(steps(7), 2 * STEPS))
    assert first != list(islice(steps(8), 2 * STEPS))
    for half in (first[:STEPS], first[STEPS:]):
        assert {act: sum(one.act == act for one in half) for act in DECK} == DECK


def test_providers_journal_and_requests_agree_to_the_dong(town: Town) -> None:
    purse, told = Purse(town, 1), list[str]()
    assert walked(purse, seed=1, count=STEPS, say=told.append) == []
    assert told
    assert purse.done["pay"] > 3, purse.done
    assert purse.done["kill"] == DECK["kill"]
    assert purse.done["settlement"], purse.done
    town.sound()
    of_all = sa.update(Request).where(Request.payee_id == purse.payee, Request.allocated_minor > 0)
    with town.rows() as session:  # the comparison is no rubber stamp: it sees one đồng
        session.execute(of_all.values(allocated_minor=Request.allocated_minor + 1))
    assert purse.differences() != []
    with town.rows() as session:
        session.execute(of_all.values(allocated_minor=Request.allocated_minor - 1))
    assert purse.differences() == []
