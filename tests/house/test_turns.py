"""The order in which the tests run on several workers."""

from pathlib import Path

from tests.turns import ALONE, SECONDS, SHARING, longest, turn

ROOT = Path(__file__).parents[2]


def test_every_turn_with_a_time_of_its_own_is_there() -> None:
    assert [name for name in (*SECONDS, *SHARING, *ALONE) if not (ROOT / name).exists()] == []
    assert {turn(name) for name in (*SECONDS, *SHARING, *ALONE)} == {*SECONDS}


def test_what_shares_a_portal_is_one_turn_and_anything_else_a_file_each() -> None:
    assert turn("tests/browser/test_path.py::test_the_path[360-sqlite]") == "tests/browser/"
    assert turn("tests/faults/test_two_webs.py::test_x") == "tests/faults/test_two_webs.py"
    assert turn("tests/portal/test_db.py::test_x") == "tests/portal/test_db.py"


def test_few_long_tests_come_before_many_short_ones() -> None:
    turns = {"tests/a.py": 300, "tests/portal/test_run.py": 2, "tests/browser/": 40, "tests/b.py": 3}
    order = []
    while turns:
        order.append(longest(turns.items()))
        del turns[order[-1]]
    assert order == ["tests/browser/", "tests/a.py", "tests/portal/test_run.py", "tests/b.py"]
