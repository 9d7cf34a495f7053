"""Load the demo province of Tiền Giang, October 2022: its lists through the roster's front door, its goods by hand.

The households come as the province's own list, are judged by the rules of 2022, and the firms as the programme's list.
"""

import csv
import tempfile
from collections.abc import Iterable
from datetime import datetime
from pathlib import Path

from sqlalchemy.orm import Session

from portal.demo.cooperatives import load_cooperatives
from portal.demo.delta_people import Place, Plan, firms, households
from portal.demo.stage import Stage
from portal.i18n import ZONE
from portal.marketplaces import eligibility
from portal.onboarding.places import within
from portal.onboarding.rosters.commands import Asked, Imported, import_list, progress_line
from portal.places import actions as places
from portal.places.areas import day_of
from portal.places.models import AdminUnit

PROVINCE, THEN = "82", "82@20210101"
BEGINS = datetime(2022, 10, 3, 8, 0, tzinfo=ZONE)
ENDS = datetime(2022, 10, 28, 17, 0, tzinfo=ZONE)
SHOWN_MONTH = "2022-10"
LIST, FIRM_LIST = "tien-giang-2022", "smedx-2022"


def load_people(scene: Stage) -> tuple[Imported, Imported]:
    """Write the province's two lists as files, and import them as an officer would."""
    plan = Plan.scaled(scene.scale)
    with scene.act() as (session, _now):
        then = communes_then(session)
    with tempfile.TemporaryDirectory(prefix="tien-giang-") as folder:
        scene.say(f"The list of {plan.households + plan.without_account:,} households comes in")
        made = _import(scene, Path(folder) / f"{LIST}.csv", households(then, plan), source=LIST)
        scene.clock.move(days=1)
        scene.say(f"The list of {plan.firms:,} firms comes in")
        entered = _import(scene, Path(folder) / f"{FIRM_LIST}.csv", firms(then, plan), source=FIRM_LIST)
    return made, entered


def judge(scene: Stage) -> None:
    """Have the accounts judged by the rules of the demo's day."""
    scene.clock.move(days=1)
    scene.say("The accounts are judged by the rules of 2022")
    due = True
    while due:
        with scene.act() as (session, now):
            due = eligibility.sweep_some(session, now=now, acting=scene.acting)


def load_goods(scene: Stage) -> int:
    """Enter the cooperatives with their goods and publish them; return how many."""
    scene.clock.move(days=1)
    return load_cooperatives(scene)


def communes_then(session: Session) -> list[Place]:
    """Return the communes of Tiền Giang as they were in the demo's month, as lists write them."""
    found = places.communes(session, THEN, day_of(BEGINS))
    return [Place(unit.name, _district(session, unit)) for unit in found]


def _district(session: Session, unit: AdminUnit) -> str:
    return within(session, unit).partition(",")[0]


def _import(scene: Stage, path: Path, lines: Iterable[list[str]], *, source: str) -> Imported:
    with path.open("w", encoding="utf-8", newline="") as stream:
        csv.writer(stream).writerows(lines)
    asked = Asked(path=path, source=source, captured_on=day_of(scene.clock.now()))
    found = import_list(
        scene.world, asked, acting=scene.acting, say=scene.say, progress=lambda one: scene.say(progress_line(one))
    )
    told = ", ".join(f"{number:,} {outcome}" for outcome, number in found.outcomes.items() if number)
    scene.say(f"  {found.rows:,} rows in {found.seconds:.1f} s: {told}")
    return found
