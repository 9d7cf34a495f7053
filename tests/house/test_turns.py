"""The order in which the tests run on several workers."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from tests.turns import ALONE, SECONDS, SHARING, longest, turn

ROOT = Path(__file__).parents[2]
BOTH = """
import pytest

SAID = []

@pytest.fixture(scope="session", params=["sqlite", "postgresql"])
def engine_name(request):
    return request.param

def pytest_unconfigure(config):
    if SAID:
        config.rootpath.joinpath("said.txt").write_text(" ".join(SAID))
"""
SHARED = """
import pytest
from kept.conftest import SAID
from tests.turns import while_used

@pytest.fixture(scope=while_used)
def portals():
    SAID.append("begin")
    yield
    SAID.append("end")
"""
USES = """
from kept.conftest import SAID

def test_here(portals, engine_name):
    SAID.append("used")
"""
BESIDE = """
from kept.conftest import SAID

def test_there(engine_name):
    SAID.append("beside")
"""
FILES = {
    "kept/__init__.py": "",
    "kept/conftest.py": BOTH,
    "kept/browser/__init__.py": "",
    "kept/browser/conftest.py": SHARED,
    "kept/browser/test_one.py": USES,
    "kept/browser/test_two.py": USES,
    "kept/there/__init__.py": "",
    "kept/there/test_three.py": BESIDE,
    "pytest.ini": "",
}


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


@pytest.mark.parametrize(
    ("how", "said"),
    [
        (["-n", "1", "--dist", "loadfile"], "begin used used used used end beside beside"),
        (["-p", "no:xdist"], "begin used used beside used used beside end"),
    ],
)
def test_a_worker_ends_a_folders_portals_after_its_last_test_and_a_process_of_its_own_keeps_them(
    tmp_path: Path, how: list[str], said: str
) -> None:
    for name, text in FILES.items():
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_text(text, "utf-8")
    command = [sys.executable, "-m", "pytest", "-p", "no:randomly", "-p", "no:cacheprovider", *how, "kept"]
    env = {**os.environ, "PYTHONPATH": os.pathsep.join((str(ROOT), str(tmp_path)))}
    ran = subprocess.run(command, cwd=tmp_path, env=env, capture_output=True, text=True, timeout=120)
    assert ran.returncode == 0, ran.stdout + ran.stderr
    assert (tmp_path / "said.txt").read_text("utf-8") == said
