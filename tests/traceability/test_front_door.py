"""The front door: every name is there, and opening it loads no database."""

import subprocess
import sys
from pathlib import Path

import pytest

import traceability as trace
from traceability import errors

PROJECT = Path(__file__).parents[2]


def test_every_name_of_the_front_door_loads() -> None:
    assert len(set(trace.__all__)) == len(trace.__all__)
    for name in trace.__all__:
        assert getattr(trace, name) is not None
    with pytest.raises(AttributeError):
        trace.no_such_name  # noqa: B018


def test_opening_it_loads_no_database() -> None:
    script = "import sys, traceability; traceability.StampKeys; print('sqlalchemy' in sys.modules)"
    run = subprocess.run(
        [sys.executable, "-c", script], cwd=PROJECT, capture_output=True, text=True, check=True, timeout=60
    )
    assert run.stdout == "False\n"


def test_every_error_has_a_code_of_its_own_and_stands_in_the_tree() -> None:
    found: list[type[errors.TraceabilityError]] = [errors.TraceabilityError]
    for error in found:
        found.extend(error.__subclasses__())
    codes = [error.code for error in found]
    assert len(set(codes)) == len(codes) > 40
    assert errors.__doc__ is not None
    assert all(error.__name__ in errors.__doc__ for error in found)
