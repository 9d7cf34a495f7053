"""Load a demo province: through actions and front doors alone, in its own months, with progress."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from portal.acting import Acting
from portal.adoption.shown import set_shown_period
from portal.config import DEMO_PROVINCE
from portal.counting import pending_rows
from portal.demo import tien_giang
from portal.demo.cast import OFFICERS_COMMUNES
from portal.demo.collecting import DAYS, Till, collect, collect_today
from portal.demo.errors import DemoRefused
from portal.demo.establishments import load_establishments
from portal.demo.hospital_day import load_hospital_day
from portal.demo.institutions import load_institutions
from portal.demo.money_places import load_money_places
from portal.demo.people import person
from portal.demo.sellers import load_sellers
from portal.demo.stage import Say, Stage, stage
from portal.demo.teams import load_teams
from portal.demo.verifying import verify_sellers
from portal.i18n import ZONE
from portal.onboarding.models import Organisation
from portal.places import actions as places
from portal.reference.loading import load_reference
from portal.worker import run_steps
from portal.world import World

BEGINS = datetime(2022, 4, 4, 8, 0, tzinfo=ZONE)
APRIL_ENDS, OCTOBER_ENDS = datetime(2022, 4, 29, tzinfo=ZONE), datetime(2023, 10, 30, tzinfo=ZONE)
SETTLE_S = 60.0
SHOWN_MONTH, SHOWN_LABEL = "2022-04", "demo"
TEAMS_MONTH, TEAMS_FIGURES = "2023-10", ("ASSIST_TEAM", "COMMUNE_COVERED")


@dataclass(frozen=True, slots=True)
class Loaded:
    """What was loaded."""

    province: str
    establishments: int
    stamps: int
    households: int
    teams: int = 0
    products: int = 0
    firms: int = 0
    payments: int = 0


def is_empty(session: Session) -> bool:
    """Say whether nobody is registered yet."""
    return not session.scalar(select(func.count()).select_from(Organisation))


def load_long_an(world: World, *, scale: float, say: Say) -> Loaded:
    """Load Long An of April 2022; `scale` makes its stamps, sellers and teams fewer. Raises `DemoRefused`."""
    from portal.db import reading

    if world.settings.production or not is_empty(reading()):
        raise DemoRefused
    reading().rollback()
    scene = _opened(world, at=BEGINS, scale=scale, say=say)
    officer = _officers(scene)
    made = load_establishments(scene)
    households = load_sellers(scene, officer_id=officer)
    tills = load_institutions(scene)
    days = DAYS[: round(len(DAYS) * scale)]
    person(scene, "establishment", role="seller_staff", organisation_id=made[0][0])
    _show_months(scene)
    paid = _collect(scene, tills, [day for day in days if day < APRIL_ENDS])
    _settle(scene, until=APRIL_ENDS)
    paid += _collect(scene, tills, [day for day in days if day > APRIL_ENDS])
    teams = load_teams(scene)
    _settle(scene, until=OCTOBER_ENDS)
    today = stage(world, at=world.clock.now(), scale=scale, say=say)
    paid += _come_to_today(today, tills if days else [])
    return Loaded("long-an", len(made), _stamps(scene), len(households), teams, payments=paid)


def _collect(scene: Stage, tills: list[Till], days: list[datetime]) -> int:
    if days:
        scene.say(f"{len(tills)} tills receive a payment on each of {len(days)} days")
    return collect(scene, tills, days=days)


def _opened(world: World, *, at: datetime, scale: float, say: Say) -> Stage:
    """Load what every province needs, then set the stage."""
    say("Administrative units of 2022 and of today")
    load_reference(now=world.clock.now(), acting=Acting.system("demo"), simulations=True)
    return stage(world, at=at, scale=scale, say=say)


def _show_months(scene: Stage) -> None:
    """Have the dashboard open on the demo's month."""
    with scene.act() as (session, now):
        set_shown_period(session, now=now, acting=scene.acting, period=SHOWN_MONTH, label=SHOWN_LABEL)
        set_shown_period(
            session, now=now, acting=scene.acting, period=TEAMS_MONTH, label=SHOWN_LABEL, indicators=TEAMS_FIGURES
        )


def _officers(scene: Stage) -> str:
    """Make the authorities' people; return the officer of today's province (which reaches its predecessors)."""
    with scene.act() as (session, _now):
        on, province = datetime.now(ZONE).date(), scene.world.settings.province
        today = places.resolve(session, province, on).id
        commune = places.resolve(session, OFFICERS_COMMUNES[province], on).id
    person(scene, "commune_officer", role="commune_officer", unit_id=commune)
    for role in ("team_supervisor", "ioc_reader", "auditor"):
        person(scene, role, role=role, unit_id=today)
    person(scene, "admin", role="admin")
    return person(scene, "province_officer", role="province_officer", unit_id=today)


def _settle(scene: Stage, *, until: datetime) -> None:
    """Anchor, count and publish what was done, in its own month."""
    scene.say(f"The log is signed and anchored, the counts of {until:%m/%Y} are published")
    scene.drain(pending_rows, seconds=SETTLE_S)
    scene.clock.move(seconds=(until - scene.clock.now()).total_seconds())
    scene.drain(pending_rows, seconds=SETTLE_S)


def _come_to_today(today: Stage, tills: list[Till]) -> int:
    """Let due work catch up by the real clock: the reforms move the homes, and then later months are published.

    From the month in which the rules ask for it, sellers prove who they are, so that this month has eligible ones.

    In between the tills collect, so that this day has payments too; return how many. What else is due today (the feed,
    the night's sweep) is the worker's, who comes next.
    """
    today.say("The reforms since then, and the months up to this one")
    for homes in ("places.", "pay.homes"):  # first of all: each move would have its figures published again
        _do_all(homes)
    verifying = stage(today.world, at=OCTOBER_ENDS, scale=today.scale, say=today.say)
    verify_sellers(verifying, until=today.clock.now())
    paid = collect_today(today, tills)
    load_money_places(today, tills)
    paid += load_hospital_day(today, tills)
    _do_all("adoption.roll_up", "adoption.publish")
    return paid


def _do_all(*names: str) -> None:
    """Do the due work of the steps whose names begin so, by the real clock, until there is none."""
    from flask import current_app

    app: Any = current_app._get_current_object()  # type: ignore[attr-defined]
    steps = [step for step in app.extensions["steps"] if step.name.startswith(names)]
    while run_steps(app, steps, {}, ignore_pauses=True):
        pass


def _stamps(scene: Stage) -> int:
    from traceability.models import TraceBatch

    with scene.act() as (session, _now):
        return session.scalar(select(func.sum(TraceBatch.count))) or 0


def load_tien_giang(world: World, *, scale: float, say: Say) -> Loaded:
    """Load Tiền Giang of October 2022; `scale` makes its lists shorter. Raises `DemoRefused`.

    Where no setting names the province, the instance folder keeps that this is Tiền Giang (82) from now on.
    """
    from portal.db import reading

    settings = world.settings
    if settings.production or not is_empty(reading()) or settings.values["PROVINCE"] not in ("", tien_giang.PROVINCE):
        raise DemoRefused
    reading().rollback()
    settings.instance.mkdir(parents=True, exist_ok=True)
    (settings.instance / DEMO_PROVINCE).write_text(tien_giang.PROVINCE, "utf-8")
    scene = _opened(world, at=tien_giang.BEGINS, scale=scale, say=say)
    _officers(scene)
    made, entered = tien_giang.load_people(scene)
    tien_giang.judge(scene)
    products = tien_giang.load_goods(scene)
    with scene.act() as (session, now):
        set_shown_period(session, now=now, acting=scene.acting, period=tien_giang.SHOWN_MONTH, label=SHOWN_LABEL)
    _settle(scene, until=tien_giang.ENDS)
    firms = entered.outcomes["created"]
    return Loaded("tien-giang", 0, 0, made.outcomes["created"], products=products, firms=firms)
