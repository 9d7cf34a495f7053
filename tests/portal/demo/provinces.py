"""What a demo province needs before anything is done in it."""

from collections.abc import Collection
from typing import Any

from portal.acting import Acting
from portal.catalogue.seeds import load_seeds as load_catalogue
from portal.marketplaces.eligibility import load_rule_sets
from portal.onboarding.seeds import load_seeds
from portal.places.actions import load_units
from portal.places.files import read_successions, read_units


def load_province(session: Any, world: Any, ours: Collection[str]) -> None:
    """Load the units of a few provinces, what became of them, and what all subjects need."""
    units = {unit.id: unit for unit in read_units()}
    kept = []
    for unit in units.values():
        top = unit
        while top.parent:
            top = units[top.parent]
        if top.id in ours:
            kept.append(unit)
    ids = {unit.id for unit in kept}
    acting, now = Acting.system("test"), world.clock.now()
    load_units(
        session, now=now, acting=acting, units=kept, successions=[s for s in read_successions() if s.from_id in ids]
    )
    load_seeds(session, now=now, acting=acting)
    load_catalogue(session, now=now, acting=acting)
    load_rule_sets(session, now=now, acting=acting)
    session.commit()
