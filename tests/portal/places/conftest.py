"""The units of the two provinces that became today's Tây Ninh, loaded as a province would load them."""

from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any

import pytest

from portal.acting import Acting
from portal.places.actions import load_units
from portal.places.files import SuccessionRow, UnitRow, read_successions, read_units

NOW = datetime(2026, 11, 22, 3, 0, tzinfo=UTC)
CLI = Acting.system("cli")
OURS = {"80@20210101", "72@20210101", "80@20250701"}


def _of_tay_ninh() -> Iterator[UnitRow]:
    units = {unit.id: unit for unit in read_units()}
    for unit in units.values():
        top = unit
        while top.parent:
            top = units[top.parent]
        if top.id in OURS:
            yield unit


UNITS: tuple[UnitRow, ...] = tuple(_of_tay_ninh())
_IDS = {unit.id for unit in UNITS}
SUCCESSIONS: tuple[SuccessionRow, ...] = tuple(step for step in read_successions() if step.from_id in _IDS)


@pytest.fixture
def loaded(session: Any) -> Any:
    """The session, with the units of Long An and both Tây Ninhs."""
    load_units(session, now=NOW, acting=CLI, units=UNITS, successions=SUCCESSIONS)
    return session
