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


def school(session: Any) -> None:
    """Open a school with a desk and a cashier who collects."""
    from portal.world import current_world
    from tests.portal.pay.making import put_school

    put_school(session, now=NOW, keys=current_world().field_keys)


def _of_figures(name: str) -> Callable[[Any], Any]:
    """Return a ground of the figures' tests, imported when it is used: pytest imports their conftest first."""

    def load(session: Any) -> None:
        from tests.portal.adoption import grounds

        getattr(grounds, name)(session)

    return load


GROUNDS: dict[str, Callable[[Any], None]] = {
    "on_a_province": province_of_today,
    "on_a_province_of_2022": province_of_2022,
    "on_a_school": school,
    "on_thirty_in_spring": _of_figures("thirty_in_spring"),
    "on_thirty_of_a_closed_april": _of_figures("thirty_of_a_closed_april"),
    "on_twenty_three_evenly": _of_figures("twenty_three_evenly"),
    "on_twenty_three_and_one_nearly_alone": _of_figures("twenty_three_and_one_nearly_alone"),
    "on_forty_in_april": _of_figures("forty_in_april"),
    "on_seven_and_one_twice": _of_figures("seven_and_one_twice"),
    "on_odd_counts": _of_figures("odd_counts"),
    "on_units": _of_figures("units"),
}
"""The first that a test asks for is its own: `on_units`, in which the others stand too, is the last."""
