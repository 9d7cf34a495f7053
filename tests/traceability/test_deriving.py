"""Large batches on several cores: the very same tree, whatever happens to the children."""

import os
import subprocess
import sys
from typing import Any

import pytest

from tests.traceability.making import ROOT_KEY
from traceability import StampKeys, deriving
from traceability.merkle import TileTree
from traceability.stamp_trees import StampTree, grow_stamp_tree

KEYS = StampKeys({1: ROOT_KEY})
STAMP_KEY = KEYS.stamp_key(version=1, batch=5)


@pytest.fixture(autouse=True)
def small(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let small batches be large ones, on three cores."""
    monkeypatch.setattr(deriving, "LARGE", 2)
    monkeypatch.setattr(os, "cpu_count", lambda: 3)


def alone(count: int) -> StampTree:
    return grow_stamp_tree(KEYS.batch_key(version=1, batch=5), count)


@pytest.mark.parametrize("count", [2, 255, 256, 257, 512, 767, 70_001])
def test_it_is_the_same_tree(count: int) -> None:
    told: list[int] = []
    tree = deriving.grow_on_cores(STAMP_KEY, 5, count, progress=told.append)
    assert tree == alone(count)
    assert told[-1] == count
    assert told == sorted(told)


def test_the_frozen_root() -> None:
    root = "c551437d70f29af27db8b96a481388913e9666d4857ef6caf100bf5947dc9586"
    assert deriving.grow_on_cores(STAMP_KEY, 5, 300).root.hex() == root


def killed(popen: Any) -> Any:
    """Start children, and kill the first of them at once."""
    started: list[Any] = []

    def start(*arguments: Any, **facts: Any) -> Any:
        process = popen(*arguments, **facts)
        if not started:
            process.kill()
        started.append(process)
        return process

    return start


def test_a_child_that_dies_costs_time_and_nothing_else(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(deriving.subprocess, "Popen", killed(subprocess.Popen))
    assert deriving.grow_on_cores(STAMP_KEY, 5, 70_001) == alone(70_001)


def test_a_child_that_lies_about_its_end_is_not_believed(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "executable", "/bin/true")  # it ends well and says nothing
    assert deriving.grow_on_cores(STAMP_KEY, 5, 1000) == alone(1000)


def test_no_child_is_told_the_settings_nor_shows_its_key(monkeypatch: pytest.MonkeyPatch) -> None:
    seen: list[tuple[Any, Any]] = []

    def look(arguments: Any, **facts: Any) -> Any:
        seen.append((arguments, facts["env"]))
        return popen(arguments, **facts)

    popen = subprocess.Popen
    monkeypatch.setattr(deriving.subprocess, "Popen", look)
    monkeypatch.setenv("STAMP_ROOT_KEY", "1:" + ROOT_KEY.hex())
    deriving.grow_on_cores(STAMP_KEY, 5, 1000)
    assert len(seen) == 3
    for arguments, environment in seen:
        assert STAMP_KEY.hex() not in " ".join(arguments)
        assert set(environment) == {"PYTHONPATH"}


def test_roots_go_where_leaves_are_not_kept() -> None:
    with pytest.raises(ValueError, match="whole and in order"):
        TileTree(lambda *_tile: None).append_root(bytes(32))
