"""In which order workers take the tests: the longest first, and together what shares a running portal.

A file is one turn, as with `--dist loadfile`. A few tests that drive real processes take as long as thousands that do
not: at the end they would run on one worker while the others have nothing left to do.
"""

from collections.abc import Iterable
from typing import Any

from xdist.scheduler import LoadFileScheduling

SHARING = ("tests/browser/", "tests/faults/")
"""Folders whose files share portals: each worker that took one of them would start its own and load its own town."""
ALONE = (
    "tests/browser/test_every_page.py",
    "tests/faults/test_chain_killed.py",
    "tests/faults/test_outside.py",
    "tests/faults/test_two_webs.py",
)
"""Files of such a folder that start portals of their own."""
SECONDS_A_TEST = 0.3
SECONDS = {
    "tests/browser/": 1000,
    "tests/faults/": 600,
    "tests/house/test_mutants.py": 400,
    "tests/browser/test_every_page.py": 200,
    "tests/faults/test_outside.py": 120,
    "tests/faults/test_chain_killed.py": 100,
    "tests/faults/test_two_webs.py": 100,
    "tests/portal/adoption/test_updated.py": 100,
    "tests/portal/cashier/test_accountant_in_chromium.py": 60,
    "tests/portal/test_run.py": 60,
    "tests/portal/epcis/test_in_chromium.py": 55,
    "tests/portal/pay/test_sdk_day.py": 55,
    "tests/portal/rosters/test_resuming.py": 55,
    "tests/portal/adoption/test_closing.py": 50,
    "tests/portal/cashier/test_in_chromium.py": 50,
    "tests/portal/places/test_loading.py": 50,
    "tests/portal/cashier/test_day_by_keyboard.py": 45,
    "tests/portal/hospital/test_in_chromium.py": 40,
}
"""About how long a turn takes on a quiet machine, where the number of its tests does not tell."""


def turn(test: str) -> str:
    """Return the turn to which a test belongs: its file, or its folder."""
    file = test.split("::", 1)[0]
    folder = next((name for name in SHARING if file.startswith(name)), "")
    return folder if folder and file not in ALONE else file


def while_used(*, fixture_name: str, config: Any) -> str:
    """Return how long the portals live that a folder's files share, as pytest's scope of their fixture.

    An idle portal takes 5 to 8 % of a processor and half a gigabyte. A worker has a folder's tests one after another,
    and ends its portals after the last; in a process of its own pytest mixes the files of all folders.
    """
    return "package" if hasattr(config, "workerinput") else "session"


def longest(turns: Iterable[tuple[str, int]]) -> str:
    """Return the turn that is likely to take longest, of turns and the numbers of their tests."""
    return max(turns, key=lambda one: (SECONDS.get(one[0], one[1] * SECONDS_A_TEST), one[0]))[0]


class LongestFirst(LoadFileScheduling):
    """Gives a free worker the longest turn that is left."""

    def _split_scope(self, nodeid: str) -> str:
        return turn(nodeid)

    def _assign_work_unit(self, node: Any) -> None:
        first = longest((name, len(tests)) for name, tests in self.workqueue.items())
        self.workqueue.move_to_end(first, last=False)
        super()._assign_work_unit(node)
