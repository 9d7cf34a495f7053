"""What many tests stand on, loaded and committed once an engine: each test rolls back to it.

A fixture named here in a test's chain picks its ground; without one a test starts on the empty, migrated schema.
"""

from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

THEN = datetime(2022, 10, 3, 3, 0, tzinfo=UTC)
NOW = datetime(2026, 11, 22, 3, 0, tzinfo=UTC)


def _province(session: Any, now: datetime) -> None:
    """Load the units of the province, the consent texts and the requirements, as a province has them at first."""
    from portal.catalogue.seeds import load_seeds as load_catalogue
    from portal.onboarding.seeds import load_seeds
    from portal.places.actions import load_units
    from tests.portal.places.conftest import CLI, SUCCESSIONS, UNITS

    load_units(session, now=now, acting=CLI, units=UNITS, successions=SUCCESSIONS)
    load_seeds(session, now=now, acting=CLI)
    load_catalogue(session, now=now, acting=CLI)


def province_of_today(session: Any) -> None:
    """Load a province as of the tests' clock."""
    _province(session, NOW)


def province_of_2022(session: Any) -> None:
    """Load a province in the month of the lists, with the rules of then."""
    from portal.marketplaces.eligibility import load_rule_sets
    from tests.portal.places.conftest import CLI

    _province(session, THEN)
    load_rule_sets(session, now=THEN, acting=CLI)


GROUNDS: dict[str, Callable[[Any], None]] = {
    "on_a_province": province_of_today,
    "on_a_province_of_2022": province_of_2022,
}
