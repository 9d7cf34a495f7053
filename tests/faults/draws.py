"""Which faults a seed draws, in which order and for how long: by the seed alone, never by what happens meanwhile."""

import fcntl
import random
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass

from tests.faults.town import Town

Fault = Callable[[Town, float], None]


@dataclass(frozen=True, slots=True)
class Drawn:
    """One fault: its name, the seconds of quiet before it, and how long it lasts."""

    name: str
    pause: float
    seconds: float


def draws(seed: int) -> Iterator[Drawn]:
    """Deal the faults like cards, without end: each comes once before any comes again."""
    chance = random.Random(f"faults {seed}")
    while True:
        for name in chance.sample(sorted(FAULTS), len(FAULTS)):
            yield Drawn(name, round(chance.uniform(0.1, 1.2), 2), round(chance.uniform(0.2, 1.5), 2))


def _dies(*names: str) -> Fault:
    def fault(town: Town, seconds: float) -> None:
        for name in names:
            town.portal.kill(name)
        time.sleep(seconds)
        town.up()

    return fault


def _mood(*names: str) -> Fault:
    def fault(town: Town, seconds: float) -> None:
        town.mood(*names, seconds=seconds)
        time.sleep(seconds)

    return fault


def _between(mode: str) -> Fault:
    def fault(town: Town, seconds: float) -> None:
        town.front.set(mode)  # type: ignore[arg-type]
        time.sleep(seconds)
        town.front.set("ok")

    return fault


def _ledger_silent(town: Town, seconds: float) -> None:
    with (town.portal.instance / "notary.jsonl").open("rb") as file:
        fcntl.flock(file, fcntl.LOCK_EX)
        time.sleep(seconds)


def _database_held(town: Town, seconds: float) -> None:
    """Keep every writer waiting: on SQLite all, on PostgreSQL those of the notices' inbox."""
    with town.rows() as session:
        on_file = town.address.startswith("sqlite")
        held = "BEGIN IMMEDIATE" if on_file else "LOCK TABLE pay_notices IN EXCLUSIVE MODE"
        session.connection().exec_driver_sql(held)
        time.sleep(seconds)
        session.rollback()


def _minutes_pass(town: Town, _seconds: float) -> None:
    town.minutes_pass()


FAULTS: dict[str, Fault] = {
    "the web dies": _dies("web"),
    "the worker dies": _dies("worker"),
    "the partners die": _dies("sandboxes"),
    "web and worker die": _dies("web", "worker"),
    "all die": _dies("web", "worker", "sandboxes"),
    "answers are lost": _between("swallow"),
    "requests are held": _between("hold"),
    "the ledger is silent": _ledger_silent,
    "the database is held": _database_held,
    "minutes pass": _minutes_pass,
    "the shop hangs": _mood("time_out"),
    "the shop fails": _mood("500", "html_200"),
    "the shop wants rest": _mood("429"),
    "the shop's answer is lost": _mood("answer_lost"),
    "the shop says all twice and late": _mood("callback_doubled", "callback_late"),
    "the shop forgets to call": _mood("callback_missing"),
    "somebody forges the shop's call": _mood("callback_forged"),
}
