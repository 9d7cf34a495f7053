"""A running portal an engine, whose processes the tests kill and bring back; the files of one run share it."""

from collections.abc import Iterator
from contextlib import ExitStack, closing

import pytest

from tests.engines import Engines
from tests.faults.proxy import Proxy
from tests.faults.town import Town
from tests.supervisor import Portal
from tests.turns import while_used


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Mark these tests, and give them time: a limit on hanging, not on slowness."""
    for item in items:
        if "tests/faults" in str(item.path):
            item.add_marker(pytest.mark.faults)
            item.add_marker(pytest.mark.timeout(900))


class Towns:
    """The towns of this folder, each started at its first use."""

    def __init__(self, engines: Engines) -> None:
        self._engines, self._stack = engines, ExitStack()
        self._made: dict[str, Town] = {}

    def on(self, engine: str) -> Town:
        """Return the town on an engine: a portal with a proxy before its web."""
        if engine not in self._made:
            front = self._stack.enter_context(closing(Proxy()))
            portal = self._stack.enter_context(Portal(self._engines.fresh(engine)))
            front.target = portal.port
            self._made[engine] = Town(portal, front=front)
        return self._made[engine]

    def close(self) -> None:
        """End what was started."""
        self._stack.close()


@pytest.fixture(scope=while_used)
def towns(engines: Engines) -> Iterator[Towns]:
    with closing(Towns(engines)) as made:
        yield made


@pytest.fixture
def town(towns: Towns, engine_name: str) -> Town:
    """The town with everything up and nothing under way, whatever the test before did."""
    found = towns.on(engine_name)
    found.front.set("ok")
    found.calm()
    return found
