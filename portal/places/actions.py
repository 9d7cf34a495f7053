"""What can be done with places: the one door for other subjects."""

from portal.places.homes import Moving, Reformed, Unattributed, add_homes, apply_reform, home_at, set_home, unattributed
from portal.places.loading import Loaded, add_alias, load_units
from portal.places.lookup import (
    Confidence,
    CurrentUnit,
    Found,
    candidates,
    communes,
    current_unit,
    find,
    leaves,
    lineage,
    resolve,
    successions,
    unit,
    unit_on,
)

__all__ = [
    "Confidence",
    "CurrentUnit",
    "Found",
    "Loaded",
    "Moving",
    "Reformed",
    "Unattributed",
    "add_alias",
    "add_homes",
    "apply_reform",
    "candidates",
    "communes",
    "current_unit",
    "find",
    "home_at",
    "leaves",
    "lineage",
    "load_units",
    "resolve",
    "set_home",
    "successions",
    "unattributed",
    "unit",
    "unit_on",
]
