"""Loads the rows that come with the product. Twice changes nothing, and what an officer changed stays."""

from datetime import datetime

from portal.acting import Acting
from portal.catalogue.seeds import load_seeds as load_goods
from portal.db import begin
from portal.marketplaces.categories import load_simulation_categories
from portal.marketplaces.eligibility import load_rule_sets
from portal.onboarding.seeds import load_seeds as load_onboarding
from portal.places.actions import load_units


def load_reference(*, now: datetime, acting: Acting, simulations: bool) -> dict[str, int]:
    """Add what is missing, and correct units; return how many rows of each part. `simulations`: the stand-ins' too."""
    with begin() as session:
        units = load_units(session, now=now, acting=acting)
    with begin() as session:
        added = {
            "units": units.units_added + units.units_changed,
            "successions": units.successions_added + units.successions_changed,
            "texts_and_requirements": load_onboarding(session, now=now, acting=acting),
            "categories_and_units_of_sale": load_goods(session, now=now, acting=acting),
            "rule_sets": load_rule_sets(session, now=now, acting=acting),
        }
        if simulations:
            added["simulation_categories"] = load_simulation_categories(session, now=now, acting=acting)
    return added
