"""The same act with its counting and without it: same run, same PostgreSQL, 16 clients, turn by turn.

The act is real: a phone signs in, its household registers with consents and place, and a marketplace opens an account
for it; each moves figures in its own transaction. Without counting the counters are left out and no change is written;
all else stays. The roll-up runs beside both. Bar: at least 0.45 × as many acts a second with counting.
"""

import argparse
import json
import multiprocessing
import os
import statistics
import sys
import tempfile
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

LEAST_RATIO = 0.45
PROCESSES, THREADS = 4, 4
COMMUNES = 40
Settings = dict[str, str]


def app_over(env: Settings, *, counted: bool = True) -> Any:
    """Return the portal over a database; without counting where that is asked for."""
    from portal import create_app
    from portal.config import Settings as PortalSettings
    from portal.counting import Catalogue, deltas
    from portal.db import db

    app = create_app(PortalSettings.from_env(env))
    if not counted:
        with app.app_context():
            info = db.session.session_factory.kw["info"]
        whole: Catalogue = info["catalogue"]
        info["catalogue"] = Catalogue(tuple(whole), (), {}, {})
        deltas.add_many = lambda *_, **__: None  # type: ignore[assignment]
    return app


def prepare(env: Settings) -> None:
    """Make the tables, the units and the texts."""
    from flask_migrate import upgrade

    from portal.acting import Acting
    from portal.reference.loading import load_reference
    from portal.world import current_world

    app = app_over(env)
    with app.app_context():
        upgrade()
        load_reference(now=current_world().clock.now(), acting=Acting.system("bench"), simulations=True)


def _household(app: Any, number: int, units: list[Any]) -> None:
    """Carry out the act once."""
    from portal.acting import Acting
    from portal.db import begin
    from portal.marketplaces.actions import request_account
    from portal.marketplaces.channels.protocol import RemoteEvent
    from portal.marketplaces.events import apply_events
    from portal.onboarding.persons import Identity
    from portal.onboarding.registering import Household, register_household
    from portal.people import actions as people
    from portal.people.phones import parse_mobile

    world, acting = app.extensions["world"], Acting.system("bench")
    now, unit = world.clock.now(), units[number % len(units)]
    phone = parse_mobile(f"09{number:08d}")
    with begin() as session:
        login = people.login_for(session, now=now, acting=acting, phone=phone, keys=world.field_keys)
        household = Household(
            identity=Identity(name="Nguyễn Thị Hạnh", phone=phone, id_number=None), place_raw=unit.name,
            unit_id=unit.id, confidence="exact", hamlet=None, grown="Lúa", food_safety="commitment",
            payment_declared=True, consents=dict.fromkeys(("service", "share:postmart"), True),
        )  # fmt: skip
        made = register_household(
            session, now=now, acting=acting, household=household, keys=world.field_keys, login_id=login.id
        )
        account = request_account(
            session, now=now, acting=acting, organisation=made, channel="postmart", keys=world.field_keys
        )
    event = RemoteEvent(f"msg_{number}", "account.created", account.id, account.version, f"r{number}", None, now, ())
    with begin() as session:
        apply_events(session, now=now, heard=[(world.channels["postmart"], event)])


def client(env: Settings, counted: bool, first: int, acts: int, start: Any, ended: Any) -> None:
    """Be one process of several clients: wait for the start, act, and say when all had ended."""
    from portal.db import db, reading
    from portal.places import actions as places

    sys.stderr = open(os.devnull, "w")  # noqa: PTH123, SIM115  the portal's own log lines
    app = app_over(env, counted=counted)
    failures: list[BaseException] = []
    with app.app_context():
        units = places.communes(reading(), "80", datetime.now(UTC).date())[:COMMUNES]
        db.session.expunge_all()
        db.session.remove()

    def act(begin_at: int) -> None:
        try:
            with app.app_context():
                for number in range(begin_at, begin_at + acts):
                    _household(app, number, units)
                    db.session.remove()
        except BaseException as error:  # noqa: BLE001  a thread's failure must reach the main process
            failures.append(error)

    threads = [threading.Thread(target=act, args=(first + place * acts,)) for place in range(THREADS)]
    start.wait()
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    ended.put(repr(failures[0]) if failures else time.time())


def roll_up_for_ever(env: Settings, stop: Any) -> None:
    """Fold what was counted into the cells, as the worker does, until told to stop."""
    from portal.counting import roll_up
    from portal.db import begin

    sys.stderr = open(os.devnull, "w")  # noqa: PTH123, SIM115
    app = app_over(env)
    while not stop.wait(0.5):
        with app.app_context(), begin() as session:
            roll_up(session, now=datetime.now(UTC))


def turn(env: Settings, *, counted: bool, first: int, acts: int) -> float:
    """Let all clients act at once; return acts a second."""
    context = multiprocessing.get_context("spawn")
    start, ended, stop = context.Barrier(PROCESSES + 1), context.Queue(), context.Event()
    clients = [
        context.Process(target=client, args=(env, counted, first + place * THREADS * acts, acts, start, ended))
        for place in range(PROCESSES)
    ]
    roller = context.Process(target=roll_up_for_ever, args=(env, stop))
    for process in (*clients, roller):
        process.start()
    start.wait()
    begun = time.time()
    ends = [ended.get() for _ in clients]
    stop.set()
    for process in (*clients, roller):
        process.join()
    failed = [one for one in ends if isinstance(one, str)]
    if failed:
        raise RuntimeError(failed[0])
    return PROCESSES * THREADS * acts / (max(ends) - begun)


@contextmanager
def _database() -> Iterator[str]:
    from sqlalchemy import create_engine, text

    from tests.postgres import server

    with server() as address:
        engine = create_engine(f"{address}/postgres", isolation_level="AUTOCOMMIT")
        with engine.connect() as connection:
            connection.execute(text("CREATE DATABASE counting"))
        engine.dispose()
        yield f"{address}/counting"


def measure(acts: int, rounds: int) -> dict[str, Any]:
    """Take turns and give the median of their ratios."""
    with tempfile.TemporaryDirectory() as folder, _database() as address:
        env = {"DATABASE_URL": address, "INSTANCE_DIR": str(Path(folder)), "PROVINCE": "80"}
        prepare(env)
        ours, peer, first = [], [], 10_000_000
        for _ in range(rounds):
            for counted, found in ((False, peer), (True, ours)):
                found.append(turn(env, counted=counted, first=first, acts=acts))
                first += PROCESSES * THREADS * acts
    ratio = statistics.median(one / bare for one, bare in zip(ours, peer, strict=True))
    return {
        "claim": "registering a household and opening its account with counting, against without (PostgreSQL)",
        "ratio": round(ratio, 3),
        "bar": LEAST_RATIO,
        "acts_per_second": round(statistics.median(ours), 1),
        "peer_acts_per_second": round(statistics.median(peer), 1),
        "clients": PROCESSES * THREADS,
        "acts": acts * PROCESSES * THREADS * rounds,
        "passed": ratio >= LEAST_RATIO,
    }


def main() -> int:
    """Print one line or one JSON object; exit 1 on a missed bar."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--acts", type=int, default=25, help="acts a client and turn")
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--json", action="store_true")
    options = parser.parse_args()
    result = measure(options.acts, options.rounds)
    if options.json:
        print(json.dumps(result))
    else:
        print(
            f"{result['claim']}: {result['ratio']} x (bar {LEAST_RATIO}); {result['acts_per_second']} against "
            f"{result['peer_acts_per_second']} acts a second"
        )
    return 0 if result["passed"] else 1


if __name__ == "__main__":
    sys.exit(main())
