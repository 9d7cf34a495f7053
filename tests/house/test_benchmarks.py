"""The table of benchmarks: each script is there, and a line says what is held against the bar."""

from importlib import import_module

import pytest

from benchmarks.__main__ import SCRIPTS, Measured, row


@pytest.mark.parametrize("script", SCRIPTS, ids=lambda one: one.module)
def test_each_script_measures(script: Measured) -> None:
    assert callable(import_module(script.module).measure)


def test_a_line_of_the_table() -> None:
    alone = Measured("benchmarks.x", "ms", "bare_ms", "ms", "≤", "ms")
    result = {"claim": "a proof", "ms": 1.5, "bare_ms": 0.1, "bar": 3.0, "passed": True}
    assert row(alone, result) == ("a proof", "1.5 ms", "0.1 ms", "1.50", "≤ 3.0", "yes")
    against = Measured("benchmarks.x", "s", "peer_s", "s", "≥")
    result = {"claim": "rows", "s": 1, "peer_s": 1.5, "ratio": 1.5, "bar": 2.0, "passed": False}
    assert row(against, result) == ("rows", "1 s", "1.5 s", "1.50", "≥ 2.0", "NO")
    assert row(against, {"claim": "rows", "passed": False, "failure": "it said nothing"})[-1] == "NO: it said nothing"
