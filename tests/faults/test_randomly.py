"""A short run of `make faults` on each engine, and that a seed deals the same faults again."""

from itertools import islice

from tests.faults.draws import FAULTS, draws
from tests.faults.randomly import agreed, storm
from tests.faults.town import Town

SECONDS = 10.0


def test_a_seed_deals_the_same_faults_in_the_same_order_and_each_before_any_again() -> None:
    first = list(islice(draws(7), 3 * len(FAULTS)))
    assert first == list(islice(draws(7), 3 * len(FAULTS)))
    assert first != list(islice(draws(8), 3 * len(FAULTS)))
    for begin in range(0, len(first), len(FAULTS)):
        assert {one.name for one in first[begin : begin + len(FAULTS)]} == set(FAULTS)


def test_random_faults_under_load_lose_nothing_and_double_nothing(town: Town) -> None:
    told: list[str] = []
    load = storm(town, seed=1, seconds=SECONDS, say=told.append)
    assert told
    assert len(load.acknowledged("paid")) > 3
    assert load.acknowledged("batch")
    assert load.acknowledged("listing")
    agreed(town.command)
