"""Fixtures: every test that touches a database runs on SQLite and on PostgreSQL, and the run says how many did.

`session` and `client` share one connection whose outer transaction is rolled back after the test. `database_url` is a
migrated scratch database where commits are real, for threads and processes.
"""

import os
import shutil
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from functools import partial
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, settings

os.environ.setdefault("PORTAL_ENV", "development")
os.environ.pop("PYTHONDONTWRITEBYTECODE", None)  # each process that a test starts would compile the portal anew

from portal import create_app, limits
from portal.db import begin, db
from portal.marketplaces import hooks as channel_hooks
from portal.stamps import scan
from portal.stamps.details import BUFFER
from portal.stamps.forged import FORGED
from tests.engines import NAMES, Engines
from tests.grounds import GROUNDS
from traceability import HeadFile, NotaryLedger, SigningKeys
from traceability.ledger.depth import import_at_own_depth

import_at_own_depth()  # some tests import web3 themselves

# Examples are the same in each run, and none fails for taking long: a busy machine is no finding.
settings.register_profile("steady", deadline=None, derandomize=True, suppress_health_check=[HealthCheck.too_slow])
settings.load_profile("steady")

RAN: Counter[str] = Counter()
CHROMIUM = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--disable-dev-shm-usage",
]


class TestClock:
    """A clock that stands until it is moved."""

    __test__ = False

    def __init__(self) -> None:
        self.at = datetime(2026, 11, 22, 3, 0, tzinfo=UTC)

    def now(self) -> datetime:
        """Return the time that was set."""
        return self.at

    def move(self, **delta: float) -> None:
        """Move on by a timedelta's arguments."""
        self.at += timedelta(**delta)


@pytest.hookimpl(optionalhook=True)
def pytest_xdist_make_scheduler(config: pytest.Config, log: Any) -> Any:
    """Let the longest turns begin, with `--dist loadfile`."""
    from tests.turns import LongestFirst

    return LongestFirst(config, log) if config.getvalue("dist") == "loadfile" else None


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    """Run each database test once an engine."""
    if "engine_name" in metafunc.fixturenames:
        metafunc.parametrize("engine_name", NAMES, indirect=True, scope="session")


@pytest.fixture(scope="session")
def engine_name(request: pytest.FixtureRequest) -> str:
    return str(request.param)


@pytest.fixture(scope="session")
def engines() -> Iterator[Engines]:
    made = Engines()
    yield made
    made.close()


_APPS: dict[tuple[str, str], Any] = {}


@pytest.fixture
def clock() -> TestClock:
    return TestClock()


def _fresh_log(world: Any, folder: Path, clock: TestClock) -> dict[str, Any]:
    """What the log and the notary keep outside the database: as new as the database that was rolled back."""
    from dataclasses import replace

    keys = SigningKeys({1: bytes.fromhex(world.settings.notary_key)})
    notary = NotaryLedger(folder / "notary.jsonl", keys=keys, clock=clock.now)
    return {"log_signer": replace(world.log_signer, head=HeadFile(folder / "log-head")), "ledgers": {"notary": notary}}


def _app_on(ground: str, engines: Engines, engine: str) -> Any:
    """Return the process's one app over a migrated database with this ground committed to it."""
    if (engine, ground) not in _APPS:
        app = create_app(engines.settings(engines.fresh(engine)))
        if ground:
            with app.app_context(), begin() as session:
                GROUNDS[ground](session)
        _APPS[engine, ground] = app
    return _APPS[engine, ground]


for _ground in GROUNDS:  # a fixture each, which a test or another fixture asks for
    globals()[_ground] = pytest.fixture(name=_ground)(lambda: None)


@pytest.fixture
def app(
    request: pytest.FixtureRequest,
    engines: Engines,
    engine_name: str,
    clock: TestClock,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> Iterator[Any]:
    """The app over this engine's migrated database; all that the test writes is rolled back."""
    from dataclasses import replace

    from sqlalchemy.orm import Session as OrmSession  # noqa: F401

    ground = next((name for name in GROUNDS if name in request.fixturenames), "")
    app = _app_on(ground, engines, engine_name)
    app.testing = False
    world = app.extensions["world"]
    for limit in limits.ALL:
        limit.clear()
    FORGED.delay_s = BUFFER.delay_s = 0.0  # the test's one connection is for one thread
    app.extensions["world"] = replace(world, clock=clock, **_fresh_log(world, tmp_path, clock))
    app.session_interface._world = app.extensions["world"]
    with app.app_context():
        connection = db.engine.connect().execution_options(write=True)
        outer = connection.begin()
        db.session.remove()
        factory = db.session.session_factory
        bind = factory.class_.get_bind
        factory.class_.get_bind = lambda self, *a, **k: connection
        db.session.configure(join_transaction_mode="create_savepoint")
        for door in (scan, channel_hooks):
            monkeypatch.setattr(door, "begin_few", partial(_begin_few, connection))
        try:
            yield app
        finally:
            db.session.remove()
            factory.class_.get_bind = bind
            db.session.configure(join_transaction_mode="conditional_savepoint")
            outer.rollback()
            connection.close()
            app.extensions["world"] = world
            app.session_interface._world = world


@contextmanager
def _begin_few(connection: Any, *, flushed: bool = True) -> Iterator[Any]:
    """Write on the test's one connection, after the session's read as the real one does."""
    db.session.rollback()
    with connection.begin_nested():
        yield connection


@pytest.fixture
def world(app: Any) -> Any:
    return app.extensions["world"]


@pytest.fixture
def session(app: Any) -> Any:
    return db.session()


@pytest.fixture
def client(app: Any) -> Any:
    from tests.pages import CheckedClient

    app.test_client_class = CheckedClient
    return app.test_client()


@pytest.fixture(scope="session")
def chromium() -> Iterator[Any]:
    """A real Chromium, one a process: Playwright takes no second one beside it."""
    from playwright.sync_api import sync_playwright

    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(
            executable_path=shutil.which("chromium") or "/usr/bin/chromium", args=CHROMIUM
        )
        yield browser
        browser.close()


@pytest.fixture
def database_url(engines: Engines, engine_name: str) -> Iterator[str]:
    """A migrated scratch database with real commits."""
    address = engines.fresh(engine_name)
    yield address
    engines.leave(address)


@pytest.hookimpl(trylast=True)
def pytest_runtest_logreport(report: pytest.TestReport) -> None:
    """Count what ran on each engine."""
    if report.when == "call":
        for name in NAMES:
            if f"[{name}" in report.nodeid or f"-{name}" in report.nodeid:
                RAN[name] += 1


def pytest_terminal_summary(terminalreporter: Any) -> None:
    """Say how many database tests ran on each engine."""
    terminalreporter.write_line("database tests: " + ", ".join(f"{RAN[name]} on {name}" for name in NAMES))


@pytest.hookimpl(trylast=True)
def pytest_sessionfinish(session: pytest.Session, exitstatus: int) -> None:
    """Fail the run where the engines did not run the same tests."""
    whole = not session.config.option.keyword and not hasattr(session.config, "workerinput")
    if whole and len({RAN[name] for name in NAMES}) > 1 and exitstatus == 0:
        session.exitstatus = pytest.ExitCode.TESTS_FAILED
