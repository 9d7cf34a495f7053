"""What a monitor is told of the feed: how far the centre is behind, and whether it is being spared."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from portal.adoption.backlog import waiting
from tests.portal.adoption.conftest import Province
from tests.portal.adoption.feeding import Fed, feeding


@pytest.fixture
def fed(on_thirty_of_a_closed_april: None, province: Province, world: Any, clock: Any, tmp_path: Path) -> Iterator[Fed]:
    with feeding(province, world, clock, tmp_path) as found:
        yield found


def gauges(client: Any) -> dict[str, float]:
    """Return the feed's gauges of the one recipient, by their names."""
    lines = client.get("/metrics").get_data(as_text=True).splitlines()
    told = (line.removeprefix("portal_feed_").split('{recipient="lgsp"} ') for line in lines if "portal_feed" in line)
    return {parts[0]: float(parts[1]) for parts in told if len(parts) == 2}


def test_before_the_feed_has_begun_nothing_is_said_of_it(client: Any, province: Province) -> None:
    assert gauges(client) == {}


def test_a_centre_that_is_behind_and_then_is_not(client: Any, fed: Fed) -> None:
    fed.misbehave("status:500")
    fed.push()
    due = sum(waiting(fed.province.session).values())
    told = gauges(client)
    assert (told["lag_rows"], told["breaker_open"]) == (due, 0)
    assert due > 0
    fed.clock.move(seconds=90)
    assert gauges(client)["lag_seconds"] == pytest.approx(told["lag_seconds"] + 90)
    fed.push()
    assert gauges(client) == {
        "lag_rows": 0, "lag_seconds": 0, "lanes_held": 0, "breaker_open": 0,
        "acknowledged_timestamp_seconds": pytest.approx(fed.clock.now().timestamp()),
    }  # fmt: skip


def test_the_age_is_that_of_the_oldest_row_that_waits(client: Any, fed: Fed) -> None:
    fed.push()
    fed.clock.move(hours=1)
    fed.account()
    fed.clock.move(minutes=10)
    fed.account()
    told = gauges(client)
    assert told["lag_seconds"] == pytest.approx(600, abs=1)
    assert told["lag_rows"] > 0


def test_a_centre_that_fails_is_shown_as_spared(client: Any, fed: Fed) -> None:
    fed.misbehave(*["status:500"] * 4)
    fed.push()
    told = gauges(client)
    assert (told["breaker_open"], told["acknowledged_timestamp_seconds"]) == (1, 0)
    fed.clock.move(seconds=61)
    fed.push()
    assert gauges(client)["breaker_open"] == 0


def test_a_series_that_waits_for_a_person_is_counted(client: Any, fed: Fed) -> None:
    fed.push()
    fed.account()
    fed.misbehave("conflict")
    fed.push()
    told = gauges(client)
    assert (told["lanes_held"], told["lag_rows"]) == (1, sum(waiting(fed.province.session).values()))
    assert told["lag_rows"] > 0
