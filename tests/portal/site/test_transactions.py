"""`begin()`: all or nothing, one act at a time, and a refusal that must be remembered stays."""

from typing import Any

import pytest
from sqlalchemy import func, select

from portal.cases import open_case
from portal.cases.models import Case
from portal.db import begin, reading
from portal.errors import PortalError


def write(world: Any, subject: str, error: BaseException | None = None) -> None:
    """Write a row outside or inside a transaction of the caller, and fail after it if an error is given."""
    open_case(reading(), now=world.clock.now(), kind="test", subject=subject, reason="x")
    if error is not None:
        raise error


def act(world: Any, subject: str, error: BaseException | None = None) -> None:
    with begin():
        write(world, subject, error)


def act_within(world: Any) -> None:
    with begin():
        write(world, "outer")
        act(world, "inner")


def cases() -> int:
    reading().rollback()  # what was not committed is not counted
    return reading().scalar(select(func.count()).select_from(Case)) or 0


def test_what_ends_well_stays(world: Any) -> None:
    act(world, "a")
    assert cases() == 1


@pytest.mark.parametrize("error", [RuntimeError, PortalError, KeyboardInterrupt])
def test_of_what_fails_nothing_stays(world: Any, error: type[BaseException]) -> None:
    with pytest.raises(error):
        act(world, "a", error())
    assert cases() == 0


def test_a_refusal_that_must_be_remembered_stays(world: Any) -> None:
    with pytest.raises(PortalError):
        act(world, "a", PortalError(keep=True))
    assert cases() == 1


def test_an_act_within_an_act_is_refused_and_leaves_nothing(world: Any) -> None:
    with pytest.raises(RuntimeError, match="one act is one transaction"):
        act_within(world)
    assert cases() == 0


def test_what_was_written_outside_is_not_swept_along(world: Any) -> None:
    write(world, "outside")
    act(world, "inside")
    assert cases() == 1
