"""One running portal an engine, whose processes the tests kill and bring back."""

from collections.abc import Iterator

import pytest

from tests.engines import Engines
from tests.faults.proxy import Proxy
from tests.faults.town import Town
from tests.supervisor import Portal


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Mark these tests, and give them time."""
    for item in items:
        if "tests/faults" in str(item.path):
            item.add_marker(pytest.mark.faults)
            item.add_marker(pytest.mark.timeout(300))


@pytest.fixture(scope="session")
def running(engines: Engines, engine_name: str) -> Iterator[Town]:
    """A portal with proxies before its web and before Postmart, and a town on it."""
    front, partner = Proxy(), Proxy()
    with Portal(engines.fresh(engine_name), POSTMART_URL=f"http://127.0.0.1:{partner.port}/postmart") as portal:
        front.target, partner.target = portal.port, portal.sandbox_port
        yield Town(portal, front=front, partner=partner)
    front.close()
    partner.close()


@pytest.fixture
def town(running: Town) -> Town:
    """The town with everything up, before each test and whatever the one before did."""
    running.front.set("ok")
    running.partner.set("ok")
    running.up()
    return running
